"""Everything that must hold once all is quiet again (design: what must stay true). Each check returns what is wrong."""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from events.reasons import REASONS_BY_NUMBER
from events.topics import LEDGER, TOPICS
from ledger.model.inbox import split_position
from ledger.model.rows import DecisionKind
from ledger.reconciliation.run import reconcile
from ledger.store import connect
from ledger.store.books import LastDecision
from ledger.store.outbox import read_block, read_quarantine, read_submission
from pipeline.decide.body import to_history
from pipeline.errors import HoleError, is_transient
from pipeline.messages import Message, block_messages, quarantine_message, submission_messages
from processors.outcome import ClaimKind
from tests.faults import model

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection
    from processors.outcome import Decision, History
    from tests.faults.simulation import Outcome

Told = tuple[object, ...]
FROZEN_TOO_EARLY, STUCK = "frozen too early", "stuck"


class Wrong(NamedTuple):
    """One thing that is wrong. `kind` is what found it: a check's name, the type of an error, or one of the above."""

    kind: str
    what: str

    def __str__(self) -> str:
        return self.what

    @classmethod
    def by(cls, error: Exception, where: str) -> Wrong:
        """An error where none may be."""
        return cls(type(error).__name__, f"{where}: {type(error).__name__}: {error}")


class Ledger:
    """What the ledger holds after a schedule, read once."""

    def __init__(self, outcome: Outcome, connection: LedgerConnection) -> None:
        self.outcome, self.connection = outcome, connection
        self.intake = model.judge(outcome.broker)
        inbox = self.rows("select source, event_id, position, value from inbox order by position")
        self.owners = {(source, event_id): _spot(position) for source, event_id, position, _ in inbox}
        self.last = [
            (row[0], DecisionKind(row[1]), LastDecision(*row[2:]))
            for row in self.rows(
                "select distinct on (subject) source, kind, subject, version, state, reasons, amount_minor, currency,"
                " won_by, event_id, body from decision order by subject, version desc"
            )
        ]
        self.history: dict[bytes, History] = {row.subject: to_history(*row[1:]) for _, _, row in self.last}
        frozen = {subject: last for subject, last in self.history.items() if last.frozen is not None}
        self.submissions = self.rows("select source, batch_id from submission order by submission_no")
        self.books = model.books((model.read(row[3]) for row in inbox), frozen, self.submissions)

    def rows(self, query: str) -> list[Any]:
        """The rows of a query."""
        return self.connection.execute(query, binary=True).fetchall()


def check(outcome: Outcome) -> list[Wrong]:
    """All that is wrong after a schedule, nothing when all is well."""
    wrong = [*(Wrong(FROZEN_TOO_EARLY, seen) for seen in outcome.seen), *_unexpected(outcome.crashes)]
    if not outcome.quiet:
        wrong.append(Wrong(STUCK, "something is stuck: records, marks or outbox rows are left that nobody takes"))
    with connect(outcome.url, "reader") as connection:
        try:
            ledger = Ledger(outcome, connection)
        except Exception as error:  # noqa: BLE001 - books the model cannot read are wrong books
            return [*wrong, Wrong.by(error, "the model cannot follow")]
        for each in CHECKS:
            try:
                wrong += [Wrong(each.__name__, what) for what in each(ledger)]
            except Exception as error:  # noqa: BLE001 - likewise
                wrong.append(Wrong.by(error, each.__name__))
    return wrong


def _unexpected(crashes: list[tuple[str, BaseException]]) -> Iterator[Wrong]:
    """A consumer that passed records over must end its process, and a fault while it starts may; nothing else."""
    for name, error in crashes:
        if not isinstance(error, HoleError) and not is_transient(error):
            frame = traceback.extract_tb(error.__traceback__)[-1]
            said = str(error).partition("\n")[0]
            kind = type(error).__name__
            yield Wrong(kind, f"{name} crashed in {frame.name}: {kind}: {said}")


def _spot(position: int) -> model.Spot:
    topic_no, partition, offset = split_position(position)
    return topic_no, partition, offset


