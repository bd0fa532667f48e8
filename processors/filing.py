"""The requests of a case: which of several under one id keeps it, when its cycle closed, whether it was withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from events.certification import LineCertified, LineRefused
from events.payment import CycleClosed, PaymentRequested, PaymentWithdrawn
from processors.case import cycle_key
from processors.entities import line as line_key
from processors.lifecycle import Attempt, attempts, bank_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from events.envelope import Event
    from processors.facts import EntityState
    from processors.inquiry import Inquiry
    from processors.outcome import Frozen, History
    from processors.policy.model import Pack, Policy


@dataclass(slots=True)
class Filed:
    """One request of the case that has its line to itself, with what bears on it besides evidence."""

    event: Event
    request: PaymentRequested
    line_id: bytes
    pack: Pack
    closed_us: int | None
    withdrawal: Event | None
    rulings: list[Event]
    attempts: list[Attempt]
    last: History | None

    @property
    def frozen(self) -> Frozen | None:
        """What submission fixed, once it did."""
        return self.last.frozen if self.last is not None else None

    @property
    def bank(self) -> str:
        """The source that answers for the payee's account, as it was asked for."""
        return bank_of(self.request.payee.channel, self.request.payee.provider)

    def rank(self, inquiry: Inquiry) -> tuple[int, int, bytes, bytes]:
        """The winner rule: higher priority, then earlier instant, then smaller (event id, source) by bytes."""
        priority = self.pack.priority.on(inquiry.occasion.day) or 0
        return (-priority, self.event.time_us, self.event.id.encode(), self.event.source.encode())


def keeper(line: bytes, states: Mapping[bytes, EntityState], last: History | None) -> Event:
    """Of all requests under one id: the frozen one, else the earliest `time`, then the smaller event id."""
    requests = states[line].requests
    if last is not None and last.frozen is not None:
        requests = [event for event in requests if event.id == last.frozen.event_id] or requests
    return min(requests, key=lambda event: (event.time_us, event.id))


def file_requests(
    members: Iterable[bytes], states: Mapping[bytes, EntityState], policy: Policy, history: Mapping[bytes, History]
) -> tuple[list[Filed], list[Event]]:
    """The requests of these members that keep their id, and those whose id another request keeps; by identity.

    A request of a benefit that no pack knows is left out: it was quarantined, or waits for its pack to come back.
    """
    filed: list[Filed] = []
    reused: list[Event] = []
    for key in sorted(members):
        for event in states[key].requests:
            if not isinstance(event.data, PaymentRequested) or event.data.benefit not in policy.packs:
                continue
            line = line_key(event.source, event.data.request_id)
            if (event.source, event.id) not in states[line].facts:
                continue  # its line's own mark is not taken yet, and brings the case back when it is
            last = history.get(line[1:])
            if keeper(line, states, last).id == event.id:
                filed.append(_filed(event, event.data, line, policy.packs[event.data.benefit], states, last))
            else:
                reused.append(event)
    return filed, reused


def _filed(
    event: Event,
    request: PaymentRequested,
    line: bytes,
    pack: Pack,
    states: Mapping[bytes, EntityState],
    last: History | None,
) -> Filed:
    told = states[line].facts.values()
    cycle = states[cycle_key(event, request)].facts.values()
    withdrawals = [fact for fact in told if isinstance(fact.data, PaymentWithdrawn)] if len(told) > 1 else []
    certified = LineCertified in states[line].kinds
    return Filed(
        event=event,
        request=request,
        line_id=line[1:],
        pack=pack,
        closed_us=min((fact.time_us for fact in cycle if isinstance(fact.data, CycleClosed)), default=None),
        withdrawal=min(withdrawals, key=lambda fact: (fact.time_us, fact.id), default=None),
        rulings=[fact for fact in told if isinstance(fact.data, LineCertified | LineRefused)] if len(told) > 1 else [],
        attempts=attempts(line[1:], states, request.payee) if certified else [],
        last=last,
    )
