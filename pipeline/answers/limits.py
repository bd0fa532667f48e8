"""Maxima, windows and tolerances of a benefit in words, each with what it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import REASONS, Reason
from ledger.statements.amount import readable_text
from pipeline.answers.explanation import BasisTold, LimitTold
from processors.policy.model import Basis, LifeEvent
from processors.policy.terms import Language, Words, term

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from processors.policy.model import Pack, Policy, Reference

_MAXIMUM = Words(
    "No more than {count} of these for one birth or pregnancy, whoever pays: {steps}.",
    "មិនលើសពី {count} ដង សម្រាប់ការសម្រាល ឬផ្ទៃពោះមួយ ទោះអ្នកណាជាអ្នកទូទាត់ក៏ដោយ៖ {steps}។",
)
_MAXIMUM_DAYS = Words(
    "No more than {count} days in any {months} months: {steps}.",
    "មិនលើសពី {count} ថ្ងៃ ក្នុងរយៈពេល {months} ខែណាក៏ដោយ៖ {steps}។",
)
_TOLERANCE = Words(
    "The amount an operator names may differ from ours by at most {amount} {currency}.",
    "ចំនួនដែលប្រតិបត្តិករដាក់មក អាចខុសពីចំនួនរបស់យើងយ៉ាងច្រើន {amount} {currency}។",
)
_PRIORITY = Words(
    "Of several who ask, the higher priority has it, then the earlier request; the priority here is {value}.",
    "ក្នុងចំណោមអ្នកស្នើសុំច្រើន អាទិភាពខ្ពស់ជាងទទួលបានមុន បន្ទាប់មកសំណើមុនគេ។ អាទិភាពនៅទីនេះគឺ {value}។",
)
_EXCLUSIVE = Words(
    "Of those who exclude each other only one is paid ({group}, side {side}).",
    "ក្នុងចំណោមអត្ថប្រយោជន៍ដែលមិនអាចទទួលជាមួយគ្នា មានតែមួយប៉ុណ្ណោះត្រូវបានទូទាត់ ({group} ខាង {side})។",
)
WINDOW_WORDS: Mapping[str, Words] = {
    "birth_window_days": Words(
        "Deliveries of one mother within {value} days of the first are one birth.",
        "ការសម្រាលរបស់ម្តាយម្នាក់ក្នុងរយៈពេល {value} ថ្ងៃពីការសម្រាលដំបូង រាប់ជាការសម្រាលតែមួយ។",
    ),
    "pregnancy_days": Words(
        "An antenatal visit belongs to the birth that follows within {value} days.",
        "ការពិនិត្យផ្ទៃពោះជារបស់ការសម្រាលដែលកើតឡើងក្នុងរយៈពេល {value} ថ្ងៃបន្ទាប់។",
    ),
    "after_delivery_days": Words(
        "A visit after delivery belongs to the latest birth within {value} days before it.",
        "ការពិនិត្យក្រោយសម្រាលជារបស់ការសម្រាលចុងក្រោយក្នុងរយៈពេល {value} ថ្ងៃមុនវា។",
    ),
    "month_reference_day": Words(
        "What has to hold in a month is tested on its day {value}.", "លក្ខខណ្ឌក្នុងខែមួយត្រូវពិនិត្យនៅថ្ងៃទី {value} នៃខែនោះ។"
    ),
}
"""The windows of the commons; one without words is told by its name."""
_WINDOWS_OF: Mapping[LifeEvent, tuple[str, ...]] = {
    LifeEvent.BIRTH: ("birth_window_days",),
    LifeEvent.VISIT: ("birth_window_days", "pregnancy_days", "after_delivery_days"),
    LifeEvent.MONTH: ("month_reference_day",),
    LifeEvent.LEAVE: ("birth_window_days",),
}


def of(policy: Policy, pack: Pack, day: date, reasons: Collection[int], language: Language) -> list[LimitTold]:
    """The limits that bear on a request of this benefit on a day; those of a reason only where it was given."""
    found: list[LimitTold] = []
    maximum = pack.entitlement.maximum.on(day) if pack.entitlement.maximum is not None else None
    if maximum is not None:
        steps = ", ".join(term("steps", step, language) for step in maximum.steps)
        words = _MAXIMUM if maximum.months is None else _MAXIMUM_DAYS
        sentence = words.told(language).format(count=maximum.count, months=maximum.months, steps=steps)
        found.append(_limit("maximum", maximum.count, sentence, maximum.basis, language))
    if REASONS[Reason.EXCLUSIVE_BENEFIT].number in reasons:
        for row in pack.entitlement.exclusivity:
            sentence = _EXCLUSIVE.told(language).format(group=row.group, side=row.side)
            basis = _told(row.basis, row.references, row.note, language)
            found.append(LimitTold(name="exclusivity", value=None, sentence=sentence, basis=basis))
        priority = pack.priority.on(day) or 0
        sentence = _PRIORITY.told(language).format(value=priority)
        found.append(_chosen(pack, "priority", priority, sentence, day, language))
    if REASONS[Reason.AMOUNT_MISMATCH].number in reasons:
        tolerance = pack.tolerance_minor.on(day) or 0
        currency = pack.amount.currency
        sentence = _TOLERANCE.told(language).format(amount=readable_text(tolerance, currency), currency=currency)
        found.append(_chosen(pack, "tolerance", tolerance, sentence, day, language))
    return found + _windows(policy, pack, day, language)


def _windows(policy: Policy, pack: Pack, day: date, language: Language) -> list[LimitTold]:
    found: list[LimitTold] = []
    for name in _WINDOWS_OF.get(pack.entitlement.event, ()):
        told = policy.commons.figures.get(name)
        if told is not None:
            figure = told.at(day)
            sentence = WINDOW_WORDS[name].told(language).format(value=figure.value)
            basis = Basis(figure.status, figure.references, figure.note)
            found.append(_limit(name, figure.value, sentence, basis, language))
    return found


def _chosen(pack: Pack, name: str, value: int, sentence: str, day: date, language: Language) -> LimitTold:
    """What the pack chose, with what the choice stands on."""
    known = pack.bases[name].on(day)
    basis = None if known is None else basis_told(known, language)
    return LimitTold(name=name, value=value, sentence=sentence, basis=basis)


def _limit(name: str, value: int | None, sentence: str, basis: Basis, language: Language) -> LimitTold:
    return LimitTold(name=name, value=value, sentence=sentence, basis=basis_told(basis, language))


def basis_told(basis: Basis, language: Language) -> BasisTold:
    """What a rule stands on: `confirmed: Joint prakas of MEF and MoH`. Titles and notes stay as the pack has them."""
    return _told(basis.status.value, basis.references, basis.note, language)


def _told(status: str, references: Sequence[Reference], note: str | None, language: Language) -> BasisTold:
    titles = "; ".join(reference.title for reference in references)
    known = term("status", status, language)
    return BasisTold(
        status=status,
        references=[{"title": reference.title, "href": reference.href} for reference in references],
        note=note,
        text=f"{known}: {titles}" if titles else known,
    )
