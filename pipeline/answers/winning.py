"""Who has what a request asked for, and why that one comes first (contract, Winner)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.payment import PaymentRequested
from events.states import STATES_BY_NUMBER
from ledger.statements.history import decisions_on
from pipeline.answers.explanation import WinnerTold
from pipeline.answers.finding import read_events
from pipeline.answers.telling import day_asked, exact_moment, moment, source_in_words
from processors.policy.terms import Language, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from events.envelope import Event
    from ledger.model.rows import DecisionRow
    from ledger.store.connection import LedgerCursor
    from processors.policy.model import Policy

_HAS = Words("Request {request} of {operator} has it: ", "សំណើ {request} របស់{operator} បានទទួលសិទ្ធិនេះ៖ ")
_BECAUSE: Mapping[str, Words] = {
    "priority": Words(
        "its benefit comes first by the policy (priority {theirs} against {ours}).",
        "អត្ថប្រយោជន៍របស់វាមានអាទិភាពមុនតាមគោលនយោបាយ (អាទិភាព {theirs} ធៀបនឹង {ours})។",
    ),
    "time": Words(
        "it was asked for earlier, {theirs} (this one {ours}).", "វាត្រូវបានស្នើមុន នៅ {theirs} (សំណើនេះនៅ {ours})។"
    ),
    "id": Words(
        "both were asked for at the same instant, and its event id comes first in order ({theirs} before {ours}).",
        "ទាំងពីរត្រូវបានស្នើក្នុងពេលតែមួយ ហើយលេខព្រឹត្តិការណ៍របស់វាមានលំដាប់មុន ({theirs} មុន {ours})។",
    ),
    "held": Words(
        "it was approved or handed over before this one could compete, and what is handed over is not taken back.",
        "វាត្រូវបានយល់ព្រម ឬបញ្ជូនមុនពេលសំណើនេះអាចប្រកួតបាន ហើយអ្វីដែលបានបញ្ជូនមិនត្រូវដកវិញទេ។",
    ),
}


def winner_of(
    cursor: LedgerCursor, policy: Policy, row: DecisionRow, request: Event | None, language: Language
) -> WinnerTold | None:
    """The line that has it, by the winner rule: higher priority, earlier instant, smaller (event id, source).

    Where the rule alone would put this request first, the other held it before it could compete.
    """
    if row.won_by is None:
        return None
    history = decisions_on(cursor, [row.won_by])
    if not history:
        return None
    theirs = history[-1]
    event = read_events(cursor, [(theirs.source, theirs.event_id)]).get((theirs.source, theirs.event_id))
    because, values = _because(policy, request, event)
    has = _HAS.told(language).format(request=theirs.request_id, operator=source_in_words(theirs.source, language))
    return WinnerTold(
        line_id=row.won_by.hex(),
        source=theirs.source,
        request_id=theirs.request_id,
        benefit=theirs.benefit,
        state=STATES_BY_NUMBER[theirs.state].value,
        because=because,
        sentence=has + _BECAUSE[because].told(language).format(**values),
    )


def _because(policy: Policy, ours: Event | None, theirs: Event | None) -> tuple[str, dict[str, str]]:
    if ours is None or theirs is None:
        return "held", {}
    own, other = _priority(policy, ours), _priority(policy, theirs)
    if other != own:
        return ("priority", {"theirs": str(other), "ours": str(own)}) if other > own else ("held", {})
    if theirs.time_us != ours.time_us:
        if theirs.time_us > ours.time_us:
            return "held", {}
        told = moment if moment(theirs.time_us) != moment(ours.time_us) else exact_moment
        return "time", {"theirs": told(theirs.time_us), "ours": told(ours.time_us)}
    if (theirs.id.encode(), theirs.source.encode()) > (ours.id.encode(), ours.source.encode()):
        return "held", {}
    return "id", {"theirs": f"{theirs.source}/{theirs.id}", "ours": f"{ours.source}/{ours.id}"}


def _priority(policy: Policy, event: Event) -> int:
    data = event.data
    pack = policy.packs.get(data.benefit) if isinstance(data, PaymentRequested) else None
    if pack is None or not isinstance(data, PaymentRequested):
        return 0
    return pack.priority.on(day_asked(data, event.time_us)) or 0
