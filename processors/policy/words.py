"""What every predicate asks for, in a sentence, English and Khmer, for those who must explain a decision.

`{name}` is the predicate's parameter of this name in words. A test holds the catalogue against `PREDICATES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.policy.loader.rules import LIST_OF_PARAMETER
from processors.policy.overlay import BY_OVERLAY, WAIVED_BY
from processors.policy.terms import Language, Words, term

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREDICATE_WORDS: Mapping[str, Words] = {
    # The bars that are built in and need no pack.
    "in_force": Words("The benefit must be in force on the day.", "អត្ថប្រយោជន៍នេះត្រូវមានសុពលភាពនៅថ្ងៃនោះ។"),
    "alive": Words(
        "The person, or somebody of the household, must be alive on the day.",
        "បុគ្គលនេះ ឬសមាជិកណាម្នាក់នៃគ្រួសារ ត្រូវនៅមានជីវិតនៅថ្ងៃនោះ។",
    ),
    "amount": Words(
        "The amount of the rules must be known, and an amount the operator named must agree with it.",
        "ចំនួនទឹកប្រាក់តាមវិធានត្រូវមានកំណត់ ហើយចំនួនដែលប្រតិបត្តិករដាក់មកត្រូវស្របនឹងវា។",
    ),
    "maximum": Words(
        "The days asked for must not be more than the maximum.",
        "ចំនួនថ្ងៃដែលស្នើសុំមិនត្រូវលើសពីចំនួនអតិបរមាទេ។",
    ),
    "recognised": Words(
        "What the request is for must be known from evidence.",
        "អ្វីដែលសំណើនេះស្នើសុំ ត្រូវមានភស្តុតាងបញ្ជាក់។",
    ),
    # Several ways to qualify; the predicates of the way named here follow.
    "any_of": Words(
        "One of {of} ways to qualify must be met; number {way} comes closest.",
        "ត្រូវបំពេញលក្ខខណ្ឌមួយក្នុងចំណោម {of}; លក្ខខណ្ឌទី {way} គឺជិតបំផុត។",
    ),
    # The predicates of the packs.
    "enrolled_in": Words(
        "The person, or the child's mother, must be enrolled on the day in one of: {schemes}.",
        "បុគ្គលនេះ ឬម្តាយរបស់កុមារ ត្រូវមានឈ្មោះនៅថ្ងៃនោះក្នុងកម្មវិធីណាមួយ៖ {schemes}។",
    ),
    "enrolled_in_grade": Words(
        "The pupil must be enrolled on the day in {scheme}, in {grade}.",
        "សិស្សត្រូវមានឈ្មោះនៅថ្ងៃនោះក្នុង{scheme} ថ្នាក់{grade}។",
    ),
    "enrolled_in_category": Words(
        "The person must be enrolled on the day in {scheme} as: {categories}{when_absent}.",
        "បុគ្គលនេះត្រូវមានឈ្មោះនៅថ្ងៃនោះក្នុង{scheme} ជា៖ {categories}{when_absent}។",
    ),
    "household_level_in": Words(
        "The household must have a card that is valid on the day, of one of these levels: {levels}.",
        "គ្រួសារនេះត្រូវមានប័ណ្ណដែលមានសុពលភាពនៅថ្ងៃនោះ ក្នុងកម្រិតណាមួយ៖ {levels}។",
    ),
    "area_in": Words(
        "The household must live on the day in: {areas}.",
        "គ្រួសារនេះត្រូវរស់នៅនៅថ្ងៃនោះក្នុង៖ {areas}។",
    ),
    "age_at_least": Words(
        "The person must have completed {number} years on the day.",
        "បុគ្គលនេះត្រូវមានអាយុយ៉ាងតិច {number} ឆ្នាំនៅថ្ងៃនោះ។",
    ),
    "age_below": Words(
        "The person must not have completed {number} years on the day.",
        "បុគ្គលនេះត្រូវមានអាយុតិចជាង {number} ឆ្នាំនៅថ្ងៃនោះ។",
    ),
    "trait_in": Words(
        "It must be told of the person on the day: {traits}.",
        "ត្រូវមានការបញ្ជាក់អំពីបុគ្គលនេះនៅថ្ងៃនោះ៖ {traits}។",
    ),
    "evidence_met": Words("It must be confirmed: {condition}.", "ត្រូវមានការបញ្ជាក់៖ {condition}។"),
    "measure_at_least": Words(
        "{condition}: {measure} must be at least {number}{when_absent}.",
        "{condition}៖ {measure}ត្រូវមានយ៉ាងតិច {number}{when_absent}។",
    ),
    "measure_is_zero_or_unset": Words(
        "{condition}: {measure} must be zero or not told.",
        "{condition}៖ {measure}ត្រូវជាសូន្យ ឬមិនបានប្រាប់។",
    ),
    "facility_not_private": Words(
        "The facility must not be registered as a private one.",
        "មូលដ្ឋានសុខាភិបាលនេះមិនត្រូវជាមូលដ្ឋានដែលបានចុះបញ្ជីជាឯកជនទេ។",
    ),
    "facility_covered": Words(
        "The facility must be registered on the day, work for {payer}, and be one of: {facility_levels}.",
        "មូលដ្ឋានសុខាភិបាលនេះត្រូវបានចុះបញ្ជីនៅថ្ងៃនោះ បម្រើ{payer} និងជា៖ {facility_levels}។",
    ),
    "service_in": Words(
        "The facility must have given: {services}.",
        "មូលដ្ឋានសុខាភិបាលត្រូវបានផ្តល់សេវា៖ {services}។",
    ),
    "payment_type_in": Words(
        "The facility must have recorded the payment type: {payment_types}.",
        "មូលដ្ឋានសុខាភិបាលត្រូវបានកត់ត្រាប្រភេទការទូទាត់៖ {payment_types}។",
    ),
    "days_covered": Words(
        "It must be confirmed for every day asked for: {condition}.",
        "ត្រូវមានការបញ្ជាក់សម្រាប់ថ្ងៃនីមួយៗដែលស្នើសុំ៖ {condition}។",
    ),
    "spell_at_least": Words(
        "It must be confirmed for at least {number} days without a break: {condition}.",
        "ត្រូវមានការបញ្ជាក់យ៉ាងតិច {number} ថ្ងៃជាប់គ្នា៖ {condition}។",
    ),
    "contributed_months": Words(
        "Contributions to {schemes} for {branch} must be told for at least {count} months{consecutive} of the {within} "
        "before the month of the event.",
        "ភាគទានរបស់{schemes} សម្រាប់{branch} ត្រូវមានការប្រាប់យ៉ាងតិច {count} ខែ{consecutive} ក្នុងរយៈពេល {within} ខែ "
        "មុនខែនៃព្រឹត្តិការណ៍។",
    ),
    "contributed_either": Words(
        "Contributions to {schemes} for {branch} must be told for the last {in_a_row} months before the month of the "
        "event, or for at least {count} of the last {within}.",
        "ភាគទានរបស់{schemes} សម្រាប់{branch} ត្រូវមានការប្រាប់ {in_a_row} ខែចុងក្រោយមុនខែនៃព្រឹត្តិការណ៍ "
        "ឬយ៉ាងតិច {count} ខែ ក្នុងរយៈពេល {within} ខែចុងក្រោយ។",
    ),
}
"""The one catalogue of sentences, by the name of the predicate."""

_ABSENT: Mapping[str, Words] = {
    "pass": Words(" (where it is not told, it counts as met)", " (បើមិនបានប្រាប់ ចាត់ទុកថាបំពេញ)"),
    "unknown": Words(" (where it is not told, the request waits)", " (បើមិនបានប្រាប់ សំណើត្រូវរង់ចាំ)"),
}
_CONSECUTIVE: Mapping[str, Words] = {"yes": Words(" in a row", "ជាប់គ្នា"), "no": Words("", "")}
_CHOICES: Mapping[str, Mapping[str, Words]] = {"when_absent": _ABSENT, "consecutive": _CONSECUTIVE}
"""Parameters that are a choice, by the words each of their values puts into the sentence."""
_OVERLAID: Mapping[str, Words] = {
    WAIVED_BY: Words(" Waived by the overlay {overlay}.", " ត្រូវបានលើកលែងដោយវិធានការបន្ថែម {overlay}។"),
    BY_OVERLAY: Words(" So asked by the overlay {overlay}.", " កំណត់ដោយវិធានការបន្ថែម {overlay}។"),
}
"""What an overlay adds to the sentence of a rule it changes."""
_OR = Words(" or ", " ឬ ")

Told = str | int | list[str] | tuple[str, ...]


def rule_in_words(name: str, parameters: Mapping[str, Told], language: Language) -> str:
    """What a predicate asks, as one sentence; its name and parameters where the catalogue has no words for it."""
    words = PREDICATE_WORDS.get(name)
    if words is None:
        told = ", ".join(f"{key} {_plain(value)}" for key, value in sorted(parameters.items()))
        return f"{name}: {told}." if told else f"{name}."
    text = words.told(language).format_map(_Parameters(parameters, language))
    for key, added in _OVERLAID.items():
        if key in parameters:
            text += added.told(language).format(overlay=_plain(parameters[key]))
    return text[:1].upper() + text[1:]


class _Parameters(dict[str, str]):
    """The parameters in words; one a stored decision lacks is shown by its name instead of failing the answer."""

    def __init__(self, parameters: Mapping[str, Told], language: Language) -> None:
        super().__init__({name: _value(name, value, language) for name, value in parameters.items()})

    def __missing__(self, name: str) -> str:
        return f"({name})"


def _value(name: str, value: Told, language: Language) -> str:
    if name in _CHOICES:
        words = _CHOICES[name].get(str(value))
        return f" ({value})" if words is None else words.told(language)
    listed = LIST_OF_PARAMETER.get(name, "")
    if isinstance(value, list | tuple):
        return _joined([term(listed, code, language) for code in value], language)
    return f"{value:,}" if isinstance(value, int) else term(listed, value, language)


def _joined(parts: Sequence[str], language: Language) -> str:
    return ", ".join(parts[:-1]) + _OR.told(language) + parts[-1] if len(parts) > 1 else "".join(parts)


def _plain(value: Told) -> str:
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)
