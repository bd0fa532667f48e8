"""A whole database as `pg_dump` writes it in plain SQL: rows are encoded anew and held against what was signed."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from ledger.model import entry
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionRow, TransferRow
from ledger.verify.books import Block, Books
from ledger.verify.codes import Code, FailureError
from ledger.verify.export import StoredTile, check_log
from ledger.verify.notes import Checkpoint, Trust, check_note
from ledger.verify.rows import NULL, reader
from ledger.verify.trees import TILE


class _Account(NamedTuple):
    account_no: int
    code: str


class _Tile(NamedTuple):
    level: int
    idx: int
    hashes: bytes


class _Checkpoint(NamedTuple):
    size: int
    note: str


class _Cosignature(NamedTuple):
    size: int
    line: str


class _Record(NamedTuple):
    """What names a quarantined record, in the order of `record_digest`."""

    topic_no: int
    partition: int
    record_offset: int
    reason: int
    value: bytes | None


Row = dict[str, str]
"""Fields by column, as they were copied."""
_TYPES: dict[str, Any] = {
    "account": _Account, "transfer": TransferRow, "decision": DecisionRow, "log_entry": entry.EntryRow, "block": Block,
    "tile": _Tile, "checkpoint": _Checkpoint, "cosignature": _Cosignature,
}  # fmt: skip
_OTHERS = ("awaiting_leaf", "quarantine", "quarantine_audit", "policy_activation", "schema_digest", "signing_key",
           "period_request", "period_event")  # fmt: skip


def check_dump(path: Path, trust: Trust) -> tuple[Checkpoint, Books]:
    """Check a whole dump. The newest countersigned checkpoint, and the books up to the newest that is signed."""
    try:
        return _check(_tables(path), trust)
    except (struct.error, ValueError, KeyError, OverflowError) as error:
        raise FailureError(Code.MALFORMED, f"{path}: a row is not one of the books ({error})") from None


def _check(tables: dict[str, list[Any]], trust: Trust) -> tuple[Checkpoint, Books]:
    checkpoints, head = _checkpoints(tables, trust)
    leaves = _leaves(tables)
    newest = checkpoints[-1]
    if len(leaves) < newest.size:
        raise FailureError(Code.TRUNCATED, f"{len(leaves)} leaves are in the dump, {newest.size} were signed")
    blocks = sorted(tables["block"], key=lambda block: block.block_no)
    told = sum(block.leaf_count for block in blocks)
    if told != len(leaves):
        raise FailureError(Code.NUMBERING, f"blocks announce {told} leaves, the dump has {len(leaves)}")
    _entries(tables)
    books = Books(iter([block for block in blocks if block.first_leaf < newest.size]))
    signed = leaves[: newest.size]
    bundles = (signed[at : at + TILE] for at in range(0, len(signed), TILE))
    check_log(books, bundles, newest, [*checkpoints, *trust.seen], _tiles(tables))
    return head, books


def _tables(path: Path) -> dict[str, list[Any]]:
    """The rows of every COPY of our tables."""
    tables: dict[str, list[Any]] = {name: [] for name in (*_TYPES, *_OTHERS)}
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                if line.startswith("COPY public."):
                    name, _, rest = line.removeprefix("COPY public.").partition(" (")
                    columns = rest.partition(")")[0].split(", ")
                    tables.get(name, []).extend(_copied(lines, name, columns))
    except (OSError, UnicodeDecodeError) as error:
        raise FailureError(Code.MALFORMED, f"{path}: cannot be read ({error})") from None
    return tables


def _copied(lines: Iterator[str], name: str, columns: list[str]) -> Iterator[Any]:
    read = reader(columns, _TYPES[name]) if name in _TYPES else lambda fields: dict(zip(columns, fields, strict=True))
    wanted = name in _TYPES or name in _OTHERS
    # A decision is the largest row, and nothing is needed of it but its leaf.
    keep = (lambda row: (row.leaf_no, encode_decision(row))) if name == "decision" else None
    for line in lines:
        if line == "\\.\n":
            return
        if wanted:
            fields = line.rstrip("\n").split("\t")
            if len(fields) != len(columns):
                raise FailureError(Code.MALFORMED, f"{name}: a row has {len(fields)} fields, not {len(columns)}")
            yield read(fields) if keep is None else keep(read(fields))
    raise FailureError(Code.MALFORMED, f"{name}: the dump is cut off")


def _leaves(tables: dict[str, list[Any]]) -> list[bytes]:
    """Every leaf by its number; none may be missing, and none may stand twice."""
    references = {row.account_no: account_reference(row.account_no, row.code) for row in tables["account"]}
    found: dict[int, bytes] = {}
    for row in tables["transfer"]:
        debit, credit = references.get(row.debit_account), references.get(row.credit_account)
        if debit is None or credit is None:
            raise FailureError(Code.ENTRY, f"transfer {row.leaf_no} names an account that is not in the dump")
        found[row.leaf_no] = encode_transfer(row, debit, credit)
    found |= dict(tables["decision"])
    found |= {row.leaf_no: entry.encode_entry(row) for row in tables["log_entry"]}
    count = sum(len(tables[name]) for name in ("transfer", "decision", "log_entry"))
    if len(found) != count or (found and (min(found), max(found)) != (0, count - 1)):
        missing = next((number for number in range(count) if number not in found), count)
        raise FailureError(Code.NUMBERING, f"{count} leaves are in the dump, and leaf {missing} is missing or doubled")
    return [found[number] for number in range(count)]


def _checkpoints(tables: dict[str, list[Any]], trust: Trust) -> tuple[list[Checkpoint], Checkpoint]:
    """All checkpoints, the newest last, and the newest one that has what is asked for."""
    lines: dict[int, str] = {}
    for row in tables["cosignature"]:
        lines[row.size] = lines.get(row.size, "") + row.line
    sizes = {row.size: row.note for row in tables["checkpoint"]}
    if not sizes:
        raise FailureError(Code.UNKNOWN_KEY, "the dump has no signed checkpoint")
    found = [check_note(note + lines.get(size, ""), trust, witnessed=False) for size, note in sorted(sizes.items())]
    for size in sorted(sizes, reverse=True):
        with suppress(FailureError):  # the countersignature is all that can be missing
            return found, check_note(sizes[size] + lines.get(size, ""), trust)
    raise FailureError(Code.NOT_WITNESSED, "no checkpoint of the dump is countersigned")


def _entries(tables: dict[str, list[Any]]) -> None:
    """That rows beside the leaves are what their leaves say, that no leaf lost its row, and no row its leaf."""
    others = {f"record {row['quarantine_no']}": row for row in tables["quarantine"]}
    others |= {f"request {row['request_no']}": row for row in tables["period_request"]}
    bodies: dict[tuple[int, int], bytes] = {}
    for name, kind, ref, whole, row_type, body in _SOURCES:
        for row in tables[name]:
            bodies[int(kind), int(row[ref])] = body(_as(row_type, whole(row, others)))
    for leaf in tables["log_entry"]:
        if bodies.pop((leaf.kind, leaf.ref), None) != leaf.body:
            name = entry.ENTRY_NAMES[entry.EntryKind(leaf.kind)]
            raise FailureError(Code.ENTRY, f"row {leaf.ref} of {name} is not what leaf {leaf.leaf_no} says")
    for place, number in bodies.keys() - {(int(row["kind"]), int(row["ref"])) for row in tables["awaiting_leaf"]}:
        name = entry.ENTRY_NAMES[entry.EntryKind(place)]
        raise FailureError(Code.ENTRY, f"row {number} of {name} is in no leaf and does not wait for one")


def _as(row_type: Any, row: Row) -> Any:
    return reader(list(row), row_type)(list(row.values()))


def _audit(row: Row, others: dict[str, Row]) -> Row:
    """With the digest of the record it is about."""
    record = others.get(f"record {row['quarantine_no']}")
    digest = bytes(32) if record is None else entry.record_digest(*_as(_Record, record))
    return row | {"record": digest.hex()}


def _key(row: Row, _others: dict[str, Row]) -> Row:
    return row | {"endorsement": row["endorsement"].replace(NULL, "")}


def _period(row: Row, others: dict[str, Row]) -> Row:
    """With what was asked for."""
    asked = others.get(f"request {row['request_no']}")
    if asked is None:
        raise FailureError(Code.ENTRY, f"period event {row['event_no']} was asked for by nobody")
    days = {name: str(date.fromisoformat(asked[name]).toordinal()) for name in ("first_day", "last_day")}
    asking = {"asked": asked["at"], "asked_os_user": asked["os_user"], "asked_note": asked["note"]}
    approving = {"approved_os_user": row["os_user"], "approved_note": row["note"]}
    size, balance = row["checkpoint_size"].replace(NULL, "0"), row["trial_balance"].replace(NULL, "")
    return asked | row | days | asking | approving | {"checkpoint_size": size, "trial_balance": balance}


_SOURCES: tuple[tuple[str, entry.EntryKind, str, Callable[[Row, dict[str, Row]], Row], Any, Any], ...] = (
    ("quarantine_audit", entry.EntryKind.QUARANTINE_AUDIT, "audit_no", _audit, entry.AuditRow, entry.audit_body),
    ("policy_activation", entry.EntryKind.POLICY_ACTIVATION, "activation_no", lambda row, _others: row,
     entry.ActivationRow, entry.activation_body),
    ("schema_digest", entry.EntryKind.SCHEMA_DIGEST, "digest_no", lambda row, _others: row,
     entry.SchemaRow, entry.schema_body),
    ("signing_key", entry.EntryKind.SIGNING_KEY, "key_no", _key, entry.KeyRow, entry.key_body),
    ("period_event", entry.EntryKind.PERIOD_EVENT, "event_no", _period, entry.PeriodRow, entry.period_body),
)  # fmt: skip
"""Table, kind, number of a row, what makes the row whole, and how it is encoded."""


def _tiles(tables: dict[str, list[Any]]) -> StoredTile:
    """Only full tiles are kept in the database."""
    kept = {(row.level, row.idx): row.hashes for row in tables["tile"]}
    return lambda level, index, width: kept.get((level, index), b"") if width == TILE else None
