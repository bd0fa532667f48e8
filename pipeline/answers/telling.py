"""Events, days and amounts in words, English and Khmer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import msgspec

from events.enrolment import FacilityRegistered, HouseholdIdentified, PersonEnrolled
from events.money import Money, to_minor
from events.payment import PaymentRequested
from events.verification import ConditionVerified, ContributionRecorded, EncounterRecorded
from ledger.statements.amount import readable_text
from processors.calendar import local_date
from processors.policy.terms import TERMS, Language, Words, term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from events.envelope import Event
    from events.payment import For
    from processors.outcome import FigureUsed

EVENT_WORDS: Mapping[str, Words] = {
    "event.retracted": Words("retraction", "ការដកព័ត៌មានវិញ"),
    "household.identified": Words("household card", "ប័ណ្ណគ្រួសារ"),
    "household.revoked": Words("end of the household's card", "ការបញ្ចប់ប័ណ្ណគ្រួសារ"),
    "person.enrolled": Words("enrolment", "ការចុះឈ្មោះ"),
    "person.withdrawn": Words("end of the enrolment", "ការបញ្ចប់ការចុះឈ្មោះ"),
    "person.registered": Words("entry of the registry", "ព័ត៌មានក្នុងបញ្ជីគាំពារសង្គម"),
    "person.died": Words("death", "មរណភាព"),
    "person.merged": Words("two SP-IDs of one person", "លេខសម្គាល់ពីររបស់បុគ្គលតែមួយ"),
    "facility.registered": Words("registration of the facility", "ការចុះបញ្ជីមូលដ្ឋានសុខាភិបាល"),
    "contribution.recorded": Words("contribution", "ការបង់ភាគទាន"),
    "encounter.recorded": Words("treatment", "ការព្យាបាល"),
    "payment.requested": Words("request", "សំណើ"),
    "payment.withdrawn": Words("withdrawal of the request", "ការដកសំណើវិញ"),
    "payee.changed": Words("change of the account", "ការផ្លាស់ប្តូរគណនី"),
    "batch.declared": Words("declaration of the batch", "ការប្រកាសបាច់"),
    "cycle.closed": Words("close of the payment cycle", "ការបិទវដ្តនៃការទូទាត់"),
    "line.certified": Words("certification", "ការបញ្ជាក់ការទូទាត់"),
    "line.refused": Words("refusal by the certifier", "ការបដិសេធដោយអ្នកបញ្ជាក់"),
    "line.queried": Words("question of the certifier", "សំណួររបស់អ្នកបញ្ជាក់"),
    "finding.recorded": Words("finding of a sample check", "លទ្ធផលនៃការត្រួតពិនិត្យ"),
    "instruction.accepted": Words("order taken by the bank", "ធនាគារបានទទួលបញ្ជា"),
    "instruction.rejected": Words("order refused by the bank", "ធនាគារបានបដិសេធបញ្ជា"),
    "payment.settled": Words("money paid out", "ប្រាក់បានទូទាត់"),
    "payment.returned": Words("money come back", "ប្រាក់បានត្រឡប់មកវិញ"),
}
"""What a fact is called; a type without words is called by its name."""

TIMES_WORDS: Mapping[str, Words] = {
    "baby": Words("for each baby", "សម្រាប់ទារកម្នាក់"),
    "birth": Words("for each birth", "សម្រាប់ការសម្រាលមួយ"),
    "visit": Words("for each visit", "សម្រាប់ការពិនិត្យមួយលើក"),
    "month": Words("for each month", "សម្រាប់មួយខែ"),
    "round": Words("for each round", "សម្រាប់មួយជុំ"),
    "episode": Words("for each treatment", "សម្រាប់ការព្យាបាលមួយលើក"),
    "household": Words("for the household", "សម្រាប់គ្រួសារ"),
    "member": Words("for each member who counts", "សម្រាប់សមាជិកម្នាក់ដែលត្រូវរាប់"),
    "further_member": Words("for each further member", "សម្រាប់សមាជិកបន្ថែមម្នាក់"),
    "day": Words("for each day", "សម្រាប់មួយថ្ងៃ"),
}
"""What follows the slash of a figure's unit."""

