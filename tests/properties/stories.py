"""Small entangled worlds. A story is a set of events as their sources recorded them, not yet the order of arrival."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from hypothesis import strategies as st

from events.envelope import Event
from events.identity import instruction_id, line_id
from events.money import to_minor
from events.payment import PaymentRequested
from events.sources import to_urn
from events.verification import ConditionVerified
from processors.case import request_cycle
from processors.lifecycle import bank_of
from tests.properties.cast import (
    AMOUNTS,
    BANKS,
    CHILDREN,
    CONDITION_OF,
    CYCLES,
    FOCUSES,
    MATERNAL,
    MONTHS,
    PAYEES,
    RETRACTABLE,
    SCHOLARSHIPS,
    SECOND_VERSION,
    money,
    often,
    one_of,
)
from tests.properties.facts import FactTeller


class Teller(FactTeller):
    """Draws requests, what is said of them, and what becomes of their lines, after the facts."""

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
            "amount": money(amount) if amount is not None else None,
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
        return benefit, {"sp_id": sp_id, "for": for_, "in_respect_of": draw(often(None, *CHILDREN))}

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
            "totals": [money(str(total))] if total else [],
        }
        return self.tell(source, "batch.declared", data)

    # -- certification and settlement ---------------------------------------------------------------------------------

    def ruling(self) -> Event:
        """NPCA certifies or refuses one of the first lines; sometimes somebody else does, or for another amount."""
        draw, asked = self.draw, self.draw(often(*self.requests()[:3]))
        source, data = draw(often("npca", "nssf")), {"line_id": _line(asked), "batch_id": "any"}
        if draw(often(False, True)):
            return self.tell(source, "line.refused", {**data, "reason": "unsupported"})
        amount = money(draw(often(_price(asked), "20000", "0", "400000")), draw(often("KHR", "USD")))
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
            "amount": money(draw(often(_price(asked), "20000", "400000")), draw(often("KHR", "USD"))),
            "bank_ref": draw(one_of(("W1", "W2", "W3"))),
            "value_date": draw(one_of(("2025-02-03", "2025-02-04"))),
        }
        if kind == "payment.returned":
            more["reason"] = draw(one_of(("AC04", "unclaimed")))
        return self.tell(source, kind, {**data, **more})


def _source_of(benefit: str, *, other: bool) -> str:
    if benefit.startswith("nssf."):
        return "hef" if other else "nssf"
    return "nssf" if other else "nsaf"


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
