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

_STATES = """
select state, min(recorded_us) from decision join block using (block_no)
where line_id is not null and state = any(%s) and not exists (
    select from decision later where later.subject = decision.subject and later.version > decision.version)
group by state
"""

_SUSPENSE = """
select currency, sum(sign * amount_minor) from (
    select debit_account as account_no, -1 as sign, amount_minor from transfer
    union all select credit_account, 1, amount_minor from transfer) as side
join account using (account_no) where family = 'suspense' group by currency
"""


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


def read_oldest_states(connection: LedgerConnection) -> Mapping[str, int]:
    """When the longest waiting line came into each open state, microseconds since the epoch, UTC."""
    asked = [_NUMBERS[state] for state in OPEN_STATES]
    with connection.transaction():
        rows = connection.execute(_STATES, (asked,)).fetchall()
    return {STATES_BY_NUMBER[number].value: int(recorded_us) for number, recorded_us in rows}


def read_suspense(connection: LedgerConnection) -> Mapping[str, int]:
    """The balance of the suspense accounts in minor units, by currency; credit is positive."""
    with connection.transaction():
        return {str(currency): int(amount) for currency, amount in connection.execute(_SUSPENSE).fetchall()}