PART_WORDS: Mapping[str, Words] = {
    "amount": Words("", ""),
    "household": Words("Household", "គ្រួសារ"),
    "member": Words("Members", "សមាជិក"),
    "further_member": Words("Further members", "សមាជិកបន្ថែម"),
    "vulnerable_member": Words("Vulnerable members besides", "សមាជិកងាយរងគ្រោះបន្ថែម"),
    "tariff": Words("Tariff", "តារាងតម្លៃ"),
    "share_percent": Words("Share of the average wage", "ភាគរយនៃប្រាក់ឈ្នួលមធ្យម"),
    "days": Words("Days paid", "ចំនួនថ្ងៃដែលត្រូវទូទាត់"),
    "first_paid_day": Words("First day that is paid", "ថ្ងៃដំបូងដែលត្រូវទូទាត់"),
    "month_days": Words("Days a month is counted with", "ចំនួនថ្ងៃដែលរាប់ក្នុងមួយខែ"),
    "months": Words("Months of the average", "ចំនួនខែសម្រាប់គណនាមធ្យម"),
    "ceiling": Words("Greatest wage that counts", "ប្រាក់ឈ្នួលខ្ពស់បំផុតដែលត្រូវរាប់"),
    "wages": Words("Contributory wages told", "ប្រាក់ឈ្នួលជាប់ភាគទានដែលបានរាយការណ៍"),
    "rounding": Words("Rounded down to", "បង្គត់ចុះដល់"),
}
"""The part of an amount a figure is told for; one without words is called by its name."""

FOR_WORDS: Mapping[str, Words] = {
    "on": Words("for {on}", "សម្រាប់ថ្ងៃទី {on}"),
    "month": Words("for the month {month}", "សម្រាប់ខែ {month}"),
    "round": Words("for round {round}", "សម្រាប់ជុំទី {round}"),
    "from+until": Words("for {from_} until {until}", "សម្រាប់ថ្ងៃទី {from_} ដល់ {until}"),
    "encounter_id": Words("for treatment {encounter_id}", "សម្រាប់ការព្យាបាល {encounter_id}"),
    "award_id+month": Words("for award {award_id}, month {month}", "សម្រាប់សេចក្តីសម្រេច {award_id} ខែ {month}"),
}
"""What a request is for, by the shape of its `for`."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PHNOM_PENH = timezone(timedelta(hours=7))
_NOT_MET = Words("{told}, not met", "{told} មិនបានបំពេញ")
_SUBJECTS = frozenset({"sp_id", "household_id", "line_id", "instruction_id", "request_id"})
_DAYS = ("died_on", "merged_on", "revoked_on", "withdrawn_on", "value_date", "started_on", "valid_from")


def source_in_words(source: str, language: Language) -> str:
    """A source as a person calls it; a bank by its code."""
    return term("sources", source, language)


def event_in_words(event: Event, language: Language) -> str:
    """What an event tells, as a noun: `delivery`, `household card (poor level 1, rural areas)`, `delivery, not met`."""
    data = event.data
    if isinstance(data, ConditionVerified):
        told = term("conditions", data.condition, language)
        told = told if data.outcome == "met" else _NOT_MET.told(language).format(told=told)
        return f"{told}{_measures(data, language)}"
    if isinstance(data, EncounterRecorded):
        return term("services", data.service, language)
    words = EVENT_WORDS.get(event.type)
    told = event.type if words is None else words.told(language)
    details = _details(event, language)
    return f"{told} ({', '.join(details)})" if details else told


def _details(event: Event, language: Language) -> list[str]:
    """What rules ask of an event, never whom it is about: the level of a card, a scheme, an amount."""
    match event.data:
        case HouseholdIdentified(level=level, area=area):
            return [term("levels", level, language), term("areas", area, language)]
        case PersonEnrolled(scheme=scheme, grade=grade):
            told = [term("schemes", scheme, language)]
            return told if grade is None else [*told, term("grades", grade, language)]
        case FacilityRegistered(level=level):
            return [term("facility_levels", level, language)]
        case ContributionRecorded(contributory_wage=wage):
            return [_money(wage)]
        case PaymentRequested(amount=Money() as amount):
            return [_money(amount)]
        case _:
            return []


def _money(money: Money) -> str:
    return f"{readable_text(to_minor(money), money.currency)} {money.currency}"


def _measures(condition: ConditionVerified, language: Language) -> str:
    """What was counted, in brackets: ` (attendance in percent 72)`."""
    told = {} if condition.measure is None else {name: getattr(condition.measure, name) for name in TERMS["measures"]}
    counted = [f"{term('measures', name, language)} {value}" for name, value in told.items() if value is not None]
    return f" ({', '.join(counted)})" if counted else ""


def day_of(event: Event) -> str:
    """When it happened, as its data say: a day, a month or a period; "" where the data tell no day."""
    data = event.data
    if isinstance(data, ConditionVerified):
        return data.when
    for name in _DAYS:
        day = getattr(data, name, None)
        if isinstance(day, date):
            return day.isoformat()
    month = getattr(data, "month", None)
    return month if isinstance(month, str) else ""


def told_of(event: Event) -> dict[str, object]:
    """What an event's data say besides whom or what they are about."""
    data: dict[str, object] = msgspec.to_builtins(event.data)
    return {name: value for name, value in data.items() if name not in _SUBJECTS}


