"""The cast of all stories: few persons, households, days and ids, so that whatever can meet does meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

from events.catalogue import TYPES
from events.topics import ENROLMENT, VERIFICATION

T = TypeVar("T")

FIRST_US = 1_738_375_200_000_000
"""2025-02-01T09:00+07:00; every event is recorded on one of the days from here on."""
DAY_US = 86_400_000_000
DAYS = 8

MOTHERS = ("0000000001", "0000000002", "0000000003")
CHILDREN = ("0000000004", "0000000005")
PERSONS = (*MOTHERS, *CHILDREN)
BORN = dict(zip(PERSONS, ("1995", "1950-03", "1990", "2019-05-10", "2023-09-10"), strict=True))
HOUSEHOLDS = ("H1", "H2", "H3")
FACILITIES = ("F1", "F2")
CYCLES = ("2025-02", "2025-03")
PAYEES = (("wallet", "wing"), ("bank", "aba"), ("cash", "post"))
BANKS = ("bank.wing", "bank.aba", "treasury")
AMOUNTS = ("400000", "800000", "200000", "80000", "40000", "20000")

RETRACTABLE = frozenset(
    name
    for name, kind in TYPES.items()
    if kind.topic.name in {ENROLMENT.name, VERIFICATION.name} and name != "event.retracted"
)


def one_of(choices: Sequence[T], *more: T) -> st.SearchStrategy[T]:
    """One of these; what stands first comes when an example is made smaller."""
    return st.sampled_from([*choices, *more])


def often(usual: T, *seldom: T) -> st.SearchStrategy[T]:
    """Mostly `usual`."""
    return st.sampled_from([usual] * max(3 * len(seldom), 1) + list(seldom))


def nearly(usual: T, *seldom: T) -> st.SearchStrategy[T]:
    """Nearly always `usual`."""
    return st.sampled_from([usual] * max(11 * len(seldom), 1) + list(seldom))


def money(amount: str, currency: str = "KHR") -> dict[str, str]:
    return {"amount": amount if currency == "KHR" else "1.50", "currency": currency}
