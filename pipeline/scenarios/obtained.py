"""What the ledger holds of one scenario: its events, the latest decision of each request, net payable, quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.catalogue import TYPES
from events.reasons import REASONS
from events.states import STATES_BY_NUMBER
from ledger.model.account import Family
from ledger.model.rows import DecisionKind
from ledger.model.step import Step

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

_TYPES = {kind.number: kind.name for kind in TYPES.values()}
_REASONS = {info.number: reason.value for reason, info in REASONS.items()}

# Everything a scenario asks for names a batch that begins with its token.
_LATEST = f"""
latest as (
    select distinct on (subject) subject, benefit, state, reasons, currency from decision
    where kind = {DecisionKind.DECIDED:d} and starts_with(batch_id, %(prefix)s) order by subject, version desc
)
"""

_DECIDED = f"with {_LATEST} select benefit, state, reasons, count(*) from latest group by 1, 2, 3"

_POSTED = f"""
with {_LATEST},
net as (
    select subject, transfer.currency, sum(case when credited.family = '{Family.PAYABLE.value}' then amount_minor
        else -amount_minor end)::bigint as amount_minor
    from transfer join account credited on credited.account_no = credit_account
    where step = {Step.RECOGNISE:d} group by 1, 2
)
select benefit, net.currency, count(*), sum(amount_minor)::bigint
from latest join net using (subject) where amount_minor <> 0 group by 1, 2
"""

_ACCEPTED = "select type_no, count(*) from inbox where starts_with(event_id, %(prefix)s) group by 1"

_COUNTERS = """
select coalesce(sum(accepted), 0)::bigint, coalesce(sum(replayed), 0)::bigint, coalesce(sum(quarantined), 0)::bigint,
    (select coalesce(max(quarantine_no), 0) from quarantine)
from consumer_offset
"""

_QUARANTINED = "select reason, count(*) from quarantine where quarantine_no > %s group by 1"


@dataclass(frozen=True, slots=True)
class Counters:
    """How many records were ever recorded, by what became of them, and the number of the last one quarantined."""

    accepted: int
    replayed: int
    quarantined: int
    last_quarantine_no: int


@dataclass(frozen=True, slots=True)
class Obtained:
    """What became of a scenario.

    `decisions`: (benefit, state, reasons) to count. `posted`: (benefit, currency) to lines and minor units.
    """

    accepted_by_type: dict[str, int]
    decisions: dict[tuple[str, str, tuple[str, ...]], int]
    posted: dict[tuple[str, str], tuple[int, int]]


def read_counters(conn: LedgerConnection) -> Counters:
    """The counters of RECORD as they stand."""
    row = conn.execute(_COUNTERS).fetchone()
    if row is None:
        raise LookupError("the ledger did not answer")
    return Counters(*(int(value) for value in row))


def read_quarantined(conn: LedgerConnection, after_no: int) -> dict[str, int]:
    """Records quarantined after that quarantine number, by reason."""
    return {_REASONS[number]: int(count) for number, count in conn.execute(_QUARANTINED, (after_no,))}


def read_obtained(conn: LedgerConnection, token: str) -> Obtained:
    """Everything of the scenario of this token."""
    batches = {"prefix": f"{token}/"}
    decisions: dict[tuple[str, str, tuple[str, ...]], int] = {}
    for benefit, state, reasons, count in conn.execute(_DECIDED, batches):
        key = (benefit, STATES_BY_NUMBER[state].value, tuple(sorted(_REASONS[number] for number in reasons)))
        decisions[key] = decisions.get(key, 0) + int(count)
    posted = {
        (benefit, currency): (int(lines), int(amount))
        for benefit, currency, lines, amount in conn.execute(_POSTED, batches)
    }
    accepted = {_TYPES[number]: int(count) for number, count in conn.execute(_ACCEPTED, {"prefix": f"{token}."})}
    return Obtained(accepted, decisions, posted)
