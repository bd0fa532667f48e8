"""A ledger in which much that is out of the ordinary has happened, told in a few steps."""

from __future__ import annotations

from msgspec import structs

from events.envelope import Event
from events.identity import instruction_id_hex, line_id_hex
from events.payment import PaymentRequested
from events.sources import to_urn
from tests.births import closed, declared, event, mother
from tests.stack.decide.conftest import Desk

MONEY = {"amount": "400000", "currency": "KHR"}
LATER = "2018-03-01T08:00:00+07:00"


def line(number: int) -> str:
    """The line of NSSF's request for a mother."""
    return line_id_hex("urn:sp:operator:nssf", f"N{number}")


def certified(number: int) -> Event:
    """The agency certifies a mother's line."""
    told = {"line_id": line(number), "batch_id": "NB", "amount": MONEY, "certificate_id": "C1"}
    return event("npca", "line.certified", f"certified-{number}", LATER, told)


def refused(number: int) -> Event:
    """The agency refuses it."""
    told = {"line_id": line(number), "batch_id": "NB", "reason": "unsupported"}
    return event("npca", "line.refused", f"refused-{number}", LATER, told)


def moved(number: int, ref: str, kind: str = "settled", day: str = "2018-03-05") -> Event:
    """The bank pays a mother, or the money comes back."""
    told = {
        "instruction_id": instruction_id_hex(line(number), 1), "message_id": "M1", "amount": MONEY, "bank_ref": ref,
        "value_date": day, **({"reason": "AC01"} if kind == "returned" else {}),
    }  # fmt: skip
    return event("bank.wing", f"payment.{kind}", f"{kind}-{ref}", f"{day}T18:00:00+07:00", told)


def retracted(fact: Event, number: int, time: str = LATER) -> Event:
    """Its source takes a fact back."""
    named = {"event": {"source": to_urn(fact.source), "id": fact.id}, "reason": "error"}
    return event(fact.source, "event.retracted", f"retracted-{number}", time, named)


def merged(one: int, other: int) -> Event:
    """Two mothers turn out to be one person."""
    told = {"sp_id": f"{one:010d}", "into": f"{other:010d}", "merged_on": "2018-02-25"}
    return event("registry", "person.merged", f"merged-{one}", LATER, told)


def taken_over(number: int) -> Event:
    """An earlier request under the id of another mother's."""
    *_, asked, _ = mother(number)
    assert isinstance(asked.data, PaymentRequested)
    data = structs.replace(asked.data, request_id=f"N{number - 1}")
    return structs.replace(asked, id=f"taken-over-{number}", time_us=asked.time_us - 1_000_000, data=data)


def lead(desk: Desk) -> None:
    """Facts in several steps: a batch, certification, money, and facts that come too late for what was submitted."""
    mothers = {number: mother(number) for number in range(1, 13)}
    first = [fact for number in range(1, 9) for fact in mothers[number]]
    desk.publish([retracted(mothers[8][0], 8, "2018-01-06T08:00:00+07:00"), *first])
    desk.decide(7)
    desk.publish([declared("nssf", "NB", 8, 8 * 400_000), declared("hef", "HB", 8, 0), moved(5, "W5")])
    desk.decide(9)
    desk.publish([certified(number) for number in (1, 2, 3, 5)] + [refused(4), certified(11)])
    desk.decide(3)
    desk.publish([moved(1, "W1"), moved(2, "W2"), moved(2, "W2b", "returned", "2018-03-09")])
    desk.publish([merged(1, 3), retracted(mothers[2][1], 2), taken_over(7)])
    desk.decide(4)
    desk.lead_anew()
    desk.publish([*mothers[9], *mothers[10][1:], closed("nssf"), closed("hef"), mothers[10][0], *mothers[11]])
    desk.decide(5)
    desk.publish([retracted(mothers[9][1], 9, "2018-02-19T08:00:00+07:00"), *mothers[12], moved(12, "W12")])
    desk.decide()
