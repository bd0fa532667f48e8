"""The log rebuilt from published leaves: every block must follow the one before, every leaf must be what it says.

Nothing here trusts the ledger: a gap, a fork or a changed leaf is refused, kept in `refusal`, and ends the process.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from events.envelope import parse_time
from events.merkle import leaf_hash, root
from events.states import STATE_NUMBERS, LineState
from ledger.model.block import FIRST_BLOCK_NO, GENESIS_HASH, BlockHeader, block_hash
from ledger.model.reading import LeafError, is_decision, read_decision, read_origin
from ledger.proof.tree import TILE_HEIGHT, Prover, Tree, edge_sizes, split_hashes, tile_root
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from events.outcomes import BlockPosted
    from ledger.proof.checkpoint import Checkpoint
    from pipeline.npca.tables import NpcaConnection, NpcaCursor

_LEAF_HEAD = 18
_LEAF_NO = slice(2, 10)
_BLOCK_NO = slice(10, 18)
_CERTIFIED = STATE_NUMBERS[LineState.CERTIFIED]


class Kind(StrEnum):
    """Why a history is refused."""

    GAP = "gap"
    FORK = "fork"
    CHANGED = "changed"
    WITNESSED = "not_as_witnessed"


class RefusedHistoryError(PipelineError):
    """What was published is not the history followed so far; nothing of it was taken in. `size` leaves hold."""

    def __init__(self, kind: Kind, size: int, detail: str) -> None:
        super().__init__(f"{detail}. Nothing of it was taken in and nothing is certified; find which copy is the true")
        self.kind, self.size, self.detail = kind, size, detail


class Head(NamedTuple):
    """The last block followed."""

    block_no: int
    hash: bytes


class Log:
    """The right edge of the log in memory, the rest in the agency's database. Loaded anew after any failure."""

    def __init__(self, cursor: NpcaCursor) -> None:
        last = cursor.execute(
            "select block_no, hash, first_leaf + leaf_count from block order by block_no desc limit 1"
        ).fetchone()
        self.head = Head(FIRST_BLOCK_NO - 1, GENESIS_HASH) if last is None else Head(last[0], bytes(last[1]))
        self.tree = _load(cursor, 0 if last is None else last[2])
        self._parts: list[BlockPosted] = []

    @property
    def size(self) -> int:
        """How many leaves were followed."""
        return self.tree.size

    @property
    def waits_for_parts(self) -> bool:
        """Whether the begin of a block came and its end did not yet."""
        return bool(self._parts)

    def take(self, cursor: NpcaCursor, part: BlockPosted) -> bool:
        """Take one message of `sp.ledger.v1`; whether nothing of an unfinished block is in hand afterwards.

        A block that was followed before is compared and passed over. RefusedHistoryError for what does not follow.
        """
        if part.block_no <= self.head.block_no:
            self._compare(cursor, part)
            return not self._parts
        if part.part == 1:
            self._parts = []  # the relay began this block again
        expected = (self.head.block_no + 1, len(self._parts) + 1)
        if (part.block_no, part.part) != expected:
            detail = f"block {part.block_no} part {part.part} came where block {expected[0]} part {expected[1]} follows"
            raise RefusedHistoryError(Kind.GAP, self.size, detail)
        self._parts.append(part)
        if part.part < part.parts:
            return False
        parts, self._parts = self._parts, []
        self._follow(cursor, parts)
        return True

    def _compare(self, cursor: NpcaCursor, part: BlockPosted) -> None:
        row = cursor.execute("select hash from block where block_no = %s", (part.block_no,)).fetchone()
        if row is None or bytes(row[0]).hex() != part.hash or block_hash(_header(part)).hex() != part.hash:
            raise RefusedHistoryError(Kind.FORK, self.size, f"block {part.block_no} was published with another hash")

    def _follow(self, cursor: NpcaCursor, parts: Sequence[BlockPosted]) -> None:
        header, bodies = _header(parts[0]), [bytes(leaf.body) for part in parts for leaf in part.leaves]
        if any(_header(part) != header or part.hash != parts[0].hash for part in parts):
            raise RefusedHistoryError(Kind.CHANGED, self.size, f"the parts of block {header.block_no} differ")
        own = block_hash(header)
        if header.prev_hash != self.head.hash or header.first_leaf != self.size:
            raise RefusedHistoryError(
                Kind.FORK, self.size, f"block {header.block_no} does not follow block {self.head.block_no}"
            )
        hashes = [leaf_hash(body) for body in bodies]
        numbered = all(_is_numbered(body, self.size + at, header.block_no) for at, body in enumerate(bodies))
        if (
            own.hex() != parts[0].hash
            or len(bodies) != header.leaf_count
            or root(hashes) != header.root
            or not numbered
        ):
            raise RefusedHistoryError(
                Kind.CHANGED, self.size, f"the leaves of block {header.block_no} are not those its header names"
            )
        with cursor.copy("copy leaf (leaf_no, body) from stdin (format binary)") as copy:
            copy.set_types(["int8", "bytea"])
            for at, body in enumerate(bodies):
                copy.write_row((self.size + at, body))
        cursor.execute(
            "insert into block values (%s, %s, %s, %s, %s, %s)",
            (header.block_no, own, header.prev_hash, header.first_leaf, header.leaf_count, header.recorded_us),
        )
        cursor.executemany("insert into tile values (%s, %s, %s)", self.tree.extend(hashes))
        try:
            names = {(name,) for body in bodies if (name := read_origin(body)) is not None}
            certified = _certified(bodies)
        except LeafError as error:
            raise RefusedHistoryError(Kind.CHANGED, self.size, f"block {header.block_no}: {error}") from None
        cursor.executemany("insert into log_name values (%s) on conflict do nothing", sorted(names))
        cursor.executemany("insert into certified_leaf values (%s, %s, %s) on conflict do nothing", certified)
        self.head = Head(header.block_no, own)

    def prover(self, cursor: NpcaCursor) -> Prover:
        """Answers for roots and paths of any size followed so far."""
        return Prover(_Tiles(cursor, self.tree))

    def witness(self, cursor: NpcaCursor, told: Checkpoint, note: str) -> bool:
        """Compare a checkpoint the witness countersigned with what was followed; True when it is new and the same.

        One of more leaves than were followed is looked at later. RefusedHistoryError for another root.
        """
        if told.size > self.size or told.size == 0:
            return False
        if self.prover(cursor).root(told.size) != told.root:
            detail = f"the witness countersigned another root for {told.size} leaves than the published leaves have"
            raise RefusedHistoryError(Kind.WITNESSED, self.size, detail)
        cursor.execute(
            "insert into witnessed values (%s, %s, %s, %s) on conflict do nothing",
            (told.size, told.origin, told.root, note),
        )
        return cursor.rowcount == 1


