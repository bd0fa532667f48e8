"""A whole database as `pg_dump` writes it in plain SQL: rows are encoded anew and held against what was signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ledger.model import entry
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionRow, TransferRow
from ledger.verify.books import Block, Books
from ledger.verify.codes import Code, FailureError
from ledger.verify.export import check_log, check_tile_bytes
from ledger.verify.notes import Checkpoint, Trust, check_note
from ledger.verify.trees import TILE

Row = dict[str, str | None]
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
    blocks = sorted((_block(row) for row in tables["block"]), key=lambda block: block.block_no)
    told = sum(block.leaf_count for block in blocks)
    if told != len(leaves):
        raise FailureError(Code.NUMBERING, f"blocks announce {told} leaves, the dump has {len(leaves)}")
    _entries(tables)
    books = Books(iter([block for block in blocks if block.first_leaf < head.size]))
    signed = leaves[: head.size]
    bundles = (signed[at : at + TILE] for at in range(0, len(signed), TILE))
    check_log(books, bundles, head, [*checkpoints, *trust.seen], check_tile_bytes(_tiles(tables)))
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


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if value is None:
        raise FailureError(Code.MALFORMED, f"a row has no {name}")
    return value


def _bytes(row: Row, name: str) -> bytes:
    text = _text(row, name)
    if not text.startswith("\\x"):
        raise FailureError(Code.MALFORMED, f"{name}: bytes are expected in hex, as pg_dump writes them")
    return bytes.fromhex(text[2:])


def _micros(row: Row) -> int:
    """A timestamptz of a dump, always with an offset, as microseconds since the epoch."""
    text = _text(row, "at")
    return (datetime.fromisoformat(text if text[-3] in "+-" else text + "+00") - _EPOCH) // timedelta(microseconds=1)


_READ: dict[str, Callable[[Row, str], Any]] = {
    "bytes": _bytes,
    "str": _text,
    "int": lambda row, name: int(_text(row, name)),
    "date": lambda row, name: date.fromisoformat(_text(row, name)),
    "bytes | None": lambda row, name: None if row[name] is None else _bytes(row, name),
    "int | None": lambda row, name: None if row[name] is None else int(_text(row, name)),
    "str | None": lambda row, name: row[name],
    "tuple[int, ...]": lambda row, name: tuple(int(part) for part in _text(row, name)[1:-1].split(",") if part),
}


def _values(row: Row, annotations: dict[str, Any]) -> list[Any]:
    """The columns of a row as the row types of the ledger name and type them."""
    kinds = ((name, kind if isinstance(kind, str) else kind.__forward_arg__) for name, kind in annotations.items())
    try:
        return [_READ[kind](row, name) for name, kind in kinds]
    except (ValueError, KeyError) as error:
        raise FailureError(Code.MALFORMED, f"a row cannot be read ({error})") from None


def _block(row: Row) -> Block:
    return Block(*_values(row, Block.__annotations__))


def _leaves(tables: dict[str, list[Row]]) -> list[bytes]:
    """Every leaf by its number; none may be missing, and none may stand twice."""
    references = {
        int(_text(row, "account_no")): account_reference(int(_text(row, "account_no")), _text(row, "code"))
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
    told = TransferRow(*_values(row, TransferRow.__annotations__))
    if not {told.debit_account, told.credit_account} <= references.keys():
        raise FailureError(Code.ENTRY, f"transfer {told.leaf_no} names an account that is not in the dump")
    return told.leaf_no, encode_transfer(told, references[told.debit_account], references[told.credit_account])


def _decision(row: Row, _references: dict[int, bytes]) -> tuple[int, bytes]:
    told = DecisionRow(*_values(row, DecisionRow.__annotations__))
    return told.leaf_no, encode_decision(told)


def _entry(row: Row, _references: dict[int, bytes]) -> tuple[int, bytes]:
    told = entry.EntryRow(*_values(row, entry.EntryRow.__annotations__))
    return told.leaf_no, entry.encode_entry(told)


def _checkpoints(tables: dict[str, list[Row]], trust: Trust) -> tuple[list[Checkpoint], Checkpoint]:
    """All checkpoints, and the newest one that has what is asked for."""
    lines: dict[int, str] = {}
    for row in tables["cosignature"]:
        lines[int(_text(row, "size"))] = lines.get(int(_text(row, "size")), "") + _text(row, "line")
    sizes = {int(_text(row, "size")): _text(row, "note") for row in tables["checkpoint"]}
    if not sizes:
        raise FailureError(Code.UNKNOWN_KEY, "the dump has no signed checkpoint")
    found = [check_note(note + lines.get(size, ""), trust, witnessed=False) for size, note in sorted(sizes.items())]
    for size in sorted(sizes, reverse=True) if trust.witnesses else sorted(sizes)[-1:]:
        if not trust.witnesses or size in lines:
            return found, check_note(sizes[size] + lines.get(size, ""), trust)
    raise FailureError(Code.NOT_WITNESSED, "no checkpoint of the dump is countersigned")


def _entries(tables: dict[str, list[Row]]) -> None:
    """That rows beside the leaves are what their leaves say, and that no leaf lost its row."""
    records = {_text(row, "quarantine_no"): row for row in tables["quarantine"]}
    records |= {f"period {_text(row, 'request_no')}": row for row in tables["period_request"]}
    bodies: dict[tuple[int, int], bytes] = {}
    for name, kind, ref, body in _SOURCES:
        for row in tables[name]:
            bodies[int(kind), int(_text(row, ref))] = body(row, records)
    for row in tables["log_entry"]:
        told = entry.EntryRow(*_values(row, entry.EntryRow.__annotations__))
        if bodies.get((told.kind, told.ref)) != told.body:
            name = entry.ENTRY_NAMES[entry.EntryKind(told.kind)]
            raise FailureError(Code.ENTRY, f"row {told.ref} of {name} is not what leaf {told.leaf_no} says")


def _audit_body(row: Row, records: dict[str, Row]) -> bytes:
    number = _text(row, "quarantine_no")
    record = records.get(number)
    digest = bytes(32)
    if record is not None:
        topic_no, partition, offset, reason = (
            int(_text(record, name)) for name in ("topic_no", "partition", "record_offset", "reason")
        )
        value = None if record["value"] is None else _bytes(record, "value")
        digest = entry.record_digest(topic_no, partition, offset, reason, value)
    action, actor, note = (_text(row, name) for name in ("action", "actor", "note"))
    return entry.audit_body(entry.AuditRow(int(number), action, actor, note, _micros(row), digest))


def _key_body(row: Row, _records: dict[str, Row]) -> bytes:
    endorsement = b"" if row["endorsement"] is None else _bytes(row, "endorsement")
    actor, os_user, note = (_text(row, name) for name in ("actor", "os_user", "note"))
    key = (_text(row, "origin"), int(_text(row, "algorithm")), _bytes(row, "public_key"))
    return entry.key_body(entry.KeyRow(*key, endorsement, actor, os_user, note, _micros(row)))


def _activation_body(row: Row, _records: dict[str, Row]) -> bytes:
    head = (int(_text(row, "proposal_no")), _bytes(row, "digest"), _text(row, "proposed_by"), _text(row, "approved_by"))
    return entry.activation_body(entry.ActivationRow(*head, int(_text(row, "first_block")), _micros(row)))


def _schema_body(row: Row, _records: dict[str, Row]) -> bytes:
    head = (_bytes(row, "digest"), int(_text(row, "objects")), _text(row, "summary"))
    return entry.schema_body(entry.SchemaRow(*head, _micros(row)))


def _period_body(row: Row, records: dict[str, Row]) -> bytes:
    asked = records.get(f"period {_text(row, 'request_no')}")
    if asked is None:
        raise FailureError(Code.ENTRY, f"period event {_text(row, 'event_no')} was asked for by nobody")
    first, last = (date.fromisoformat(_text(asked, name)).toordinal() for name in ("first_day", "last_day"))
    digest = b"" if row["trial_balance"] is None else _bytes(row, "trial_balance")
    return entry.period_body(
        entry.PeriodRow(
            _text(asked, "period"), int(_text(asked, "kind")), first, last, _text(asked, "asked_by"),
            _text(asked, "os_user"), _text(asked, "note"), _micros(asked), _text(row, "approved_by"),
            _text(row, "os_user"), _text(row, "note"), _micros(row), int(_text(row, "at_block")),
            _bytes(row, "block_hash"), int(row["checkpoint_size"] or 0), digest,
        )
    )  # fmt: skip


_SOURCES: tuple[tuple[str, entry.EntryKind, str, Callable[[Row, dict[str, Row]], bytes]], ...] = (
    ("quarantine_audit", entry.EntryKind.QUARANTINE_AUDIT, "audit_no", _audit_body),
    ("policy_activation", entry.EntryKind.POLICY_ACTIVATION, "activation_no", _activation_body),
    ("schema_digest", entry.EntryKind.SCHEMA_DIGEST, "digest_no", _schema_body),
    ("signing_key", entry.EntryKind.SIGNING_KEY, "key_no", _key_body),
    ("period_event", entry.EntryKind.PERIOD_EVENT, "event_no", _period_body),
)


def _tiles(tables: dict[str, list[Row]]) -> dict[tuple[int, int], bytes]:
    return {(int(_text(row, "level")), int(_text(row, "idx"))): _bytes(row, "hashes") for row in tables["tile"]}
