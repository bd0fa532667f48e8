"""What another policy would change in the open requests: real adjudication on a snapshot, nothing kept.

Both policies decide the same recorded state, so what is told is the policy's doing and nothing else's. A line is open
until it is submitted; frozen lines keep what they have. Lines stream in by case, a thousand cases at a time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import psycopg

from events.reasons import Reason
from events.states import LineState
from ledger.model.kinds import Cause
from processors.desk import Mark
from processors.policy.model import Dated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline.readonly import ReadOnlyWorld
    from processors.desk import Plan
    from processors.policy.model import Policy

CASES_AT_ONCE = 1_000
"""About 1.5 MB of states at a time."""
EXAMPLES = 3
_ANY_AMOUNT = Dated(((date.min, 10**15),))
"""A tolerance no amount of the contract exceeds."""

_OPEN = """
from line where not exists (select from submission_line frozen where frozen.line_id = line.line_id)
"""


class PolicyLacksBenefitError(Exception):
    """The policy has no pack of a benefit that requests in the ledger ask for; the message names them."""


class Line(NamedTuple):
    """An open line and the entity whose case decides it."""

    entity: bytes
    line_id: bytes
    source: str
    benefit: str


class Said(NamedTuple):
    """What a decision says of a line, as far as a policy can change it. `amount_minor` is None unless approved."""

    state: LineState | None
    amount_minor: int | None
    currency: str | None
    reasons: tuple[str, ...]


class Group(NamedTuple):
    """What lines are counted together by."""

    benefit: str
    currency: str
    change: str
    reasons: tuple[str, ...]


class Example(msgspec.Struct, frozen=True):
    """One line by its id, with what it has and would have."""

    line_id: str
    before: int | None
    after: int | None


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of one benefit and currency that change in one way, for the same reasons by the new policy.

    Money is in minor units, 0 for what is not approved.
    """

    benefit: str
    change: str
    reasons: tuple[str, ...]
    currency: str
    lines: int
    before_minor: int
    after_minor: int
    examples: tuple[Example, ...]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What a dry run found: `failed` lines are of cases that fail under a policy; `waiting` marks were left out.

    `if_followed` is what would move, by currency in minor units, if operators named the amounts of the new policy; it
    is empty where no line is refused for the amount its operator named by the old one.
    """

    old: str
    new: str
    lines: int
    changed: int
    failed: int
    waiting: int
    moved: tuple[Moved, ...]
    if_followed: dict[str, int] = {}


NO_DECISION = Said(None, None, None, ())


def lacking(world: ReadOnlyWorld, policy: Policy) -> list[str]:
    """Benefits that requests of the ledger ask for and the policy has no pack of."""
    asked = world.connection.execute("select distinct benefit from line order by 1").fetchall()
    return [benefit for (benefit,) in asked if benefit not in policy.packs]


def try_out(world: ReadOnlyWorld, old: Policy, new: Policy, progress: Callable[[int, int], None]) -> Trial:
    """Decide every open line by both policies and tell what differs; `progress` hears of lines done and of all.

    Raises PolicyLacksBenefitError before anything is tried.
    """
    missing = lacking(world, new)
    if missing:
        raise PolicyLacksBenefitError(
            f"requests of the ledger ask for {', '.join(missing)}, and the policy has no pack of it. Keep the pack; a "
            f"benefit is ended by a dated null of its rules"
        )
    counted = world.connection.execute(f"select count(*) {_OPEN}").fetchone()
    total = int(counted[0]) if counted is not None else 0
    tally = _Tally()
    done = 0
    for chunk in _chunks(world):
        tally.count(world, old, new, chunk)
        done += len(chunk)
        progress(done, total)
    return Trial(
        old=old.digest.hex(),
        new=new.digest.hex(),
        lines=done,
        changed=sum(tally.lines.values()),
        failed=tally.failed,
        waiting=world.waiting(),
        moved=tally.moved(),
        if_followed={currency: sum_minor for currency, sum_minor in tally.followed.items() if currency}
        if tally.refused_for_amount
        else {},
    )


def _chunks(world: ReadOnlyWorld) -> Iterator[list[Line]]:
    """All open lines, those of one entity together, about `CASES_AT_ONCE` entities at a time."""
    with world.connection.cursor("open_lines", binary=True) as cursor:
        cursor.itersize = CASES_AT_ONCE
        cursor.execute(f"select entity, line_id, source, benefit {_OPEN} order by entity, line_id")
        chunk: list[Line] = []
        entities = 0
        for row in cursor:
            line = Line._make(row)
            if not chunk or chunk[-1].entity != line.entity:
                if entities == CASES_AT_ONCE:
                    yield chunk
                    chunk, entities = [], 0
                entities += 1
            chunk.append(line)
        if chunk:
            yield chunk


class _Tally:
    """Counts by benefit, currency and kind of change, with the first examples of each."""

    def __init__(self) -> None:
        self.lines: Counter[Group] = Counter()
        self.before: Counter[Group] = Counter()
        self.after: Counter[Group] = Counter()
        self.examples: defaultdict[Group, list[Example]] = defaultdict(list)
        self.followed: Counter[str] = Counter()
        self.refused_for_amount = False
        self.failed = 0

    def count(self, world: ReadOnlyWorld, old: Policy, new: Policy, lines: Sequence[Line]) -> None:
        """Decide the cases of these lines by both policies and add up what differs."""
        try:
            pairs = _decide(world, old, new, lines)
        except psycopg.Error:
            raise
        except Exception:  # noqa: BLE001 - a case that fails in a trial is told, as it would be parked in earnest
            entities = sorted({line.entity for line in lines})
            if len(entities) == 1:
                self.failed += len(lines)
                return
            middle = set(entities[: len(entities) // 2])
            self.count(world, old, new, [line for line in lines if line.entity in middle])
            self.count(world, old, new, [line for line in lines if line.entity not in middle])
            return
        for line, was, is_, followed in pairs:
            if Reason.AMOUNT_MISMATCH not in was.reasons:
                self.refused_for_amount |= Reason.AMOUNT_MISMATCH in is_.reasons
                self.followed[followed.currency or was.currency or ""] += (followed.amount_minor or 0) - (
                    was.amount_minor or 0
                )
            if was != is_:
                self._add(line, was, is_)

    def _add(self, line: Line, was: Said, is_: Said) -> None:
        key = Group(line.benefit, is_.currency or was.currency or "", change(was, is_), is_.reasons)
        self.lines[key] += 1
        self.before[key] += was.amount_minor or 0
        self.after[key] += is_.amount_minor or 0
        if len(self.examples[key]) < EXAMPLES:
            self.examples[key].append(Example(line.line_id.hex(), was.amount_minor, is_.amount_minor))

    def moved(self) -> tuple[Moved, ...]:
        """What was added up, by benefit."""
        return tuple(
            Moved(
                benefit=key.benefit,
                currency=key.currency,
                change=key.change,
                reasons=key.reasons,
                lines=self.lines[key],
                before_minor=self.before[key],
                after_minor=self.after[key],
                examples=tuple(self.examples[key]),
            )
            for key in sorted(self.lines)
        )


def _decide(
    world: ReadOnlyWorld, old: Policy, new: Policy, lines: Sequence[Line]
) -> list[tuple[Line, Said, Said, Said]]:
    """What each line has by the old policy, by the new one, and by the new one whatever amount its operator named.

    All decide on the same loaded states.
    """
    world.forget()
    marks = [Mark(at, entity, None, int(Cause.POLICY), None) for at, entity in enumerate({it.entity for it in lines})]
    before, after = _said(world.decide(old, marks)), _said(world.decide(new, marks))
    followed = after
    if any(Reason.AMOUNT_MISMATCH in said.reasons for said in after.values()):
        followed = _said(world.decide(_tolerant(new), marks))
    recorded = _recorded(world, [line.line_id for line in lines])
    told = []
    for line in lines:
        known = recorded.get(line.line_id, NO_DECISION)
        was, is_, tolerated = (said.get(line.line_id, known) for said in (before, after, followed))
        told.append((line, was, is_, tolerated))
    return told


def _tolerant(policy: Policy) -> Policy:
    """The same policy for operators that name no amount of their own."""
    packs = {benefit: replace(pack, tolerance_minor=_ANY_AMOUNT) for benefit, pack in policy.packs.items()}
    return replace(policy, packs=packs)


def _said(plan: Plan) -> dict[bytes, Said]:
    """What a plan says of lines; it has only what differs from the recorded decisions."""
    return {
        item.line_id: Said(item.state, item.amount_minor, item.currency, tuple(item.reasons))
        for item, _ in plan.decisions
        if item.line_id is not None and item.subject == item.line_id
    }


def _recorded(world: ReadOnlyWorld, line_ids: Sequence[bytes]) -> dict[bytes, Said]:
    """The latest recorded decision of each line that has one, from what deciding loaded already."""
    history = world.history(line_ids)
    return {
        line_id: Said(last.state, last.amount_minor, last.currency, tuple(last.reasons))
        for line_id, last in history.items()
    }


def change(was: Said, is_: Said) -> str:
    """The kind of change, in the words of the report."""
    if was.state is is_.state:
        if was.amount_minor is not None and is_.amount_minor is not None and was.amount_minor != is_.amount_minor:
            return "amount up" if is_.amount_minor > was.amount_minor else "amount down"
        return "other reasons"
    return f"{_name(was)} → {_name(is_)}"


def _name(said: Said) -> str:
    return said.state.value if said.state is not None else "undecided"
