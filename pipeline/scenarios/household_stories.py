"""What happens to households: those that are due end paid once, the others rejected, expired or withdrawn."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import country, rates
from pipeline.scenarios.roster import ADULT
from pipeline.scenarios.script import Wave

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pipeline.scenarios.cash import Desk
    from pipeline.scenarios.rates import Rate
    from pipeline.scenarios.roster import Household, Roster

    Story = Callable[[Roster, Desk, Household, str], None]


def card_after_request(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """IDPoor enters the card some days after the household was asked for."""
    asked = desk.ask(household, month)
    roster.identify(household, at=asked.at + timedelta(days=roster.rng.randint(1, 3)))
    desk.paid(household)


def late_card(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """The card is entered after the batch was declared and before its cycle closes: paid in a supplement."""
    desk.ask(household, month)
    roster.identify(household, at=_before_close(roster, month), wave=Wave.CLOSED)
    desk.paid(household)


def asked_twice(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """A second commune asks for the household as well."""
    roster.identify(household)
    asked = desk.ask(household, month)
    others = [code for code, _ in country.PROVINCES if code != household.province]
    desk.ask(household, month, at=asked.at + timedelta(hours=3), part=roster.rng.choice(others))
    desk.paid(household)
    desk.refused("duplicate_entitlement")


def members_corrected(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """The card first listed somebody who does not live there; it is corrected under the same date."""
    first = country.office_hour(roster.rng, household.valid_from)
    guest = roster.member(ADULT, len(household.members) + 1)
    roster.identify(household, at=first, members=[*household.members, guest])
    roster.identify(household, at=first + timedelta(days=2))
    desk.ask(household, month)
    desk.paid(household)


def replaced(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """It was identified anew under another number; the old one, whose card is replaced, is asked for as well."""
    old = roster.script.next_id()
    since = household.valid_from - timedelta(days=200)
    roster.identify(
        household, at=country.office_hour(roster.rng, since), household_id=old, valid_from=since.isoformat()
    )
    roster.identify(household, replaces=[old])
    asked = desk.ask(household, month)
    riel = desk.riel(household)
    desk.ask(household, month, at=asked.at + timedelta(hours=2), household_id=old, amount_riel=riel)
    desk.paid(household)
    _refused_empty(desk, household, riel)


def _refused_empty(desk: Desk, household: Household, riel: int) -> None:
    """All members of the old household count elsewhere, so by rule it has its own amount and no member's."""
    own = desk.figures.rates.household[household.place[0]]
    desk.refused("card_not_valid", *(("amount_mismatch",) if riel != own else ()))


