"""The journal of a set: what the decider took and saw, enough to decide it again to the byte (docs/adr/0019).

A set with leaves keeps it in its block, bound by the block's hash; any other in a row of its own (`set_journal`).
Marks that name a fact are kept as the fact's position where all marks of that event were taken together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from ledger.model.kinds import Cause
from processors import entities
from processors.desk import Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from events.envelope import Event
    from processors.facts import Identity

VERSION = 2
"""Version 1 was (positions, other marks): too little to decide a set again."""

_Rest = tuple[bytes, int, int | None]
"""Entity, cause and submission of a mark that names no fact."""


class JournalError(Exception):
    """A journal that this program cannot replay; the message says why."""


@dataclass(frozen=True, slots=True)
class Journal:
    """One set, every list sorted.

    `whole` are the positions of facts all whose marks were taken; `partly` names the entities for the others; `rest`
    are marks without a fact. `busy` are entities found with other marks when freeze orders were looked at, `met` the
    retracted events found recorded. `told` are (kind, number) of what became a leaf of another kind, in their order.
    """

    whole: list[int] = field(default_factory=list)
    partly: list[tuple[int, list[bytes]]] = field(default_factory=list)
    rest: list[_Rest] = field(default_factory=list)
    busy: list[bytes] = field(default_factory=list)
    met: list[tuple[str, str]] = field(default_factory=list)
    told: list[tuple[int, int]] = field(default_factory=list)

    @property
    def positions(self) -> list[int]:
        """Where the facts are that were taken."""
        return self.whole + [position for position, _ in self.partly]

    def marks(self, events: Mapping[int, Event]) -> list[Mark]:
        """The marks of the set; `events` holds the event of every position. Numbered from 1, which says nothing."""
        rows: list[tuple[bytes, int | None, int, int | None]] = [
            (key, position, int(Cause.FACT), None)
            for position in self.whole
            for key in entities.homes(events[position])
        ]
        rows += [(key, position, int(Cause.FACT), None) for position, keys in self.partly for key in keys]
        rows += [(key, None, cause, ref) for key, cause, ref in self.rest]
        return [Mark(number, *row) for number, row in enumerate(rows, 1)]


_Steps = tuple[int, list[int], list[tuple[int, list[bytes]]], list[_Rest], list[bytes], list[tuple[str, str]],
               list[tuple[int, int]]]  # fmt: skip
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Steps)


def journal_of(
    marks: Sequence[Mark], events: Mapping[int, Event], busy: Collection[bytes], met: Collection[Identity]
) -> Journal:
    """The journal of the set of these marks; `events` holds the event of every position they name."""
    keys: dict[int, list[bytes]] = defaultdict(list)
    rest: list[_Rest] = []
    for _, entity, position, cause, ref in marks:
        if position is None:
            rest.append((entity, cause, ref))
        else:
            keys[position].append(entity)
    whole, partly = [], []
    for position in sorted(keys):
        homes = entities.homes(events[position])
        if len(keys[position]) == len(homes):
            whole.append(position)
        else:
            partly.append((position, sorted(keys[position])))
    rest.sort(key=lambda row: (row[0], row[1], row[2] or 0))
    return Journal(whole, partly, rest, sorted(busy), sorted(met))


def encode(journal: Journal) -> bytes:
    """A journal as it is kept; positions as differences."""
    steps = [after - before for before, after in zip([0, *journal.whole], journal.whole, strict=False)]
    return _ENCODER.encode((VERSION, steps, journal.partly, journal.rest, journal.busy, journal.met, journal.told))


def decode(encoded: bytes) -> Journal:
    """A kept journal. JournalError when an earlier program wrote it, or a later one."""
    try:
        version, steps, partly, rest, busy, met, told = _DECODER.decode(encoded)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise JournalError("it was written by a program that kept less than is needed to decide a set again") from error
    if version != VERSION:
        raise JournalError(f"its version is {version}, this program reads {VERSION}")
    whole, position = [], 0
    for step in steps:
        position += step
        whole.append(position)
    return Journal(whole, partly, rest, busy, met, told)
