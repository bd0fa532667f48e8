"""Allowances for lost wages: maternity leaves that are paid, sickness and injuries that wait for a figure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import care, country, rates
from pipeline.scenarios.claims import Due, Fact, Refusal, Telling, changed
from pipeline.scenarios.figures.persons import CONTRIBUTORY_WAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.scenarios.field import Field
    from pipeline.scenarios.figures.persons import Kind

CYCLE = "2025-01"
MONTHS = ("2024-03", "2024-04", "2024-05", "2024-06", "2024-07", "2024-08", "2024-09", "2024-10", "2024-11")
"""Nine months in a row before the month of delivery, December 2024."""

_ENDED = Refusal(
    lambda due: changed(due, 0, valid_from="2023-01-01", valid_until="2024-10-01"),
    ("not_enrolled",),
    rates.ENROLMENT_ENDED,
)


def telling(kind: Kind) -> Telling:
    """Maternity is paid and closed; sickness and injury wait for figures that no source gives."""
    known = kind.riel is not None
    return Telling(known=known, closes=known, refusals=(_ENDED,) if known else (), died=False)


def due(field: Field, kind: Kind) -> Iterator[Due]:
    """Workers with nine months of contributions who could not work."""
    rng = field.rng
    codes, weights = [code for code, _ in country.PROVINCES], [weight for _, weight in country.PROVINCES]
    step = kind.benefit.partition(".")[2].partition("_")[0]
    while True:
        province = rng.choices(codes, weights)[0]
        sp_id = field.script.sp_id()
        day = date(2024, 12, rng.randint(1, 20))
        enrolment: dict[str, object] = {
            "sp_id": sp_id,
            "scheme": "nssf.worker",
            "enrolment_id": field.script.next_id(),
            "birth_date": date(rng.randint(1980, 2003), rng.randint(1, 12), rng.randint(1, 28)).isoformat(),
            "sex": "F",
            "valid_from": "2023-12-01",
            "valid_until": None,
        }
        until = day + timedelta(days=rng.randint(5, 20))
        told: dict[str, object] = {"sp_id": sp_id, "outcome": "met"}
        if step == "maternity":
            told |= {"condition": "delivery", "on": day.isoformat(), "measure": {"babies": 1, "gestation_weeks": 39}}
            for_: dict[str, object] = {"on": day.isoformat()}
        else:
            for_ = {"from": day.isoformat(), "until": until.isoformat()}
            told |= {"condition": "incapacity", **for_}
        branch = "occupational_risk" if step == "injury" else "health_care"
        seen = country.office_hour(rng, day if step == "maternity" else until)
        yield Due(
            benefit=kind.benefit,
            operators=("nssf",),
            tag=f"al{step[0]}",
            sp_id=sp_id,
            for_=for_,
            riel=kind.riel,
            asked_at=country.office_hour(rng, date(2025, 1, rng.randint(12, 24))),
            cycle=CYCLE,
            part=province,
            payee={"channel": "bank", "provider": "acleda", "account_ref": f"tok-{sp_id}", "role": "self"},
            facts=[
                Fact("nssf", "person.enrolled", country.office_hour(rng, date(2023, 12, 5)), enrolment),
                *care.contributions(rng, sp_id, "nssf.worker", MONTHS, CONTRIBUTORY_WAGE, branch),
                Fact("pmrs", "condition.verified", seen, told, "verification_missing"),
            ],
        )
