"""The closed list of reasons, each with a stable number and a sentence in English and in Khmer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a reason does: missing evidence pends, contrary evidence rejects, a bad record is quarantined."""

    PENDED = "pended"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


class Reason(StrEnum):
    """The contract's words."""

    ENROLMENT_MISSING = "enrolment_missing"
    HOUSEHOLD_MISSING = "household_missing"
    VERIFICATION_MISSING = "verification_missing"
    ENCOUNTER_MISSING = "encounter_missing"
    FACILITY_MISSING = "facility_missing"
    CONTRIBUTIONS_MISSING = "contributions_missing"
    AWARD_MISSING = "award_missing"
    AMOUNT_NOT_SET = "amount_not_set"
    ON_HOLD = "on_hold"

    NOT_IN_FORCE = "not_in_force"
    NOT_ENROLLED = "not_enrolled"
    CARD_NOT_VALID = "card_not_valid"
    LEVEL_NOT_COVERED = "level_not_covered"
    AREA_NOT_COVERED = "area_not_covered"
    FACILITY_NOT_COVERED = "facility_not_covered"
    AGE_OUT_OF_RANGE = "age_out_of_range"
    TRAIT_MISSING = "trait_missing"
    CONDITION_NOT_MET = "condition_not_met"
    CONTRIBUTIONS_INSUFFICIENT = "contributions_insufficient"
    COUNT_EXCEEDED = "count_exceeded"
    PAYMENT_TYPE_MISMATCH = "payment_type_mismatch"
    AMOUNT_MISMATCH = "amount_mismatch"
    DUPLICATE_ENTITLEMENT = "duplicate_entitlement"
    EXCLUSIVE_BENEFIT = "exclusive_benefit"
    REQUEST_ID_REUSED = "request_id_reused"
    DECEASED = "deceased"
    TOO_LATE = "too_late"

    NOT_JSON = "not_json"
    NOT_AN_EVENT = "not_an_event"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_CODE = "unknown_code"
    SCHEMA = "schema"
    TOO_LARGE = "too_large"
    TIME_IN_FUTURE = "time_in_future"
    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    KEY_NOT_VALID = "key_not_valid"
    NOT_AUTHORISED = "not_authorised"
    CONFLICT = "conflict"
    WRONG_TOPIC = "wrong_topic"


@dataclass(frozen=True, slots=True)
class ReasonInfo:
    """Number (stored and hashed, never given to another reason), kind, and what a person is told."""

    number: int
    kind: Kind
    english: str
    khmer: str


_P, _R, _Q = Kind.PENDED, Kind.REJECTED, Kind.QUARANTINED

