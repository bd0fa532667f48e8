"""The overlap guard: one event in life, one benefit, whoever asks (contract, Exclusivity groups and Winner).

Lines are offered in the order of the winner rule; each takes its claims or is refused by the line that holds them.
What is decided here is held a second time by the constraints of the claim tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from events.reasons import Reason
from processors import succession
from processors.day_count import most_in
from processors.occasions import KINDS, leave
from processors.outcome import Claim, ClaimKind
from processors.policy.model import LifeEvent

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from datetime import date

    from processors.day_count import Window
    from processors.inquiry import Inquiry
    from processors.policy.entitlement import Exclusivity, Maximum


class Beaten(NamedTuple):
    """Why a line may not have what it asks for, and which line has it (None when a maximum is used up by several)."""

    reason: Reason
    won_by: bytes | None
    claim: Claim


class _Held(NamedTuple):
    line_id: bytes
    benefit: str
    claim: Claim


class Bid(NamedTuple):
    """What one line asks to hold, and the maximum it falls under. It prevails in the groups named by `prevails`."""

    line_id: bytes
    benefit: str
    claims: tuple[Claim, ...]
    holder: bytes
    anchor: str
    step: str
    maximum: Maximum | None
    days: Window | None = None
    prevails: frozenset[str] = frozenset()


def bid(inquiry: Inquiry, line_id: bytes) -> Bid:
    """The claims a request makes if it is eligible; a function of what it is for, not of who asks."""
    entitlement, occasion = inquiry.pack.entitlement, inquiry.occasion
    holder, anchor = occasion.holder, occasion.key
    claims = KINDS[entitlement.event].claims(inquiry)
    prevails: frozenset[str] = frozenset()
    for row in entitlement.exclusivity:
        asked = _in_group(inquiry, row)
        claims += asked
        if row.prevails:
            prevails |= {claim.group for claim in asked}
    counted = entitlement.maximum is not None and entitlement.event is not LifeEvent.BIRTH
    maximum = entitlement.maximum.on(occasion.day) if counted and entitlement.maximum is not None else None
    days = leave.days(inquiry) if entitlement.event is LifeEvent.LEAVE else None
    benefit, step = inquiry.pack.benefit, entitlement.step
    return Bid(line_id, benefit, tuple(claims), holder, anchor, step, maximum, days, prevails)


def _in_group(inquiry: Inquiry, row: Exclusivity) -> list[Claim]:
    """What a request holds in one exclusivity group of its pack."""
    view, occasion = inquiry.view, inquiry.occasion
    if row.per is LifeEvent.MONTH:
        return succession.whole(view, occasion.holder, row.group, occasion.key, occasion.day)
    if row.per is LifeEvent.LEAVE:
        since, until = leave.days(inquiry)
        return [Claim(ClaimKind.WINDOW, occasion.holder, row.group, since.isoformat(), since=since, until=until)]
    if row.per is LifeEvent.ROUND:
        if inquiry.request.for_.round not in {None, row.round}:
            return []
        key = f"round {row.round}"
        return succession.one_side(view, occasion.holder, row.group, key, row.side, row.others, occasion.day)
    return [Claim(ClaimKind.SIDE, occasion.holder, row.group, occasion.key, side=row.side)]


class Guard:
    """Who holds what in one case. `offer` in winner order; nothing is taken back but from those in `yielded`."""

    def __init__(self) -> None:
        self.yielded: dict[bytes, Beaten] = {}
        self._keys: dict[tuple[bytes, str, str], list[_Held]] = {}
        self._windows: dict[tuple[bytes, str], list[_Held]] = {}
        self._steps: dict[tuple[bytes, str], list[tuple[str, bytes]]] = {}
        self._days: dict[bytes, list[tuple[str, Window]]] = {}

    def offer(self, offered: Bid, may_yield: Container[bytes] = ()) -> Beaten | tuple[Claim, ...]:
        """Take everything the bid asks for, or nothing: then why, and who holds it.

        Lines of `may_yield` that stand against a side that prevails lose all they hold and are told in `yielded`.
        """
        yielding: dict[bytes, Beaten] = {}
        for claim in offered.claims:
            for held in self._against(claim):
                if claim.group in offered.prevails and held.line_id in may_yield:
                    yielding[held.line_id] = Beaten(Reason.EXCLUSIVE_BENEFIT, offered.line_id, held.claim)
                    continue
                same = held.benefit == offered.benefit
                reason = Reason.DUPLICATE_ENTITLEMENT if same else Reason.EXCLUSIVE_BENEFIT
                return Beaten(reason, held.line_id, claim)
        slot = self._slot(offered)
        if isinstance(slot, Beaten):
            return slot
        if yielding:
            self._release(yielding)
        claims = offered.claims if slot is None else (*offered.claims, slot)
        self._take(offered, claims)
        return claims

    def _slot(self, offered: Bid) -> Claim | Beaten | None:
        if offered.maximum is None:
            return None
        if offered.maximum.months is not None:
            return self._days_over(offered, offered.maximum, offered.maximum.months)
        counted = self._steps.get((offered.holder, offered.anchor), [])
        used = sum(1 for step, _ in counted if step in offered.maximum.steps)
        group = "slot:" + "+".join(offered.maximum.steps)
        claim = Claim(ClaimKind.KEY, offered.holder, group, f"{offered.anchor}#{used + 1}")
        return claim if used < offered.maximum.count else Beaten(Reason.COUNT_EXCEEDED, None, claim)

    def _days_over(self, offered: Bid, maximum: Maximum, months: int) -> Beaten | None:
        """Days are counted here alone: no constraint of a table can add them up."""
        if offered.days is None:
            return None
        held = [days for step, days in self._days.get(offered.holder, []) if step in maximum.steps]
        if most_in(held, offered.days, months) <= maximum.count:
            return None
        since, until = offered.days
        claim = Claim(ClaimKind.WINDOW, offered.holder, offered.step, since.isoformat(), since=since, until=until)
        return Beaten(Reason.COUNT_EXCEEDED, None, claim)

    def _against(self, claim: Claim) -> Sequence[_Held]:
        """What is held against a claim: the same key, another side, days that overlap."""
        if claim.kind is ClaimKind.WINDOW:
            windows = self._windows.get((claim.holder, claim.group))
            return [held for held in windows if overlap(held.claim, claim)] if windows else ()
        known = self._keys.get((claim.holder, claim.group, claim.key))
        if not known or claim.kind is ClaimKind.KEY:
            return known or ()
        return [held for held in known if held.claim.side != claim.side]

    def _release(self, yielding: Mapping[bytes, Beaten]) -> None:
        self.yielded.update(yielding)
        for known in self._keys.values():
            known[:] = [held for held in known if held.line_id not in yielding]

    def _take(self, offered: Bid, claims: tuple[Claim, ...]) -> None:
        for claim in claims:
            held = _Held(offered.line_id, offered.benefit, claim)
            if claim.kind is ClaimKind.WINDOW:
                self._windows.setdefault((claim.holder, claim.group), []).append(held)
            else:
                self._keys.setdefault((claim.holder, claim.group, claim.key), []).append(held)
        self._steps.setdefault((offered.holder, offered.anchor), []).append((offered.step, offered.line_id))
        if offered.days is not None:
            self._days.setdefault(offered.holder, []).append((offered.step, offered.days))


def overlap(one: Claim, other: Claim) -> bool:
    """Whether two window claims share a day."""

    def span(claim: Claim) -> tuple[date, date]:
        if claim.since is None or claim.until is None:
            message = f"window claim {claim.group} {claim.key} has no days"
            raise ValueError(message)
        return claim.since, claim.until

    (since, until), (other_since, other_until) = span(one), span(other)
    return since < other_until and other_since < until
