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
from processors.case import request_cycle
from processors.lifecycle import bank_of
from tests.properties.cast import AMOUNTS, BANKS, CYCLES, PAYEES, RETRACTABLE, money, often, one_of
from tests.properties.facts import COMMON
from tests.properties.teller import Teller, Theme
from tests.properties.themes.catalogue import THEMES


def request(t: Teller) -> None:
    """A request for one of the benefits of the story; sometimes under an id, or in a batch, that others have too."""
    theme = t.draw(one_of(t.themes))
    benefit, asked_for = theme.ask(t)
    cycle = t.draw(often(CYCLES[0], CYCLES[1]))
    channel, provider = t.draw(often(*PAYEES))
    amount = t.asked(None, *AMOUNTS)
    data: dict[str, object] = {
        "request_id": t.draw(often(f"r{len(t.events)}", "shared")),
        "batch_id": t.draw(often(f"{benefit}/{cycle}", "other")),
        "benefit": benefit,
        **asked_for,
        "cycle": cycle,
        "payee": {"channel": channel, "provider": provider, "account_ref": "token", "role": "self"},
        "amount": money(amount) if amount is not None else None,
    }
    t.tell(_source_of(benefit, other=t.draw(often(False, True))), "payment.requested", data)


def _source_of(benefit: str, *, other: bool) -> str:
    if benefit.startswith("nssf."):
        return "hef" if other else "nssf"
    if benefit.startswith("hef."):
        return "nssf" if other else "hef"
    return "nssf" if other else "nsaf"


# -- what is said of requests and facts -------------------------------------------------------------------------------


def retraction(t: Teller) -> None:
    facts = [event for event in t.events if event.type in RETRACTABLE]
    source, event_id = "registry", "unknown"
    if facts:
        target = t.draw(one_of(facts))
        source, event_id = t.draw(often(target.source, "registry")), target.id
    t.tell(source, "event.retracted", {"event": {"source": source, "id": event_id}, "reason": "error"})


def withdrawal(t: Teller) -> None:
    told = t.draw(one_of(_requests(t)))
    t.tell(told.source, "payment.withdrawn", {"request_id": _asked(told).request_id, "reason": "error"})


def close(t: Teller) -> None:
    told = t.draw(one_of(_requests(t)))
    data = {"benefit": _asked(told).benefit, "cycle": request_cycle(told, _asked(told))}
    t.tell(told.source, "cycle.closed", data)


def declaration(t: Teller) -> None:
    """A batch with the totals it has once all its requests are known; sometimes of another benefit, or wrong."""
    (source, batch_id), asked = t.draw(one_of(sorted(batches(t.events).items(), key=lambda item: item[0])))
    total = sum(to_minor(request.amount) for request in asked if request.amount is not None)
    data = {
        "batch_id": batch_id,
        "benefit": t.draw(one_of([request.benefit for request in asked])),
        "cycle": t.draw(one_of([request.cycle for request in asked])),
        "count": len(asked) + t.draw(often(0, 1)),
        "totals": [money(str(total))] if total else [],
    }
    t.tell(source, "batch.declared", data)


# -- certification and settlement -------------------------------------------------------------------------------------


def ruling(t: Teller) -> None:
    """NPCA certifies or refuses one of the first lines; sometimes somebody else does, or for another amount."""
    asked = t.draw(often(*_requests(t)[:3]))
    source, data = t.draw(often("npca", "nssf")), {"line_id": _line(asked), "batch_id": "any"}
    if t.draw(often(False, True)):
        t.tell(source, "line.refused", {**data, "reason": "unsupported"})
        return
    amount = money(t.draw(often(_price(t, asked), "20000", "0", "400000")), t.draw(often("KHR", "USD")))
    t.tell(source, "line.certified", {**data, "amount": amount, "certificate_id": "certificate-1"})


def movement(t: Teller) -> None:
    """A bank pays one of the first lines, gives the money back, or refuses the instruction."""
    asked = t.draw(often(*_requests(t)[:3]))
    payee = _asked(asked).payee
    source = t.draw(often(bank_of(payee.channel, payee.provider), *BANKS))
    data = {"instruction_id": instruction_id(_line(asked), 1).hex(), "message_id": "message-1"}
    kind = t.draw(often("payment.settled", "payment.returned", "instruction.rejected"))
    if kind == "instruction.rejected":
        t.tell(source, kind, {**data, "reason": "AC04"})
        return
    more: dict[str, object] = {
        "amount": money(t.draw(often(_price(t, asked), "20000", "400000")), t.draw(often("KHR", "USD"))),
        "bank_ref": t.draw(one_of(("W1", "W2", "W3"))),
        "value_date": t.draw(one_of(("2025-02-03", "2025-02-04"))),
    }
    if kind == "payment.returned":
        more["reason"] = t.draw(one_of(("AC04", "unclaimed")))
    t.tell(source, kind, {**data, **more})


def _requests(t: Teller) -> list[Event]:
    return [event for event in t.events if event.type == "payment.requested"]


def _asked(event: Event) -> PaymentRequested:
    assert isinstance(event.data, PaymentRequested)
    return event.data


def _line(event: Event) -> str:
    return line_id(to_urn(event.source), _asked(event).request_id).hex()


def _price(t: Teller, event: Event) -> str:
    """What such a request is usually worth."""
    benefit = _asked(event).benefit
    return next(theme.prices[benefit] for theme in t.themes if benefit in theme.prices)


@st.composite
def stories(
    draw: st.DrawFn,
    themes: tuple[Theme, ...] = THEMES,
    *,
    facts: int = 8,
    requests: int = 5,
    sayings: int = 4,
    declarations: int = 0,
    rulings: int = 0,
) -> list[Event]:
    """The events of a story about one or two of these themes, with up to so many of each: facts; requests; closes,
    withdrawals and retractions; declarations; certifications and payments.
    """
    t = Teller(draw, tuple(draw(st.lists(one_of(themes), min_size=1, max_size=2, unique=True))))
    t.ground()
    for _ in range(draw(one_of((0, 1, 2, facts // 2, facts)))):
        t.fact(COMMON)
    for _ in range(draw(st.integers(1, requests))):
        request(t)
    for _ in range(draw(one_of((0, 1, 1, 2, sayings)))):
        draw(one_of([*[close] * 4, *[retraction] * 4, withdrawal]))(t)
    for _ in range(draw(st.integers(min(1, declarations), declarations))):
        declaration(t)
    for _ in range(draw(st.integers(0, rulings))):
        draw(one_of((ruling, movement)))(t)
    return t.events


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