REASONS: Final[dict[Reason, ReasonInfo]] = {
    Reason.ENROLMENT_MISSING: ReasonInfo(
        1, _P, "No enrolment of the person has reached us yet.", "មិនទាន់ទទួលបានព័ត៌មានចុះឈ្មោះរបស់បុគ្គលនេះនៅឡើយទេ។"
    ),
    Reason.HOUSEHOLD_MISSING: ReasonInfo(
        2,
        _P,
        "No household card naming the person has reached us yet.",
        "មិនទាន់ទទួលបានព័ត៌មានប័ណ្ណគ្រួសារដែលមានឈ្មោះបុគ្គលនេះនៅឡើយទេ។",
    ),
    Reason.VERIFICATION_MISSING: ReasonInfo(
        3,
        _P,
        "The visit, birth or attendance has not been confirmed yet.",
        "ការមកពិនិត្យ ការសម្រាល ឬវត្តមាន មិនទាន់បានបញ្ជាក់នៅឡើយទេ។",
    ),
    Reason.ENCOUNTER_MISSING: ReasonInfo(
        4, _P, "The facility has not reported this treatment yet.", "មូលដ្ឋានសុខាភិបាលមិនទាន់បានរាយការណ៍អំពីការព្យាបាលនេះនៅឡើយទេ។"
    ),
    Reason.FACILITY_MISSING: ReasonInfo(
        5, _P, "The facility has not been registered yet.", "មូលដ្ឋានសុខាភិបាលនេះមិនទាន់បានចុះបញ្ជីនៅឡើយទេ។"
    ),
    Reason.CONTRIBUTIONS_MISSING: ReasonInfo(
        6, _P, "The contributions needed have not been reported yet.", "មិនទាន់ទទួលបានព័ត៌មានអំពីការបង់ភាគទានដែលត្រូវការនៅឡើយទេ។"
    ),
    Reason.AWARD_MISSING: ReasonInfo(
        7,
        _P,
        "The award this payment rests on has not reached us yet.",
        "មិនទាន់ទទួលបានសេចក្តីសម្រេចផ្តល់អត្ថប្រយោជន៍ដែលជាមូលដ្ឋាននៃការទូទាត់នេះនៅឡើយទេ។",
    ),
    Reason.AMOUNT_NOT_SET: ReasonInfo(
        8, _P, "The amount of this benefit has not been set.", "ចំនួនទឹកប្រាក់នៃអត្ថប្រយោជន៍នេះមិនទាន់បានកំណត់នៅឡើយទេ។"
    ),
    Reason.ON_HOLD: ReasonInfo(9, _P, "The payment is on hold.", "ការទូទាត់នេះត្រូវបានផ្អាកជាបណ្តោះអាសន្ន។"),
    Reason.NOT_IN_FORCE: ReasonInfo(
        21, _R, "The benefit was not in force on that day.", "អត្ថប្រយោជន៍នេះមិនទាន់ចូលជាធរមាន ឬអស់សុពលភាពនៅថ្ងៃនោះ។"
    ),
    Reason.NOT_ENROLLED: ReasonInfo(
        22, _R, "The person was not enrolled on that day.", "បុគ្គលនេះមិនមានឈ្មោះក្នុងកម្មវិធីនៅថ្ងៃនោះទេ។"
    ),
    Reason.CARD_NOT_VALID: ReasonInfo(
        23, _R, "The household's card was not valid on that day.", "ប័ណ្ណគ្រួសារមិនមានសុពលភាពនៅថ្ងៃនោះទេ។"
    ),
    Reason.LEVEL_NOT_COVERED: ReasonInfo(
        24,
        _R,
        "The household's poverty level is not covered by this benefit.",
        "កម្រិតជីវភាពរបស់គ្រួសារនេះមិនស្ថិតក្នុងលក្ខខណ្ឌនៃអត្ថប្រយោជន៍នេះទេ។",
    ),
    Reason.AREA_NOT_COVERED: ReasonInfo(
        25, _R, "The area is not covered by this benefit.", "តំបន់នេះមិនស្ថិតក្នុងវិសាលភាពនៃអត្ថប្រយោជន៍នេះទេ។"
    ),
    Reason.FACILITY_NOT_COVERED: ReasonInfo(
        26, _R, "The facility is not covered by this benefit.", "មូលដ្ឋានសុខាភិបាលនេះមិនស្ថិតក្នុងវិសាលភាពនៃអត្ថប្រយោជន៍នេះទេ។"
    ),
    Reason.AGE_OUT_OF_RANGE: ReasonInfo(
        27, _R, "The person's age is outside the benefit's limits.", "អាយុរបស់បុគ្គលនេះមិនស្ថិតក្នុងកម្រិតដែលបានកំណត់ទេ។"
    ),
    Reason.TRAIT_MISSING: ReasonInfo(
        28,
        _R,
        "The card does not record what this benefit requires of the person.",
        "ប័ណ្ណមិនបានកត់ត្រាលក្ខណៈរបស់បុគ្គលដែលអត្ថប្រយោជន៍នេះតម្រូវទេ។",
    ),
    Reason.CONDITION_NOT_MET: ReasonInfo(
        29, _R, "The condition of this benefit was not met.", "មិនបានបំពេញលក្ខខណ្ឌនៃអត្ថប្រយោជន៍នេះទេ។"
    ),
    Reason.CONTRIBUTIONS_INSUFFICIENT: ReasonInfo(
        30, _R, "Too few months of contributions were paid.", "ចំនួនខែដែលបានបង់ភាគទានមិនគ្រប់គ្រាន់ទេ។"
    ),
    Reason.COUNT_EXCEEDED: ReasonInfo(
        31, _R, "The greatest number of such payments has been reached.", "ចំនួនដងនៃការទូទាត់ប្រភេទនេះបានគ្រប់កំណត់ហើយ។"
    ),
    Reason.PAYMENT_TYPE_MISMATCH: ReasonInfo(
        32,
        _R,
        "The treatment was recorded under another payment type.",
        "ការព្យាបាលនេះត្រូវបានកត់ត្រាក្រោមប្រភេទនៃការទូទាត់ផ្សេង។",
    ),
    Reason.AMOUNT_MISMATCH: ReasonInfo(
        33, _R, "The amount asked for is not the amount of the rules.", "ចំនួនទឹកប្រាក់ដែលបានស្នើសុំខុសពីចំនួនដែលបានកំណត់។"
    ),
    Reason.DUPLICATE_ENTITLEMENT: ReasonInfo(
        34, _R, "This entitlement has already been claimed by another request.", "សិទ្ធិទទួលនេះត្រូវបានស្នើសុំរួចហើយដោយសំណើផ្សេង។"
    ),
    Reason.EXCLUSIVE_BENEFIT: ReasonInfo(
        35,
        _R,
        "Another benefit for the same event excludes this one.",
        "អត្ថប្រយោជន៍ផ្សេងសម្រាប់ព្រឹត្តិការណ៍ដដែលនេះ មិនអនុញ្ញាតឱ្យទទួលអត្ថប្រយោជន៍នេះទៀតទេ។",
    ),
    Reason.REQUEST_ID_REUSED: ReasonInfo(
        36, _R, "Another request already has this request id.", "លេខសម្គាល់សំណើនេះត្រូវបានប្រើរួចហើយដោយសំណើផ្សេង។"
    ),
    Reason.DECEASED: ReasonInfo(
        37, _R, "The person had died before the entitlement arose.", "បុគ្គលនេះបានទទួលមរណភាពមុនពេលសិទ្ធិនេះកើតឡើង។"
    ),
    Reason.TOO_LATE: ReasonInfo(
        38, _R, "The request came after its payment cycle was closed.", "សំណើនេះមកដល់ក្រោយពេលវដ្តនៃការទូទាត់ត្រូវបានបិទ។"
    ),
    Reason.NOT_JSON: ReasonInfo(61, _Q, "The record is not valid JSON.", "កំណត់ត្រានេះមិនមែនជា JSON ត្រឹមត្រូវទេ។"),
    Reason.NOT_AN_EVENT: ReasonInfo(
        62, _Q, "The record is not a CloudEvents 1.0 event.", "កំណត់ត្រានេះមិនមែនជាព្រឹត្តិការណ៍ CloudEvents 1.0 ទេ។"
    ),
    Reason.UNKNOWN_TYPE: ReasonInfo(
        63, _Q, "This version does not know the event's type.", "កំណែនេះមិនស្គាល់ប្រភេទនៃព្រឹត្តិការណ៍នេះទេ។"
    ),
    Reason.UNKNOWN_CODE: ReasonInfo(
        64, _Q, "The policy pack does not list a code the event uses.", "កញ្ចប់គោលនយោបាយមិនមានកូដដែលព្រឹត្តិការណ៍នេះបានប្រើទេ។"
    ),
    Reason.SCHEMA: ReasonInfo(
        65, _Q, "A field of the event is not as the contract says.", "ព័ត៌មានមួយក្នុងព្រឹត្តិការណ៍នេះមិនត្រឹមត្រូវតាមកិច្ចសន្យាទិន្នន័យទេ។"
    ),
    Reason.TOO_LARGE: ReasonInfo(66, _Q, "The record is larger than 64 KiB.", "កំណត់ត្រានេះធំជាង ៦៤ KiB។"),
    Reason.TIME_IN_FUTURE: ReasonInfo(
        67,
        _Q,
        "The event's time is more than five minutes after it was received.",
        "ពេលវេលានៃព្រឹត្តិការណ៍នេះលើសពេលទទួលជាងប្រាំនាទី។",
    ),
    Reason.UNSIGNED: ReasonInfo(68, _Q, "The record carries no signature.", "កំណត់ត្រានេះគ្មានហត្ថលេខាឌីជីថលទេ។"),
    Reason.BAD_SIGNATURE: ReasonInfo(
        69, _Q, "The signature does not belong to this record.", "ហត្ថលេខាឌីជីថលមិនត្រូវនឹងកំណត់ត្រានេះទេ។"
    ),
    Reason.UNKNOWN_KEY: ReasonInfo(
        70, _Q, "The key that signed the record is not registered.", "កូនសោដែលបានចុះហត្ថលេខាមិនមានក្នុងបញ្ជីទេ។"
    ),
    Reason.KEY_NOT_VALID: ReasonInfo(
        71, _Q, "The key was not valid when the record was received.", "កូនសោមិនមានសុពលភាពនៅពេលទទួលកំណត់ត្រានេះទេ។"
    ),
    Reason.NOT_AUTHORISED: ReasonInfo(
        72, _Q, "The key may not publish this event.", "កូនសោនេះគ្មានសិទ្ធិផ្សព្វផ្សាយព្រឹត្តិការណ៍នេះទេ។"
    ),
    Reason.CONFLICT: ReasonInfo(
        73, _Q, "Another event already has this source and id.", "ព្រឹត្តិការណ៍ផ្សេងមានប្រភព និងលេខសម្គាល់នេះរួចហើយ។"
    ),
    Reason.WRONG_TOPIC: ReasonInfo(
        74, _Q, "The event was published on a topic of other events.", "ព្រឹត្តិការណ៍នេះត្រូវបានផ្សព្វផ្សាយក្នុងប្រធានបទខុស។"
    ),
}
REASONS_BY_NUMBER: Final[dict[int, Reason]] = {info.number: reason for reason, info in REASONS.items()}
