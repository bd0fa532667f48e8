"""What adjudication says: decisions on lines, the claims they hold, and what must be reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date

    from events.envelope import Event
    from events.reasons import Reason
    from events.states import LineState
    from ledger.model.account import Dimensions
    from ledger.model.rows import DecisionKind
    from ledger.model.step import Position, Step
    from processors.policy.predicates import Verdict


class Alarm(StrEnum):
    """What the decider reports and does not act on, with the id of the line; an unknown instruction has its own id."""

    CERTIFIED_NOT_FROZEN = "certified_not_frozen"
    CERTIFIED_ABOVE_SUBMITTED = "certified_above_submitted"
    CERTIFIED_BY_ANOTHER = "certified_by_another"
    CERTIFIED_TWICE = "certified_twice"
    SETTLED_UNKNOWN_INSTRUCTION = "settled_unknown_instruction"
    SETTLED_IN_EXCESS = "settled_in_excess"
    SETTLED_BY_ANOTHER = "settled_by_another"


class ClaimKind(StrEnum):
    """How the database holds a claim: a unique key, one side of a group, or a window of days."""

    KEY = "key"
    SIDE = "side"
    WINDOW = "window"


class Claim(NamedTuple):
    """What a line holds against every other line. `holder` is a person or household; a window ends before `until`."""

    kind: ClaimKind
    holder: bytes
    group: str
    key: str
    side: str = ""
    since: date | None = None
    until: date | None = None


class Asked(NamedTuple):
    """One predicate's answer, for `explain`."""

    name: str
    parameters: tuple[tuple[str, object], ...]
    verdict: Verdict
    reason: Reason | None
    evidence: tuple[tuple[str, str], ...]


class FigureUsed(NamedTuple):
    """A figure of the pack that a decision rests on, with how well it is known and how often it counts."""

    name: str
    value: int | None
    unit: str
    status: str
    reference: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Frozen:
    """What submission fixed for a line: this request, which can only be certified for at most this amount, once.

    `inputs_digest` and `evidence` are those it was approved on; every later decision on the line rests on them. `area`
    is the province its accounts are kept for.
    """

    event_id: str
    amount_minor: int
    currency: str
    submission_no: int
    policy_digest: bytes
    inputs_digest: bytes
    evidence: tuple[tuple[str, str], ...]
    area: str = ""


class Posted(NamedTuple):
    """What stands posted for one step: the transfers that carry it, oldest first, with what is left of each."""

    step: Step
    bank: str
    open: tuple[tuple[int, int], ...]

    @property
    def amount_minor(self) -> int:
        """The sum left of the transfers."""
        return sum(left for _, left in self.open)


@dataclass(frozen=True, slots=True)
class History:
    """The latest decision on a subject as it was written; what the next one is compared with.

    `books` names the accounts posted to: benefit, operator, currency, area.
    """

    version: int
    state: LineState
    reasons: tuple[Reason, ...]
    amount_minor: int | None
    currency: str | None
    won_by: bytes | None
    posted: tuple[Posted, ...]
    frozen: Frozen | None
    event_id: str
    books: tuple[str, str, str, str]

    @property
    def stands(self) -> Position:
        """The position posted so far."""
        return {(item.step, item.bank): item.amount_minor for item in self.posted}

    def stood(self, frozen: Frozen) -> bool:
        """Whether the line was frozen already, or approved on the same request for as much."""
        same = (self.event_id, self.currency) == (frozen.event_id, frozen.currency)
        return self.frozen is not None or (same and sum(self.stands.values()) >= frozen.amount_minor)


@dataclass(slots=True)
class Decision:
    """One decision to be written if it differs from the last. `subject` is the line id, or names the event or money.

    `bank` answers for its payee; `stages` are the states passed through at once on the way to `state` (certifying a
    line instructs it).
    """

    subject: bytes
    line_id: bytes | None
    kind: DecisionKind
    event: Event
    request_id: str
    batch_id: str
    benefit: str
    state: LineState
    reasons: tuple[Reason, ...]
    amount_minor: int | None
    currency: str | None
    won_by: bytes | None
    policy_digest: bytes
    inputs_digest: bytes
    position: Position
    dimensions: Dimensions
    dates: dict[Step, date] = field(default_factory=dict)
    stages: tuple[LineState, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()
    asked: tuple[Asked, ...] = ()
    figures: tuple[FigureUsed, ...] = ()
    frozen: Frozen | None = None
    bank: str = ""

    def differs(self, last: History | None) -> bool:
        """Whether this says anything the last decision on the subject did not."""
        if last is None:
            return True
        if self.position and last.books[-1] != self.dimensions.area:
            return True
        said = (last.event_id, last.state, last.reasons, last.amount_minor, last.currency, last.won_by, last.stands)
        return said != (
            self.event.id,
            self.state,
            self.reasons,
            self.amount_minor,
            self.currency,
            self.won_by,
            self.position,
        )


@dataclass(slots=True)
class CaseOutcome:
    """All that one case comes to: what is new on its lines, `claims` held by line, `doubles` that frozen lines hold.

    `late` are (line, source, batch) approved in a closed cycle and not frozen: they belong into a supplement.
    `instructed` says at which bank and in which currency each instruction of the case is to be paid.
    """

    decisions: list[Decision] = field(default_factory=list)
    claims: list[tuple[bytes, Claim]] = field(default_factory=list)
    doubles: list[tuple[bytes, Claim, bytes]] = field(default_factory=list)
    alarms: list[tuple[Alarm, bytes]] = field(default_factory=list)
    late: list[tuple[bytes, str, str]] = field(default_factory=list)
    instructed: dict[bytes, tuple[str, str]] = field(default_factory=dict)