def asked_for(request: PaymentRequested, language: Language) -> str:
    """What a request is for: `for 2018-02-04`, `for the month 2018-03`."""
    return FOR_WORDS[request.for_.shape].told(language).format_map(_fields(request.for_))


def _fields(told: For) -> dict[str, object]:
    return {name: getattr(told, name) for name in told.__struct_fields__}


def day_asked(request: PaymentRequested, time_us: int) -> date:
    """The day a request is for: its own, the first of its month or period, else the day it was made."""
    told = request.for_
    if told.on is not None:
        return told.on
    if told.from_ is not None:
        return told.from_
    if told.month is not None:
        return date.fromisoformat(f"{told.month}-01")
    return local_date(time_us)


def local_time(time_us: int) -> datetime:
    """An instant in microseconds since the epoch, in Cambodia."""
    return (_EPOCH + timedelta(microseconds=time_us)).astimezone(_PHNOM_PENH)


def moment(time_us: int) -> str:
    """An instant in Cambodian time, to the minute."""
    return f"{local_time(time_us):%Y-%m-%d %H:%M}"


def exact_moment(time_us: int) -> str:
    """The same to the microsecond, where minutes would hide which came first."""
    return f"{local_time(time_us):%Y-%m-%d %H:%M:%S.%f}"


def figure_in_words(figure: FigureUsed, language: Language) -> str:
    """A figure, how often it counts and how well it is known: `2 × 400,000 KHR for each baby, confirmed`."""
    status = term("status", figure.status, language)
    part = figure.name.rpartition(".")[2]
    called = PART_WORDS[part].told(language) if part in PART_WORDS else part
    label = f"{called}: " if called else ""
    currency, _, times = figure.unit.partition("/")
    words = TIMES_WORDS.get(times)
    each = f" {words.told(language)}" if words is not None else f"/{times}" if times else ""
    if figure.value is None:
        return f"{label}{currency}{each}, {status}"
    count = f"{figure.times} × " if figure.times != 1 else ""
    return f"{label}{count}{readable_text(figure.value, currency)} {currency}{each}, {status}"
