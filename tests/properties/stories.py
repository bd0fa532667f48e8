"""Small entangled worlds: few persons, households, days and ids, so that whatever can meet does meet.

A story is a set of events as its sources recorded them; in which order they arrive is for the properties to choose.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeVar

import msgspec
from hypothesis import strategies as st

from events.catalogue import TYPES
from events.envelope import Event
from events.identity import instruction_id, line_id
from events.money import to_minor
from events.payment import PaymentRequested
from events.sources import to_urn
from events.verification import ConditionVerified
from processors.case import request_cycle
from processors.lifecycle import bank_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")

FIRST_US = 1_738_375_200_000_000
"""2025-02-01T09:00+07:00; every event is recorded on one of the days from here on."""
_DAY_US = 86_400_000_000
_DAYS = 8

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


class Teller:
    """Draws events one by one; ids sort in another order than they are drawn."""

    def __init__(self, draw: st.DrawFn, focus: Focus) -> None:
        self.draw, self.focus = draw, focus
        self.events: list[Event] = []
        self.persons = draw(st.lists(one_of(PERSONS), min_size=1, max_size=4, unique=True))
        self.births = draw(st.lists(one_of(DELIVERIES), min_size=1, max_size=3, unique=True))
        self.visits = draw(st.lists(one_of(VISITS), min_size=1, max_size=3, unique=True))
        self.plain = draw(st.booleans())

    def tell(self, source: str, name: str, data: Mapping[str, object]) -> Event:
        """Add one event of this source, recorded on a drawn day: requests mostly before the closes, facts on any."""
        days = {"payment.requested": (0, 4), "cycle.closed": (3, _DAYS - 1)}.get(name, (0, _DAYS - 1))
        day = self.draw(st.integers(*days))
        event_id = f"{self.draw(one_of('abc'))}{len(self.events)}"
        struct = msgspec.convert(dict(data), TYPES[name].struct, strict=False)
        event = Event(source, event_id, name, FIRST_US + day * _DAY_US, struct)
        self.events.append(event)
        return event

    def asked(self, usual: T, *seldom: T) -> T:
        """In a plain story every request asks for what there is; else mostly."""
        return usual if self.plain else self.draw(often(usual, *seldom))

    def ground(self) -> None:
        """What most stories stand on: everybody poor, enrolled, and with evidence of what the story is about."""
        if self.draw(often(True, False)):
            self.household(usual=True)
        for sp_id in self.persons:
            if self.draw(often(True, False)):
                self.enrolment(usual=sp_id)
        for _ in range(self.draw(st.integers(1, 3))):
            self.condition(usual=True)

    # -- facts ------------------------------------------------------------------------------------------------------

    def household(self, *, usual: bool = False) -> Event:
        draw = self.draw
        members = self.persons if usual else draw(st.lists(one_of(self.persons), min_size=1, max_size=3, unique=True))
        return self.tell(
            "idpoor",
            "household.identified",
            {
                "household_id": draw(one_of(("H1", "H2", "H3"))),
                "level": "poor_1" if usual else draw(often("poor_1", "poor_2", "at_risk")),
                "commune": "010201",
                "area": "rural",
                "card_number": "card-1",
                "valid_from": "2023-01-01" if usual else draw(one_of(("2023-01-01", "2023-09-11", "2024-12-15"))),
                "valid_until": "2030-12-31" if usual else draw(often("2030-12-31", "2023-09-30")),
                "members": [_member(number, sp_id) for number, sp_id in enumerate(members)],
                "replaces": draw(often((), ("H1",), ("H2",))),
            },
        )

    def revocation(self) -> Event:
        household, day = self.draw(one_of(("H1", "H2", "H3"))), self.draw(one_of(("2023-08-01", "2023-09-20")))
        return self.tell(
            "idpoor", "household.revoked", {"household_id": household, "revoked_on": day, "reason": "moved"}
        )

    def enrolment(self, usual: str | None = None) -> Event:
        draw = self.draw
        pupil = "school_attendance" in self.focus.conditions and draw(often(True, False))
        data: dict[str, object] = {
            "sp_id": usual or draw(one_of(self.persons)),
            "scheme": "scholarship" if pupil else "nssf.worker",
            "enrolment_id": f"E{usual}" if usual else draw(one_of(("E1", f"E{self.persons[0]}"))),
            "birth_date": "1995",
            "sex": "F",
            "valid_from": "2022-01-01" if usual else draw(often("2022-01-01", "2023-09-11")),
            "valid_until": None if usual else draw(often(None, "2023-09-11")),
            "principal": draw(often(None, *MOTHERS)),
        }
        if pupil:
            data["grade"] = draw(often(*GRADES))
        return self.tell(draw(one_of(("nssf", "moeys"))), "person.enrolled", data)

    def withdrawal_from_scheme(self) -> Event:
        draw = self.draw
        scheme, enrolment = draw(one_of(("nssf.worker", "scholarship"))), draw(one_of(("E1", f"E{self.persons[0]}")))
        data = {"sp_id": draw(one_of(self.persons)), "scheme": scheme, "enrolment_id": enrolment, "reason": "left"}
        return self.tell(
            "nssf", "person.withdrawn", {**data, "withdrawn_on": draw(one_of(("2023-09-01", "2024-12-15")))}
        )

    def condition(self, *, usual: bool = False) -> Event:
        draw = self.draw
        condition = draw(one_of(self.focus.conditions))
        data: dict[str, object] = {
            "sp_id": draw(one_of(self.persons)),
            "condition": condition,
            "outcome": "met" if usual else draw(often("met", "not_met")),
            "facility_id": draw(often(None, "F1")),
        }
        if condition == "school_attendance":
            data["month"] = draw(one_of(MONTHS))
            data["measure"] = draw(often(None, {"attendance_percent": 79}, {"attendance_percent": 80}))
        elif condition == "delivery":
            data["on"] = draw(one_of(self.births))
            data["measure"] = draw(often(None, {"babies": 2}, {"stillborn": 1}, {"gestation_weeks": 25}, {"babies": 1}))
            data["child_sp_id"] = draw(one_of((None, None, *CHILDREN)))
        else:
            data["on"] = draw(one_of(self.visits))
            data["birth_on"] = draw(often(None, *self.births))
            data["due_on"] = draw(often(None, *self.births))
            data["child_sp_id"] = draw(often(None, *CHILDREN))
        return self.tell(draw(one_of(("pmrs", "nssf", "hef"))), "condition.verified", data)

    def death(self) -> Event:
        day = self.draw(one_of(("2023-09-10", "2024-12-20")))
        return self.tell("registry", "person.died", {"sp_id": self.draw(one_of(self.persons)), "died_on": day})

    def merge(self) -> Event:
        some = self.draw(often([*self.persons, CHILDREN[1]], list(PERSONS)))
        retired = self.draw(one_of(some))
        kept = self.draw(one_of([sp_id for sp_id in PERSONS if sp_id != retired]))
        return self.tell("registry", "person.merged", {"sp_id": retired, "into": kept, "merged_on": "2024-12-01"})

    def facility(self) -> Event:
        data = {"facility_id": "F1", "level": self.draw(one_of(("private", "hc"))), "commune": "010201", "schemes": []}
        return self.tell("pmrs", "facility.registered", {**data, "valid_from": "2020-01-01", "valid_until": None})

    def fact(self) -> Event:
        kinds: list[Callable[[], Event]] = [*[self.household] * 3, *[self.enrolment] * 3, *[self.condition] * 6]
        kinds += [
            self.revocation,
            self.withdrawal_from_scheme,
            self.death,
            self.merge,
            self.merge,
            self.merge,
            self.facility,
        ]
        tell: Callable[[], Event] = self.draw(one_of(kinds))
        return tell()

    # -- requests and what is said of them ----------------------------------------------------------------------------

    def request(self) -> Event:
        draw = self.draw
        benefit, asked_for = self._asked_for()
        source = _source_of(benefit, other=draw(often(False, True)))
        cycle = draw(often(CYCLES[0], CYCLES[1]))
        channel, provider = draw(often(*PAYEES))
        amount = self.asked(None, *AMOUNTS)
        data: dict[str, object] = {
            "request_id": draw(often(f"r{len(self.events)}", "shared")),
            "batch_id": draw(often(f"{benefit}/{cycle}", "other")),
            "benefit": benefit,
            **asked_for,
            "cycle": cycle,
            "payee": {"channel": channel, "provider": provider, "account_ref": "token", "role": "self"},
            "amount": _money(amount) if amount is not None else None,
        }
        return self.tell(source, "payment.requested", data)

    def _asked_for(self) -> tuple[str, dict[str, object]]:
        """A benefit and what it is asked for: mostly what some evidence tells of, else anything."""
        draw = self.draw
        told = [event.data for event in self.events if isinstance(event.data, ConditionVerified)]
        fits: bool = self.asked(True, False)
        known = draw(one_of(told)) if told and fits else None
        fitting = [name for name in self.focus.benefits if known is None or CONDITION_OF[name] == known.condition]
        benefit = draw(one_of(fitting or self.focus.benefits))
        if known is not None and fitting:
            sp_id, when = self.asked(known.sp_id, *self.persons), known.when
        else:
            days = {"school_attendance": MONTHS, "delivery": self.births}.get(CONDITION_OF[benefit], self.visits)
            sp_id, when = draw(one_of(self.persons)), draw(one_of(days))
        if benefit in SCHOLARSHIPS:
            return benefit, {"sp_id": sp_id, "for": {"month": when}}
        for_: dict[str, object] = {"on": when}
        if MATERNAL[benefit] != "delivery":
            for_ |= {"birth_on": self.asked(None, *self.births), "due_on": self.asked(None, *self.births)}
        return benefit, {"sp_id": sp_id, "for": for_, "in_respect_of": self.asked(None, *CHILDREN)}

    def retraction(self) -> Event:
        facts = [event for event in self.events if event.type in RETRACTABLE]
        source, event_id = "registry", "unknown"
        if facts:
            target = self.draw(one_of(facts))
            source, event_id = self.draw(often(target.source, "registry")), target.id
        data = {"event": {"source": source, "id": event_id}, "reason": "error"}
        return self.tell(source, "event.retracted", data)

    def requests(self) -> list[Event]:
        return [event for event in self.events if event.type == "payment.requested"]

    def withdrawal(self) -> Event:
        told = self.draw(one_of(self.requests()))
        return self.tell(told.source, "payment.withdrawn", {"request_id": _asked(told).request_id, "reason": "error"})

    def close(self) -> Event:
        told = self.draw(one_of(self.requests()))
        data = {"benefit": _asked(told).benefit, "cycle": request_cycle(told, _asked(told))}
        return self.tell(told.source, "cycle.closed", data)

    def declaration(self) -> Event:
        """A batch with the totals it has once all its requests are known; sometimes of another benefit, or wrong."""
        (source, batch_id), asked = self.draw(one_of(sorted(batches(self.events).items(), key=lambda item: item[0])))
        total = sum(to_minor(request.amount) for request in asked if request.amount is not None)
        data = {
            "batch_id": batch_id,
            "benefit": self.draw(one_of([request.benefit for request in asked])),
            "cycle": self.draw(one_of([request.cycle for request in asked])),
            "count": len(asked) + self.draw(often(0, 1)),
            "totals": [_money(str(total))] if total else [],
        }
        return self.tell(source, "batch.declared", data)

    # -- certification and settlement ---------------------------------------------------------------------------------

    def ruling(self) -> Event:
        """NPCA certifies or refuses one of the first lines; sometimes somebody else does, or for another amount."""
        draw, asked = self.draw, self.draw(often(*self.requests()[:3]))
        source, data = draw(often("npca", "nssf")), {"line_id": _line(asked), "batch_id": "any"}
        if draw(often(False, True)):
            return self.tell(source, "line.refused", {**data, "reason": "unsupported"})
        amount = _money(draw(often(_price(asked), "20000", "0", "400000")), draw(often("KHR", "USD")))
        return self.tell(source, "line.certified", {**data, "amount": amount, "certificate_id": "certificate-1"})

    def movement(self) -> Event:
        """A bank pays one of the first lines, gives the money back, or refuses the instruction."""
        draw, asked = self.draw, self.draw(often(*self.requests()[:3]))
        payee = _asked(asked).payee
        source = draw(often(bank_of(payee.channel, payee.provider), *BANKS))
        data = {"instruction_id": instruction_id(_line(asked), 1).hex(), "message_id": "message-1"}
        kind = draw(often("payment.settled", "payment.returned", "instruction.rejected"))
        if kind == "instruction.rejected":
            return self.tell(source, kind, {**data, "reason": "AC04"})
        more: dict[str, object] = {
            "amount": _money(draw(often(_price(asked), "20000", "400000")), draw(often("KHR", "USD"))),
            "bank_ref": draw(one_of(("W1", "W2", "W3"))),
            "value_date": draw(one_of(("2025-02-03", "2025-02-04"))),
        }
        if kind == "payment.returned":
            more["reason"] = draw(one_of(("AC04", "unclaimed")))
        return self.tell(source, kind, {**data, **more})


RETRACTABLE = frozenset(name for name in TYPES if name.startswith(("household.", "person.", "facility.", "condition.")))


def _source_of(benefit: str, *, other: bool) -> str:
    if benefit.startswith("nssf."):
        return "hef" if other else "nssf"
    return "nssf" if other else "nsaf"


def _member(number: int, sp_id: str) -> dict[str, object]:
    return {
        "sp_id": sp_id,
        "member_no": number,
        "birth_date": "1995",
        "sex": "F",
        "head": number == 0,
        "traits": [],
    }


def _money(amount: str, currency: str = "KHR") -> dict[str, str]:
    return {"amount": amount if currency == "KHR" else "1.50", "currency": currency}


def _asked(event: Event) -> PaymentRequested:
    assert isinstance(event.data, PaymentRequested)
    return event.data


def _line(event: Event) -> str:
    return line_id(to_urn(event.source), _asked(event).request_id).hex()


def _price(event: Event) -> str:
    """What such a request is usually worth."""
    benefit, day = _asked(event).benefit, _asked(event).for_.on
    if benefit in SCHOLARSHIPS:
        return {"primary": "20000", "lower_secondary": "30000"}.get(SCHOLARSHIPS[benefit], "40000")
    second = day is None or day >= SECOND_VERSION or benefit.startswith("nssf.")
    if benefit.endswith("delivery"):
        return "400000" if second else "200000"
    return "80000" if second else "40000"


@st.composite
def stories(
    draw: st.DrawFn,
    *,
    facts: int = 10,
    requests: int = 5,
    sayings: int = 4,
    declarations: int = 0,
    rulings: int = 0,
) -> list[Event]:
    """The events of a story, with up to so many of each: facts; requests; closes, withdrawals and retractions;
    declarations; certifications and payments.
    """
    teller = Teller(draw, draw(one_of(FOCUSES)))
    teller.ground()
    for _ in range(draw(st.integers(0, facts))):
        teller.fact()
    for _ in range(draw(st.integers(1, requests))):
        teller.request()
    for _ in range(draw(st.integers(0, sayings))):
        draw(one_of([*[teller.close] * 3, *[teller.retraction] * 3, teller.withdrawal]))()
    for _ in range(draw(st.integers(min(1, declarations), declarations))):
        teller.declaration()
    for _ in range(draw(st.integers(0, rulings))):
        draw(one_of((teller.ruling, teller.movement)))()
    return teller.events


def batches(events: Sequence[Event]) -> dict[tuple[str, str], list[PaymentRequested]]:
    """The requests that keep their id, by source and batch."""
    keepers: dict[tuple[str, str], Event] = {}
    for event in sorted(events, key=lambda told: (told.time_us, told.id)):
        if isinstance(event.data, PaymentRequested):
            keepers.setdefault((event.source, event.data.request_id), event)
    found: dict[tuple[str, str], list[PaymentRequested]] = defaultdict(list)
    for event in keepers.values():
        found[(event.source, _asked(event).batch_id)].append(_asked(event))
    return found
