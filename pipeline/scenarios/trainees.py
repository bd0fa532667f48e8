"""Stipends of one month: trainees of poor and at-risk households who came to their training."""

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

REFUSALS = (
    Refusal(lambda due: changed(due, 2, outcome="not_met"), ("condition_not_met",), rates.NOT_MET),
    Refusal(lambda due: changed(due, 0, level="priority"), ("level_not_covered",), rates.OTHER_LEVEL),
    Refusal(lambda due: changed(due, 1, valid_until="2024-11-20"), ("not_enrolled",), rates.ENROLMENT_ENDED),
)


def telling(_kind: Kind) -> Telling:
    """The figure is known, and the cycle is closed."""
    return Telling(known=True, closes=True, refusals=REFUSALS)


def due(field: Field, kind: Kind) -> Iterator[Due]:
    """Trainees without end."""
    rng = field.rng
    roster = Roster(field, COVID_2020_06, DAY)
    while True:
        household = roster.spare()
        born = DAY - timedelta(days=rng.randint(16 * 366, 30 * 365))
        trainee = {**roster.member("adult", len(household.members) + 1, known=True), "birth_date": born.isoformat()}
        sp_id = str(trainee["sp_id"])
        at, card = roster.card(household, [*household.members, trainee])
        enrolment: dict[str, object] = {
            "sp_id": sp_id,
            "scheme": "tvet",
            "enrolment_id": field.script.next_id(),
            "birth_date": trainee["birth_date"],
            "sex": trainee["sex"],
            "valid_from": "2024-10-15",
            "valid_until": "2025-02-15",
            "school_id": f"TC-{household.province}",
        }
        attendance: dict[str, object] = {
            "sp_id": sp_id,
            "condition": "training_attendance",
            "month": MONTH,
            "outcome": "met",
        }
        confirmed = country.office_hour(rng, date(2025, 1, rng.randint(2, 10)))
        yield Due(
            benefit=kind.benefit,
            operators=("mlvt",),
            tag="tv",
            sp_id=sp_id,
            for_={"month": MONTH},
            riel=kind.riel,
            asked_at=country.office_hour(rng, date(2025, 1, rng.randint(12, 24))),
            cycle=CYCLE,
            part=household.province,
            payee={"channel": "wallet", "provider": "wing", "account_ref": f"tok-{sp_id}", "role": "self"},
            facts=[
                Fact(
                    "idpoor", "household.identified", at, {**card, "level": rng.choice(("poor_1", "poor_2", "at_risk"))}
                ),
                Fact("mlvt", "person.enrolled", country.office_hour(rng, date(2024, 10, 16)), enrolment),
                Fact("mlvt", "condition.verified", confirmed, attendance, "verification_missing"),
            ],
        )
