"""What happens to mothers who are due birth cash: each ends paid once, whatever goes wrong on the way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import country
from pipeline.scenarios.figures.births import BIRTH_CASH, BIRTH_CASH_RIEL
from pipeline.scenarios.people import People
from pipeline.scenarios.script import Wave

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.scenarios.people import Mother

    Story = Callable[[People, Mother], None]

NSAF_DELIVERY = "maternal.delivery"


def plain(people: People, mother: Mother) -> None:
    """Enrolled, delivered, asked, paid."""
    people.enrol(mother)
    people.verify(mother)
    people.ask(mother)
    people.paid(mother)


def evidence_after_request(people: People, mother: Mother) -> None:
    """The facility enters the delivery some days after she asked."""
    people.enrol(mother)
    asked = people.ask(mother)
    people.verify(mother, at=asked.at + timedelta(days=people.rng.randint(1, 3)))
    people.paid(mother)


def late_evidence(people: People, mother: Mother) -> None:
    """The delivery is recorded after the batch was declared and before its cycle closes: paid in a supplement."""
    people.enrol(mother)
    asked = people.ask(mother)
    people.verify(mother, at=_before_close(people, asked.cycle), wave=Wave.CLOSED)
    people.paid(mother)


def evidence_arrives_after_close(people: People, mother: Mother) -> None:
    """Recorded in time at a facility without a line, arrived after the close: the expired request revives."""
    people.enrol(mother)
    asked = people.ask(mother)
    people.verify(mother, at=_before_close(people, asked.cycle), wave=Wave.AFTERWARDS)
    people.paid(mother)


def late_enrolment(people: People, mother: Mother) -> None:
    """A member for years, entered only after the batch was declared."""
    asked = people.ask(mother)
    people.enrol(mother, at=_before_close(people, asked.cycle), wave=Wave.CLOSED)
    people.verify(mother)
    people.paid(mother)


def second_operator(people: People, mother: Mother) -> None:
    """The Health Equity Fund's operator asks for the same birth under its own ids, later."""
    plain_request = people.ask(mother)
    people.enrol(mother)
    people.verify(mother)
    people.ask(mother, source="hef", at=_later(people, plain_request.at, 1, 9))
    people.paid(mother)
    people.script.expect(BIRTH_CASH, "rejected", "duplicate_entitlement")


def same_operator_twice(people: People, mother: Mother) -> None:
    """She asks at a second branch as well."""
    people.enrol(mother)
    people.verify(mother)
    asked = people.ask(mother)
    others = [code for code, _ in country.PROVINCES if code != mother.province]
    people.ask(mother, at=_later(people, asked.at, 1, 9), part=people.rng.choice(others))
    people.paid(mother)
    people.script.expect(BIRTH_CASH, "rejected", "duplicate_entitlement")


def two_identities(people: People, mother: Mother) -> None:
    """She holds cards under two SP-IDs and asks with both; the registry merges them before anything is declared."""
    other = people.sp_id()
    people.enrol(mother)
    people.enrol(mother, sp_id=other)
    people.verify(mother)
    asked = people.ask(mother)
    again = people.ask(mother, sp_id=other, at=_later(people, asked.at, 1, 5))
    merged_on = again.at + timedelta(days=1)
    data = {"sp_id": other, "into": mother.sp_id, "merged_on": merged_on.date().isoformat()}
    people.script.tell("registry", "person.merged", merged_on, data)
    people.paid(mother)
    people.script.expect(BIRTH_CASH, "rejected", "duplicate_entitlement")


def babies_corrected(people: People, mother: Mother) -> None:
    """The facility first counted the babies wrongly and corrects its record."""
    people.enrol(mother)
    wrong = 1 if mother.babies > 1 else 2
    first = country.office_hour(people.rng, mother.delivered_on)
    people.verify(mother, at=first, babies=wrong)
    people.verify(mother, at=first + timedelta(days=2))
    people.ask(mother)
    people.paid(mother)


def date_corrected(people: People, mother: Mother) -> None:
    """The facility wrote the wrong day, takes the record back and writes it again."""
    people.enrol(mother)
    first = country.office_hour(people.rng, mother.delivered_on)
    wrong_day = mother.delivered_on + timedelta(days=people.rng.choice((1, 3)))
    wrong = people.verify(mother, at=first, on=wrong_day)
    people.script.retract("pmrs", "verification", wrong, first + timedelta(hours=20), "error")
    people.verify(mother, at=first + timedelta(hours=21))
    people.ask(mother)
    people.paid(mother)


def referred(people: People, mother: Mother) -> None:
    """Two facilities record the one birth, on consecutive days."""
    people.enrol(mother)
    people.verify(mother, at=country.office_hour(people.rng, mother.delivered_on))
    later = mother.delivered_on + timedelta(days=1)
    hospital = people.rng.choice(people.facilities[mother.province])
    people.verify(mother, at=country.office_hour(people.rng, later), on=later, facility=hospital)
    people.ask(mother)
    people.paid(mother)


def enrolment_corrected(people: People, mother: Mother) -> None:
    """Her membership was entered as ended and is corrected under the same enrolment."""
    ended = mother.delivered_on - timedelta(days=40)
    people.enrol(mother, at=country.office_hour(people.rng, ended), valid_until=ended)
    people.enrol(mother, at=country.office_hour(people.rng, ended + timedelta(days=30)))
    people.verify(mother)
    people.ask(mother)
    people.paid(mother)