def intake_is_complete(ledger: Ledger) -> Iterator[str]:
    """Every accepted identity once, with its first content; all else refused, as a conflict or for its own reason."""
    wrong, expected = model.first_ones(ledger.intake, ledger.owners)
    yield from wrong
    found = {
        (topic_no, partition, offset): REASONS_BY_NUMBER[reason]
        for topic_no, partition, offset, reason in ledger.rows(
            "select topic_no, partition, record_offset, reason from quarantine"
        )
    }
    for spot in sorted(found.keys() | expected.keys()):
        if found.get(spot) != expected.get(spot):
            yield f"record {spot} is in quarantine for {found.get(spot)}, not for {expected.get(spot)}"


def offsets_are_contiguous(ledger: Ledger) -> Iterator[str]:
    """Each partition is recorded to its end, and each of its records counted once."""
    counted = {
        (topic_no, partition): counts
        for topic_no, partition, *counts in ledger.rows(
            "select topic_no, partition, next_offset, accepted + replayed + quarantined, skipped from consumer_offset"
        )
    }
    for (name, partition), log in ledger.outcome.broker.logs.items():
        counts = counted[TOPICS[name].number, partition]
        if counts != [len(log), len(log), 0]:
            yield f"{name}/{partition} has {len(log)} records; next offset, counted and skipped are {counts}"


def nothing_is_left(ledger: Ledger) -> Iterator[str]:
    """No mark, no parked case, no order, no row to relay."""
    for table in ("mark", "parked_mark", "submission_open", "outbox"):
        (left,) = ledger.rows(f"select count(*) from {table}")[0]
        if left:
            yield f"{left} rows are left in {table}"


def books_reconcile(ledger: Ledger) -> Iterator[str]:
    """Every identity of `spp reconcile --full`: one chain, dense leaves, roots, debits and credits."""
    for identity in reconcile(ledger.connection, full=True):
        if identity.difference and identity.name != "suspense":
            yield f"reconciliation: {identity.name} differs by {identity.difference}"


def states_are_the_facts(ledger: Ledger) -> Iterator[str]:
    """What is known of each entity is the fold of all events; links and retractions are kept."""
    stored = dict(ledger.rows("select key, state from entity"))
    world = ledger.books.world
    for key in sorted(stored.keys() | world.encoded.keys()):
        if stored.get(key) != world.encoded.get(key):
            yield f"the state of {key!r} is not the fold of its facts"
    kept = set(ledger.rows("select target, reader from read_link"))
    for target, readers in world.links.items():
        for reader in readers:
            if (target, reader) not in kept:
                yield f"the link from {target!r} to its reader {reader!r} is missing"


def lines_are_filed(ledger: Ledger) -> Iterator[str]:
    """Each line is where the request that keeps its id belongs."""
    stored = {
        row[0]: (*row[:4], f"{row[4] // 100:04d}-{row[4] % 100:02d}", *row[5:])
        for row in ledger.rows(
            "select line_id, entity, source, benefit, cycle, batch_id, amount_minor, currency from line"
        )
    }
    expected = {line_id: tuple(row) for line_id, row in ledger.books.lines.items()}
    for line_id in stored.keys() | expected.keys():
        if stored.get(line_id) != expected.get(line_id):
            yield f"line {line_id.hex()} is filed as {stored.get(line_id)}, not as {expected.get(line_id)}"


def decisions_are_the_models(ledger: Ledger) -> Iterator[str]:
    """The last decision on every subject is what the model decides on all events at once; what is frozen stands."""
    frozen, decided = ledger.books.frozen, ledger.books.decisions
    found = {
        row.subject: (source, row)
        for source, kind, row in ledger.last
        if row.subject not in frozen
        and model.says_something(kind, row.amount_minor, posted=bool(ledger.history[row.subject].posted))
    }
    for subject in found.keys() | decided.keys():
        expected = _told(decided[subject]) if subject in decided else None
        got = _stored(*found[subject], ledger.history[subject]) if subject in found else None
        if got != expected:
            yield f"the decision on {subject.hex()} is {got}, the model says {expected}"
    for subject in frozen & ledger.books.news.keys():
        yield f"frozen line {subject.hex()} stands as {ledger.history[subject]}, but should be decided anew"
    if ledger.books.world.submissions != ledger.submissions:
        yield f"submissions are {ledger.submissions}, the model has {ledger.books.world.submissions}"


