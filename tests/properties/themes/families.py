"""Stories of households and their cash: members come and go, cards end, one household takes over from another."""

from __future__ import annotations

from events.enrolment import HouseholdIdentified
from tests.properties.cast import HOUSEHOLDS, nearly, often, one_of
from tests.properties.facts import correction, death, disability, home, household, revocation, succession
from tests.properties.teller import Teller, Theme

BASE = ("covid.cash", "family.base")
SHOCKED = ("flood.cash", "inflation.cash")
PERSONAL = ("family.chronic_care", "family.disability", "family.elderly")
ROUNDS = (1, 2, 3, 4)
MONTHS = {
    "covid.cash": ("2024-03", "2024-03", "2024-02", "2024-02", "2024-04"),
    "family.base": ("2024-03", "2024-03", "2024-02", "2024-02", "2024-04"),
    "flood.cash": ("2022-12", "2022-12", "2023-01", "2023-02", "2023-03"),
}
LATER = ("2024-05", "2024-05", "2024-06", "2024-06", "2024-03")
PRICES = {"covid.cash": "104000", "family.base": "60000", "flood.cash": "96000", "inflation.cash": "81300"} | {
    "family.chronic_care": "28000", "family.disability": "20000", "family.elderly": "20000"
}  # fmt: skip


def ask_transfer(t: Teller) -> tuple[str, dict[str, object]]:
    """A month of base transfer: mostly of a household that was told of."""
    benefit = t.draw(one_of(BASE))
    return benefit, {**_household(t), "for": {"month": t.draw(one_of(MONTHS[benefit]))}}


def ask_after_shock(t: Teller) -> tuple[str, dict[str, object]]:
    """A month of flood cash, or a round of cash against inflation, mostly the first."""
    benefit = t.draw(one_of(SHOCKED))
    if benefit == "inflation.cash":
        return benefit, {**_household(t), "for": {"round": t.draw(often(*ROUNDS))}}
    return benefit, {**_household(t), "for": {"month": t.draw(one_of(MONTHS[benefit]))}}


def ask_top_up(t: Teller) -> tuple[str, dict[str, object]]:
    """A month of a person: mostly of one who is told to have what the benefit is for."""
    benefit = t.draw(one_of(PERSONAL))
    trait = benefit.removeprefix("family.")
    members = [member for data in t.told(HouseholdIdentified) for member in data.members if member.sp_id]
    fitting = [member.sp_id for member in members if trait in member.traits or member.birth_date < "1960"]
    sp_id = t.draw(one_of(fitting)) if fitting and t.fits() else t.draw(one_of(t.persons))
    return benefit, {"sp_id": sp_id, "for": {"month": t.draw(one_of(LATER))}}


def _household(t: Teller) -> dict[str, object]:
    """Who asks; that a household asks in respect of somebody changes nothing."""
    named = [data.household_id for data in t.told(HouseholdIdentified)]
    household_id = t.draw(one_of(named)) if named and t.fits() else t.draw(one_of(HOUSEHOLDS))
    return {"household_id": household_id, "in_respect_of": t.draw(nearly(None, *t.persons))}


TRANSFERS = Theme(
    BASE,
    (home, succession),
    (*[household] * 2, *[succession] * 3, *[correction] * 2, revocation, death),
    ask_transfer,
    ("2024-02-01", "2024-02-10", "2024-03-01"),
    PRICES,
)
TOP_UPS = Theme(
    PERSONAL,
    (home,),
    (household, disability, *[succession] * 3, *[correction] * 3, revocation),
    ask_top_up,
    ("2024-03-01", "2024-05-01", "2024-05-02"),
    PRICES,
)
SHOCKS = Theme(
    SHOCKED,
    (home, succession),
    (household, *[succession] * 3, *[correction] * 2, revocation, death),
    ask_after_shock,
    ("2022-12-01", "2022-12-10", "2023-01-15"),
    PRICES,
    level="at_risk",
)
