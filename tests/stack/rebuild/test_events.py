"""Ledgers in which something out of the ordinary happened are rebuilt in both ways."""

from tests.births import closed, declared, mother
from tests.stack.decide.conftest import Desk
from tests.stack.rebuild.conftest import Rebuilding


def test_a_small_country(desk: Desk, rebuilding: Rebuilding) -> None:
    events = [fact for number in range(1, 31) for fact in mother(number, babies=1 + number % 2)]
    events += [declared("nssf", "NB", 30, 45 * 400_000), declared("hef", "HB", 30, 0)]
    desk.publish([*events, closed("nssf"), closed("hef")])
    desk.decide(10)
    rebuilding.same(desk.url, 1, 2)
