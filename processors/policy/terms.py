"""Codes of the packs and of the contract in words, English and Khmer: what a person reads instead of `poor_1`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Language(StrEnum):
    """The languages an answer can be given in."""

    ENGLISH = "en"
    KHMER = "km"


class Words(NamedTuple):
    """One text in both languages; `{name}` stands for what is put in."""

    english: str
    khmer: str

    def told(self, language: Language) -> str:
        """The text in one language."""
        return self.english if language is Language.ENGLISH else self.khmer


_DISABILITY = Words("disability", "ពិការភាព")

TERMS: Mapping[str, Mapping[str, Words]] = {
    "schemes": {
        "nssf.worker": Words("NSSF for workers", "ប.ស.ស. សម្រាប់កម្មករនិយោជិត"),
        "nssf.public": Words("NSSF for the public sector", "ប.ស.ស. សម្រាប់វិស័យសាធារណៈ"),
        "nssf.self_employed": Words("NSSF for the self-employed", "ប.ស.ស. សម្រាប់បុគ្គលស្វ័យនិយោជន៍"),
        "nssf.dependant": Words("NSSF for dependants", "ប.ស.ស. សម្រាប់អ្នកក្នុងបន្ទុក"),
        "hef": Words("the Health Equity Fund", "មូលនិធិសមធម៌សុខាភិបាល"),
        "family_package": Words("the Family Package", "កញ្ចប់គ្រួសារ"),
        "scholarship": Words("the scholarship programme", "កម្មវិធីអាហារូបករណ៍"),
        "tvet": Words("technical and vocational training", "ការបណ្តុះបណ្តាលបច្ចេកទេស និងវិជ្ជាជីវៈ"),
    },
    "levels": {
        "poor_1": Words("poor level 1", "ក្រីក្រកម្រិត ១"),
        "poor_2": Words("poor level 2", "ក្រីក្រកម្រិត ២"),
        "at_risk": Words("at risk", "ងាយរងហានិភ័យ"),
        "priority": Words("priority card", "ប័ណ្ណអាទិភាព"),
    },
    "grades": {
        "primary": Words("primary school", "បឋមសិក្សា"),
        "lower_secondary": Words("lower secondary school", "មធ្យមសិក្សាបឋមភូមិ"),
        "upper_secondary": Words("upper secondary school", "មធ្យមសិក្សាទុតិយភូមិ"),
    },
    "areas": {
        "phnom_penh": Words("Phnom Penh", "រាជធានីភ្នំពេញ"),
        "other_urban": Words("other towns", "ទីក្រុងផ្សេងទៀត"),
        "rural": Words("rural areas", "តំបន់ជនបទ"),
    },
    "facility_levels": {
        "hc": Words("health centre", "មណ្ឌលសុខភាព"),
        "cpa1": Words("referral hospital CPA 1", "មន្ទីរពេទ្យបង្អែក CPA ១"),
        "cpa2": Words("referral hospital CPA 2", "មន្ទីរពេទ្យបង្អែក CPA ២"),
        "cpa3": Words("referral hospital CPA 3", "មន្ទីរពេទ្យបង្អែក CPA ៣"),
        "national": Words("national hospital", "មន្ទីរពេទ្យជាតិ"),
        "private": Words("private facility", "មូលដ្ឋានសុខាភិបាលឯកជន"),
    },
    "conditions": {
        "anc_visit": Words("antenatal visit", "ការពិនិត្យផ្ទៃពោះ"),
        "delivery": Words("delivery", "ការសម្រាលកូន"),
        "pnc_visit": Words("postnatal visit", "ការពិនិត្យសុខភាពក្រោយសម្រាល"),
        "vaccination_visit": Words("vaccination visit", "ការចាក់វ៉ាក់សាំងកុមារ"),
        "pregnancy_ended": Words("end of a pregnancy", "ការបញ្ចប់ផ្ទៃពោះ"),
        "school_attendance": Words("school attendance", "វត្តមាននៅសាលារៀន"),
        "training_attendance": Words("training attendance", "វត្តមានក្នុងការបណ្តុះបណ្តាល"),
        "disability": _DISABILITY,
        "incapacity": Words("incapacity to work", "អសមត្ថភាពការងារ"),
    },
    "services": {
        "opd": Words("outpatient consultation", "ការពិនិត្យជំងឺក្រៅ"),
        "emergency": Words("emergency care", "ការសង្គ្រោះបន្ទាន់"),
        "delivery": Words("delivery", "ការសម្រាលកូន"),
        "ipd": Words("inpatient stay", "ការសម្រាកព្យាបាល"),
        "surgery": Words("surgery", "ការវះកាត់"),
    },
    "branches": {
        "health_care": Words("health care", "ការថែទាំសុខភាព"),
        "occupational_risk": Words("occupational risk", "ហានិភ័យការងារ"),
        "pension": Words("pension", "សោធន"),
    },
    "benefit_schemes": {
        "nsaf": Words("NSAF", "មូលនិធិជាតិជំនួយសង្គម"),
        "nssf": Words("NSSF", "ប.ស.ស."),
        "hef": Words("the Health Equity Fund", "មូលនិធិសមធម៌សុខាភិបាល"),
        "scholarship": Words("the scholarship programme", "កម្មវិធីអាហារូបករណ៍"),
    },
    "payment_types": {
        "PATY-0000N09": Words("HEF (Poor)", "មូលនិធិសមធម៌ (ក្រីក្រ)"),
        "PATY-00002NF": Words("HEF (Informal Worker)", "មូលនិធិសមធម៌ (កម្មករក្រៅប្រព័ន្ធ)"),
        "PATY-00002EH": Words("HEF (CNP)", "មូលនិធិសមធម៌ (CNP)"),
        "PATY-00003LD": Words("HEF (At Risk)", "មូលនិធិសមធម៌ (ងាយរងហានិភ័យ)"),
        "PATY-000K010": Words("NSSF", "ប.ស.ស."),
        "PATY-0000G3E": Words("NSSF Employee", "ប.ស.ស. (និយោជិត)"),
        "PATY-00B003F": Words("NSSF Public Servant", "ប.ស.ស. (មន្ត្រីសាធារណៈ)"),
        "PATY-000T040": Words("NSSF Self-Employed", "ប.ស.ស. (ស្វ័យនិយោជន៍)"),
        "PATY-0000H08": Words("Discount", "ការបញ្ចុះតម្លៃ"),
        "PATY-0J0000C": Words("Hospital Exception", "ការលើកលែងដោយមន្ទីរពេទ្យ"),
        "PATY-00T001A": Words("Full Pay", "ការបង់ពេញ"),
    },
    "categories": {
        "worker": Words("worker under the labour law", "កម្មករនិយោជិតតាមច្បាប់ការងារ"),
        "public_official": Words("public official", "មន្ត្រីសាធារណៈ"),
        "contract_staff": Words("contract staff of the state", "មន្ត្រីជាប់កិច្ចសន្យារដ្ឋ"),
        "intern": Words("intern of the state", "កម្មសិក្សាការីរដ្ឋ"),
        "veteran": Words("veteran", "អតីតយុទ្ធជន"),
        "self_employed": Words("self-employed person", "បុគ្គលស្វ័យនិយោជន៍"),
        "spouse": Words("spouse of a member", "សហព័ទ្ធរបស់សមាជិក"),
        "child": Words("child of a member", "កូនរបស់សមាជិក"),
        "poor": Words("member of a household with an equity card", "សមាជិកគ្រួសារមានប័ណ្ណសមធម៌"),
        "at_risk": Words("member of an at-risk household", "សមាជិកគ្រួសារងាយរងហានិភ័យ"),
        "informal_worker": Words("informal worker", "កម្មករក្រៅប្រព័ន្ធ"),
        "entertainment_worker": Words("worker of entertainment and tourism", "កម្មករផ្នែកសេវាកម្សាន្ត និងទេសចរណ៍"),
        "cyclo_rider": Words("cyclo rider", "អ្នកធាក់ស៊ីក្លូ"),
        "athlete": Words("athlete", "កីឡាករ"),
        "village_chief": Words("village chief, deputy or assistant", "មេភូមិ អនុភូមិ ឬជំនួយការភូមិ"),
        "commune_councillor": Words("commune councillor", "សមាជិកក្រុមប្រឹក្សាឃុំ"),
        "deminer": Words("deminer", "អ្នកដោះមីន"),
        "chronic_care": Words("person in chronic care", "អ្នកទទួលការថែទាំរ៉ាំរ៉ៃ"),
    },
    "traits": {
        "disability": _DISABILITY,
        "chronic_care": Words("chronic care", "ការថែទាំរ៉ាំរ៉ៃ"),
        "pregnant": Words("pregnancy", "ការមានផ្ទៃពោះ"),
    },
    "measures": {
        "babies": Words("number of babies", "ចំនួនទារក"),
        "stillborn": Words("number of babies born dead", "ចំនួនទារកកើតមកស្លាប់"),
        "gestation_weeks": Words("weeks of pregnancy", "ចំនួនសប្តាហ៍នៃផ្ទៃពោះ"),
        "attendance_percent": Words("attendance in percent", "ភាគរយនៃវត្តមាន"),
        "degree_percent": Words("degree in percent", "កម្រិតជាភាគរយ"),
        "severity": Words("severity", "កម្រិតធ្ងន់ធ្ងរ"),
        "days": Words("number of days", "ចំនួនថ្ងៃ"),
    },
    "steps": {
        "anc": Words("antenatal visits", "ការពិនិត្យផ្ទៃពោះ"),
        "delivery": Words("delivery", "ការសម្រាលកូន"),
        "pnc": Words("postnatal visits", "ការពិនិត្យសុខភាពក្រោយសម្រាល"),
        "vaccination": Words("vaccination visits", "ការចាក់វ៉ាក់សាំង"),
        "opd": Words("outpatient consultation", "ការពិនិត្យជំងឺក្រៅ"),
        "emergency": Words("emergency care", "ការសង្គ្រោះបន្ទាន់"),
        "month": Words("month", "ខែ"),
        "round": Words("round of payments", "លើកនៃការទូទាត់"),
        "maternity": Words("maternity leave", "ការឈប់សម្រាកលំហែមាតុភាព"),
        "sickness": Words("sick leave", "ការឈប់សម្រាកពេលមានជំងឺ"),
        "injury": Words("leave after an injury at work", "ការឈប់សម្រាកដោយសារគ្រោះថ្នាក់ការងារ"),
    },
    "status": {
        "law": Words("by law", "តាមច្បាប់"),
        "confirmed": Words("confirmed", "បានបញ្ជាក់"),
        "seed": Words("from the founding documents", "តាមឯកសារមូលដ្ឋាន"),
        "derived": Words("worked out from confirmed figures", "គណនាពីតួលេខដែលបានបញ្ជាក់"),
        "unverified": Words("not verified", "មិនទាន់ផ្ទៀងផ្ទាត់"),
        "assumption": Words("our assumption, no source found", "ការសន្មតរបស់យើង ព្រោះរកមិនឃើញប្រភព"),
        "unset": Words("not set, no source found", "មិនទាន់កំណត់ ព្រោះរកមិនឃើញប្រភព"),
    },
    "sources": {
        "idpoor": Words("IDPoor", "កម្មវិធីអត្តសញ្ញាណកម្មគ្រួសារក្រីក្រ"),
        "registry": Words("the Social Protection Registry", "បញ្ជីគាំពារសង្គម"),
        "nsaf": Words("NSAF", "មូលនិធិជាតិជំនួយសង្គម"),
        "nssf": Words("NSSF", "ប.ស.ស."),
        "hef": Words("the Health Equity Fund", "មូលនិធិសមធម៌សុខាភិបាល"),
        "pmrs": Words("the health facility", "មូលដ្ឋានសុខាភិបាល"),
        "moeys": Words("the school", "សាលារៀន"),
        "mlvt": Words("the training centre", "មជ្ឈមណ្ឌលបណ្តុះបណ្តាល"),
        "mef": Words("the Ministry of Economy and Finance", "ក្រសួងសេដ្ឋកិច្ច និងហិរញ្ញវត្ថុ"),
        "treasury": Words("the National Treasury", "រតនាគារជាតិ"),
        "nspc": Words("the National Social Protection Council", "ក្រុមប្រឹក្សាជាតិគាំពារសង្គម"),
        "npca": Words("NPCA", "ទីភ្នាក់ងារជាតិបញ្ជាក់ការទូទាត់"),
    },
}
"""Lists as the commons name them, and what figures and sources say of themselves."""


def term(listed: str, code: str, language: Language) -> str:
    """A code of one list in words; the code itself where the list has no words for it."""
    words = TERMS.get(listed, {}).get(code)
    return code if words is None else words.told(language)
