"""One batch of one partition, one transaction: offset and rows commit together, so each record has exactly one effect.

A killed process starts again from the offset beside its rows. A second process that follows the same partitions fails
at the offset, which it does not find as it left it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from events.outcomes import BlockPosted, decode_outcome
from events.topics import DECISION, ENROLMENT, LEDGER, PAYMENT, SETTLEMENT, TOPICS, VERIFICATION
from pipeline.errors import PipelineError
from pipeline.npca.intake import take_facts, take_submitted
from pipeline.npca.log import Kind, Log, RefusedHistoryError, record_refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.admission import Admission
    from pipeline.npca.tables import NpcaConnection, NpcaCursor
    from pipeline.transport import Record

FOLLOWED = (LEDGER, DECISION, ENROLMENT, VERIFICATION, PAYMENT, SETTLEMENT)
"""What the agency reads: the log, submitted batches, the facts they rest on, and what banks gave back."""


class FollowedTwiceError(PipelineError):
    """Another process follows the same partitions with the same database."""


class Follower:
    """Takes batches in. Used by one thread; made anew after any exception, since memory may be ahead of the rows."""

    def __init__(self, connection: NpcaConnection, admission: Admission) -> None:
        self._connection, self._admission = connection, admission
        with connection.transaction(), connection.cursor() as cursor:
            self.log = Log(cursor)
            rows = cursor.execute("select topic, part, next_offset from place").fetchall()
        self.places = {(topic, part): int(offset) for topic, part, offset in rows}

    def begin(self, partitions: Iterable[tuple[str, int]]) -> None:
        """Give each partition that was never followed its place, at its begin."""
        with self._connection.transaction():
            for topic, part in partitions:
                if (topic, part) not in self.places:
                    self._connection.execute("insert into place values (%s, %s, 0)", (topic, part))
                    self.places[topic, part] = 0

    def take(self, topic: str, part: int, records: Sequence[Record]) -> int:
        """Take records of one partition in and commit; returns the offset to go on from after a restart.

        RefusedHistoryError for a history that does not follow, which is kept first; FollowedTwiceError when another
        process moved the place.
        """
        try:
            with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
                following = self._taken(cursor, topic, part, records)
                cursor.execute(
                    "update place set next_offset = %s where topic = %s and part = %s and next_offset = %s",
                    (following, topic, part, self.places[topic, part]),
                )
                if cursor.rowcount != 1:
                    raise FollowedTwiceError(f"{topic}/{part} is followed by another process with this database")
        except RefusedHistoryError as refused:
            record_refusal(self._connection, refused)
            raise
        self.places[topic, part] = following
        return following

    def _taken(self, cursor: NpcaCursor, topic: str, part: int, records: Sequence[Record]) -> int:
        following = records[-1].offset + 1
        if topic == LEDGER.name:
            return self._blocks(cursor, self.places[topic, part], records)
        if topic == DECISION.name:
            for record in records:
                take_submitted(cursor, record.value or b"")
        else:
            take_facts(cursor, self._admission.admit_all(TOPICS[topic], part, records)[0])
        return following

    def _blocks(self, cursor: NpcaCursor, place: int, records: Sequence[Record]) -> int:
        """Follow blocks; the place stays before the first part of a block that is not whole yet."""
        for record in records:
            try:
                told = decode_outcome(record.value or b"").data
            except (msgspec.MsgspecError, ValueError) as error:
                detail = f"record {record.offset} of {LEDGER.name} is no block ({type(error).__name__})"
                raise RefusedHistoryError(Kind.CHANGED, self.log.size, detail) from None
            if isinstance(told, BlockPosted) and self.log.take(cursor, told):
                place = record.offset + 1
        return place
