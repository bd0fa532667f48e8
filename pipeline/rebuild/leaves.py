"""Original and rebuilt books leaf for leaf: every column, the blocks, the root, and the tables beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from events.merkle import leaf_hash
from ledger.model.entry import EntryRow, encode_entry
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionRow, TransferRow
from ledger.proof.tree import Tree
from ledger.store import copy
from ledger.store.log import read_checkpoint
from pipeline.rebuild.difference import Difference, Table, compare, merged, told
from pipeline.rebuild.tables import CLAIMS, FOLDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.store.connection import LedgerConnection
    from pipeline.rebuild.replay import Advance

LEAVES_AT_ONCE = 5_000

_BLOCKS = Table(
    "block",
    "select block_no, prev_hash, first_leaf, leaf_count, root, totals, policy_digest, recorded_us, writer, journal,"
    " hash from block order by block_no",
    1,
    ("prev_hash", "first_leaf", "leaf_count", "root", "totals", "policy_digest", "recorded_us", "writer", "journal",
     "hash"),
)  # fmt: skip
_SETS = Table(
    "set journal",
    "select after_block, number, policy_digest, journal from set_journal order by 1, 2",
    2,
    ("policy_digest", "journal"),
)
_ACCOUNTS = Table(
    "account",
    "select account_no, code, family, qualifier, benefit, programme, operator, fund, area, cofog, gfsm, currency"
    " from account order by 1",
    1,
    ("code", "family", "qualifier", "benefit", "programme", "operator", "fund", "area", "cofog", "gfsm", "currency"),
)
_SUBMISSIONS = Table(
    "submission",
    "select submission_no, source, batch_id, number, benefit, cycle, line_count, block_no from submission order by 1",
    1,
    ("source", "batch_id", "number", "benefit", "cycle", "line_count", "block_no"),
)
_SUBMITTED = Table(
    "submitted line", "select submission_no, line_id, decision_leaf from submission_line order by 1, 2", 2, ("leaf",)
)
_DOUBLES = Table(
    "double claim",
    'select block_no, line_id, grp collate "C", claim_double.key collate "C", entity.key, against from claim_double'
    " join entity on entity_no = holder_no order by 1, 2, 3, 4",
    4,
    ("holder", "against"),
)
_WAITING = Table(
    "waits for budget",
    "select 'L'::bytea || line_id, 0::bigint from budget_wait_line"
    " union all select 'B'::bytea || source::bytea || '\\000'::bytea || batch_id::bytea, needed_minor from budget_wait"
    " order by 1",
    1,
    ("needed_minor",),
)
_OPEN = Table("open submission", "select submission_no, outstanding from submission_open order by 1", 1, ("orders",))
BOOKS = (_BLOCKS, _SETS, _ACCOUNTS, _SUBMISSIONS, _SUBMITTED, _DOUBLES, *CLAIMS, *FOLDED, _WAITING, _OPEN)


class _Kind(NamedTuple):
    """One kind of leaf: its table, its columns after the number, and its row's encoding."""

    what: str
    query: str
    columns: tuple[str, ...]
    encode: Callable[[tuple[Any, ...], dict[int, str]], bytes]


def _encode_transfer(row: tuple[Any, ...], codes: dict[int, str]) -> bytes:
    told = TransferRow._make(row)
    debit, credit = (account_reference(number, codes[number]) for number in (told.debit_account, told.credit_account))
    return encode_transfer(told, debit, credit)


def _kind(what: str, table: str, columns: tuple[str, ...], encode: Callable[..., bytes]) -> _Kind:
    query = f"select {', '.join(columns)} from {table} where leaf_no >= %s and leaf_no < %s order by leaf_no"
    return _Kind(what, query, columns[1:], encode)


_KINDS = (
    _kind("transfer", "transfer", tuple(column.name for column in copy.TRANSFER.columns), _encode_transfer),
    _kind(
        "decision",
        "decision",
        tuple(column.name for column in copy.DECISION.columns),
        lambda row, _codes: encode_decision(DecisionRow._make(row)),
    ),
    _kind(
        "entry",
        "log_entry",
        tuple(column.name for column in copy.LOG_ENTRY.columns),
        lambda row, _codes: encode_entry(EntryRow._make(row)),
    ),
)


class _Side:
    """One of the two logs, read from its rows."""

    def __init__(self, connection: LedgerConnection) -> None:
        self.connection = connection
        self.tree = Tree()
        self.codes: dict[int, str] = dict(connection.execute("select account_no, code from account").fetchall())

    def size(self) -> int:
        """One more than the highest number of a leaf."""
        row = self.connection.execute(
            "select greatest((select max(leaf_no) from transfer), (select max(leaf_no) from decision),"
            " (select max(leaf_no) from log_entry))"
        ).fetchone()
        return 0 if row is None or row[0] is None else int(row[0]) + 1

    def read(self, first: int, end: int) -> list[list[tuple[int, tuple[Any, ...]]]]:
        """The rows of each kind in a range of leaves; their encodings go into the tree."""
        kinds, leaves = [], []
        for kind in _KINDS:
            rows = self.connection.execute(kind.query, (first, end), binary=True).fetchall()
            kinds.append([(row[0], row[1:]) for row in rows])
            leaves += [(row[0], leaf_hash(kind.encode(row, self.codes))) for row in rows]
        self.tree.extend([hashed for _, hashed in sorted(leaves)])
        return kinds


def compare_leaves(original: LedgerConnection, rebuilt: LedgerConnection, advance: Advance) -> Iterator[Difference]:
    """Every leaf that is not the same, and the root over all; also the original's newest checkpoint, if it has one."""
    sides = (_Side(original), _Side(rebuilt))
    size = max(side.size() for side in sides)
    with original.cursor(binary=True) as cursor:
        sealed = read_checkpoint(cursor)
    ends = sorted({*range(LEAVES_AT_ONCE, size, LEAVES_AT_ONCE), size, *([sealed.size] if sealed else [])} - {0})
    first = 0
    for end in ends:
        rows, others = (side.read(first, end) for side in sides)
        for kind, ours, theirs in zip(_KINDS, rows, others, strict=True):
            if ours != theirs:
                yield from _differing(kind, ours, theirs)
        if sealed is not None and end == sealed.size:
            yield from _roots("checkpoint", end, sealed.root, sides[1].tree.root())
        first = end
        advance(end, size, "leaves")
    yield from _roots("root", size, sides[0].tree.root(), sides[1].tree.root())


def _differing(kind: _Kind, ours: list[Any], theirs: list[Any]) -> Iterator[Difference]:
    table = Table(kind.what, "", 1, kind.columns)
    pairs = (iter([((leaf,), [row]) for leaf, row in rows]) for rows in (ours, theirs))
    for (leaf,), first, second in merged(*pairs):
        if first != second:
            yield told(table, (f"leaf {leaf}",), first, second)


def _roots(what: str, size: int, original: bytes, rebuilt: bytes) -> Iterator[Difference]:
    if original != rebuilt:
        yield Difference(what, f"of {size} leaves", original.hex(), rebuilt.hex())


def compare_books(original: LedgerConnection, rebuilt: LedgerConnection) -> Iterator[Difference]:
    """Blocks, accounts, submissions, claims, and what is known of each entity, as far as they are not the same."""
    for table in BOOKS:
        yield from compare(table, original, rebuilt)