def amount_typo_corrected(people: People, mother: Mother) -> None:
    """The branch typed a wrong figure, was refused and asks again rightly."""
    people.enrol(mother)
    people.verify(mother)
    asked = people.ask(mother, amount_riel=mother.babies * BIRTH_CASH_RIEL // 10)
    people.ask(mother, at=_later(people, asked.at, 1, 3))
    people.paid(mother)
    people.script.expect(BIRTH_CASH, "rejected", "amount_mismatch")


def asked_again_after_withdrawal(people: People, mother: Mother) -> None:
    """Her account changed: the branch withdraws the request and makes another."""
    people.enrol(mother)
    people.verify(mother)
    asked = people.ask(mother)
    withdraw(people, asked.request_id, asked.at + timedelta(hours=30))
    people.ask(mother, at=_later(people, asked.at, 2, 4))
    people.paid(mother)
    people.script.expect(BIRTH_CASH, "withdrawn")


def withdraw(people: People, request_id: str, at: datetime) -> None:
    """The branch takes a request back."""
    people.script.tell("nssf", "payment.withdrawn", at, {"request_id": request_id, "reason": "error"})


def expired_then_paid(people: People, mother: Mother) -> None:
    """Nothing proves the birth until the cycle is closed; she asks again in the next one and is paid."""
    people.enrol(mother)
    asked = people.ask(mother)
    people.script.expect(BIRTH_CASH, "expired", "verification_missing")
    proved = country.office_hour(people.rng, (country.closed_at(asked.cycle) + timedelta(days=2)).date())
    people.verify(mother, at=proved, wave=Wave.AFTERWARDS)
    people.ask(mother, at=_later(people, proved, 1, 5), part="again", wave=Wave.AFTERWARDS)
    people.paid(mother)


def mother_died(people: People, mother: Mother) -> None:
    """She died after the birth: what was due arose before and is paid to the child's caretaker."""
    people.enrol(mother)
    people.verify(mother)
    died_on = mother.delivered_on + timedelta(days=people.rng.randint(0, 3))
    told = country.office_hour(people.rng, died_on + timedelta(days=2))
    people.script.tell("registry", "person.died", told, {"sp_id": mother.sp_id, "died_on": died_on.isoformat()})
    people.ask(mother, role="caretaker")
    people.paid(mother)


def request_id_reused(people: People, mother: Mother) -> None:
    """The branch gave her the number of another mother's request; hers is refused and asked again."""
    first = people.mother(like=mother)
    people.enrol(first)
    people.verify(first)
    kept = people.ask(first, amount_riel=BIRTH_CASH_RIEL)
    people.paid(first)
    people.enrol(mother)
    people.verify(mother)
    people.ask(
        mother,
        at=kept.at + timedelta(minutes=20),
        amount_riel=BIRTH_CASH_RIEL,
        request_id=kept.request_id,
        cycle=kept.cycle,
    )
    people.script.expect(BIRTH_CASH, "rejected", "request_id_reused")
    people.ask(mother, at=_later(people, kept.at, 1, 4))
    people.paid(mother)


def equity_card(people: People, mother: Mother) -> None:
    """Her household holds an equity card, so NSAF asks for the delivery too, but later: NSSF has it."""
    people.enrol(mother)
    people.verify(mother)
    asked = people.ask(mother)
    household(people, mother)
    people.ask(
        mother,
        source="nsaf",
        benefit=NSAF_DELIVERY,
        amount_riel=people.figures.card_delivery_riel(mother.babies),
        at=_later(people, asked.at, 1, 9),
    )
    people.paid(mother)
    people.script.expect(NSAF_DELIVERY, "rejected", "exclusive_benefit")


def household(people: People, mother: Mother) -> None:
    """The identification of her household as poor, with its card, some months before the birth."""
    rng = people.rng
    since = mother.delivered_on - timedelta(days=rng.randint(60, 700))
    number = people.script.next_id()
    data = {
        "household_id": number,
        "level": rng.choice(("poor_1", "poor_2")),
        "commune": mother.facility.commune,
        "area": "phnom_penh" if mother.province == "12" else "rural",
        "card_number": f"EC-{number}",
        "valid_from": since.isoformat(),
        "valid_until": since.replace(year=since.year + 3, day=min(since.day, 28)).isoformat(),
        "members": [_member(mother.sp_id, 1, mother.birth_date, "F", head=True), _member(None, 2, "1985", "M")],
    }
    people.script.tell("idpoor", "household.identified", country.office_hour(rng, since), data)


def _member(sp_id: str | None, number: int, birth_date: str, sex: str, *, head: bool = False) -> dict[str, object]:
    return {"sp_id": sp_id, "member_no": number, "birth_date": birth_date, "sex": sex, "head": head, "traits": []}


def _before_close(people: People, cycle: str) -> datetime:
    """Some working hour after the batch was declared and before the cycle is closed."""
    first = country.declared_at(cycle).date()
    spare = country.CLOSED_DAY - country.DECLARED_DAY - 1
    return country.office_hour(people.rng, first + timedelta(days=people.rng.randint(1, spare)))


def _later(people: People, at: datetime, least_days: int, most_days: int) -> datetime:
    """A working hour some days later; a cycle's month may have ended meanwhile."""
    return country.office_hour(people.rng, (at + timedelta(days=people.rng.randint(least_days, most_days))).date())
