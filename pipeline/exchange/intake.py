"""What the exchange keeps of records it follows. Requests, changes and rulings count only when signed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from events.certification import LineCertified, LineRefused
from events.envelope import ContractError, decode_data, decode_head
from events.money import to_minor
from events.outcomes import PaymentDecided, decode_outcome
from events.payment import PayeeChanged, PaymentRequested
from events.sources import bare
from events.states import LineState
from events.topics import CERTIFICATION, DECISION, HEADER_KEY_ID, HEADER_SIGNATURE, PAYMENT
from processors.calendar import local_month

if TYPE_CHECKING:
    from events.envelope import Event
    from events.payment import Payee
    from events.signing import Verifier
    from pipeline.exchange.database import ExchangeConnection

TOPICS: Final = (DECISION.name, PAYMENT.name, CERTIFICATION.name)
REACHED: Final = frozenset(
    {LineState.CERTIFIED, LineState.REFUSED, LineState.INSTRUCTED, LineState.SETTLED, LineState.RETURNED}
)
"""States of lines that are kept: those after certification."""

_STATEMENTS: Final = {
    "request": "insert into request values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
    "payee_change": "insert into payee_change values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
    "ruling": "insert into ruling values (%s, %s, %s, %s, %s) on conflict do nothing",
    "line": "insert into line values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (line_id) do update set"
    " version = excluded.version, state = excluded.state, source = excluded.source, event_id = excluded.event_id,"
    " request_id = excluded.request_id, amount_minor = excluded.amount_minor, currency = excluded.currency"
    " where line.version < excluded.version",
}


class StaleError(Exception):
    """Another follower has taken these records already: nothing was kept."""


class Row(NamedTuple):
    """One row to keep."""

    table: str
    values: tuple[object, ...]


class Batch(NamedTuple):
    """Records of one partition; `start` is the stored offset they follow on, `end` the one after the last."""

    topic: str
    partition: int
    start: int
    end: int
    rows: Sequence[Row]


class Intake:
    """Judges records for the exchange with the same keys and shapes as the ledger does.

    Decisions are the ledger's own; a line is only ever paid on a decision and the certifier's own signed word together
    (`processors.exchange.payable`), so neither topic alone can make a payment.
    """

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    def row(
        self, topic: str, value: bytes | None, headers: Iterable[tuple[str, bytes | None]], received_us: int
    ) -> Row | None:
        """What to keep of one record; None for what does not concern payments or is not to be believed."""
        if topic == DECISION.name:
            return _decided(value)
        told = dict(headers)
        key_id = told.get(HEADER_KEY_ID)
        try:
            head = decode_head(value)
            self._verifier.verify(
                head.source,
                head.type,
                head.value,
                told.get(HEADER_SIGNATURE),
                key_id.decode("ascii", "replace") if key_id else None,
                received_us,
            )
            event = decode_data(head)
        except ContractError:
            return None  # the ledger quarantines it and tells its source
        return _asked(event, sha256(head.value).digest()) if topic == PAYMENT.name else _ruled(event)


def _asked(event: Event, digest: bytes) -> Row | None:
    data = event.data
    if isinstance(data, PaymentRequested):
        cycle = data.cycle or local_month(event.time_us)
        asked = (event.source, event.id, digest, data.request_id, data.benefit, cycle)
        return Row("request", (*asked, *_payee(data.payee)))
    if isinstance(data, PayeeChanged):
        changed = (event.source, event.id, digest, data.request_id, event.time_us)
        return Row("payee_change", (*changed, *_payee(data.payee)))
    return None


def _ruled(event: Event) -> Row | None:
    data = event.data
    if isinstance(data, LineCertified):
        amount = (to_minor(data.amount), data.amount.currency)
        return Row("ruling", (event.source, event.id, data.line_id, *amount))
    if isinstance(data, LineRefused):
        return Row("ruling", (event.source, event.id, data.line_id, None, ""))
    return None


def _payee(payee: Payee) -> tuple[str, str, str]:
    return payee.channel, payee.provider, payee.account_ref


def _decided(value: bytes | None) -> Row | None:
    try:
        data = decode_outcome(value or b"").data
    except (ValueError, msgspec.MsgspecError):
        return None  # another type, or one of a later version
    if not isinstance(data, PaymentDecided) or data.line_id is None or data.amount is None or data.state not in REACHED:
        return None
    source = bare(data.source)
    asked = (data.line_id, data.version, data.state.value, source, data.event_id, data.request_id)
    return Row("line", (*asked, to_minor(data.amount), data.amount.currency))


def keep(connection: ExchangeConnection, batches: Iterable[Batch]) -> int:
    """Keep the rows and the offsets they end at, in one transaction; returns how many rows were told.

    Raises StaleError, and keeps nothing, if a stored offset is no longer the batch's start.
    """
    count = 0
    with connection.transaction(), connection.cursor() as cursor:
        for batch in batches:
            cursor.execute(
                "update followed set next_offset = %s where topic = %s and partition = %s and next_offset = %s",
                (batch.end, batch.topic, batch.partition, batch.start),
            )
            if cursor.rowcount != 1:
                raise StaleError(f"{batch.topic}/{batch.partition} is followed by another process: end one of the two")
            for table, statement in _STATEMENTS.items():
                rows = [row.values for row in batch.rows if row.table == table]
                if rows:
                    cursor.executemany(statement, rows)
                    count += len(rows)
    return count


def places(connection: ExchangeConnection, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The next offset of each of these partitions; those not yet known begin at 0."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany("insert into followed values (%s, %s, 0) on conflict do nothing", list(partitions))
        rows = cursor.execute("select topic, partition, next_offset from followed").fetchall()
    return {(topic, partition): offset for topic, partition, offset in rows}
