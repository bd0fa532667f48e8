"""Why a request was decided as it was: which fact, which rule, which figure, who has it and why, what to do next.

What certifiers and banks say later asks nothing anew, so for a line certified or beyond the rules are those it was last
decided on; `asked_in_version` says in which version of the decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.envelope import format_time
from events.payment import CycleClosed, PaymentRequested
from events.reasons import REASONS, REASONS_BY_NUMBER, Reason
from events.states import STATES_BY_NUMBER, LineState
from events.verification import EncounterRecorded
from ledger.model.rows import DecisionKind, DecisionRow
from ledger.model.step import Step
from ledger.statements.amount import readable_text
from pipeline.answers import advice, limits
from pipeline.answers.explanation import (
    Explanation,
    FactTold,
    FigureTold,
    ReasonTold,
    RuleTold,
)
from pipeline.answers.finding import read_events, read_states
from pipeline.answers.limits import basis_told
from pipeline.answers.telling import (
    asked_for,
    day_asked,
    day_of,
    event_in_words,
    figure_in_words,
    moment,
    source_in_words,
)
from pipeline.answers.winning import winner_of
from pipeline.decide.body import AskedRow, Body, decode_body
from pipeline.messages import decided, recovery_proposed
from processors.case import cycle_key, request_cycle
from processors.lifecycle import bank_of
from processors.policy.overlay import BY_OVERLAY, WAIVED_BY
from processors.policy.terms import Language, Words
from processors.policy.words import rule_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from events.envelope import Event
    from ledger.store.connection import LedgerCursor
    from pipeline.answers.policies import Policies
    from processors.facts import Identity
    from processors.outcome import FigureUsed
    from processors.policy.model import Pack, Policy
    from processors.policy.predicates import Predicate

VERDICTS = ("pass", "unknown", "fail")

STATE_WORDS: Mapping[LineState, Words] = {
    LineState.APPROVED: Words("APPROVED: {amount} is due.", "បានយល់ព្រម៖ ត្រូវទូទាត់ {amount}។"),
    LineState.PENDED: Words("PENDED: something has not reached us yet.", "កំពុងរង់ចាំ៖ មានព័ត៌មានមិនទាន់មកដល់។"),
    LineState.REJECTED: Words("REJECTED: nothing is paid.", "បានបដិសេធ៖ មិនមានការទូទាត់ទេ។"),
    LineState.EXPIRED: Words(
        "EXPIRED: something was still missing when the payment cycle closed.",
        "ហួសកំណត់៖ នៅខ្វះព័ត៌មាននៅពេលវដ្តនៃការទូទាត់ត្រូវបានបិទ។",
    ),
    LineState.WITHDRAWN: Words("WITHDRAWN: the operator took it back.", "បានដកវិញ៖ ប្រតិបត្តិករបានដកសំណើនេះវិញ។"),
    LineState.SUBMITTED: Words(
        "SUBMITTED: {amount} is approved and handed over for certification.",
        "បានបញ្ជូន៖ {amount} ត្រូវបានយល់ព្រម និងបញ្ជូនទៅបញ្ជាក់។",
    ),
    LineState.CERTIFIED: Words("CERTIFIED: {amount} may be paid.", "បានបញ្ជាក់៖ អាចទូទាត់ {amount}។"),
    LineState.REFUSED: Words("REFUSED by the certifier: nothing is paid.", "អ្នកបញ្ជាក់បានបដិសេធ៖ មិនមានការទូទាត់ទេ។"),
    LineState.INSTRUCTED: Words(
        "ON ITS WAY: the bank is told to pay {amount}.", "កំពុងទូទាត់៖ ធនាគារត្រូវបានបញ្ជាឱ្យទូទាត់ {amount}។"
    ),
    LineState.SETTLED: Words("PAID: {amount}.", "បានទូទាត់៖ {amount}។"),
    LineState.RETURNED: Words("RETURNED: {amount} came back.", "បានត្រឡប់មកវិញ៖ {amount}។"),
}
"""The result in one line."""
_RECOVERY = Words(
    "RECOVERY PROPOSED: {amount} should not have been paid.", "បានស្នើឱ្យទាមទារវិញ៖ {amount} មិនគួរត្រូវបានទូទាត់ទេ។"
)
_RECOVERY_TAKEN_BACK = Words(
    "RECOVERY TAKEN BACK: nothing is to be recovered.", "បានដកការទាមទារវិញ៖ មិនមានអ្វីត្រូវទាមទារទេ។"
)
_FACT = Words(
    "{what}, told by {source}, recorded {at} (event {id})",
    "{what} រាយការណ៍ដោយ{source} កត់ត្រានៅ {at} (ព្រឹត្តិការណ៍ {id})",
)
_ASKED = Words("{what}, asked {at}", "{what} បានស្នើនៅ {at}")
_NO_REQUEST = Words("(the request's event is not in the inbox)", "(រកមិនឃើញសំណើ)")


class Asking(NamedTuple):
    """One history with what bears on it: its latest decision, the one whose rules were `asked` last, the events used.

    `policy` is the one those rules are of, as far as the ledger keeps it, `pack` its pack of the benefit.
    """

    row: DecisionRow
    asked: DecisionRow
    body: Body
    request: Event | None
    events: Mapping[Identity, Event]
    policy: Policy
    pack: Pack | None
    day: date | None


def explain(cursor: LedgerCursor, policies: Policies, history: list[DecisionRow], language: Language) -> Explanation:
    """The explanation of the latest of these decisions on one subject, which stand by version."""
    asking = _asking(cursor, policies, history)
    row, body, pack = asking.row, asking.body, asking.pack
    is_recovery = row.kind == DecisionKind.RECOVERY_PROPOSED
    return Explanation(
        decided=recovery_proposed(row) if is_recovery else decided(row),
        language=language.value,
        benefit=row.benefit,
        title=row.benefit if pack is None else Words(pack.english, pack.khmer).told(language),
        asked=_asked(asking, language),
        result=result_of(row, language),
        asked_in_version=asking.asked.version,
        block_no=row.block_no,
        pack_changed=pack is not None and pack.digest != asking.asked.policy_digest,
        why=[_reason(REASONS_BY_NUMBER[number], language) for number in row.reasons],
        winner=winner_of(cursor, asking.policy, row, asking.request, language),
        predicates=[_rule(asking, item, language) for item in body.asked],
        facts=[_fact(asking.events[identity], language) for identity in body.evidence if identity in asking.events],
        figures=[
            FigureTold(
                name=figure.name,
                value=figure.value,
                unit=figure.unit,
                status=figure.status,
                reference=figure.reference,
                times=figure.times,
                sentence=figure_in_words(figure, language),
                note=_note(asking, figure),
            )
            for figure in body.figures
        ],
        limits=[]
        if pack is None or asking.day is None
        else limits.of(asking.policy, pack, asking.day, row.reasons, language),
        next_steps=_next_steps(cursor, asking, language),
    )


def _asking(cursor: LedgerCursor, policies: Policies, history: list[DecisionRow]) -> Asking:
    row = history[-1]
    bodies = [(told, decode_body(told.body)) for told in history]
    asked, body = next((told for told in reversed(bodies) if told[1].asked), bodies[-1])
    policy = policies.of_block(asked.block_no)
    own = (row.source, row.event_id)
    events = read_events(cursor, {own, *body.evidence})
    request = events.get(own)
    day = None
    if request is not None and isinstance(request.data, PaymentRequested):
        told = (event.data for event in events.values() if isinstance(event.data, EncounterRecorded))
        began = next((encounter.started_on for encounter in told), None)
        day = began or day_asked(request.data, request.time_us)
    return Asking(row, asked, body, request, events, policy, policy.packs.get(row.benefit), day)


def _asked(asking: Asking, language: Language) -> str:
    request = asking.request
    if request is None or not isinstance(request.data, PaymentRequested):
        return _NO_REQUEST.told(language)
    return _ASKED.told(language).format(what=asked_for(request.data, language), at=moment(request.time_us))


def result_of(row: DecisionRow, language: Language) -> str:
    """What a decision comes to, in one line."""
    state = STATES_BY_NUMBER[row.state]
    words = STATE_WORDS[state]
    if row.kind == DecisionKind.RECOVERY_PROPOSED:
        words = _RECOVERY if row.amount_minor else _RECOVERY_TAKEN_BACK
    amount = "" if row.amount_minor is None else f"{readable_text(row.amount_minor, row.currency)} {row.currency}"
    return words.told(language).format(amount=amount)


def sentence_of(reason: Reason, language: Language) -> str:
    """A reason's own sentence."""
    info = REASONS[reason]
    return Words(info.english, info.khmer).told(language)


