"""A whole database as `pg_dump` writes it in plain SQL: rows are encoded anew and held against what was signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ledger.model import entry
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionRow, TransferRow
from ledger.verify.books import Block, Books
from ledger.verify.codes import Code, FailureError
from ledger.verify.export import StoredTile, check_log
from ledger.verify.notes import Checkpoint, Trust, check_note
from ledger.verify.rows import Row, text, values
from ledger.verify.trees import TILE

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_TABLES = frozenset(
    {
        "account", "transfer", "decision", "log_entry", "block", "tile", "checkpoint", "cosignature", "quarantine",
        "quarantine_audit", "policy_activation", "schema_digest", "signing_key", "period_request", "period_event",
    }
)  # fmt: skip


def check_dump(path: Path, trust: Trust) -> tuple[Checkpoint, Books]:
    """Check a whole dump. The newest checkpoint that is good, and the books it stands for."""
    tables: dict[str, list[Row]] = {name: [] for name in _TABLES}
    for name, row in _rows(path):
        tables[name].append(row)
    checkpoints, head = _checkpoints(tables, trust)
    leaves = _leaves(tables)
    if len(leaves) < head.size:
        raise FailureError(Code.TRUNCATED, f"{len(leaves)} leaves are in the dump, {head.size} were signed")
    blocks = sorted(
        (Block(*values(row, Block.__annotations__)) for row in tables["block"]), key=lambda block: block.block_no
    )
    told = sum(block.leaf_count for block in blocks)
    if told != len(leaves):
        raise FailureError(Code.NUMBERING, f"blocks announce {told} leaves, the dump has {len(leaves)}")
    _entries(tables)
    books = Books(iter([block for block in blocks if block.first_leaf < head.size]))
    signed = leaves[: head.size]
    bundles = (signed[at : at + TILE] for at in range(0, len(signed), TILE))
    check_log(books, bundles, head, [*checkpoints, *trust.seen], _tiles(tables))
    return head, books


def _rows(path: Path) -> Iterator[tuple[str, Row]]:
    """(table, row) of every COPY of our tables."""
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                if not line.startswith("COPY public."):
                    continue
                name, _, rest = line.removeprefix("COPY public.").partition(" (")
                columns = rest.partition(")")[0].split(", ")
                yield from _copied(lines, name, columns)
    except (OSError, UnicodeDecodeError) as error:
        raise FailureError(Code.MALFORMED, f"{path}: cannot be read ({error})") from None


def _copied(lines: Iterator[str], name: str, columns: list[str]) -> Iterator[tuple[str, Row]]:
    for line in lines:
        if line == "\\.\n":
            return
        if name not in _TABLES:
            continue
        fields = line.rstrip("\n").split("\t")
        if len(fields) != len(columns):
            raise FailureError(Code.MALFORMED, f"{name}: a row has {len(fields)} fields, not {len(columns)}")
        yield name, dict(zip(columns, map(_unescaped, fields), strict=True))
    raise FailureError(Code.MALFORMED, f"{name}: the dump is cut off")


def _unescaped(field: str) -> str | None:
    if "\\" not in field:
        return field
    if field == "\\N":
        return None
    text, at = [], 0
    while (found := field.find("\\", at)) >= 0:
        letter = field[found + 1 : found + 2]
        text += [field[at:found], _ESCAPES.get(letter, letter)]
        at = found + 2
    return "".join([*text, field[at:]])


def _leaves(tables: dict[str, list[Row]]) -> list[bytes]:
    """Every leaf by its number; none may be missing, and none may stand twice."""
    references = {
        int(text(row, "account_no")): account_reference(int(text(row, "account_no")), text(row, "code"))
        for row in tables["account"]
    }
    found: dict[int, bytes] = {}
    count = 0
    for name, encode in (("transfer", _transfer), ("decision", _decision), ("log_entry", _entry)):
        for row in tables[name]:
            leaf_no, leaf = encode(row, references)
            found[leaf_no] = leaf
            count += 1
    if len(found) != count or (found and (min(found), max(found)) != (0, count - 1)):
        missing = next((number for number in range(count) if number not in found), count)
        raise FailureError(Code.NUMBERING, f"{count} leaves are in the dump, and leaf {missing} is missing or doubled")
    return [found[number] for number in range(count)]


def _transfer(row: Row, references: dict[int, bytes]) -> tuple[int, bytes]:
    told = TransferRow(*values(row, TransferRow.__annotations__))
    if not {told.debit_account, told.credit_account} <= references.keys():
        raise FailureError(Code.ENTRY, f"transfer {told.leaf_no} names an account that is not in the dump")
    return told.leaf_no, encode_transfer(told, references[told.debit_account], references[told.credit_account])


def _decision(row: Row, _references: dict[int, bytes]) -> tuple[int, bytes]:
    told = DecisionRow(*values(row, DecisionRow.__annotations__))
    return told.leaf_no, encode_decision(told)


def _entry(row: Row, _references: dict[int, bytes]) -> tuple[int, bytes]:
    told = entry.EntryRow(*values(row, entry.EntryRow.__annotations__))
    return told.leaf_no, entry.encode_entry(told)


def _checkpoints(tables: dict[str, list[Row]], trust: Trust) -> tuple[list[Checkpoint], Checkpoint]:
    """All checkpoints, and the newest one that has what is asked for."""
    lines: dict[int, str] = {}
    for row in tables["cosignature"]:
        lines[int(text(row, "size"))] = lines.get(int(text(row, "size")), "") + text(row, "line")
    sizes = {int(text(row, "size")): text(row, "note") for row in tables["checkpoint"]}
    if not sizes:
        raise FailureError(Code.UNKNOWN_KEY, "the dump has no signed checkpoint")
    found = [check_note(note + lines.get(size, ""), trust, witnessed=False) for size, note in sorted(sizes.items())]
    for size in sorted(sizes, reverse=True) if trust.witnesses else sorted(sizes)[-1:]:
        if not trust.witnesses or size in lines:
            return found, check_note(sizes[size] + lines.get(size, ""), trust)
    raise FailureError(Code.NOT_WITNESSED, "no checkpoint of the dump is countersigned")


def _entries(tables: dict[str, list[Row]]) -> None:
    """That rows beside the leaves are what their leaves say, and that no leaf lost its row."""
    others = {f"record {text(row, 'quarantine_no')}": row for row in tables["quarantine"]}
    others |= {f"request {text(row, 'request_no')}": row for row in tables["period_request"]}
    bodies: dict[tuple[int, int], bytes] = {}
    for name, kind, ref, whole, row_type, body in _SOURCES:
        for row in tables[name]:
            told = row_type(*values(whole(row, others), row_type.__annotations__))
            bodies[int(kind), int(text(row, ref))] = body(told)
    for row in tables["log_entry"]:
        leaf = entry.EntryRow(*values(row, entry.EntryRow.__annotations__))
        if bodies.get((leaf.kind, leaf.ref)) != leaf.body:
            name = entry.ENTRY_NAMES[entry.EntryKind(leaf.kind)]
            raise FailureError(Code.ENTRY, f"row {leaf.ref} of {name} is not what leaf {leaf.leaf_no} says")


def _whole(row: Row, _others: dict[str, Row]) -> Row:
    return row


def _audit(row: Row, others: dict[str, Row]) -> Row:
    """With the digest of the record it is about."""
    record = others.get(f"record {text(row, 'quarantine_no')}")
    digest = bytes(32) if record is None else entry.record_digest(*values(record, _RECORD))
    return row | {"record": digest.hex()}


_RECORD = {"topic_no": "int", "partition": "int", "record_offset": "int", "reason": "int", "value": "bytes | None"}


def _key(row: Row, _others: dict[str, Row]) -> Row:
    return row | {"endorsement": row["endorsement"] or ""}


def _period(row: Row, others: dict[str, Row]) -> Row:
    """With what was asked for."""
    asked = others.get(f"request {text(row, 'request_no')}")
    if asked is None:
        raise FailureError(Code.ENTRY, f"period event {text(row, 'event_no')} was asked for by nobody")
    days = {name: str(date.fromisoformat(text(asked, name)).toordinal()) for name in ("first_day", "last_day")}
    asking = {"asked": asked["at"], "asked_os_user": asked["os_user"], "asked_note": asked["note"]}
    approving = {"approved_os_user": row["os_user"], "approved_note": row["note"]}
    nothing = {"checkpoint_size": row["checkpoint_size"] or "0", "trial_balance": row["trial_balance"] or ""}
    return asked | row | days | asking | approving | nothing


_SOURCES: tuple[tuple[str, entry.EntryKind, str, Callable[[Row, dict[str, Row]], Row], Any, Any], ...] = (
    ("quarantine_audit", entry.EntryKind.QUARANTINE_AUDIT, "audit_no", _audit, entry.AuditRow, entry.audit_body),
    ("policy_activation", entry.EntryKind.POLICY_ACTIVATION, "activation_no", _whole,
     entry.ActivationRow, entry.activation_body),
    ("schema_digest", entry.EntryKind.SCHEMA_DIGEST, "digest_no", _whole, entry.SchemaRow, entry.schema_body),
    ("signing_key", entry.EntryKind.SIGNING_KEY, "key_no", _key, entry.KeyRow, entry.key_body),
    ("period_event", entry.EntryKind.PERIOD_EVENT, "event_no", _period, entry.PeriodRow, entry.period_body),
)  # fmt: skip
"""Table, kind, number of a row, what makes the row whole, and how it is encoded."""


def _tiles(tables: dict[str, list[Row]]) -> StoredTile:
    """Only full tiles are kept in the database."""
    kept = {(level, index): hashes for level, index, hashes in (values(row, _TILE) for row in tables["tile"])}
    return lambda level, index, width: kept.get((level, index), b"") if width == TILE else None


_TILE = {"level": "int", "idx": "int", "hashes": "bytes"}
