"""Households and their members, met exactly in every number: who lives where, how old, with which traits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import country, rates
from pipeline.scenarios.script import Wave
from pipeline.scenarios.urn import Urn, sizes

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from datetime import datetime

    from pipeline.scenarios.field import Field
    from pipeline.scenarios.figures.households import Cell, HouseholdFigures, Place

ADULT, CHILD, DISABLED, ELDERLY, CHRONIC = "adult", "child", "disability", "elderly", "chronic_care"

_YEAR = 365
_GAP_DAYS = 100
"""Nobody changes their group in the months of a scenario: no age lies nearer than this to a border."""

_PROVINCES = [code for code, _ in country.PROVINCES if code != "12"]
_WEIGHTS = [weight for code, weight in country.PROVINCES if code != "12"]


@dataclass(slots=True)
class Household:
    """A household as it really is; `extras` of its members count for the extra."""

    household_id: str
    place: Place
    province: str
    commune: str
    valid_from: date
    members: list[dict[str, object]]
    extras: int
    chronic: list[str]
    elderly: list[str]
    disabled: list[str]

    @property
    def head(self) -> str:
        """The SP-ID of its head."""
        return str(self.members[0]["sp_id"])


class Roster:
    """Makes the households of one programme at one size, and tells of them as IDPoor does."""

    def __init__(self, field: Field, figures: HouseholdFigures, day: date) -> None:
        self.script, self.rng = field.script, field.rng
        self.figures, self.day = figures, day

    def households(self, size: int) -> Iterator[Household]:
        """Every household that is due, areas and levels mixed; their sums are those of the figures."""
        cells = {cell.place: _Making(self.rng, cell) for cell in self.figures.cells(size)}
        places = Urn(self.rng, {place: making.cell.households for place, making in cells.items()})
        while places.left:
            place = places.draw()
            yield self._household(place, *cells[place].draw())

    def spare(self) -> Household:
        """A household beyond the published number."""
        places = self.figures.places
        place = self.rng.choices(list(places), list(places.values()))[0]
        others = [self.rng.choice((ADULT, ADULT, CHILD)) for _ in range(self.rng.randint(0, 5))]
        return self._household(place, ADULT, others)

    def member(self, group: str, number: int, *, known: bool = False) -> dict[str, object]:
        """One member of a group as the card lists them; IDPoor does not know everybody's SP-ID."""
        known = known or group == CHRONIC or self.rng.random() < rates.SP_ID_KNOWN.share
        return {
            "sp_id": self.script.sp_id() if known else None,
            "member_no": number,
            "birth_date": self._birth_date(group, least=18 if number == 1 or group != ADULT else 7),
            "sex": "F" if self.rng.random() < 0.5 else "M",
            "head": number == 1,
            "traits": [group] if group in {DISABLED, CHRONIC} else [],
        }

    def _household(self, place: Place, head: str, others: list[str]) -> Household:
        rng, script = self.rng, self.script
        province = "12" if place[0] == "phnom_penh" else rng.choices(_PROVINCES, _WEIGHTS)[0]
        members = [self.member(head, 1, known=True)]
        members += [self.member(group, number) for number, group in enumerate(others, start=2)]
        groups = [head, *others]
        named = [(group, str(one["sp_id"])) for group, one in zip(groups, members, strict=True) if one["sp_id"]]
        return Household(
            household_id=script.next_id(),
            place=place,
            province=province,
            commune=f"{province}{rng.randint(1, 8):02d}{rng.randint(1, 12):02d}",
            valid_from=self.day - timedelta(days=rng.randint(60, 400)),
            members=members,
            extras=sum(group != ADULT for group in groups),
            chronic=[sp_id for group, sp_id in named if group == CHRONIC],
            elderly=[sp_id for group, sp_id in named if group == ELDERLY],
            disabled=[sp_id for group, sp_id in named if group == DISABLED],
        )

    def _birth_date(self, group: str, least: int) -> str:
        """Of a child, an older person, or anybody between `least` years and sixty."""
        rng = self.rng
        if group == CHILD:
            days = rng.randint(1, (self.figures.child_age_max + 1) * _YEAR - _GAP_DAYS)
        elif group == ELDERLY:
            days = rng.randint(60 * _YEAR + _GAP_DAYS, 90 * _YEAR)
        else:
            days = rng.randint(least * _YEAR + _GAP_DAYS, 60 * _YEAR - _GAP_DAYS)
        return (self.day - timedelta(days=days)).isoformat()

    def identify(
        self,
        household: Household,
        *,
        at: datetime | None = None,
        wave: Wave = Wave.OPENING,
        **changes: object,
    ) -> str:
        """Its card as IDPoor tells it, by default soon after the interview; `changes` replace fields of the event."""
        told_at, data = self.card(household, household.members)
        return self.script.tell("idpoor", "household.identified", at or told_at, {**data, **changes}, wave)

    def card(self, household: Household, members: list[dict[str, object]]) -> tuple[datetime, dict[str, object]]:
        """What a card says, and when it was entered: some weeks after the interview at the latest."""
        since = household.valid_from
        data: dict[str, object] = {
            "household_id": household.household_id,
            "level": household.place[1],
            "commune": household.commune,
            "area": household.place[0],
            "card_number": f"EC-{household.household_id}",
            "valid_from": since.isoformat(),
            "valid_until": (since + timedelta(days=3 * _YEAR)).isoformat(),
            "members": members,
        }
        return country.office_hour(self.rng, since + timedelta(days=self.rng.randint(0, 20))), data


class _Making:
    """The members of one cell's households, drawn so that every group comes out exactly."""

    def __init__(self, rng: random.Random, cell: Cell) -> None:
        self.cell = cell
        self._sizes = Urn(rng, sizes(cell.households, cell.members))
        older = {DISABLED: cell.disabled, ELDERLY: cell.elderly, CHRONIC: cell.chronic}
        # Heads are no children; of the other groups heads have their share of half.
        heads = {group: min(count // 2, cell.households // 4) for group, count in older.items()}
        rest = {group: count - heads[group] for group, count in older.items()}
        others = cell.members - cell.households
        adults = others - sum(rest.values()) - cell.children
        if adults < 0:
            message = f"{cell}: more children, elderly and disabled members than the households can have"
            raise ValueError(message)
        self._heads = Urn(rng, {ADULT: cell.households - sum(heads.values()), **heads})
        self._others = Urn(rng, {ADULT: adults, CHILD: cell.children, **rest})

    def draw(self) -> tuple[str, list[str]]:
        """The groups of one household: its head, and the others."""
        return self._heads.draw(), [self._others.draw() for _ in range(self._sizes.draw() - 1)]
