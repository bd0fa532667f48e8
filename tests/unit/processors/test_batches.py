"""When a declared batch is complete, and what is told where it is not."""

from events.money import Money
from events.payment import BatchDeclared
from processors.batches import BatchMismatch, Group, compare

DECLARED = BatchDeclared("B1", "covid.cash", "2021-04", 3, (Money("300", "KHR"),))


def group(requests: int, amount: int = 0, *, benefit: str = "covid.cash", currency: str | None = "KHR") -> Group:
    return Group(benefit, "2021-04", currency, requests, amount)


def test_a_batch_is_complete_when_count_and_totals_agree() -> None:
    assert compare(DECLARED, [group(2, 300), group(1, currency=None)]) is None
    assert compare(DECLARED, [group(1, 100), group(2, 200)]) is None


def test_requests_of_other_benefits_are_counted_and_keep_it_waiting() -> None:
    others = [group(1, 300), group(1, benefit="flood.cash"), group(1, benefit="family.base")]
    assert compare(DECLARED, others) == BatchMismatch(3, 3, {"KHR": 300}, {"KHR": 300}, foreign=2)


def test_what_is_known_is_told_beside_what_was_declared() -> None:
    found = compare(DECLARED, [group(2, 200), group(1, 7, currency="USD")])
    assert found == BatchMismatch(3, 3, {"KHR": 300}, {"KHR": 200, "USD": 7}, foreign=0)
    assert compare(DECLARED, [group(2, 300)]) == BatchMismatch(3, 2, {"KHR": 300}, {"KHR": 300}, foreign=0)


def test_a_batch_of_nothing_is_never_complete() -> None:
    nothing = BatchDeclared("B1", "covid.cash", "2021-04", 0, ())
    assert compare(nothing, []) == BatchMismatch(0, 0, {}, {}, foreign=0)
