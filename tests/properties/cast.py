"""The cast of all stories: few persons, households, days and ids, so that whatever can meet does meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from hypothesis import strategies as st

from events.catalogue import TYPES

T = TypeVar("T")

FIRST_US = 1_738_375_200_000_000
"""2025-02-01T09:00+07:00; every event is recorded on one of the days from here on."""
DAY_US = 86_400_000_000
DAYS = 8

MOTHERS = ("0000000001", "0000000002", "0000000003")
CHILDREN = ("0000000004", "0000000005")
PERSONS = (*MOTHERS, *CHILDREN)
# Within one birth window, at its edges, beyond it, and across the day on which the second version of the rules begins.
DELIVERIES = ("2023-07-25", "2023-09-10", "2023-09-12", "2024-01-08", "2024-01-09")
VISITS = ("2023-07-20", "2023-08-15", "2023-09-01", "2023-10-10", "2023-10-11", "2024-02-10")
MONTHS = ("2024-12", "2025-01")
CYCLES = ("2025-02", "2025-03")
GRADES = ("primary", "lower_secondary", "upper_secondary")
STEP_OF = {"delivery": "delivery", "anc": "anc_visit", "pnc": "pnc_visit", "vaccination": "vaccination_visit"}
PAYEES = (("wallet", "wing"), ("bank", "aba"), ("cash", "post"))
BANKS = ("bank.wing", "bank.aba", "treasury")
AMOUNTS = ("400000", "800000", "200000", "80000", "40000", "20000")

SECOND_VERSION = date(2023, 8, 1)

MATERNAL = {f"{prefix}{step}": step for prefix in ("maternal.", "nssf.maternal.") for step in STEP_OF}
SCHOLARSHIPS = {f"scholarship.{grade}": grade for grade in GRADES}

CONDITION_OF = {name: STEP_OF[step] for name, step in MATERNAL.items()} | dict.fromkeys(
    SCHOLARSHIPS, "school_attendance"
)


@dataclass(frozen=True)
class Focus:
    """What a story is about: one birth, its visits, school, or all of it."""

    benefits: tuple[str, ...]
    conditions: tuple[str, ...]


FOCUSES = (
    Focus(("maternal.delivery", "nssf.maternal.delivery"), ("delivery",)),
    Focus(tuple(name for name, step in MATERNAL.items() if step in {"anc", "delivery"}), ("delivery", "anc_visit")),
    Focus(
        tuple(name for name, step in MATERNAL.items() if step in {"pnc", "vaccination"}),
        ("delivery", "pnc_visit", "vaccination_visit"),
    ),
    Focus(tuple(SCHOLARSHIPS), ("school_attendance",)),
    Focus((*MATERNAL, *SCHOLARSHIPS), (*STEP_OF.values(), "pregnancy_ended", "school_attendance")),
)


def one_of(choices: Sequence[T], *more: T) -> st.SearchStrategy[T]:
    """One of these; what stands first comes when an example is made smaller."""
    return st.sampled_from([*choices, *more])


def often(usual: T, *seldom: T) -> st.SearchStrategy[T]:
    """Mostly `usual`."""
    return st.sampled_from([usual] * max(3 * len(seldom), 1) + list(seldom))


RETRACTABLE = frozenset(name for name in TYPES if name.startswith(("household.", "person.", "facility.", "condition.")))


def money(amount: str, currency: str = "KHR") -> dict[str, str]:
    return {"amount": amount if currency == "KHR" else "1.50", "currency": currency}
