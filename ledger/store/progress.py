"""How far the work is: what is recorded and not decided, decided and not relayed, and how old the oldest of it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.reasons import REASONS
from events.states import STATES_BY_NUMBER, LineState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.store.connection import LedgerConnection

OPEN_STATES = (
    LineState.PENDED,
    LineState.APPROVED,
    LineState.SUBMITTED,
    LineState.CERTIFIED,
    LineState.INSTRUCTED,
    LineState.RETURNED,
)
"""States a line does not stay in for ever."""

_REASONS = {info.number: reason.value for reason, info in REASONS.items()}
_NUMBERS = {state: number for number, state in STATES_BY_NUMBER.items()}

_BACKLOG = """
select
    (select count(*) from mark),
    (select received_us from mark join inbox using (position) order by mark_id limit 1),
    (select count(*) from parked_mark),
    (select count(*) from outbox),
    (select case kind
        when 2 then (select received_us from quarantine where quarantine_no = ref)
        when 3 then (select recorded_us from submission join block using (block_no) where submission_no = ref)
        else (select recorded_us from block where block_no = ref) end
     from outbox order by outbox_id limit 1),
    (select count(*) from submission_open where outstanding > 0)
"""

_QUARANTINE = """
select reason, count(*) from quarantine
where not exists (
    select from quarantine_audit audit where audit.quarantine_no = quarantine.quarantine_no
    and action in ('replayed', 'already_recorded', 'discarded'))
group by reason
"""

_OLDEST = """
select leaf_no, recorded_us from decision join block using (block_no)
where leaf_no >= %s and leaf_no < %s and state = %s and line_id is not null and not exists (
    select from decision later where later.subject = decision.subject and later.version > decision.version)
order by leaf_no limit 1
"""
LEAVES_AT_ONCE = 20_000
"""About 0.2 s when each of them was followed by another decision."""
LOOKS_AT_ONCE = 5
"""So that the first look at a long history is spread over many samples."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Counts of what waits; times are microseconds since the epoch, UTC, None when nothing waits."""

    marks: int
    oldest_mark_us: int | None
    parked: int
    outbox: int
    oldest_outbox_us: int | None
    submissions_open: int


def read_backlog(connection: LedgerConnection) -> Backlog:
    """What is recorded and not decided, and decided and not relayed, at one instant."""
    with connection.transaction():
        row = connection.execute(_BACKLOG).fetchone()
    if row is None:
        raise LookupError("the ledger did not answer")
    return Backlog(*row)


def read_open_quarantine(connection: LedgerConnection) -> Mapping[str, int]:
    """How many quarantined records wait for a person, by reason."""
    with connection.transaction():
        return {_REASONS[number]: int(count) for number, count in connection.execute(_QUARANTINE).fetchall()}


class OldestLines:
    """Since when the longest waiting line of each open state waits.

    What was followed by another decision never counts again, so each look begins where the last one ended, and costs
    what came since and not the whole history.
    """

    def __init__(self) -> None:
        self._first = dict.fromkeys(OPEN_STATES, 0)

    def read(self, connection: LedgerConnection) -> Mapping[LineState, int | None]:
        """Microseconds since the epoch, UTC, by state; None when no line is in it.

        A state is left out while the looks at what was before have not come to its oldest line yet.
        """
        with connection.transaction():
            row = connection.execute("select coalesce(max(leaf_no), -1) + 1 from decision").fetchone()
            end = int(row[0]) if row is not None else 0
            found = {state: self._look(connection, state, end) for state in OPEN_STATES}
        return {state: since for state, (known, since) in found.items() if known}

    def _look(self, connection: LedgerConnection, state: LineState, end: int) -> tuple[bool, int | None]:
        first = self._first[state] if self._first[state] <= end else 0  # a ledger restored to an earlier state
        for _ in range(LOOKS_AT_ONCE):
            if first >= end:
                break
            until = min(first + LEAVES_AT_ONCE, end)
            row = connection.execute(_OLDEST, (first, until, _NUMBERS[state])).fetchone()
            if row is not None:
                self._first[state] = int(row[0])
                return True, int(row[1])
            first = until
        self._first[state] = first
        return first >= end, None
