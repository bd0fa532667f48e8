"""Visits and deliveries of mothers: those of NSSF's members, and those of women of households with an equity card."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import country, rates
from pipeline.scenarios.claims import Due, Fact, Refusal, Telling, changed
from pipeline.scenarios.figures.households import COVID_2020_06
from pipeline.scenarios.roster import Roster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.scenarios.country import Facility
    from pipeline.scenarios.field import Field
    from pipeline.scenarios.figures.persons import Kind

FIRST, LAST = date(2023, 8, 1), date(2023, 8, 21)
CYCLE = "2023-08"
CONDITIONS = {"anc": "anc_visit", "pnc": "pnc_visit", "vaccination": "vaccination_visit", "delivery": "delivery"}
DAYS_AFTER_BIRTH = {"pnc": (1, 45), "vaccination": (46, 600)}

_NOT_MET = Refusal(lambda due: changed(due, -1, outcome="not_met"), ("condition_not_met",), rates.NOT_MET)
_ENDED = Refusal(
    lambda due: changed(due, 0, valid_from="2021-01-01", valid_until="2023-03-01"),
    ("not_enrolled",),
    rates.ENROLMENT_ENDED,
)
_AT_RISK = Refusal(lambda due: changed(due, 0, level="at_risk"), ("level_not_covered",), rates.OTHER_LEVEL)


def telling(kind: Kind) -> Telling:
    """All figures are known, and the cycle is closed."""
    other = _ENDED if kind.benefit.startswith("nssf.") else _AT_RISK
    return Telling(known=True, closes=True, refusals=(_NOT_MET, other))


def members(field: Field, kind: Kind) -> Iterator[Due]:
    """Visits of women who work and are insured with NSSF."""
    rng = field.rng
    codes, weights = [code for code, _ in country.PROVINCES], [weight for _, weight in country.PROVINCES]
    while True:
        province = rng.choices(codes, weights)[0]
        since = date(2022, 1, 1) + timedelta(days=rng.randint(0, 300))
        sp_id = field.script.sp_id()
        enrolment: dict[str, object] = {
            "sp_id": sp_id,
            "scheme": "nssf.worker",
            "enrolment_id": field.script.next_id(),
            "birth_date": date(rng.randint(1984, 2003), rng.randint(1, 12), rng.randint(1, 28)).isoformat(),
            "sex": "F",
            "valid_from": since.isoformat(),
            "valid_until": None,
        }
        known = Fact("nssf", "person.enrolled", country.office_hour(rng, since), enrolment)
        yield _due(field, kind, ("nssf", "hef"), sp_id, rng.choice(field.facilities[province]), known)


def card_holders(field: Field, kind: Kind) -> Iterator[Due]:
    """Visits and deliveries of women of households with an equity card, whom NSAF pays."""
    rng = field.rng
    roster = Roster(field, COVID_2020_06, FIRST)
    while True:
        household = roster.spare()
        woman = {**roster.member("adult", len(household.members) + 1, known=True), "sex": "F", "traits": ["pregnant"]}
        woman["birth_date"] = date(rng.randint(1984, 2003), rng.randint(1, 12), rng.randint(1, 28)).isoformat()
        at, card = roster.card(household, [*household.members, woman])
        known = Fact("idpoor", "household.identified", at, card)
        facility = rng.choice(field.facilities[household.province])
        yield _due(field, kind, ("nsaf",), str(woman["sp_id"]), facility, known)


def _due(field: Field, kind: Kind, operators: tuple[str, ...], sp_id: str, facility: Facility, known: Fact) -> Due:
    rng, step = field.rng, kind.benefit.rpartition(".")[2]
    on = FIRST + timedelta(days=rng.randint(0, (LAST - FIRST).days - 2))
    visit: dict[str, object] = {
        "sp_id": sp_id,
        "condition": CONDITIONS[step],
        "on": on.isoformat(),
        "outcome": "met",
        "facility_id": facility.facility_id,
    }
    for_: dict[str, object] = {"on": on.isoformat()}
    if step == "delivery":
        visit["measure"] = {"babies": 1, "gestation_weeks": rng.randint(36, 41)}
    if step == "anc":
        visit["due_on"] = for_["due_on"] = (on + timedelta(days=rng.randint(20, 180))).isoformat()
    if step in DAYS_AFTER_BIRTH:
        visit["birth_on"] = for_["birth_on"] = (on - timedelta(days=rng.randint(*DAYS_AFTER_BIRTH[step]))).isoformat()
    asked_at = country.office_hour(rng, on + timedelta(days=rng.randint(2, 7)))
    return Due(
        benefit=kind.benefit,
        operators=operators,
        tag=f"{operators[0][1]}{step[0]}",
        sp_id=sp_id,
        for_=for_,
        riel=kind.riel,
        asked_at=asked_at,
        cycle=CYCLE,
        part=facility.province,
        payee={"channel": "wallet", "provider": "wing", "account_ref": f"tok-{sp_id}", "role": "self"},
        facts=[
            known,
            Fact("pmrs", "condition.verified", country.office_hour(rng, on), visit, "verification_missing"),
        ],
    )
