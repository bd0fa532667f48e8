"""Stories with a certain end: what small random stories reach too seldom."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from events.envelope import Event
from events.identity import instruction_id, line_id
from events.sources import to_urn
from tests.births import closed, declared, event, mother

DELIVERED, REQUESTED = "condition.verified", "payment.requested"
Story = tuple[list[Event], list[Event]]
"""The events, and those of the end, which come when all before is decided."""
PRICE = {"amount": "400000", "currency": "KHR"}


def two_winners_become_one(random: Random) -> Story:
    """Two mothers are submitted for births close to each other, then turn out to be one person."""
    first, second = mother(1), mother(2)
    told = [*first[:3], *second[:3], declared("nssf", "NB", 2, 800_000)]
    merge = {"sp_id": "0000000002", "into": "0000000001", "merged_on": "2018-03-01"}
    end = [event("registry", "person.merged", "merged", "2018-03-02T08:00:00+07:00", merge)]
    return told, end if random.random() < 0.7 else [*end, *_money(1)]


def told_after_the_close(random: Random) -> Story:
    """The cycle closes; what is told of a time after it counts for no line of it, an earlier fact revives one."""
    enrolled, delivered, asked, rival = mother(1)
    told = [enrolled, asked, closed("nssf")]
    told.append(_delivery("late", "2018-02-25T08:00:00+07:00", "met"))
    if random.random() < 0.5:
        told.append(_delivery("revoked", "2018-03-01T08:00:00+07:00", "not_met"))
    if random.random() < 0.6:
        told += [delivered, declared("nssf", "NB", 1, 400_000)]
    if random.random() < 0.5:
        told += [rival, closed("hef")]
    return told, []


def contrary_while_freezing(random: Random) -> Story:
    """Batches are complete and freeze while contrary evidence of some of their lines comes in."""
    mothers = [mother(number) for number in range(1, random.choice((3, 4)))]
    told = [fact for facts in mothers for fact in facts[: random.choice((3, 4))]]
    told.append(declared("nssf", "NB", len(mothers), len(mothers) * 400_000))
    if random.random() < 0.3:
        told.append(declared("hef", "HB", sum(fact.source == "hef" for fact in told), 0))
    return [*told, _delivery("contrary", "2018-02-06T08:00:00+07:00", "not_met")], []


def paid_and_given_back(random: Random) -> Story:
    """A line goes all the way: submitted, certified, settled, returned; and another operator asks for the same."""
    facts = mother(1)
    told, end = [*facts, declared("nssf", "NB", 1, 400_000), closed("nssf")], _money(1)
    if random.random() < 0.5:
        end.append(_delivery("contrary", "2018-03-20T08:00:00+07:00", "not_met"))
    return told, end


def many_versions_of_one_birth(random: Random) -> Story:
    """Facilities correct one delivery again and again while two operators ask for it."""
    enrolled, delivered, asked, rival = mother(1)
    told = [enrolled, delivered, asked, rival]
    for number in range(random.randrange(2, 6)):
        day, outcome = 6 + number, random.choice(("met", "not_met"))
        told.append(_delivery(f"again-{number}", f"2018-02-{day:02d}T08:00:00+07:00", outcome))
    return told, []


def household_of_the_mother(random: Random) -> Story:
    """Household and facility change under requests that rest on them; members come and go."""
    told: list[Event] = []
    for number in range(random.randrange(2, 5)):
        members = [
            {"sp_id": f"{person:010d}", "member_no": person, "birth_date": "1995", "sex": "F", "head": person == 1,
             "traits": []}
            for person in random.choice(((1,), (1, 2), (2,)))
        ]  # fmt: skip
        data = {
            "household_id": random.choice(("H1", "H2")), "level": random.choice(("poor_1", "poor_2", "at_risk")),
            "commune": "010201", "area": "rural", "card_number": "card", "valid_from": "2023-01-01",
            "valid_until": "2030-12-31", "members": members, "replaces": [],
        }  # fmt: skip
        told.append(
            event("idpoor", "household.identified", f"h{number}", f"2025-02-0{number + 1}T08:00:00+07:00", data)
        )
    for number in (1, 2):
        visit = {"sp_id": f"{number:010d}", "condition": "anc_visit", "on": "2024-11-10", "outcome": "met"}
        visit["facility_id"] = "F1"
        told.append(event("pmrs", DELIVERED, f"visit-{number}", "2024-11-11T08:00:00+07:00", visit))
        ask = {
            "request_id": f"N{number}", "batch_id": "AB", "benefit": "maternal.anc", "sp_id": f"{number:010d}",
            "for": {"on": "2024-11-10"}, "cycle": "2025-02",
            "payee": {"channel": "wallet", "provider": "wing", "account_ref": "t", "role": "self"},
        }  # fmt: skip
        told.append(event("nsaf", REQUESTED, f"asked-{number}", "2025-02-01T08:00:00+07:00", ask))
    for number in range(random.randrange(3)):
        level: dict[str, object] = {
            "facility_id": "F1",
            "level": random.choice(("private", "hc")),
            "commune": "010201",
            "schemes": [],
        }
        level |= {"valid_from": f"2020-01-0{number + 1}", "valid_until": None}
        told.append(event("pmrs", "facility.registered", f"f{number}", "2025-02-02T08:00:00+07:00", level))
    return told, []


def _delivery(event_id: str, time: str, outcome: str) -> Event:
    data = {"sp_id": "0000000001", "condition": "delivery", "on": "2018-02-04", "outcome": outcome}
    return event("pmrs", DELIVERED, event_id, time, data)


def _money(number: int) -> list[Event]:
    line = line_id(to_urn("nssf"), f"N{number}").hex()
    paid = {"instruction_id": instruction_id(line, 1).hex(), "message_id": "M1", "amount": PRICE}
    certified = {"line_id": line, "batch_id": "NB", "amount": PRICE, "certificate_id": "C1"}
    settled = {**paid, "bank_ref": "B1", "value_date": "2018-03-10"}
    returned = {**paid, "bank_ref": "B2", "value_date": "2018-03-12", "reason": "AC04"}
    return [
        event("npca", "line.certified", "certified", "2018-03-05T08:00:00+07:00", certified),
        event("bank.wing", "payment.settled", "settled", "2018-03-10T08:00:00+07:00", settled),
        event("bank.wing", "payment.returned", "returned", "2018-03-12T08:00:00+07:00", returned),
    ]


PLOTS: tuple[Callable[[Random], Story], ...] = (
    two_winners_become_one,
    told_after_the_close,
    contrary_while_freezing,
    paid_and_given_back,
    many_versions_of_one_birth,
    household_of_the_mother,
)
