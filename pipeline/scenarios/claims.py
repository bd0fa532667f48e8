"""Requests of persons, each with the facts it rests on, and what goes wrong with them whatever the benefit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import country, rates
from pipeline.scenarios.script import TOPIC_OF, Wave, money

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping

    from pipeline.scenarios.field import Field
    from pipeline.scenarios.rates import Rate
    from pipeline.scenarios.script import Script

VERIFICATION = "verification"


@dataclass(slots=True)
class Fact:
    """Something a request rests on. `without` is the reason it waits for when this never comes; "" if it does not."""

    source: str
    kind: str
    at: datetime
    data: dict[str, object]
    without: str = ""


@dataclass(slots=True)
class Due:
    """What one person is due, as it really is. `riel` is None where no source gives the figure: the request waits.

    `operators`: who asks; those after the first ask for the same thing when two operators get in each other's way.
    """

    benefit: str
    operators: tuple[str, ...]
    tag: str
    sp_id: str
    for_: Mapping[str, object]
    riel: int | None
    asked_at: datetime
    cycle: str
    part: str
    payee: dict[str, object]
    facts: list[Fact]
    in_respect_of: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A way not to be due: `change` makes it so, and the request ends rejected for these reasons."""

    change: Callable[[Due], Due]
    reasons: tuple[str, ...]
    rate: Rate


@dataclass(slots=True)
class Counter:
    """Asks, and says what must come of it. `closes`: the cycles of what it asks for are closed at the end."""

    script: Script
    closes: bool
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Share the script's chance."""
        self.rng = self.script.rng

    def know(self, due: Due, *, but: Fact | None = None) -> None:
        """Tell everything the request rests on, except one fact."""
        for fact in due.facts:
            if fact is not but:
                self.tell(fact)

    def tell(self, fact: Fact, *, at: datetime | None = None, wave: Wave = Wave.OPENING) -> str:
        """Tell one fact."""
        return self.script.tell(fact.source, fact.kind, at or fact.at, fact.data, wave)

    def ask(
        self,
        due: Due,
        *,
        at: datetime | None = None,
        operator: str | None = None,
        riel: int | None = None,
        sp_id: str | None = None,
        part: str | None = None,
        cycle: str | None = None,
        wave: Wave = Wave.OPENING,
    ) -> str:
        """Ask; one request in twenty leaves the figure to the system. Returns the request's id."""
        source, cycle = operator or due.operators[0], cycle or due.cycle
        told = riel or due.riel or 0
        if riel is None and self.rng.random() < rates.NO_AMOUNT_TOLD.share:
            told = 0
        declared = Wave.DECLARED if wave is Wave.OPENING else wave
        batch = self.script.batch(source, due.benefit, cycle, f"{due.tag}{part or due.part}", declared)
        batch.add(told)
        if not self.closes:
            self.script.leave_open(source, due.benefit, cycle)
        request_id = self.script.next_id()
        data: dict[str, object] = {
            "request_id": request_id,
            "batch_id": batch.batch_id,
            "benefit": due.benefit,
            "sp_id": sp_id or due.sp_id,
            "for": due.for_,
            "cycle": cycle,
            "payee": due.payee,
        }
        if due.in_respect_of is not None:
            data["in_respect_of"] = due.in_respect_of
        if told:
            data["amount"] = money(told)
        self.script.tell(source, "payment.requested", at or due.asked_at, data, wave)
        return request_id

    def paid(self, due: Due) -> None:
        """Expect it submitted at its figure, or waiting for one."""
        if due.riel is None:
            self.script.expect(due.benefit, "pended", "amount_not_set")
        else:
            self.script.expect_paid(due.benefit, due.riel)

    def refused(self, due: Due, *reasons: str) -> None:
        """Expect one more request rejected."""
        self.script.expect(due.benefit, "rejected", *reasons)

    def withdraw(self, due: Due, request_id: str, at: datetime) -> None:
        """Take a request back."""
        data = {"request_id": request_id, "reason": "error"}
        self.script.tell(due.operators[0], "payment.withdrawn", at, data)
        self.script.expect(due.benefit, "withdrawn")

    def before_close(self, cycle: str) -> datetime:
        """Some working hour after the batches were declared and before the cycle is closed."""
        first = country.declared_at(cycle).date()
        spare = country.CLOSED_DAY - country.DECLARED_DAY - 1
        return country.office_hour(self.rng, first + timedelta(days=self.rng.randint(1, spare)))


