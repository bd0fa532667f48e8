"""Scholarships of one month: pupils of households with an equity card, at school on four days of five."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import country, rates
from pipeline.scenarios.claims import Due, Fact, Refusal, Telling, changed
from pipeline.scenarios.figures.households import COVID_2020_06
from pipeline.scenarios.roster import Roster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.scenarios.field import Field
    from pipeline.scenarios.figures.persons import Kind

MONTH, CYCLE, DAY = "2024-12", "2025-01", date(2024, 12, 1)
AGES = {"primary": (7, 12), "lower_secondary": (12, 15), "upper_secondary": (15, 18)}

REFUSALS = (
    Refusal(
        lambda due: changed(due, 2, measure={"attendance_percent": 61}),
        ("condition_not_met",),
        rates.NOT_MET,
    ),
    Refusal(lambda due: changed(due, 2, outcome="not_met"), ("condition_not_met",), rates.NOT_MET),
    Refusal(lambda due: changed(due, 0, level="at_risk"), ("level_not_covered",), rates.OTHER_LEVEL),
    Refusal(lambda due: changed(due, 1, grade=_other_grade(due)), ("not_enrolled",), rates.ENROLMENT_ENDED),
)


def telling(_kind: Kind) -> Telling:
    """The figures of all grades are known, and the cycle is closed."""
    return Telling(known=True, closes=True, refusals=REFUSALS)


def due(field: Field, kind: Kind) -> Iterator[Due]:
    """Pupils without end who are due this grade's scholarship."""
    rng, grade = field.rng, kind.benefit.partition(".")[2]
    roster = Roster(field, COVID_2020_06, DAY)
    while True:
        household = roster.spare()
        born = DAY - timedelta(days=365 * rng.randint(*AGES[grade]) + rng.randint(1, 360))
        pupil = {**roster.member("adult", len(household.members) + 1, known=True), "birth_date": born.isoformat()}
        sp_id = str(pupil["sp_id"])
        enrolment: dict[str, object] = {
            "sp_id": sp_id,
            "scheme": "scholarship",
            "enrolment_id": field.script.next_id(),
            "birth_date": pupil["birth_date"],
            "sex": pupil["sex"],
            "valid_from": "2024-11-01",
            "valid_until": "2025-09-30",
            "grade": grade,
            "school_id": f"SC-{household.commune}",
        }
        attendance: dict[str, object] = {
            "sp_id": sp_id,
            "condition": "school_attendance",
            "month": MONTH,
            "outcome": "met",
            "measure": {"attendance_percent": rng.randint(80, 100)},
        }
        yield Due(
            benefit=kind.benefit,
            operators=("nsaf", "moeys"),
            tag=f"s{grade[0]}",
            sp_id=sp_id,
            for_={"month": MONTH},
            riel=kind.riel,
            asked_at=country.office_hour(rng, date(2025, 1, rng.randint(12, 24))),
            cycle=CYCLE,
            part=household.province,
            payee={
                "channel": "wallet",
                "provider": "wing",
                "account_ref": f"tok-{household.household_id}",
                "holder": household.head,
                "role": "guardian",
            },
            facts=[
                Fact("idpoor", "household.identified", *roster.card(household, [*household.members, pupil])),
                Fact(
                    "moeys", "person.enrolled", country.office_hour(rng, date(2024, 12, rng.randint(2, 20))), enrolment
                ),
                Fact(
                    "moeys",
                    "condition.verified",
                    country.office_hour(rng, date(2025, 1, rng.randint(2, 10))),
                    attendance,
                    "verification_missing",
                ),
            ],
        )


def _other_grade(due: Due) -> str:
    return "primary" if due.benefit != "scholarship.primary" else "upper_secondary"
