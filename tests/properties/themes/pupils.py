"""Stories of pupils and trainees: months attended, grades, households that change."""

from __future__ import annotations

from events.enrolment import PersonEnrolled
from events.verification import ConditionVerified
from tests.properties.cast import often, one_of
from tests.properties.facts import everybody_enrolled, home, household, revocation
from tests.properties.teller import Teller, Theme

MONTHS = ("2024-12", "2025-01")
CHANGES = ("2024-12-01", "2024-12-15", "2025-01-01")
SCHOLARSHIPS = {f"scholarship.{grade}": "scholarship" for grade in ("primary", "lower_secondary", "upper_secondary")}
CONDITIONS = dict.fromkeys(SCHOLARSHIPS, "school_attendance") | {"tvet.stipend": "training_attendance"}
PRICES = dict(zip(CONDITIONS, ("20000", "30000", "40000", "280000"), strict=True))


def attendance(t: Teller, *, usual: bool = False) -> None:
    data = {
        "sp_id": t.draw(one_of(t.persons)),
        "condition": t.draw(one_of(("school_attendance", "training_attendance"))),
        "month": t.draw(one_of(MONTHS)),
        "outcome": "met" if usual else t.draw(often("met", "not_met")),
        "measure": t.draw(often(None, {"attendance_percent": 79}, {"attendance_percent": 80})),
    }
    t.tell(t.draw(one_of(("moeys", "mlvt"))), "condition.verified", data)


def attended(t: Teller) -> None:
    attendance(t, usual=True)


def ask(t: Teller) -> tuple[str, dict[str, object]]:
    """A month: mostly one that some evidence tells of, in the grade the pupil is in, else any."""
    told = [data for data in t.told(ConditionVerified) if data.condition in CONDITIONS.values()]
    if not told or not t.fits():
        return t.draw(one_of([*CONDITIONS])), {
            "sp_id": t.draw(one_of(t.persons)),
            "for": {"month": t.draw(one_of(MONTHS))},
        }
    known = t.draw(one_of(told))
    grades = {data.grade for data in t.told(PersonEnrolled) if data.sp_id == known.sp_id and data.grade}
    fitting = [name for name, condition in CONDITIONS.items() if condition == known.condition]
    benefit = t.draw(one_of([name for name in fitting if name.rpartition(".")[2] in grades] or fitting))
    return benefit, {"sp_id": t.asked(known.sp_id, *t.persons), "for": {"month": known.when}}


PUPILS = Theme(
    tuple(CONDITIONS),
    (home, everybody_enrolled, everybody_enrolled, attended, attended, attended),
    (*[attendance] * 4, household, revocation),
    ask,
    CHANGES,
    PRICES,
    schemes=("scholarship", "tvet"),
)
