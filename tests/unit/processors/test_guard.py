"""The guard of one case, claim by claim: who is refused, why, by whom, and what stands afterwards."""

from datetime import date

import pytest

from events.reasons import Reason
from processors.outcome import Claim, ClaimKind
from processors.overlap import Beaten, Bid, Guard, overlap
from processors.policy.entitlement import Maximum
from processors.policy.model import Basis, Status

MOTHER, CHILD = b"P1", b"P2"
BASIS = Basis(Status.CONFIRMED, ())


def key(name: str, holder: bytes = MOTHER, group: str = "visit:anc") -> Claim:
    return Claim(ClaimKind.KEY, holder, group, name)


def side(name: str, holder: bytes = MOTHER, group: str = "payer", at: str = "2023-01-01") -> Claim:
    return Claim(ClaimKind.SIDE, holder, group, at, side=name)


def window(since: str, until: str, holder: bytes = MOTHER, group: str = "leave") -> Claim:
    return Claim(
        ClaimKind.WINDOW, holder, group, since, since=date.fromisoformat(since), until=date.fromisoformat(until)
    )


def bid(line: bytes, *claims: Claim, benefit: str = "anc", maximum: Maximum | None = None, step: str = "anc") -> Bid:
    return Bid(line, benefit, claims, MOTHER, "2023-01-01", step, maximum)


def test_who_holds_a_key_is_named_and_the_reason_tells_whether_it_is_the_same_benefit() -> None:
    guard = Guard()
    assert guard.offer(bid(b"first", key("a"))) == (key("a"),)
    assert guard.offer(bid(b"again", key("a"))) == Beaten(Reason.DUPLICATE_ENTITLEMENT, b"first", key("a"))
    other = bid(b"other", key("b"), key("a"), benefit="pnc")
    assert guard.offer(other) == Beaten(Reason.EXCLUSIVE_BENEFIT, b"first", key("a"))
    assert guard.offer(bid(b"later", key("b"))) == (key("b"),), "a bid that is beaten takes nothing of what it asked"


def test_a_key_is_of_its_holder_and_its_group() -> None:
    guard = Guard()
    guard.offer(bid(b"first", key("a")))
    assert guard.offer(bid(b"childs", key("a", CHILD))) == (key("a", CHILD),)
    assert guard.offer(bid(b"groups", key("a", group="visit:pnc"))) == (key("a", group="visit:pnc"),)


def test_sides_refuse_other_sides_and_never_their_own() -> None:
    guard = Guard()
    guard.offer(bid(b"first", side("nsaf")))
    assert guard.offer(bid(b"second", side("nsaf"))) == (side("nsaf"),)
    assert guard.offer(bid(b"third", side("nssf"))) == Beaten(Reason.DUPLICATE_ENTITLEMENT, b"first", side("nssf"))
    assert guard.offer(bid(b"fourth", side("nssf", at="2024-01-01"))) == (side("nssf", at="2024-01-01"),)


def test_windows_refuse_each_other_from_the_first_day_they_share() -> None:
    guard = Guard()
    held = window("2023-03-10", "2023-03-20")
    guard.offer(bid(b"first", held))
    before, after = window("2023-03-01", "2023-03-10"), window("2023-03-20", "2023-03-25")
    assert guard.offer(bid(b"before", before)) == (before,)
    assert guard.offer(bid(b"after", after)) == (after,)
    for since, until in (("2023-03-09", "2023-03-11"), ("2023-03-19", "2023-03-21"), ("2023-03-12", "2023-03-13")):
        asked = window(since, until)
        beaten = guard.offer(bid(b"asked", asked, benefit="other"))
        assert isinstance(beaten, Beaten)
        assert (beaten.reason, beaten.claim) == (Reason.EXCLUSIVE_BENEFIT, asked)
    elsewhere = window("2023-03-12", "2023-03-13", CHILD)
    assert guard.offer(bid(b"childs", elsewhere)) == (elsewhere,)
    other_group = window("2023-03-12", "2023-03-13", group="birth")
    assert guard.offer(bid(b"birth", other_group)) == (other_group,)


def test_windows_share_a_day_up_to_the_one_before_their_end() -> None:
    held = window("2023-03-10", "2023-03-20")
    assert overlap(held, window("2023-03-19", "2023-03-21"))
    assert overlap(window("2023-03-19", "2023-03-21"), held)
    assert not overlap(held, window("2023-03-20", "2023-03-21"))
    assert not overlap(window("2023-03-20", "2023-03-21"), held)


def test_a_window_without_days_is_refused_by_its_name() -> None:
    for broken in (key("a")._replace(since=date(2023, 1, 1)), key("a")._replace(until=date(2023, 1, 1))):
        with pytest.raises(ValueError, match=r"^window claim visit:anc a has no days$"):
            overlap(broken, window("2023-03-10", "2023-03-20"))


