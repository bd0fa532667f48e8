"""What a citizen or operator can do next, by reason and by state, English and Khmer.

`{who}` is who has to tell what is missing, `{what}` what that is, `{day}` the day it must hold on, `{operator}` who
asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.reasons import Reason
from events.states import LineState
from processors.policy.terms import Language, Words, term

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.decide.body import AskedRow

BY_REASON: Mapping[Reason, Words] = {
    Reason.ENROLMENT_MISSING: Words(
        "Ask {who} to report the enrolment. It has to hold on {day}.",
        "សូមស្នើ{who}ឱ្យរាយការណ៍អំពីការចុះឈ្មោះ។ ការចុះឈ្មោះត្រូវមានសុពលភាពនៅថ្ងៃទី {day}។",
    ),
    Reason.HOUSEHOLD_MISSING: Words(
        "Ask {who}, through the commune office, to report the card that names this person. It has to hold on {day}.",
        "សូមស្នើ{who} តាមរយៈសាលាឃុំ-សង្កាត់ ឱ្យរាយការណ៍ប័ណ្ណដែលមានឈ្មោះបុគ្គលនេះ។ ប័ណ្ណត្រូវមានសុពលភាពនៅថ្ងៃទី {day}។",
    ),
    Reason.VERIFICATION_MISSING: Words(
        "Ask {who} to confirm: {what}, {day}.",
        "សូមស្នើ{who}ឱ្យបញ្ជាក់៖ {what} {day}។",
    ),
    Reason.ENCOUNTER_MISSING: Words(
        "Ask {who} to report the treatment under the number the request names.",
        "សូមស្នើ{who}ឱ្យរាយការណ៍ការព្យាបាល តាមលេខដែលមានក្នុងសំណើ។",
    ),
    Reason.FACILITY_MISSING: Words("Ask {who} to have the facility registered.", "សូមស្នើ{who}ឱ្យចុះបញ្ជីមូលដ្ឋានសុខាភិបាលនេះ។"),
    Reason.CONTRIBUTIONS_MISSING: Words(
        "Ask the employer, through {who}, to report the contributions of the months before {day}.",
        "សូមស្នើនិយោជក តាមរយៈ{who} ឱ្យរាយការណ៍ភាគទាននៃខែមុនថ្ងៃទី {day}។",
    ),
    Reason.AWARD_MISSING: Words("Ask {who} to report the award.", "សូមស្នើ{who}ឱ្យរាយការណ៍សេចក្តីសម្រេចផ្តល់អត្ថប្រយោជន៍។"),
    Reason.AMOUNT_NOT_SET: Words(
        "Nothing can be done by the person: the amount has to be set by law first. The request is kept.",
        "បុគ្គលនេះមិនចាំបាច់ធ្វើអ្វីទេ៖ ចំនួនទឹកប្រាក់ត្រូវកំណត់ដោយច្បាប់ជាមុនសិន។ សំណើនេះត្រូវបានរក្សាទុក។",
    ),
    Reason.ON_HOLD: Words(
        "Wait until the hold is released, or ask {operator} why.", "សូមរង់ចាំរហូតដល់ការផ្អាកត្រូវបានដោះ ឬសួរ{operator}អំពីមូលហេតុ។"
    ),
    Reason.NOT_IN_FORCE: Words(
        "If the day asked for is wrong, {operator} has to ask again with the right day under a new request id.",
        "បើថ្ងៃក្នុងសំណើមិនត្រឹមត្រូវ {operator}ត្រូវស្នើម្តងទៀតដោយដាក់ថ្ងៃត្រឹមត្រូវ ក្រោមលេខសំណើថ្មី។",
    ),
    Reason.NOT_ENROLLED: Words(
        "If the person was enrolled on {day}, ask {who} to correct the dates of the enrolment.",
        "បើបុគ្គលនេះបានចុះឈ្មោះនៅថ្ងៃទី {day} សូមស្នើ{who}ឱ្យកែកាលបរិច្ឆេទនៃការចុះឈ្មោះ។",
    ),
    Reason.CARD_NOT_VALID: Words(
        "Renew the card at the commune office. If it was valid on {day}, ask {who} to correct its dates.",
        "សូមបន្តសុពលភាពប័ណ្ណនៅសាលាឃុំ-សង្កាត់។ បើប័ណ្ណមានសុពលភាពនៅថ្ងៃទី {day} សូមស្នើ{who}ឱ្យកែកាលបរិច្ឆេទ។",
    ),
    Reason.LEVEL_NOT_COVERED: Words(
        "If the household's level is wrong, ask at the commune office for a new assessment by {who}.",
        "បើកម្រិតជីវភាពរបស់គ្រួសារមិនត្រឹមត្រូវ សូមស្នើសុំការវាយតម្លៃសាជាថ្មីដោយ{who} នៅសាលាឃុំ-សង្កាត់។",
    ),
    Reason.AREA_NOT_COVERED: Words(
        "If the household lives elsewhere, ask {who} to correct the place on its card.",
        "បើគ្រួសារនេះរស់នៅកន្លែងផ្សេង សូមស្នើ{who}ឱ្យកែទីកន្លែងនៅលើប័ណ្ណ។",
    ),
    Reason.FACILITY_NOT_COVERED: Words(
        "If the facility is registered wrongly, ask {who} to correct it. Otherwise use a facility that is covered.",
        "បើមូលដ្ឋានសុខាភិបាលត្រូវបានចុះបញ្ជីខុស សូមស្នើ{who}ឱ្យកែ។ បើមិនដូច្នេះទេ សូមទៅមូលដ្ឋានដែលស្ថិតក្នុងវិសាលភាព។",
    ),
    Reason.AGE_OUT_OF_RANGE: Words(
        "If the birth date is wrong, have it corrected in the Social Protection Registry.",
        "បើថ្ងៃខែឆ្នាំកំណើតមិនត្រឹមត្រូវ សូមឱ្យកែនៅក្នុងបញ្ជីគាំពារសង្គម។",
    ),
    Reason.TRAIT_MISSING: Words(
        "If this is wrong, ask {who}, through the commune office, to correct the person's entry on the card.",
        "បើព័ត៌មាននេះមិនត្រឹមត្រូវ សូមស្នើ{who} តាមរយៈសាលាឃុំ-សង្កាត់ ឱ្យកែព័ត៌មានរបស់បុគ្គលនេះនៅលើប័ណ្ណ។",
    ),
    Reason.CONDITION_NOT_MET: Words(
        "If this is wrong, ask {who} to correct what was told: {what}, {day}.",
        "បើព័ត៌មាននេះមិនត្រឹមត្រូវ សូមស្នើ{who}ឱ្យកែព័ត៌មានដែលបានផ្តល់៖ {what} {day}។",
    ),
    Reason.CONTRIBUTIONS_INSUFFICIENT: Words(
        "If contributions are missing, ask the employer, through {who}, to report them.",
        "បើខ្វះភាគទាន សូមស្នើនិយោជក តាមរយៈ{who} ឱ្យរាយការណ៍បន្ថែម។",
    ),
    Reason.COUNT_EXCEEDED: Words(
        "All payments of this kind have been given. If one of them was for another birth or person, ask {who} to "
        "correct what was confirmed for it.",
        "ការទូទាត់ប្រភេទនេះត្រូវបានផ្តល់គ្រប់ចំនួនហើយ។ បើការទូទាត់ណាមួយជារបស់ការសម្រាលផ្សេង ឬបុគ្គលផ្សេង សូមស្នើ{who}ឱ្យកែ។",
    ),
    Reason.PAYMENT_TYPE_MISMATCH: Words(
        "If the treatment was recorded under the wrong payment type, ask {who} to correct it.",
        "បើការព្យាបាលត្រូវបានកត់ត្រាក្រោមប្រភេទនៃការទូទាត់ខុស សូមស្នើ{who}ឱ្យកែ។",
    ),
    Reason.AMOUNT_MISMATCH: Words(
        "{operator} has to ask again with the amount of the rules, or with none, under a new request id.",
        "{operator}ត្រូវស្នើម្តងទៀតដោយដាក់ចំនួនតាមវិធាន ឬមិនដាក់ចំនួន ក្រោមលេខសំណើថ្មី។",
    ),
    Reason.DUPLICATE_ENTITLEMENT: Words(
        "Nothing, if the other request is for the same event: it is paid there. If it is for another event or person, "
        "have the evidence of that one corrected.",
        "បើសំណើផ្សេងនោះសម្រាប់ព្រឹត្តិការណ៍ដដែល មិនចាំបាច់ធ្វើអ្វីទេ៖ ការទូទាត់ធ្វើនៅទីនោះ។ បើសម្រាប់ព្រឹត្តិការណ៍ ឬបុគ្គលផ្សេង សូមឱ្យកែភស្តុតាង។",
    ),
    Reason.EXCLUSIVE_BENEFIT: Words(
        "Nothing, if the other benefit is for the same event: it is paid there. If it is for another event or person, "
        "have the evidence of that one corrected.",
        "បើអត្ថប្រយោជន៍ផ្សេងនោះសម្រាប់ព្រឹត្តិការណ៍ដដែល មិនចាំបាច់ធ្វើអ្វីទេ៖ ការទូទាត់ធ្វើនៅទីនោះ។ បើសម្រាប់ព្រឹត្តិការណ៍ ឬបុគ្គលផ្សេង សូមឱ្យកែភស្តុតាង។",
    ),
    Reason.REQUEST_ID_REUSED: Words(
        "{operator} has to ask again under a request id it never used before.",
        "{operator}ត្រូវស្នើម្តងទៀត ក្រោមលេខសំណើដែលមិនធ្លាប់ប្រើ។",
    ),
    Reason.DECEASED: Words(
        "If the person lives, or died later, have the death corrected by whoever told it.",
        "បើបុគ្គលនេះនៅរស់ ឬបានស្លាប់ក្រោយថ្ងៃនោះ សូមឱ្យអ្នកដែលបានរាយការណ៍កែព័ត៌មានមរណភាព។",
    ),
    Reason.TOO_LATE: Words(
        "{operator} may ask again in a later payment cycle, under a new request id.",
        "{operator}អាចស្នើម្តងទៀតក្នុងវដ្តក្រោយ ក្រោមលេខសំណើថ្មី។",
    ),
}
"""For every reason that a decision can have."""

BY_STATE: Mapping[LineState, Words] = {
    LineState.APPROVED: Words(
        "Nothing. The payment is due; {operator} has to complete its batch before it goes on.",
        "មិនចាំបាច់ធ្វើអ្វីទេ។ ការទូទាត់ត្រូវបានយល់ព្រម ហើយ{operator}ត្រូវបំពេញបាច់ឱ្យគ្រប់ជាមុនសិន។",
    ),
    LineState.SUBMITTED: Words(
        "Nothing. {certifier} has the payment and certifies it.", "មិនចាំបាច់ធ្វើអ្វីទេ។ {certifier}កំពុងពិនិត្យបញ្ជាក់ការទូទាត់នេះ។"
    ),
    LineState.CERTIFIED: Words("Nothing. The payment goes to the bank next.", "មិនចាំបាច់ធ្វើអ្វីទេ។ ការទូទាត់នឹងបញ្ជូនទៅធនាគារ។"),
    LineState.INSTRUCTED: Words("Nothing. {bank} has the order to pay.", "មិនចាំបាច់ធ្វើអ្វីទេ។ {bank}បានទទួលបញ្ជាឱ្យទូទាត់។"),
    LineState.SETTLED: Words(
        "The money was paid. Who has not received it should ask {bank} with the line id above.",
        "ប្រាក់ត្រូវបានទូទាត់ហើយ។ អ្នកដែលមិនទាន់ទទួលបាន សូមសួរ{bank} ដោយប្រើលេខបន្ទាត់ខាងលើ។",
    ),
    LineState.RETURNED: Words(
        "The money came back. {operator} has to check the account of the payee.",
        "ប្រាក់បានត្រឡប់មកវិញ។ {operator}ត្រូវពិនិត្យគណនីរបស់អ្នកទទួល។",
    ),
    LineState.REFUSED: Words(
        "{certifier} has refused it for good. {operator} may ask again under a new request id.",
        "{certifier}បានបដិសេធជាស្ថាពរ។ {operator}អាចស្នើម្តងទៀត ក្រោមលេខសំណើថ្មី។",
    ),
    LineState.WITHDRAWN: Words(
        "{operator} took the request back. It may ask again under a new request id.",
        "{operator}បានដកសំណើវិញ ហើយអាចស្នើម្តងទៀត ក្រោមលេខសំណើថ្មី។",
    ),
}
"""For the states that give no reason."""

RECOVERY = Words(
    "No money moves by itself: a person has to order the recovery first.",
    "គ្មានប្រាក់ណាមួយត្រូវបានផ្លាស់ប្តូរដោយស្វ័យប្រវត្តិទេ៖ ការទាមទារប្រាក់វិញត្រូវមានបញ្ជាពីមនុស្សជាមុនសិន។",
)
OPEN = Words(
    "There is time until {operator} closes the payment cycle {cycle}; it is still open.",
    "មានពេលរហូតដល់{operator}បិទវដ្តនៃការទូទាត់ {cycle} ដែលនៅបើកនៅឡើយ។",
)
CLOSED = Words(
    "The payment cycle {cycle} was closed on {closed}. What was recorded before then still counts whenever it reaches "
    "us; otherwise {operator} may ask again in a later cycle, under a new request id.",
    "វដ្តនៃការទូទាត់ {cycle} ត្រូវបានបិទនៅ {closed}។ អ្វីដែលបានកត់ត្រាមុនពេលនោះនៅតែត្រូវរាប់ ទោះមកដល់ពេលណាក៏ដោយ។ "
    "បើមិនដូច្នេះទេ {operator}អាចស្នើម្តងទៀតក្នុងវដ្តក្រោយ ក្រោមលេខសំណើថ្មី។",
)

SCHEME_KEEPERS: Mapping[str, str] = {
    "hef": "hef",
    "family_package": "nsaf",
    "scholarship": "moeys",
    "tvet": "mlvt",
}
"""Who reports enrolments in a scheme; NSSF those of all its own."""
CONDITION_KEEPERS: Mapping[str, str] = {"school_attendance": "moeys", "training_attendance": "mlvt"}
"""Who confirms a condition; health facilities all others."""

_BY_REASON_KEEPER: Mapping[Reason, str] = {
    Reason.HOUSEHOLD_MISSING: "idpoor",
    Reason.CARD_NOT_VALID: "idpoor",
    Reason.LEVEL_NOT_COVERED: "idpoor",
    Reason.AREA_NOT_COVERED: "idpoor",
    Reason.TRAIT_MISSING: "idpoor",
    Reason.CONTRIBUTIONS_MISSING: "nssf",
    Reason.CONTRIBUTIONS_INSUFFICIENT: "nssf",
    Reason.AWARD_MISSING: "nssf",
}
_AND = Words(" or ", " ឬ ")


def keepers(reason: Reason, asked: Iterable[AskedRow]) -> tuple[str, ...]:
    """The sources that can tell what a reason misses, from the parameters of what was asked; sorted, each once."""
    known = _BY_REASON_KEEPER.get(reason)
    if known is not None:
        return (known,)
    found: set[str] = set()
    for item in asked:
        if item.reason != reason.value:
            continue
        for name in ("schemes", "scheme"):
            told = item.parameters.get(name, [])
            codes = told if isinstance(told, list) else [str(told)]
            found.update(SCHEME_KEEPERS.get(code, "nssf") for code in codes)
        condition = item.parameters.get("condition")
        if isinstance(condition, str):
            found.add(CONDITION_KEEPERS.get(condition, "pmrs"))
    return tuple(sorted(found)) or ("pmrs",)


def named(sources: Iterable[str], language: Language) -> str:
    """Sources in words, any of them."""
    return _AND.told(language).join(term("sources", source, language) for source in sources)


def conditions_of(reason: Reason, asked: Iterable[AskedRow], language: Language) -> str:
    """What a reason wants confirmed, in words."""
    codes = dict.fromkeys(
        str(item.parameters["condition"])
        for item in asked
        if item.reason == reason.value and "condition" in item.parameters
    )
    return _AND.told(language).join(term("conditions", code, language) for code in codes)
