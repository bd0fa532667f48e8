"""Birth cash of one period: the mothers who were paid, those who must not be, and what operators declare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.scenarios import forgery, rates, refusals, stories
from pipeline.scenarios.people import People

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.scenarios.field import Field
    from pipeline.scenarios.figures import Published
    from pipeline.scenarios.figures.births import BirthFigures
    from pipeline.scenarios.people import Mother
    from pipeline.scenarios.rates import Rate

    Story = Callable[[People, Mother], None]

LEAST_MOTHERS = 200
"""Below this the odd cases, of which at least two each are told, would crowd out the plain ones."""

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
    """A programme of birth cash.

    `two_schemes`: NSAF pays deliveries too, so mothers with equity cards are asked for by both.
    `begins_programme`: births before the first day are not covered.
    """

    figures: BirthFigures
    two_schemes: bool
    begins_programme: bool
    unit: str = "mothers"
    least: int = LEAST_MOTHERS

    @property
    def full(self) -> int:
        """As many mothers as were paid."""
        return self.figures.mothers

    def published(self, size: int) -> tuple[Published, ...]:
        """The figures of the period beside those of a size."""
        return self.figures.published(size)

    def tell(self, field: Field, size: int) -> None:
        """Tell of this many paid mothers, and of those who must not be paid."""
        figures = self.figures.scaled(size)
        people = People(field, figures)
        self._tell_due(people, figures)
        for story, rate in self._not_due():
            for _ in range(rate.of(size)):
                story(people, people.mother())
        forgery.add(people)

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
