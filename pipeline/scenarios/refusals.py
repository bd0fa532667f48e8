"""What is asked for and must not be paid: each story ends rejected, expired or withdrawn."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import country
from pipeline.scenarios.figures.births import BIRTH_CASH
from pipeline.scenarios.people import People
from pipeline.scenarios.script import Wave
from pipeline.scenarios.stories import withdraw

if TYPE_CHECKING:
    from pipeline.scenarios.people import Mother


def no_evidence(people: People, mother: Mother) -> None:
    """No facility ever records the delivery."""
    people.enrol(mother)
    people.ask(mother)
    people.script.expect(BIRTH_CASH, "expired", "verification_missing")


def wrong_person(people: People, mother: Mother) -> None:
    """The facility recorded the delivery under the wrong woman and takes it back."""
    people.enrol(mother)
    at = country.office_hour(people.rng, mother.delivered_on)
    evidence = people.verify(mother, at=at)
    people.script.retract("pmrs", "verification", evidence, at + timedelta(days=3), "wrong_person")
    people.ask(mother)
    people.script.expect(BIRTH_CASH, "expired", "verification_missing")


def never_enrolled(people: People, mother: Mother) -> None:
    """Nobody knows her as a member."""
    people.verify(mother)
    people.ask(mother)
    people.script.expect(BIRTH_CASH, "expired", "enrolment_missing")


def enrolment_ended(people: People, mother: Mother) -> None:
    """Her membership ended before the birth."""
    people.enrol(mother, valid_until=mother.delivered_on - timedelta(days=people.rng.randint(10, 100)))
    people.verify(mother)
    people.ask(mother)
    people.script.expect(BIRTH_CASH, "rejected", "not_enrolled")


def too_early_birth(people: People, mother: Mother) -> None:
    """The pregnancy had not reached the 26th week."""
    mother.weeks = people.rng.randint(20, 25)
    people.enrol(mother)
    people.verify(mother)
    people.ask(mother)
    people.script.expect(BIRTH_CASH, "rejected", "condition_not_met")


def not_met(people: People, mother: Mother) -> None:
    """The facility says that there was no delivery."""
    people.enrol(mother)
    people.verify(mother, outcome="not_met")
    people.ask(mother)
    people.script.expect(BIRTH_CASH, "rejected", "condition_not_met")


def stillborn(people: People, mother: Mother) -> None:
    """No source says whether a stillborn baby counts, so the system does not decide it."""
    people.enrol(mother)
    people.verify(mother, stillborn=1)
    people.ask(mother)
    people.script.expect(BIRTH_CASH, "expired", "amount_not_set")


def before_the_programme(people: People, mother: Mother) -> None:
    """Born before the benefit came into force."""
    mother.delivered_on = people.figures.first_day - timedelta(days=people.rng.randint(2, 20))
    people.enrol(mother)
    people.verify(mother)
    people.ask(mother)
    people.script.expect(BIRTH_CASH, "rejected", "not_in_force")


def amount_typo(people: People, mother: Mother) -> None:
    """The branch typed a wrong figure and never came back."""
    people.enrol(mother)
    people.verify(mother)
    people.ask(mother, amount_riel=4_000_000)
    people.script.expect(BIRTH_CASH, "rejected", "amount_mismatch")


def withdrawn(people: People, mother: Mother) -> None:
    """Entered by mistake and taken back."""
    people.enrol(mother)
    people.verify(mother)
    asked = people.ask(mother)
    withdraw(people, asked.request_id, asked.at + timedelta(hours=people.rng.randint(1, 48)))
    people.script.expect(BIRTH_CASH, "withdrawn")


def too_late(people: People, mother: Mother) -> None:
    """Asked for in a cycle that was closed already."""
    people.enrol(mother)
    people.verify(mother)
    cycle = country.cycle_of(people.request_time(mother))
    at = country.office_hour(people.rng, (country.closed_at(cycle) + timedelta(days=2)).date())
    people.ask(mother, at=at, cycle=cycle, part="late", wave=Wave.AFTERWARDS)
    people.script.expect(BIRTH_CASH, "rejected", "too_late")


def dead_claimant(people: People, mother: Mother) -> None:
    """Somebody claims, with false evidence, in the name of a woman who died before."""
    people.enrol(mother)
    died_on = mother.delivered_on - timedelta(days=people.rng.randint(20, 150))
    told = country.office_hour(people.rng, died_on + timedelta(days=10))
    people.script.tell("registry", "person.died", told, {"sp_id": mother.sp_id, "died_on": died_on.isoformat()})
    people.verify(mother)
    people.ask(mother)
    people.script.expect(BIRTH_CASH, "rejected", "deceased")