def _reason(reason: Reason, language: Language) -> ReasonTold:
    return ReasonTold(reason=reason.value, sentence=sentence_of(reason, language))


# -- rules and facts ---------------------------------------------------------------------------------------------------


def _rule(asking: Asking, item: AskedRow, language: Language) -> RuleTold:
    found = None if asking.pack is None else _predicate(asking.pack, item, asking.day)
    return RuleTold(
        name=item.name,
        outcome=VERDICTS[item.verdict],
        reason=item.reason,
        parameters=item.parameters,
        evidence=[
            dict(zip(("source", "id"), asking.body.evidence[at], strict=True)) for at in dict.fromkeys(item.evidence)
        ],
        sentence=rule_in_words(item.name, item.parameters, language),
        basis=None if found is None or found.basis is None else basis_told(found.basis, language),
    )


def _predicate(pack: Pack, item: AskedRow, day: date | None) -> Predicate | None:
    """The rule of the pack that was asked: of those in force nearest to the day the one with its parameters."""
    asked = {name: value for name, value in item.parameters.items() if name not in {WAIVED_BY, BY_OVERLAY}}
    overlaid = (overlay.rule for overlay in pack.overlays if overlay.name == item.parameters.get(BY_OVERLAY))
    in_force = (
        *(rule for rule in overlaid if rule is not None),
        *(pack.rules.on(day) or () if day is not None else ()),
    )
    others = (rule for _, rules in reversed(pack.rules.entries) for rule in rules or ())
    for rule in (told for entry in (*in_force, *others) for told in entry.told):
        if rule.name == item.name and _parameters(rule) == asked:
            return rule
    return None


