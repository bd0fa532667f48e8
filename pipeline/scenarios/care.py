"""A month of health care: patients, where they were treated, and what facilities ask for it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import country, rates
from pipeline.scenarios.claims import Due, Fact, Refusal, Telling, changed
from pipeline.scenarios.figures.households import COVID_2020_06
from pipeline.scenarios.roster import Roster

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from datetime import datetime

    from pipeline.scenarios.country import Facility
    from pipeline.scenarios.field import Field
    from pipeline.scenarios.figures.persons import Kind

MONTH, FIRST = "2025-01", date(2025, 1, 1)
HEALTH_CENTRE = "hc"
HEF_SHARES = {"poor": 85, "at_risk": 8, "informal_worker": 7}
"""Who is treated: an assumption; at-risk households came with October 2023."""
NSSF_SHARES = {"nssf.worker": 57, "nssf.public": 18, "nssf.self_employed": 19, "nssf.dependant": 6}
"""In proportion to the members of March 2025: 1,570,662, 499,979, 531,136 and 174,415."""
PAYMENT_TYPES = {
    "poor": "PATY-0000N09",
    "at_risk": "PATY-00003LD",
    "informal_worker": "PATY-00002NF",
    "nssf.worker": "PATY-0000G3E",
    "nssf.public": "PATY-00B003F",
    "nssf.self_employed": "PATY-000T040",
    "nssf.dependant": "PATY-000T040",
}
FULL_PAY = "PATY-00T001A"

_TYPE = Refusal(
    lambda due: changed(due, -1, payment_type=FULL_PAY), ("payment_type_mismatch",), rates.OTHER_LEVEL
)  # fmt: skip
_SERVICE = Refusal(lambda due: changed(due, -1, service="ipd"), ("condition_not_met",), rates.NOT_MET)


def telling(kind: Kind) -> Telling:
    """Where a hospital's figure is not known its requests wait, so no cycle of care is closed."""
    known = kind.riel is not None
    return Telling(known=known, closes=False, refusals=(_TYPE, _SERVICE) if known else ())


def hef(field: Field, kind: Kind) -> Iterator[Due]:
    """Patients of poor and at-risk households, and informal workers, whom the Health Equity Fund pays for."""
    rng = field.rng
    roster = Roster(field, COVID_2020_06, FIRST)
    while True:
        group = rng.choices(list(HEF_SHARES), list(HEF_SHARES.values()))[0]
        household = roster.spare()
        facility = _facility(field, kind, household.province)
        started = FIRST + timedelta(days=rng.randint(0, 23))
        patient = str(household.members[0]["sp_id"])
        if group == "informal_worker":
            known = _enrolment(field, patient, "hef", category=group)
        else:
            at, card = roster.card(household, household.members)
            known = Fact("idpoor", "household.identified", at, card if group == "poor" else {**card, "level": group})
        yield _due(
            field, kind, "hef", patient, facility, [known, _visit(field, kind, patient, facility, group, started)]
        )


def nssf(field: Field, kind: Kind) -> Iterator[Due]:
    """Members of NSSF, with the two months of contributions that those who contribute need."""
    rng = field.rng
    while True:
        scheme = rng.choices(list(NSSF_SHARES), list(NSSF_SHARES.values()))[0]
        province = rng.choices([code for code, _ in country.PROVINCES], [weight for _, weight in country.PROVINCES])[0]
        facility = _facility(field, kind, province)
        started = FIRST + timedelta(days=rng.randint(0, 23))
        member = field.script.sp_id()
        facts = [_enrolment(field, member, scheme)]
        if scheme != "nssf.public":
            facts += contributions(rng, member, scheme, ("2024-11", "2024-12"))
        yield _due(
            field, kind, "nssf", member, facility, [*facts, _visit(field, kind, member, facility, scheme, started)]
        )


def contributions(
    rng: random.Random,
    sp_id: str,
    scheme: str,
    months: tuple[str, ...],
    wage: int = 0,
    branch: str = "health_care",
) -> list[Fact]:
    """Months of contributions, each paid by the 15th of the next; voluntary members have one wage."""
    riel = wage or (225_000 + 50_000 * rng.randint(0, 18) if scheme == "nssf.worker" else 600_000)
    found = []
    for month in months:
        paid_on = _fifteenth_after(month)
        data: dict[str, object] = {
            "sp_id": sp_id,
            "scheme": scheme,
            "month": month,
            "contributory_wage": {"amount": str(riel), "currency": "KHR"},
            "paid_on": paid_on.isoformat(),
            "branch": branch,
            "status": "paid",
        }
        found.append(Fact("nssf", "contribution.recorded", country.office_hour(rng, paid_on), data))
    return found


def _fifteenth_after(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).replace(day=15)


def _facility(field: Field, kind: Kind, province: str) -> Facility:
    """A facility of the wanted level, in the province if it has one."""
    wanted = kind.at == HEALTH_CENTRE
    near = [one for one in field.facilities[province] if (one.level == HEALTH_CENTRE) == wanted]
    return field.rng.choice(near or field.by_level[wanted])


def _enrolment(field: Field, sp_id: str, scheme: str, category: str | None = None) -> Fact:
    rng = field.rng
    since = date(2024, 1, 1) + timedelta(days=rng.randint(0, 250))
    data: dict[str, object] = {
        "sp_id": sp_id,
        "scheme": scheme,
        "enrolment_id": field.script.next_id(),
        "birth_date": date(rng.randint(1960, 2005), rng.randint(1, 12), rng.randint(1, 28)).isoformat(),
        "sex": rng.choice("FM"),
        "valid_from": since.isoformat(),
        "valid_until": None,
    }
    if category is not None:
        data["category"] = category
    return Fact("nssf", "person.enrolled", country.office_hour(rng, since + timedelta(days=3)), data)


def _visit(field: Field, kind: Kind, sp_id: str, facility: Facility, group: str, started: date) -> Fact:
    at: datetime = country.office_hour(field.rng, started + timedelta(days=1))
    data: dict[str, object] = {
        "encounter_id": field.script.next_id(),
        "sp_id": sp_id,
        "facility_id": facility.facility_id,
        "service": kind.benefit.partition(".")[2],
        "payment_type": PAYMENT_TYPES[group],
        "started_on": started.isoformat(),
        "ended_on": started.isoformat(),
    }
    return Fact("pmrs", "encounter.recorded", at, data, "encounter_missing")


def _due(field: Field, kind: Kind, source: str, sp_id: str, facility: Facility, facts: list[Fact]) -> Due:
    return Due(
        benefit=kind.benefit,
        operators=(source,),
        tag=f"{kind.benefit[0]}{kind.benefit.partition('.')[2][0]}{kind.at[:2]}",
        sp_id=sp_id,
        for_={"encounter_id": facts[-1].data["encounter_id"]},
        riel=kind.riel,
        asked_at=country.office_hour(field.rng, date(2025, 1, field.rng.randint(26, 28))),
        cycle=MONTH,
        part=facility.province,
        payee={
            "channel": "treasury",
            "provider": "treasury",
            "account_ref": f"tok-{facility.facility_id}",
            "holder": facility.facility_id,
            "role": "facility",
        },
        facts=facts,
    )
