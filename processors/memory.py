"""A whole world in memory: the same steps as the decider runs, over dictionaries instead of tables.

For cases a policy officer writes, for properties, and for trying out what would be decided with nothing kept.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ledger.model.kinds import Cause
from processors import entities
from processors.batches import Group, compare, declaration
from processors.desk import LineRow, Mark, Step
from processors.entries import number, remembered
from processors.facts import EntityState, decode_state, encode_state
from processors.outcome import ClaimKind
from processors.overlap import overlap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from events.envelope import Event
    from processors.desk import Plan
    from processors.entries import DecisionEntry, TransferEntry
    from processors.facts import Identity
    from processors.outcome import Alarm, Claim, History
    from processors.policy.model import Policy


class ClaimConflictError(Exception):
    """Two lines hold what only one may: the constraint of the claim tables would refuse the transaction."""


class World:
    """Publish events, decide, look. Events are taken as accepted: what quarantines a record is not modelled here."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.inbox: dict[Identity, tuple[int, Event]] = {}
        self.by_position: dict[int, Event] = {}
        self.encoded: dict[bytes, bytes] = {}
        self.marks: dict[int, Mark] = {}
        self.last: dict[bytes, History] = {}
        self.log: list[tuple[list[TransferEntry], DecisionEntry]] = []
        self.lines: dict[bytes, LineRow] = {}
        self.links: dict[bytes, set[bytes]] = defaultdict(set)
        self.retracted: dict[Identity, int] = {}
        self.claims: dict[bytes, list[tuple[bytes, Claim]]] = {}
        self.submissions: list[tuple[str, str]] = []
        self.outstanding_orders: dict[int, int] = {}
        self.alarms: list[tuple[Alarm, bytes]] = []
        self._next_mark = 0
        self._next_leaf = 0

    # -- what goes in -----------------------------------------------------------------------------------------------

    def publish(self, event: Event) -> None:
        """Record one event; the same identity again is a replay without effect."""
        if (event.source, event.id) in self.inbox:
            return
        position = len(self.inbox)
        self.inbox[(event.source, event.id)] = (position, event)
        self.by_position[position] = event
        for key in entities.homes(event):
            self._mark(key, position, Cause.FACT, None)

    def _mark(self, key: bytes, position: int | None, cause: Cause, ref: int | None) -> None:
        self._next_mark += 1
        self.marks[self._next_mark] = Mark(self._next_mark, key, position, cause, ref)

    def decide(self, at_once: int = 1_000) -> None:
        """Decide until no mark is left, `at_once` marks a step."""
        while self.marks:
            self.step(at_once)

    def step(self, at_once: int) -> None:
        """Take the `at_once` oldest marks and decide what they touch."""
        taken = [self.marks.pop(mark_id) for mark_id in sorted(self.marks)[:at_once]]
        events = {mark.position: self.by_position[mark.position] for mark in taken if mark.position is not None}
        before = set(self.encoded)
        self._write(Step(self.policy, _Shelf(self, before)).run(taken, events))

    # -- what a step writes -----------------------------------------------------------------------------------------

    def _write(self, plan: Plan) -> None:
        for key, state in plan.states.items():
            self.encoded[key] = encode_state(state)
        for identity, time_us, _ in plan.retractions:
            self.retracted[identity] = min(time_us, self.retracted.get(identity, time_us))
        self.lines.update((row.line_id, row) for row in plan.lines)
        for target, reader in plan.links:
            self.links[target].add(reader)
        self._log(plan)
        self._claim(plan)
        self.alarms.extend(plan.alarms)
        for key, submission_no in plan.requeued:
            self._mark(key, None, Cause.FREEZE, submission_no)
        for submission_no, _, _ in plan.releases:
            self.outstanding_orders[submission_no] -= 1
        self._spread(plan.spread)
        self._submit(plan)

    def _log(self, plan: Plan) -> None:
        for transfers, entry in number(plan.decisions, self._next_leaf):
            self.log.append((transfers, entry))
            self._next_leaf = entry.leaf_no + 1
            self.last[entry.decision.subject] = remembered(entry.decision, entry.version, entry.posted)

    def _claim(self, plan: Plan) -> None:
        for holder in plan.holders:
            self.claims.pop(holder, None)
        for line_id, claim in plan.claims:
            self.claims.setdefault(claim.holder, []).append((line_id, claim))
        for holder in {claim.holder for _, claim in plan.claims}:
            _constrain(self.claims[holder])

    def _spread(self, keys: Iterable[bytes]) -> None:
        homes: set[bytes] = set()
        for key in keys:
            homes |= self.links.get(key, set())
            if key[:1] == b"C":
                homes.update(row.home for row in self.lines.values() if key == _cycle(row))
        for home in sorted(homes):
            self._mark(home, None, Cause.NEIGHBOUR, None)

    def _submit(self, plan: Plan) -> None:
        for source, batch_id in sorted(plan.batches):
            key = entities.batch(source, batch_id)
            if key not in self.encoded or (source, batch_id) in self.submissions:
                continue
            told = declaration(decode_state(self.encoded[key]), self.policy.commons)
            if told is not None and compare(told, self._groups(source, batch_id)) is None:
                lines = [row.line_id for row in self.lines.values() if (row.source, row.batch_id) == (source, batch_id)]
                self._order(source, batch_id, lines)
        ordered = {mark.entity[1:] for mark in self.marks.values() if mark.cause == Cause.FREEZE}
        by_batch: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        for line_id, source, batch_id in plan.late:
            if line_id not in ordered and (source, batch_id) in self.submissions:
                by_batch[(source, batch_id)].append(line_id)
        for (source, batch_id), lines in sorted(by_batch.items()):
            self._order(source, batch_id, lines)

    def _order(self, source: str, batch_id: str, lines: list[bytes]) -> None:
        self.submissions.append((source, batch_id))
        self.outstanding_orders[len(self.submissions)] = len(lines)
        for line_id in sorted(lines):
            self._mark(b"L" + line_id, None, Cause.FREEZE, len(self.submissions))

    def _groups(self, source: str, batch_id: str) -> list[Group]:
        return [
            Group(row.benefit, row.cycle, row.currency, 1, row.amount_minor)
            for row in self.lines.values()
            if (row.source, row.batch_id) == (source, batch_id)
        ]

    # -- what comes out ---------------------------------------------------------------------------------------------

    def latest(self) -> dict[bytes, DecisionEntry]:
        """The latest decision on each subject."""
        return {entry.decision.subject: entry for _, entry in self.log}

    def balances(self) -> dict[str, int]:
        """Debits minus credits of each account code, in minor units; accounts that stand at zero are left out."""
        sums: dict[str, int] = defaultdict(int)
        for transfers, _ in self.log:
            for entry in transfers:
                sums[entry.draft.debit.code] += entry.draft.amount_minor
                sums[entry.draft.credit.code] -= entry.draft.amount_minor
        return {code: amount for code, amount in sorted(sums.items()) if amount}

    def live_claims(self) -> set[tuple[bytes, Claim]]:
        """Every claim held, with its line."""
        return {held for claims in self.claims.values() for held in claims}