def plain(counter: Counter, due: Due) -> None:
    """Everything is known, it is asked for and paid."""
    counter.know(due)
    counter.ask(due)
    counter.paid(due)


def last_fact_after_request(counter: Counter, due: Due) -> None:
    """What it rests on is entered some days after it was asked for."""
    last = due.facts[-1]
    counter.know(due, but=last)
    counter.ask(due)
    counter.tell(last, at=max(last.at, due.asked_at + timedelta(days=counter.rng.randint(1, 3))))
    counter.paid(due)


def last_fact_late(counter: Counter, due: Due) -> None:
    """Entered after the batch was declared and before the cycle closes: paid in a supplement."""
    _late(counter, due, Wave.CLOSED)


def last_fact_arrives_after_close(counter: Counter, due: Due) -> None:
    """Entered in time where there is no line, arrived after the close: the expired request revives."""
    _late(counter, due, Wave.AFTERWARDS)


def _late(counter: Counter, due: Due, wave: Wave) -> None:
    last = due.facts[-1]
    counter.know(due, but=last)
    counter.ask(due)
    counter.tell(last, at=counter.before_close(due.cycle), wave=wave)
    counter.paid(due)


def second_operator(counter: Counter, due: Due) -> None:
    """Another operator asks for the same, later."""
    counter.know(due)
    counter.ask(due)
    counter.ask(due, operator=due.operators[-1], at=due.asked_at + timedelta(hours=5), part=f"{due.part}b")
    counter.paid(due)
    counter.refused(due, "duplicate_entitlement")


def two_identities(counter: Counter, due: Due) -> None:
    """The person is asked for under two SP-IDs; the registry merges them before anything is declared."""
    other = counter.script.sp_id()
    counter.know(due)
    counter.ask(due)
    again = due.asked_at + timedelta(hours=3)
    counter.ask(due, sp_id=other, at=again)
    merged = {"sp_id": other, "into": due.sp_id, "merged_on": again.date().isoformat()}
    counter.script.tell("registry", "person.merged", again + timedelta(hours=20), merged)
    counter.paid(due)
    counter.refused(due, "duplicate_entitlement")


def last_fact_corrected(counter: Counter, due: Due) -> None:
    """The last fact was first entered for somebody else, taken back and entered rightly; a card is not."""
    last = due.facts[-1]
    if TOPIC_OF[last.kind] != VERIFICATION:
        plain(counter, due)
        return
    counter.know(due, but=last)
    wrong = Fact(last.source, last.kind, last.at - timedelta(hours=2), {**last.data, "sp_id": counter.script.sp_id()})
    told = counter.tell(wrong)
    counter.script.retract(last.source, VERIFICATION, told, last.at - timedelta(hours=1), "wrong_person")
    counter.tell(last)
    counter.ask(due)
    counter.paid(due)


def amount_typo_corrected(counter: Counter, due: Due) -> None:
    """A wrong figure was typed, refused, and asked again rightly."""
    counter.know(due)
    counter.ask(due, riel=(due.riel or 0) * 10)
    counter.ask(due, at=due.asked_at + timedelta(hours=26))
    counter.paid(due)
    counter.refused(due, "amount_mismatch")


def asked_again_after_withdrawal(counter: Counter, due: Due) -> None:
    """The account changed: the request is withdrawn and made again."""
    counter.know(due)
    counter.withdraw(due, counter.ask(due), due.asked_at + timedelta(hours=5))
    counter.ask(due, at=due.asked_at + timedelta(hours=26))
    counter.paid(due)


def never_confirmed(counter: Counter, due: Due) -> None:
    """The last fact never comes."""
    last = due.facts[-1]
    counter.know(due, but=last)
    counter.ask(due)
    counter.script.expect(due.benefit, "expired", last.without)


def withdrawn(counter: Counter, due: Due) -> None:
    """Entered by mistake and taken back."""
    counter.know(due)
    counter.withdraw(due, counter.ask(due), due.asked_at + timedelta(hours=counter.rng.randint(1, 48)))


