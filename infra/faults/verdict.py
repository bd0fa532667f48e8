"""Due against found: what was lost and what was done twice or too much. Counted here, never typed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from events.signing import KeyRegistry, Verifier
from infra.faults import effects
from ledger.reconciliation.run import reconcile
from ledger.store import connect
from ledger.store.progress import read_backlog
from ledger.store.source_health import muted_sources
from pipeline.active_policy import current
from pipeline.admission import Admission
from pipeline.scenarios.comparison import compare
from pipeline.scenarios.obtained import Counters, read_counters, read_obtained, read_quarantined
from processors.policy.codes import codes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from events.outgoing import Outgoing
    from infra.faults.effects import Effect, OnTopics
    from infra.faults.site import Site
    from ledger.store.connection import LedgerConnection
    from pipeline.scenarios.expectation import Expected

ALWAYS_AGREE = ("accepted", "decided", "posted")
"""Figures that stay the same when a publisher repeats itself; what is received and refused then counts again."""


@dataclass(frozen=True)
class Verdict:
    """What a row came to. `wrong` is whatever else must not be: sums that differ, work left over, parked cases."""

    records: int
    due: int
    out: int
    lost: Counter[Effect]
    double: Counter[Effect]
    repeated_messages: int
    books: Counter[Effect]
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every effect is there once, and nothing else."""
        return not (self.lost or self.double or self.wrong)

    def told(self) -> list[str]:
        """What is wrong, by kind and with a few examples."""
        said = list(self.wrong)
        for what, counted in (("lost", self.lost), ("double", self.double)):
            kinds = Counter(str(effect[0]) for effect in counted.elements())
            said += [f"{what}: {count} of kind {kind}" for kind, count in sorted(kinds.items())]
            said += [f"{what}: {effect!r}" for effect in list(counted)[:3]]
        return said


class Judge:
    """Judges what stands in a ledger and on the topics, against what was confirmed to the publishers.

    `books` are the effects of the fault-free run; without them those of this ledger itself are taken, which then has to
    agree with the scenario's `expected` figures alone.
    """

    def __init__(
        self,
        keys: Path,
        confirmed: Sequence[Outgoing],
        topics: OnTopics,
        books: Counter[Effect] | None,
    ) -> None:
        self._verifier = Verifier(KeyRegistry.read(keys))
        self.confirmed, self.topics, self.books = confirmed, topics, books

    def judge(self, connection: LedgerConnection) -> Verdict:
        """The verdict on what `connection` sees, without the books' own identities."""
        muted = muted_sources(connection)
        admission = Admission(
            self._verifier,
            codes(current(connection)),
            lambda source, received_us: received_us < muted.get(source, 0),
        )
        found, owners = effects.intake_found(connection, muted)
        due = effects.intake_due(self.topics, admission, owners, muted)
        books = effects.books_found(connection)
        messages, repeated = effects.messages_found(self.topics)
        due += effects.published_due(self.confirmed) + effects.messages_due(connection)
        due += books if self.books is None else self.books
        found += effects.published_found(self.topics) + messages + books
        return Verdict(len(self.confirmed), due.total(), found.total(), due - found, found - due, repeated, books)


def identities(connection: LedgerConnection) -> Iterator[str]:
    """Each identity of `spp reconcile --full` that is not zero, and all that is left to do."""
    for one in reconcile(connection, full=True):
        if one.difference:
            yield f"reconciliation: {one.name} differs by {one.difference:,}"
    backlog = read_backlog(connection)
    for what, count in (
        ("marks", backlog.marks),
        ("parked marks", backlog.parked),
        ("rows to relay", backlog.outbox),
        ("open submissions", backlog.submissions_open),
    ):
        if count:
            yield f"{count:,} {what} are left"


def figures(connection: LedgerConnection, expected: Expected, token: str, *, received: bool) -> Iterator[str]:
    """Each figure of the scenario that is not as it was worked out while its events were told."""
    none = Counters(0, 0, 0, 0)
    obtained, after = read_obtained(connection, token), read_counters(connection)
    for figure in compare(expected, obtained, none, after, read_quarantined(connection, 0)):
        if not figure.agrees and (received or figure.group in ALWAYS_AGREE):
            yield f"{figure.group} {figure.name}: expected {figure.expected:,}, obtained {figure.obtained:,}"


def judge_row(site: Site, judge: Judge, expected: Expected, token: str) -> Verdict:
    """The whole verdict on a row that has come to rest."""
    with connect(site.ledger, "reader") as connection:
        verdict = judge.judge(connection)
        verdict.wrong.extend(identities(connection))
        verdict.wrong.extend(figures(connection, expected, token, received=judge.books is None))
    return verdict