def split(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """A household parted in two, each with a card of its own; only one of them is asked for, and so is the old one."""
    old, other = roster.script.next_id(), roster.spare()
    since = household.valid_from - timedelta(days=150)
    together = [*household.members, *({**one, "head": False} for one in other.members)]
    numbered = [{**one, "member_no": number} for number, one in enumerate(together, start=1)]
    told = country.office_hour(roster.rng, since)
    roster.identify(household, at=told, household_id=old, valid_from=since.isoformat(), members=numbered)
    roster.identify(household, replaces=[old])
    other.valid_from = household.valid_from
    roster.identify(other, replaces=[old])
    asked = desk.ask(household, month)
    riel = desk.figures.rates.riel(household.place, 1, len(together), household.extras + other.extras)
    desk.ask(household, month, at=asked.at + timedelta(hours=2), household_id=old, amount_riel=riel)
    desk.paid(household)
    _refused_empty(desk, household, riel)


def member_died(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """The card still lists somebody who died before the month: they do not count."""
    dead = roster.member(ADULT, len(household.members) + 1, known=True)
    roster.identify(household, members=[*household.members, dead])
    died_on = roster.day - timedelta(days=roster.rng.randint(20, 50))
    told = country.office_hour(roster.rng, died_on + timedelta(days=5))
    roster.script.tell("registry", "person.died", told, {"sp_id": dead["sp_id"], "died_on": died_on.isoformat()})
    desk.ask(household, month)
    desk.paid(household)


def member_moved(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """Somebody listed here is named by a later card of another household: they count there."""
    moved = roster.member(ADULT, len(household.members) + 1, known=True)
    roster.identify(household, members=[*household.members, moved])
    other = roster.spare()
    other.valid_from = household.valid_from + timedelta(days=10)
    roster.identify(other, members=[*other.members, {**moved, "member_no": 99}])
    desk.ask(household, month)
    desk.paid(household)


def amount_typo_corrected(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """The commune typed a wrong figure, was refused and asks again rightly."""
    roster.identify(household)
    asked = desk.ask(household, month, amount_riel=desk.riel(household) * 10)
    desk.ask(household, month, at=asked.at + timedelta(days=1))
    desk.paid(household)
    desk.refused("amount_mismatch")


def asked_again_after_withdrawal(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """The account changed: the request is withdrawn and made again."""
    roster.identify(household)
    asked = desk.ask(household, month)
    _withdraw(roster, asked.request_id, asked.at + timedelta(hours=5))
    desk.ask(household, month, at=asked.at + timedelta(days=1))
    desk.paid(household)
    desk.script.expect(desk.benefit, "withdrawn")


def request_id_reused(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """The commune gave a second household the number of this one's request: the second one's is refused."""
    other = roster.spare()
    other.province = household.province
    roster.identify(household)
    roster.identify(other)
    asked = desk.ask(household, month, amount_riel=desk.riel(household))
    desk.ask(
        other, month, at=asked.at + timedelta(minutes=20), amount_riel=desk.riel(household), request_id=asked.request_id
    )
    desk.paid(household)
    desk.refused("request_id_reused")


def arrears(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """The card is entered after the close; the household complains and is paid in a later cycle."""
    desk.ask(household, month)
    desk.script.expect(desk.benefit, "expired", "household_missing")
    told = country.office_hour(roster.rng, (country.closed_at(month) + timedelta(days=2)).date())
    roster.identify(household, at=told, wave=Wave.AFTERWARDS)
    again = told + timedelta(days=roster.rng.randint(1, 5))
    cycle = country.cycle_of(again)
    desk.ask(household, month, at=again, cycle=cycle, part="again", wave=Wave.AFTERWARDS)
    desk.paid(household)


def no_card(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """Nobody knows the household."""
    del roster
    desk.ask(household, month)
    desk.script.expect(desk.benefit, "expired", "household_missing")


def card_revoked(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """The card was got by fraud and revoked before the month."""
    roster.identify(household)
    revoked_on = roster.day - timedelta(days=roster.rng.randint(5, 50))
    data = {"household_id": household.household_id, "revoked_on": revoked_on.isoformat(), "reason": "fraud"}
    roster.script.tell("idpoor", "household.revoked", country.office_hour(roster.rng, revoked_on), data)
    desk.ask(household, month)
    desk.refused("card_not_valid")


def card_expired(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """The card ran out before the month."""
    until = roster.day - timedelta(days=roster.rng.randint(5, 50))
    roster.identify(household, valid_until=until.isoformat())
    desk.ask(household, month)
    desk.refused("card_not_valid")


def other_level(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """The programme is for households of another level; the figure is left to the system."""
    level = "priority" if household.place[1] == "at_risk" else "at_risk"
    roster.identify(household, level=level)
    desk.ask(household, month)
    desk.refused("level_not_covered")


def withdrawn(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """Entered by mistake and taken back."""
    roster.identify(household)
    asked = desk.ask(household, month)
    _withdraw(roster, asked.request_id, asked.at + timedelta(hours=roster.rng.randint(1, 48)))
    desk.script.expect(desk.benefit, "withdrawn")


def too_late(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """Asked for in a cycle that was closed already."""
    roster.identify(household)
    at = country.office_hour(roster.rng, (country.closed_at(month) + timedelta(days=2)).date())
    desk.ask(household, month, at=at, part="late", wave=Wave.AFTERWARDS)
    desk.refused("too_late")


def before_the_months(roster: Roster, desk: Desk, household: Household, month: str) -> None:
    """Asked for the month before the programme began."""
    roster.identify(household)
    before = (date.fromisoformat(f"{month}-01") - timedelta(days=1)).isoformat()[:7]
    desk.ask(household, before, cycle=month, at=desk.asking_time(month))
    desk.refused("not_in_force")


def _withdraw(roster: Roster, request_id: str, at: datetime) -> None:
    roster.script.tell("nsaf", "payment.withdrawn", at, {"request_id": request_id, "reason": "error"})


def _before_close(roster: Roster, cycle: str) -> datetime:
    """Some working hour after the batch was declared and before the cycle is closed."""
    first = country.declared_at(cycle).date()
    spare = country.CLOSED_DAY - country.DECLARED_DAY - 1
    return country.office_hour(roster.rng, first + timedelta(days=roster.rng.randint(1, spare)))


DUE: tuple[tuple[Story, Rate], ...] = (
    (card_after_request, rates.EVIDENCE_AFTER_REQUEST),
    (late_card, rates.LATE_CARD),
    (asked_twice, rates.SAME_OPERATOR_TWICE),
    (members_corrected, rates.MEMBERS_CORRECTED),
    (replaced, rates.REPLACED),
    (split, rates.SPLIT),
    (member_died, rates.MEMBER_DIED),
    (member_moved, rates.MEMBER_MOVED),
    (amount_typo_corrected, rates.AMOUNT_TYPO_CORRECTED),
    (asked_again_after_withdrawal, rates.ASKED_AGAIN_AFTER_WITHDRAWAL),
    (request_id_reused, rates.REQUEST_ID_REUSED),
    (arrears, rates.ARREARS),
)
"""Stories of households that are paid; everybody else of the published number is plain."""

NOT_DUE: tuple[tuple[Story, Rate], ...] = (
    (no_card, rates.NO_CARD),
    (card_revoked, rates.CARD_REVOKED),
    (card_expired, rates.CARD_EXPIRED),
    (other_level, rates.OTHER_LEVEL),
    (withdrawn, rates.WITHDRAWN),
    (too_late, rates.TOO_LATE),
)
"""Stories of households beyond the published number, none of which is paid."""

NOT_DUE_AT_FIRST: tuple[tuple[Story, Rate], ...] = (*NOT_DUE, (before_the_months, rates.BEFORE_THE_MONTHS))
"""The same for the first months of a programme."""