def too_late(counter: Counter, due: Due) -> None:
    """Asked for in a cycle that was closed already."""
    counter.know(due)
    at = country.office_hour(counter.rng, (country.closed_at(due.cycle) + timedelta(days=2)).date())
    counter.ask(due, at=at, part="late", wave=Wave.AFTERWARDS)
    counter.refused(due, "too_late")


def died_before(counter: Counter, due: Due) -> None:
    """Asked for in the name of somebody who died months before."""
    counter.know(due)
    died = due.asked_at - timedelta(days=counter.rng.randint(150, 200))
    data = {"sp_id": due.sp_id, "died_on": died.date().isoformat()}
    counter.script.tell("registry", "person.died", died + timedelta(days=10), data)
    counter.ask(due)
    counter.refused(due, "deceased")


ALWAYS: tuple[tuple[Callable[[Counter, Due], None], Rate], ...] = (
    (last_fact_after_request, rates.EVIDENCE_AFTER_REQUEST),
    (last_fact_corrected, rates.DATE_CORRECTED),
    (asked_again_after_withdrawal, rates.ASKED_AGAIN_AFTER_WITHDRAWAL),
)
"""What happens to somebody who is due, whether the cycle is closed or left open, the figure known or not."""

WHERE_KNOWN: tuple[tuple[Callable[[Counter, Due], None], Rate], ...] = (
    (two_identities, rates.TWO_IDENTITIES),
    (second_operator, rates.SECOND_OPERATOR),
    (amount_typo_corrected, rates.AMOUNT_TYPO_CORRECTED),
)
"""The same where the figure is known."""

WHERE_CLOSED: tuple[tuple[Callable[[Counter, Due], None], Rate], ...] = (
    (last_fact_late, rates.LATE_EVIDENCE),
    (last_fact_arrives_after_close, rates.EVIDENCE_AFTER_CLOSE),
)
"""The same where the figure is known and the cycle is closed."""

NOT_DUE: tuple[tuple[Callable[[Counter, Due], None], Rate], ...] = (
    (never_confirmed, rates.NO_EVIDENCE),
    (too_late, rates.TOO_LATE),
    (died_before, rates.DEAD_CLAIMANT),
)
"""What must not be paid, where the cycle is closed."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How one kind of payment is told. `known`: a source gives its figure. `closes`: its cycle is closed.

    Not everything can go wrong everywhere: the dead are among the refused only where `died`.
    """

    known: bool
    closes: bool
    refusals: tuple[Refusal, ...] = ()
    died: bool = True

    def due(self) -> list[tuple[Callable[[Counter, Due], None], Rate]]:
        """What happens to those who are due."""
        late = WHERE_CLOSED if self.known and self.closes else ()
        return [*ALWAYS, *(WHERE_KNOWN if self.known else ()), *late]

    def not_due(self) -> list[tuple[Callable[[Counter, Due], None], Rate]]:
        """What happens to those who are not."""
        closed = [one for one in NOT_DUE if self.died or one[0] is not died_before] if self.closes else []
        return [(withdrawn, rates.WITHDRAWN), *closed]


def tell_all(field_: Field, dues: Iterator[Due], count: int, telling: Telling) -> None:
    """Tell `count` that are due, of which some with what goes wrong, and in proportion those that are not."""
    counter = Counter(field_.script, telling.closes)
    left = count
    for story, rate in telling.due():
        for _ in range(min(left, rate.of(count))):
            story(counter, next(dues))
            left -= 1
    for _ in range(left):
        plain(counter, next(dues))
    for story, rate in telling.not_due():
        for _ in range(rate.of(count)):
            story(counter, next(dues))
    for refusal in telling.refusals:
        for _ in range(refusal.rate.of(count)):
            _refuse(counter, refusal, next(dues))


def _refuse(counter: Counter, refusal: Refusal, due: Due) -> None:
    due = refusal.change(due)
    counter.know(due)
    counter.ask(due)
    counter.refused(due, *refusal.reasons)


def changed(due: Due, number: int, **values: object) -> Due:
    """The same with other values in the fact of this number; None takes a field away."""
    facts = list(due.facts)
    data = {**facts[number].data, **values}
    facts[number] = replace(facts[number], data={name: value for name, value in data.items() if value is not None})
    return replace(due, facts=facts)
