"""Where and when: provinces with their NSSF branches, facilities, office hours, payment cycles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios.script import CAMBODIA

if TYPE_CHECKING:
    import random

PROVINCES: tuple[tuple[str, int], ...] = (
    ("01", 3), ("02", 4), ("03", 6), ("04", 4), ("05", 9), ("06", 2), ("07", 3), ("08", 14), ("09", 1), ("10", 1),
    ("11", 1), ("12", 26), ("13", 1), ("14", 4), ("15", 2), ("16", 1), ("17", 3), ("18", 3), ("19", 1), ("20", 3),
    ("21", 4), ("22", 1), ("23", 1), ("24", 1), ("25", 1),
)  # fmt: skip
"""Province code of the gazetteer and its share of births among insured women: an assumption, factories weigh more."""

PUBLIC_FACILITIES = 1_395
PRIVATE_FACILITIES = 134
"""Facilities under contract with NSSF in January 2024; there is no count for earlier years."""

DECLARED_DAY = 5
CLOSED_DAY = 12
"""Days of the following month on which a branch declares its batch and NSSF closes its cycle: assumptions."""

LEVELS = ("hc", "hc", "hc", "hc", "hc", "hc", "cpa1", "cpa2", "cpa3", "national")


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility of the Ministry of Health's list."""

    facility_id: str
    level: str
    province: str
    commune: str


def facilities(rng: random.Random, space: int, share: float) -> dict[str, list[Facility]]:
    """Public facilities by province, in proportion to `share` of the country's, at least two a province."""
    found: dict[str, list[Facility]] = {}
    wanted = PUBLIC_FACILITIES * min(1.0, share)
    total = sum(weight for _, weight in PROVINCES)
    for province, weight in PROVINCES:
        count = max(2, round(wanted * weight / total))
        found[province] = [
            Facility(f"HF{space:04d}-{province}{n:03d}", rng.choice(LEVELS), province, _commune(rng, province))
            for n in range(count)
        ]
    return found


def private_facilities(rng: random.Random, space: int, share: float) -> list[Facility]:
    """Private facilities in the provinces, in proportion, at least two."""
    codes = [code for code, _ in PROVINCES]
    weights = [weight for _, weight in PROVINCES]
    count = max(2, round(PRIVATE_FACILITIES * min(1.0, share)))
    provinces = rng.choices(codes, weights, k=count)
    return [
        Facility(f"HF{space:04d}-P{n:04d}", "private", province, _commune(rng, province))
        for n, province in enumerate(provinces)
    ]


def _commune(rng: random.Random, province: str) -> str:
    return f"{province}{rng.randint(1, 8):02d}{rng.randint(1, 12):02d}"


def office_hour(rng: random.Random, day: date) -> datetime:
    """Some second of a working day, Cambodian time."""
    return datetime.combine(day, time(7, 30), CAMBODIA) + timedelta(seconds=rng.randrange(9 * 3600))


def cycle_of(at: datetime) -> str:
    """The payment cycle of a request made `at`: its month in Cambodia."""
    return at.astimezone(CAMBODIA).strftime("%Y-%m")


def _following(cycle: str, day: int, hour: int) -> datetime:
    year, month = int(cycle[:4]), int(cycle[5:])
    year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return datetime(year, month, day, hour, tzinfo=CAMBODIA)


def declared_at(cycle: str) -> datetime:
    """When a branch declares its batch of a cycle."""
    return _following(cycle, DECLARED_DAY, 17)


def closed_at(cycle: str) -> datetime:
    """When an operator closes a cycle."""
    return _following(cycle, CLOSED_DAY, 17)
