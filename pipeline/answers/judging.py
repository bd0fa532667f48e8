"""A file's lines as recording would judge them: accepted, known already, or refused with the very reason and field.

The judge is `pipeline.admission` itself. Only the signature is not looked at, since nothing is signed yet: whether a
key of the source may say it is asked of the registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.catalogue import TYPES
from events.envelope import decode_recorded
from events.errors import ContractError
from events.lines import BadLine, read_lines, read_raw
from events.reasons import Reason
from events.signing import Key, KeyRegistry, Verifier
from events.topics import TOPICS
from ledger.store.records import Refused
from pipeline.admission import Admission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from events.envelope import Event
    from events.outgoing import Outgoing
    from processors.facts import Identity
    from processors.policy.model import CodeLists


class Line(NamedTuple):
    """One good line: its number from 1, its bytes as they would be published, and the event they tell."""

    number: int
    value: bytes
    event: Event


class Judged(NamedTuple):
    """What recording would make of a file: `new` events, `known` ones (replays), and refused lines."""

    new: list[Line]
    known: list[Line]
    bad: list[BadLine]


class Unsigned(Verifier):
    """Stands in for the signature: the key of the source that counts at the time and may publish the type."""

    def __init__(self, registry: KeyRegistry) -> None:
        super().__init__(registry)
        self._keys = registry

    def verify(
        self,
        source: str,
        type_name: str,
        value: bytes,  # noqa: ARG002 - the verifier's signature
        signature: bytes | None,  # noqa: ARG002 - the verifier's signature
        key_id: str | None,  # noqa: ARG002 - the verifier's signature
        received_us: int,
    ) -> Key:
        """Raises ContractError `unknown_key`, `key_not_valid` or `not_authorised`, as for a signed record."""
        keys = self._keys.of_source(source)
        if not keys:
            raise ContractError(Reason.UNKNOWN_KEY, "source", "no key of this source is registered")
        valid = [key for key in keys if key.valid_at(received_us)]
        if not valid:
            raise ContractError(Reason.KEY_NOT_VALID, "source", "no key of this source is valid now")
        permitted = [key for key in valid if type_name not in TYPES or key.permits_type(type_name)]
        if not permitted:
            raise ContractError(Reason.NOT_AUTHORISED, "type", "no key of this source may publish events of this type")
        return permitted[0]


def read(lines: Iterable[bytes], source: str | None) -> tuple[list[tuple[int, Outgoing]], list[BadLine]]:
    """The records of a file with their line numbers, and the lines that break the contract.

    With `source` each line is `{"type","id","time","data"}` as `spp publish` reads it, without it a whole event.
    """
    good: list[tuple[int, Outgoing]] = []
    bad: list[BadLine] = []
    for number, line in enumerate(lines, start=1):
        found, refused = read_lines([line], source) if source is not None else (read_raw([line], None), [])
        good += [(number, record) for record in found]
        bad += [BadLine(number, told.reason, told.field, told.detail) for told in refused]
    return good, bad


def judge(
    records: Iterable[tuple[int, Outgoing]],
    registry: KeyRegistry,
    codes: CodeLists,
    received_us: int,
    recorded: Mapping[Identity, bytes],
) -> Judged:
    """Judge records as if received now; `recorded` are the bytes of those identities that are taken."""
    admission = Admission(Unsigned(registry), codes)
    judged = Judged([], [], [])
    taken = dict(recorded)
    for number, record in records:
        outcome = admission.admit(
            TOPICS[record.topic], 0, number, received_us, record.key, record.value, record.headers or ()
        )
        if isinstance(outcome, Refused):
            judged.bad.append(BadLine(number, outcome.reason, outcome.field, outcome.detail))
            continue
        line = Line(number, record.value, decode_recorded(outcome.value))
        identity = (line.event.source, line.event.id)
        if identity not in taken:
            taken[identity] = record.value
            judged.new.append(line)
        elif taken[identity] == record.value:
            judged.known.append(line)
        else:
            judged.bad.append(
                BadLine(number, Reason.CONFLICT, "id", "other bytes have this source and id already; the first stays")
            )
    return judged


def identities(records: Iterable[tuple[int, Outgoing]]) -> set[Identity]:
    """The identities that these records claim, as far as they can be read."""
    found: set[Identity] = set()
    for _, record in records:
        try:
            event = decode_recorded(record.value)
        except (ValueError, KeyError):
            continue  # refused with its reason by the judge
        found.add((event.source, event.id))
    return found