def _cycle(row: LineRow) -> bytes:
    return entities.cycle(row.source, row.benefit, row.cycle)


def _constrain(claims: list[tuple[bytes, Claim]]) -> None:
    """What the unique and exclusion constraints hold: no key twice, one side a group, no two windows overlapping."""
    keys: dict[tuple[str, str], str] = {}
    windows: dict[str, list[Claim]] = defaultdict(list)
    for line_id, claim in claims:
        name = (claim.group, claim.key)
        if claim.kind is ClaimKind.WINDOW:
            for other in windows[claim.group]:
                if overlap(claim, other):
                    message = f"line {line_id.hex()}: {claim.group} {claim.key} overlaps {other.key}"
                    raise ClaimConflictError(message)
            windows[claim.group].append(claim)
        elif name in keys and (claim.kind is ClaimKind.KEY or keys[name] != claim.side):
            message = f"line {line_id.hex()}: {claim.group} {claim.key} is held already"
            raise ClaimConflictError(message)
        else:
            keys[name] = claim.side


class _Shelf:
    """What one step may ask of the world. States are decoded anew each time, so that nothing leaks between steps."""

    def __init__(self, world: World, before: set[bytes]) -> None:
        self.world, self.before = world, before

    def states(self, keys: Collection[bytes]) -> dict[bytes, EntityState]:
        encoded = self.world.encoded
        return {key: decode_state(encoded[key]) if key in encoded else EntityState() for key in keys}

    def is_new(self, key: bytes) -> bool:
        return key not in self.before

    def retractions(self, identities: Collection[Identity]) -> dict[Identity, int]:
        return {identity: self.world.retracted[identity] for identity in identities if identity in self.world.retracted}

    def recorded(self, identities: Collection[Identity]) -> list[Event]:
        return [self.world.inbox[identity][1] for identity in identities if identity in self.world.inbox]

    def history(self, subjects: Collection[bytes]) -> dict[bytes, History]:
        return {subject: self.world.last[subject] for subject in subjects if subject in self.world.last}

    def readers(self, keys: Collection[bytes]) -> dict[bytes, set[bytes]]:
        return {key: self.world.links[key] for key in keys if key in self.world.links}

    def submitted(self, submission_nos: Collection[int]) -> dict[int, tuple[str, str]]:
        return {submission_no: self.world.submissions[submission_no - 1] for submission_no in submission_nos}

    def outstanding(self, keys: Collection[bytes]) -> set[bytes]:
        marks = (mark for mark in self.world.marks.values() if mark.cause != Cause.FREEZE)
        return {mark.entity for mark in marks if mark.entity in keys}