def _note(asking: Asking, used: FigureUsed) -> str | None:
    """What the pack says to a figure: of those of its part with the same value the latest begun by the day."""
    if asking.pack is None or asking.day is None:
        return None
    part = used.name.removeprefix(f"{asking.row.benefit}.")
    overlaid = (figure for overlay in asking.pack.overlays for figure in overlay.figures)
    found = [
        figure
        for name, begins, figure in (*asking.pack.amount.figures, *overlaid)
        if (name, figure.value, figure.unit, figure.status.value) == (part, used.value, used.unit, used.status)
        and begins <= asking.day
    ]
    return found[-1].note if found else None


def _parameters(rule: Predicate) -> dict[str, str | int | list[str]]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in rule.parameters}


def _fact(event: Event, language: Language) -> FactTold:
    sentence = _FACT.told(language).format(
        what=f"{event_in_words(event, language)} {day_of(event)}".rstrip(),
        source=source_in_words(event.source, language),
        at=moment(event.time_us),
        id=event.id,
    )
    return FactTold(
        source=event.source,
        id=event.id,
        type=event.type,
        on=day_of(event),
        recorded_at=format_time(event.time_us),
        sentence=sentence,
    )


# -- what to do next ---------------------------------------------------------------------------------------------------

_WAITING = frozenset({LineState.PENDED, LineState.EXPIRED})


def _next_steps(cursor: LedgerCursor, asking: Asking, language: Language) -> list[str]:
    row = asking.row
    if row.kind == DecisionKind.RECOVERY_PROPOSED:
        return [advice.RECOVERY.told(language)]
    named = _names(asking, language)
    state = STATES_BY_NUMBER[row.state]
    steps = [
        advice.BY_REASON[reason].told(language).format(**named, **_missing(asking, reason, language))
        for reason in (REASONS_BY_NUMBER[number] for number in row.reasons)
        if reason in advice.BY_REASON
    ]
    if state in advice.BY_STATE:
        steps.append(advice.BY_STATE[state].told(language).format(**named))
    if state in _WAITING and asking.request is not None and isinstance(asking.request.data, PaymentRequested):
        steps.append(_deadline(cursor, asking.request, asking.request.data, language))
    return steps


def _names(asking: Asking, language: Language) -> dict[str, str]:
    certifier = asking.pack.certifier.on(asking.day) if asking.pack is not None and asking.day is not None else None
    bank = ""
    if asking.request is not None and isinstance(asking.request.data, PaymentRequested):
        payee = asking.request.data.payee
        bank = bank_of(payee.channel, payee.provider)
    posted = {step: at for step, at, _ in decode_body(asking.row.body).posted}
    bank = posted.get(Step.INSTRUCT, bank)  # where it was instructed, which a changed payee may have moved
    return {
        "operator": source_in_words(asking.row.source, language),
        "certifier": source_in_words(certifier or "npca", language),
        "bank": source_in_words(bank, language),
    }


def _missing(asking: Asking, reason: Reason, language: Language) -> dict[str, str]:
    asked = asking.body.asked
    day = "" if asking.day is None else asking.day.isoformat()
    return {
        "who": advice.named(advice.keepers(reason, asked), language),
        "what": advice.conditions_of(reason, asked, language),
        "day": day,
    }


def _deadline(cursor: LedgerCursor, event: Event, request: PaymentRequested, language: Language) -> str:
    """Until when something can still change: while the cycle is open, and what counts after its close."""
    key = cycle_key(event, request)
    state = read_states(cursor, [key]).get(key)
    facts = () if state is None else state.facts.values()
    closed = min((fact.time_us for fact in facts if isinstance(fact.data, CycleClosed)), default=None)
    named = {"operator": source_in_words(event.source, language), "cycle": request_cycle(event, request)}
    if closed is None:
        return advice.OPEN.told(language).format(**named)
    return advice.CLOSED.told(language).format(**named, closed=moment(closed))