def _told(decision: Decision) -> Told:
    return (
        decision.event.source, decision.event.id, decision.state, decision.reasons, decision.amount_minor,
        decision.currency, decision.won_by, decision.position,
    )  # fmt: skip


def _stored(source: str, row: LastDecision, last: History) -> Told:
    return (
        source, row.event_id, last.state, last.reasons, last.amount_minor, last.currency, last.won_by, last.stands,
    )  # fmt: skip


def money_stands_as_decided(ledger: Ledger) -> Iterator[str]:
    """The net of all transfers of a subject, step by step, is the position its last decision says."""
    stands: dict[bytes, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for subject, step, amount in ledger.rows(
        "select subject, step, sum(case when reverses is null then amount_minor else -amount_minor end)::bigint"
        " from transfer group by 1, 2"
    ):
        if amount:
            stands[subject][step] = amount
    for subject in stands.keys() | ledger.history.keys():
        expected: dict[int, int] = defaultdict(int)
        for (step, _), amount in ledger.history[subject].stands.items() if subject in ledger.history else ():
            expected[int(step)] += amount
        if stands.get(subject, {}) != {step: amount for step, amount in expected.items() if amount}:
            posted = dict(stands.get(subject, {}))
            yield f"subject {subject.hex()} has {posted} posted, its decision says {dict(expected)}"


_CLAIMS = (
    "select entity.key, grp, claim.key, line_id from claim_key claim join entity on entity_no = holder_no",
    "select entity.key, grp, claim.key, side from claim_side claim join entity on entity_no = holder_no",
    "select key, lower(days), upper(days), line_id from claim_window join entity on entity_no = holder_no",
)


def claims_are_the_models(ledger: Ledger) -> Iterator[str]:
    """The live claims are those of the lines that hold something, and no others."""
    found: set[Told] = {row for query in _CLAIMS for row in ledger.rows(query)}
    expected: set[Told] = set()
    for line_id, claim in ledger.books.world.live_claims():
        if claim.kind is ClaimKind.KEY:
            expected.add((claim.holder, claim.group, claim.key, line_id))
        elif claim.kind is ClaimKind.SIDE:
            expected.add((claim.holder, claim.group, claim.key, claim.side))
        else:
            expected.add((claim.holder, claim.since, claim.until, line_id))
    for claim_told in found - expected:
        yield f"claim {claim_told} is held, the model has no such claim"
    for claim_told in expected - found:
        yield f"claim {claim_told} is missing"


def everything_was_relayed(ledger: Ledger) -> Iterator[str]:
    """Readers got every decision, block, submission and refused record, in order, however often."""
    connection = ledger.connection
    expected: set[tuple[str, bytes, bytes]] = set()

    def add(messages: Iterator[Message]) -> None:
        expected.update((message.topic.name, message.key, message.value) for message in messages)

    for (block_no,) in ledger.rows("select block_no from block"):
        add(block_messages(read_block(connection, block_no)))
    for (quarantine_no,) in ledger.rows("select quarantine_no from quarantine"):
        add(iter([quarantine_message(read_quarantine(connection, quarantine_no))]))
    for (submission_no,) in ledger.rows("select submission_no from submission"):
        submission = read_submission(connection, submission_no)
        add(submission_messages(submission, read_block(connection, submission.block_no).header.recorded_us))
    delivered = [(message.topic.name, message.key, message.value) for message in ledger.outcome.broker.delivered]
    for topic, key, _ in expected - set(delivered):
        yield f"{topic} never got a message with key {key!r}"
    for topic, key, _ in set(delivered) - expected:
        yield f"{topic} got a message with key {key!r} that the books do not have"
    blocks = list(dict.fromkeys(int(key) for topic, key, _ in delivered if topic == LEDGER.name))
    if blocks != sorted(blocks):
        yield f"readers first heard of blocks in the order {blocks}"


CHECKS: tuple[Callable[[Ledger], Iterator[str]], ...] = (
    intake_is_complete,
    offsets_are_contiguous,
    nothing_is_left,
    books_reconcile,
    states_are_the_facts,
    lines_are_filed,
    decisions_are_the_models,
    money_stands_as_decided,
    claims_are_the_models,
    everything_was_relayed,
)
