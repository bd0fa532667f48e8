"""Admission: what a record must be before anything of it is believed. The checks in the contract's order.

A refusal is a value, never an exception: one bad record stops nobody. The order is: size, JSON, envelope, signature
(present, key known, good, valid, allowed), muting of the source, type, topic, schema, codes, scheme, time.
Identity (`conflict`) is judged where it is held, by the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from events.catalogue import TYPES
from events.envelope import ContractError, Event, Head, decode_data, decode_head
from events.reasons import Reason
from events.topics import HEADER_KEY_ID, HEADER_SIGNATURE
from ledger.model.inbox import inbox_position
from ledger.store.records import Admitted, Refused
from pipeline.codes import check_codes, schemes_of
from pipeline.health import MUTED_FIELD
from pipeline.logging import get_logger
from processors.entities import homes

if TYPE_CHECKING:
    from events.signing import Key, Verifier
    from events.topics import Topic
    from pipeline.transport import Record
    from processors.policy.model import CodeLists

FUTURE_LIMIT_US: Final = 5 * 60 * 1_000_000
TYPE_FIELD: Final = "type"
"""Field of a refusal for a type that the source's own key may not publish."""
_TEXT_LIMIT: Final = 300
Headers = Sequence[tuple[str, bytes | None]]

_log = get_logger("record")
_pack = msgspec.msgpack.Encoder().encode


class Admission:
    """Judges records by the key registry and the packs' code lists; `muted(source, received_us)` tells who is muted."""

    def __init__(
        self,
        verifier: Verifier,
        codes: CodeLists,
        muted: Callable[[str, int], bool] = lambda _source, _received_us: False,
        on_internal_fault: Callable[[], None] = lambda: None,
    ) -> None:
        self._verifier = verifier
        self._codes = codes
        self._muted = muted
        self._on_internal_fault = on_internal_fault

    def use(self, codes: CodeLists) -> None:
        """Judge by other code lists from the next record on."""
        self._codes = codes

    def admit_all(
        self, topic: Topic, partition: int, records: Iterable[Record]
    ) -> tuple[list[Admitted], list[Refused]]:
        """Judge the records of one batch; together the two lists have one entry for each record."""
        admitted: list[Admitted] = []
        refused: list[Refused] = []
        for record in records:
            outcome = self.admit(
                topic, partition, record.offset, record.timestamp * 1000, record.key, record.value, record.headers
            )
            if isinstance(outcome, Admitted):
                admitted.append(outcome)
            else:
                refused.append(outcome)
        return admitted, refused

    def admit(
        self,
        topic: Topic,
        partition: int,
        offset: int,
        received_us: int,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
    ) -> Admitted | Refused:
        """Judge one record as it came at `received_us`, the broker's time; also used when a record is replayed."""
        head: Head | None = None
        proved: str | None = None
        try:
            head = decode_head(value)
            signature, key_id = _signature_of(headers)
            known = self._verifier.verify(head.source, head.type, head.value, signature, key_id, received_us)
            proved = head.source
            event = self._read(topic, head, known, received_us)
            return Admitted(
                inbox_position(topic.number, partition, offset),
                event.source,
                event.id,
                TYPES[event.type].number,
                event.time_us,
                received_us,
                known.key_id,
                signature or b"",
                head.value,
                homes(event),
                key,
                _pack(headers),
            )
        except ContractError as error:
            reason, field, detail, claimed = error.reason, error.field, error.detail, error.event_id
            if head is not None and reason is Reason.NOT_AUTHORISED and field == TYPE_FIELD:
                proved = head.source  # its own valid key signed it; only the type was not allowed to it
        except Exception as error:  # noqa: BLE001 - a bug met by one record must not stop the others
            self._on_internal_fault()
            _log.error("admission_failed", topic=topic.name, partition=partition, record_offset=offset, exc_info=error)
            reason, field, claimed = Reason.SCHEMA, "", ""
            detail = f"our own fault ({type(error).__name__}), not the record's: replay it after the repair"
        return Refused(
            topic.number,
            partition,
            offset,
            received_us,
            proved,
            head.id if head is not None else _storable(claimed) or None,
            reason,
            _storable(field),
            _storable(detail),
            key,
            value,
            _pack(headers),
        )

    def _read(self, topic: Topic, head: Head, key: Key, received_us: int) -> Event:
        """The event of a record whose signature is good. Raises ContractError."""
        if self._muted(head.source, received_us):
            raise ContractError(Reason.NOT_AUTHORISED, MUTED_FIELD, "the source is muted: it sent too many bad records")
        kind = TYPES.get(head.type)
        if kind is None:
            raise ContractError(Reason.UNKNOWN_TYPE, "type", "this version records no such type")
        if topic.name not in kind.topics:
            raise ContractError(Reason.WRONG_TOPIC, "type", f"{head.type} belongs on {' or '.join(kind.topics)}")
        event = decode_data(head)
        codes = self._codes.at(event.time_us)
        check_codes(event.data, codes)
        for scheme, field in schemes_of(event.data, codes):
            if not key.permits_scheme(scheme):
                raise ContractError(Reason.NOT_AUTHORISED, field, f"the key may not speak for scheme {scheme}")
        if event.time_us > received_us + FUTURE_LIMIT_US:
            raise ContractError(Reason.TIME_IN_FUTURE, "time", "more than 5 minutes after the broker received it")
        return event


def _signature_of(headers: Headers) -> tuple[bytes | None, str | None]:
    """The signature and the key's name. A header given twice counts by its last value, as Kafka's readers do."""
    signature: bytes | None = None
    key_id: str | None = None
    for name, value in headers:
        if name == HEADER_SIGNATURE:
            signature = value
        elif name == HEADER_KEY_ID and value is not None:
            key_id = value.decode("ascii", "replace")
    return signature, key_id


def _storable(text: str) -> str:
    """Text that any column takes: what a bad record put into a field's name must not fail the batch."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:_TEXT_LIMIT])
