"""Birth cash of one period: the mothers who were paid, those who must not be, and what operators declare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import country, forgery, rates, refusals, stories
from pipeline.scenarios.people import People
from pipeline.scenarios.script import CAMBODIA, Script, Wave, money

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.scenarios.figures import BirthFigures
    from pipeline.scenarios.people import Mother
    from pipeline.scenarios.rates import Rate

    Story = Callable[[People, Mother], None]

LEAST_MOTHERS = 200
"""Below this the odd cases, of which at least two each are told, would crowd out the plain ones."""

REDECLARED = 2
"""Batches whose first declaration counts one request too many and is then declared anew."""

DUE: tuple[tuple[Story, Rate], ...] = (
    (stories.evidence_after_request, rates.EVIDENCE_AFTER_REQUEST),
    (stories.late_evidence, rates.LATE_EVIDENCE),
    (stories.evidence_arrives_after_close, rates.EVIDENCE_AFTER_CLOSE),
    (stories.late_enrolment, rates.LATE_ENROLMENT),
    (stories.second_operator, rates.SECOND_OPERATOR),
    (stories.same_operator_twice, rates.SAME_OPERATOR_TWICE),
    (stories.two_identities, rates.TWO_IDENTITIES),
    (stories.babies_corrected, rates.BABIES_CORRECTED),
    (stories.date_corrected, rates.DATE_CORRECTED),
    (stories.referred, rates.REFERRED),
    (stories.enrolment_corrected, rates.ENROLMENT_CORRECTED),
    (stories.amount_typo_corrected, rates.AMOUNT_TYPO_CORRECTED),
    (stories.asked_again_after_withdrawal, rates.ASKED_AGAIN_AFTER_WITHDRAWAL),
    (stories.expired_then_paid, rates.EXPIRED_THEN_PAID),
    (stories.mother_died, rates.MOTHER_DIED),
)
"""Stories of mothers who are paid; everybody else of the published number is plain."""

NOT_DUE: tuple[tuple[Story, Rate], ...] = (
    (refusals.no_evidence, rates.NO_EVIDENCE),
    (refusals.wrong_person, rates.WRONG_PERSON),
    (refusals.never_enrolled, rates.NEVER_ENROLLED),
    (refusals.enrolment_ended, rates.ENROLMENT_ENDED),
    (refusals.too_early_birth, rates.TOO_EARLY_BIRTH),
    (refusals.not_met, rates.NOT_MET),
    (refusals.stillborn, rates.STILLBORN),
    (refusals.amount_typo, rates.AMOUNT_TYPO),
    (refusals.withdrawn, rates.WITHDRAWN),
    (refusals.too_late, rates.TOO_LATE),
    (refusals.dead_claimant, rates.DEAD_CLAIMANT),
)
"""Stories of women beyond the published number, none of whom is paid."""


@dataclass(frozen=True, slots=True)
class Births:
    """A scenario of birth cash.

    `two_schemes`: NSAF pays deliveries too, so mothers with equity cards are asked for by both.
    `begins_programme`: births before the first day are not covered.
    """

    figures: BirthFigures
    two_schemes: bool
    begins_programme: bool

    def script(self, token: str, mothers: int) -> Script:
        """Tell the scenario for this many paid mothers; the same token and number give the same script."""
        if mothers < LEAST_MOTHERS:
            message = f"size {mothers}: too small to show every kind of case, take at least {LEAST_MOTHERS} mothers"
            raise ValueError(message)
        script = Script(token)
        figures = self.figures.scaled(mothers)
        people = People(script, figures, mothers / self.figures.mothers)
        register_facilities(people)
        self._tell_due(people, figures)
        for story, rate in self._not_due():
            for _ in range(rate.of(mothers)):
                story(people, people.mother())
        declare_batches(script)
        close_cycles(script)
        send_again(script, mothers)
        forgery.add(people)
        return script

    def _not_due(self) -> tuple[tuple[Story, Rate], ...]:
        if self.begins_programme:
            return (*NOT_DUE, (refusals.before_the_programme, rates.BEFORE_THE_PROGRAMME))
        return NOT_DUE

    def _tell_due(self, people: People, figures: BirthFigures) -> None:
        reused = rates.REQUEST_ID_REUSED.of(figures.mothers)
        for _ in range(reused):  # each tells of two mothers of one baby
            stories.request_id_reused(people, people.mother())
        singles = figures.mothers - figures.twins - figures.triplets - 2 * reused
        babies = [3] * figures.triplets + [2] * figures.twins + [1] * singles
        people.rng.shuffle(babies)
        due = (*DUE, (stories.equity_card, rates.EQUITY_CARD)) if self.two_schemes else DUE
        for story, rate in due:
            for _ in range(rate.of(figures.mothers)):
                story(people, people.mother(babies.pop()))
        for count in babies:
            stories.plain(people, people.mother(count))


def register_facilities(people: People) -> None:
    """The Ministry of Health's list as it stood before the period."""
    told = datetime.combine(people.figures.first_day, datetime.min.time(), CAMBODIA) - timedelta(days=200)
    for facility in [one for found in people.facilities.values() for one in found] + people.private:
        data = {
            "facility_id": facility.facility_id,
            "level": facility.level,
            "commune": facility.commune,
            "schemes": ["hef", "nssf.worker"],
            "valid_from": "2010-01-01",
            "valid_until": None,
        }
        people.script.tell("pmrs", "facility.registered", told, data)


def declare_batches(script: Script) -> None:
    """Each operator declares each batch with its own count and sum; two count wrongly first."""
    opening = [batch for batch in script.batches.values() if batch.wave is Wave.DECLARED]
    for number, batch in enumerate((*opening, *(b for b in script.batches.values() if b.wave is not Wave.DECLARED))):
        total_riel = sum(batch.requests.values())
        data = {
            "batch_id": batch.batch_id,
            "benefit": batch.benefit,
            "cycle": batch.cycle,
            "count": len(batch.requests),
            "totals": [money(total_riel)] if total_riel else [],
        }
        at = country.declared_at(batch.cycle)
        if number < REDECLARED:
            wrong = {**data, "count": len(batch.requests) + 1}
            script.tell(batch.source, "batch.declared", at - timedelta(hours=6), wrong, batch.wave)
        script.tell(batch.source, "batch.declared", at, data, batch.wave)


def close_cycles(script: Script) -> None:
    """Each operator closes each cycle in which it asked for a benefit."""
    cycles = {(batch.source, batch.benefit, batch.cycle) for batch in script.batches.values()}
    for source, benefit, cycle in sorted(cycles):
        data = {"benefit": benefit, "cycle": cycle}
        script.tell(source, "cycle.closed", country.closed_at(cycle), data, Wave.CLOSED)


def send_again(script: Script, mothers: int) -> None:
    """Lines sent once more: as they were (replays), and under the same identity with other bytes (conflicts)."""
    opening = list(script.lines[Wave.OPENING])
    replays = rates.REPLAYED.of(len(opening))
    for line in script.rng.sample(opening, replays):
        script.replay(line, script.rng.choice((Wave.OPENING, Wave.CLOSED)))
    half = rates.CONFLICTING.of(mothers)
    changes = ((b'"amount":{"amount":"400000"', b'"amount":{"amount":"900000"'), (b'"babies":1', b'"babies":2'))
    for old, new in changes:
        for line in script.rng.sample([line for line in opening if old in line.text], half):
            script.conflict(line, old, new)