def test_slots_are_numbered_up_to_the_maximum_of_all_its_steps_in_one_birth() -> None:
    guard, maximum = Guard(), Maximum(("pnc", "vaccination"), 2, BASIS)

    def slot(number: int) -> Claim:
        return key(f"2023-01-01#{number}", group="slot:pnc+vaccination")

    assert guard.offer(bid(b"anc", step="anc")) == ()
    assert guard.offer(bid(b"pnc", key("a"), maximum=maximum, step="pnc")) == (key("a"), slot(1))
    assert guard.offer(bid(b"vaccination", maximum=maximum, step="vaccination")) == (slot(2),)
    assert guard.offer(bid(b"third", maximum=maximum, step="pnc")) == Beaten(Reason.COUNT_EXCEEDED, None, slot(3))
    other_birth = bid(b"other", maximum=maximum, step="pnc")._replace(anchor="2024-01-01")
    assert guard.offer(other_birth) == (key("2024-01-01#1", group="slot:pnc+vaccination"),)
    childs = bid(b"childs", maximum=maximum, step="pnc")._replace(holder=CHILD)
    assert guard.offer(childs) == (key("2023-01-01#1", CHILD, "slot:pnc+vaccination"),)


def leave(line: bytes, since: date, until: date, step: str = "sickness", most: int = 20) -> Bid:
    maximum = Maximum(("sickness",), most, BASIS, months=12)
    return bid(line, step=step, maximum=maximum)._replace(days=(since, until))


def test_days_of_the_steps_of_a_maximum_are_added_up_over_the_months_and_no_other_days() -> None:
    guard = Guard()
    assert guard.offer(leave(b"first", date(2023, 1, 1), date(2023, 1, 11))) == ()
    assert guard.offer(leave(b"injury", date(2023, 2, 1), date(2023, 3, 1), step="injury", most=50)) == ()
    asked = leave(b"again", date(2023, 5, 1), date(2023, 5, 12))
    above = Claim(ClaimKind.WINDOW, MOTHER, "sickness", "2023-05-01", "", date(2023, 5, 1), date(2023, 5, 12))
    assert guard.offer(asked) == Beaten(Reason.COUNT_EXCEEDED, None, above)
    assert guard.offer(asked._replace(holder=CHILD)) == ()
    assert guard.offer(leave(b"fits", date(2023, 5, 1), date(2023, 5, 11))) == ()
    assert guard.offer(leave(b"full", date(2023, 6, 1), date(2023, 6, 2)))
    assert guard.offer(leave(b"a year later", date(2024, 5, 12), date(2024, 5, 22))) == ()


def test_a_maximum_of_days_counts_nothing_that_has_no_days() -> None:
    assert Guard().offer(leave(b"first", date(2023, 1, 1), date(2023, 2, 11))._replace(days=None)) == ()


def flood(line: bytes = b"flood") -> Bid:
    return bid(line, key("2023-02"), side("flood"), benefit="flood")._replace(prevails=frozenset({"payer"}))


def test_a_side_that_prevails_takes_all_that_those_hold_that_may_yield() -> None:
    guard = Guard()
    guard.offer(bid(b"round", key("1"), side("inflation"), benefit="inflation"))
    guard.offer(bid(b"visit", key("a")))
    assert guard.offer(flood(), {b"round"}) == (key("2023-02"), side("flood"))
    assert guard.yielded == {b"round": Beaten(Reason.EXCLUSIVE_BENEFIT, b"flood", side("inflation"))}
    assert guard.offer(bid(b"next", key("1"), benefit="inflation")) == (key("1"),), "what it held is free again"
    assert isinstance(guard.offer(bid(b"visit again", key("a"))), Beaten), "who did not yield holds on"


def test_a_side_prevails_over_nobody_who_may_not_yield_and_in_no_other_group() -> None:
    guard = Guard()
    guard.offer(bid(b"round", key("1"), side("inflation"), benefit="inflation"))
    assert guard.offer(flood()) == Beaten(Reason.EXCLUSIVE_BENEFIT, b"round", side("flood"))
    elsewhere = flood()._replace(prevails=frozenset({"other"}))
    assert guard.offer(elsewhere, {b"round"}) == Beaten(Reason.EXCLUSIVE_BENEFIT, b"round", side("flood"))
    assert guard.yielded == {}


def test_all_that_stand_against_a_side_that_prevails_yield_or_none() -> None:
    guard = Guard()
    guard.offer(bid(b"round", side("inflation"), benefit="inflation"))
    guard.offer(bid(b"heirs", side("inflation"), benefit="inflation"))
    assert guard.offer(flood(), {b"round"}) == Beaten(Reason.EXCLUSIVE_BENEFIT, b"heirs", side("flood"))
    assert guard.offer(flood(), {b"round", b"heirs"}) == (key("2023-02"), side("flood"))
    assert guard.yielded.keys() == {b"round", b"heirs"}


def test_nobody_yields_to_a_side_that_is_refused_for_something_else() -> None:
    guard = Guard()
    guard.offer(bid(b"round", key("1"), side("inflation"), benefit="inflation"))
    guard.offer(bid(b"another", key("2023-02"), benefit="flood"))
    beaten = Beaten(Reason.DUPLICATE_ENTITLEMENT, b"another", key("2023-02"))
    late = flood()._replace(claims=(side("flood"), key("2023-02")))
    assert guard.offer(late, {b"round"}) == beaten
    assert guard.yielded == {}
    assert isinstance(guard.offer(bid(b"next", key("1"), benefit="inflation")), Beaten)