def record_refusal(connection: NpcaConnection, refused: RefusedHistoryError) -> None:
    """Keep that a history was refused, for those who certify; once, however often the process is started again."""
    with connection.transaction():
        connection.execute(
            "insert into refusal (kind, size, detail) select %(kind)s, %(size)s, %(detail)s where not exists"
            " (select from refusal where (kind, size, detail) = (%(kind)s, %(size)s, %(detail)s))",
            {"kind": refused.kind.value, "size": refused.size, "detail": refused.detail},
        )


class _Tiles:
    def __init__(self, cursor: NpcaCursor, tree: Tree) -> None:
        self._cursor, self._tree = cursor, tree
        self._kept: dict[tuple[int, int], list[bytes]] = {}

    def hashes(self, level: int, index: int) -> Sequence[bytes]:
        """The hashes of one tile. LookupError when it does not exist."""
        if level < len(self._tree.edge) and index == self._tree.size >> TILE_HEIGHT * (level + 1):
            return self._tree.edge[level]
        place = level, index
        if place not in self._kept:
            row = self._cursor.execute("select hashes from tile where level = %s and idx = %s", place).fetchone()
            if row is None:
                raise LookupError(f"tile {level}/{index} is missing")
            self._kept[place] = split_hashes(bytes(row[0]))
        return self._kept[place]


def _load(cursor: NpcaCursor, size: int) -> Tree:
    edge: list[list[bytes]] = []
    for level, count in enumerate(edge_sizes(size)):
        end = size >> TILE_HEIGHT * level
        if level == 0:
            rows = cursor.execute(
                "select body from leaf where leaf_no >= %s and leaf_no < %s order by leaf_no", (end - count, end)
            )
            edge.append([leaf_hash(bytes(body)) for (body,) in rows])
        else:
            rows = cursor.execute(
                "select hashes from tile where level = %s and idx >= %s and idx < %s order by idx",
                (level - 1, end - count, end),
            )
            edge.append([tile_root(bytes(hashes)) for (hashes,) in rows])
        if len(edge[-1]) != count:
            raise LookupError(f"level {level} of the followed log lacks hashes before {end}: rows were removed")
    return Tree(size, edge)


def _header(part: BlockPosted) -> BlockHeader:
    recorded_us = parse_time(part.recorded_at)
    if recorded_us is None:
        raise ValueError(f"block {part.block_no}: recorded_at is no time")
    return BlockHeader(
        block_no=part.block_no,
        prev_hash=bytes.fromhex(part.prev_hash),
        first_leaf=part.first_leaf,
        leaf_count=part.leaf_count,
        root=bytes.fromhex(part.root),
        totals=part.totals,
        policy_digest=bytes.fromhex(part.policy_digest),
        recorded_us=recorded_us,
        writer=part.writer,
        journal=part.journal,
    )


def _certified(bodies: Sequence[bytes]) -> list[tuple[bytes | None, int, int | None]]:
    """Lines that the ledger takes for certified from these leaves on, with leaf and amount in minor units."""
    rows = (read_decision(body) for body in bodies if is_decision(body))
    return [(row.line_id, row.leaf_no, row.amount_minor) for row in rows if row.state == _CERTIFIED]


def _is_numbered(body: bytes, leaf_no: int, block_no: int) -> bool:
    return (
        len(body) >= _LEAF_HEAD
        and int.from_bytes(body[_LEAF_NO]) == leaf_no
        and int.from_bytes(body[_BLOCK_NO]) == block_no
    )


def leaves_of(cursor: NpcaCursor, leaf_nos: Sequence[int]) -> dict[int, bytes]:
    """Those of these leaves that were followed, by number."""
    return dict(_leaves(cursor, leaf_nos))


def _leaves(cursor: NpcaCursor, leaf_nos: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    cursor.execute("select leaf_no, body from leaf where leaf_no = any(%s)", (list(leaf_nos),))
    for leaf_no, body in cursor:
        yield leaf_no, bytes(body)
