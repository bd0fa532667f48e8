"""The rules about officers, without a database: every way to be unfit, and how many approvers a sum needs."""

import pytest

from processors.npca.officers import (
    Band,
    Delegation,
    Officer,
    Role,
    Signed,
    Unfit,
    approvers_needed,
    complete,
    delegation_statement,
    statement,
    unfit,
)

P, R, A = Role.PREPARER, Role.REVIEWER, Role.APPROVER
EVERY = frozenset(Role)
OFFICERS = {
    "dara": Officer("dara", "key-1", EVERY, 10, None),
    "sophea": Officer("sophea", "key-2", EVERY, 10, 90),
    "vanna": Officer("vanna", "key-3", frozenset({A}), 10, None),
    "bopha": Officer("bopha", "key-4", EVERY, 10, None),
}
DELEGATIONS = [Delegation("vanna", "bopha", A, 20, 40)]


def signed(officer: str, role: Role, behalf: str | None = None, at: int = 30) -> Signed:
    return Signed(officer, role, behalf, at)


FIRST = signed("dara", P)
SECOND = signed("sophea", R)


@pytest.mark.parametrize(
    ("signing", "before", "why"),
    [
        (FIRST, [], None),
        (SECOND, [FIRST], None),
        (signed("vanna", A), [FIRST, SECOND], None),
        (signed("bopha", A, "vanna"), [FIRST, SECOND], None),
        (signed("nobody", P), [], Unfit.UNKNOWN),
        (signed("bopha", A, "nobody"), [FIRST, SECOND], Unfit.UNKNOWN),
        (signed("dara", P, at=9), [], Unfit.NOT_VALID),
        (signed("sophea", P, at=89), [], None),
        (signed("sophea", P, at=90), [], Unfit.NOT_VALID),
        (signed("vanna", P), [], Unfit.NOT_OF_ROLE),
        (signed("bopha", R, "vanna"), [FIRST], Unfit.NOT_OF_ROLE),
        (signed("dara", A, "vanna"), [FIRST, SECOND], Unfit.NOT_DELEGATED),
        (signed("bopha", A, "vanna", at=19), [FIRST, SECOND], Unfit.NOT_DELEGATED),
        (signed("bopha", A, "vanna", at=40), [FIRST, SECOND], Unfit.NOT_DELEGATED),
        (signed("dara", R), [FIRST], Unfit.TWO_ROLES),
        (signed("bopha", A, "vanna"), [FIRST, SECOND, signed("vanna", A)], Unfit.TWO_ROLES),
        (signed("vanna", A), [FIRST, SECOND, signed("bopha", A, "vanna")], Unfit.TWO_ROLES),
        (signed("bopha", A), [FIRST, SECOND, signed("vanna", A)], Unfit.ENOUGH),
        (signed("bopha", P), [FIRST], Unfit.ENOUGH),
        (SECOND, [], Unfit.OUT_OF_ORDER),
        (signed("vanna", A), [FIRST], Unfit.OUT_OF_ORDER),
    ],
)  # fmt: skip
def test_who_may_sign(signing: Signed, before: list[Signed], why: Unfit | None) -> None:
    assert unfit(signing, before, OFFICERS, DELEGATIONS, 1) is why


def test_the_larger_the_sum_the_more_approvers_each_currency_by_itself() -> None:
    bands = [Band("KHR", 1_000, 2), Band("KHR", 5_000, 3), Band("USD", 10, 4)]
    assert [approvers_needed(bands, {"KHR": amount}) for amount in (0, 999, 1_000, 4_999, 5_000)] == [1, 1, 2, 2, 3]
    assert approvers_needed(bands, {"KHR": 1_000, "USD": 10}) == 4
    assert approvers_needed([], {"KHR": 10**15}) == 1


def test_it_takes_all_roles_and_as_many_approvers_as_asked() -> None:
    all_three = [FIRST, SECOND, signed("vanna", A)]
    assert complete(all_three, 1)
    assert not complete(all_three, 2)
    for missing in range(3):
        assert not complete([one for at, one in enumerate(all_three) if at != missing], 1)


def test_what_is_signed_names_everything_it_is_good_for() -> None:
    said = statement("C1", b"\x01" * 32, SECOND)
    assert said == b"sp-certificate/v1\nC1\n" + b"01" * 32 + b"\nreviewer\nsophea\n-\n1970-01-01T00:00:00.000030Z\n"
    others = [
        statement("C2", b"\x01" * 32, SECOND), statement("C1", b"\x02" * 32, SECOND),
        statement("C1", b"\x01" * 32, SECOND._replace(role=A)),
        statement("C1", b"\x01" * 32, SECOND._replace(signed_us=31)),
        statement("C1", b"\x01" * 32, SECOND._replace(on_behalf_of="vanna")), delegation_statement(DELEGATIONS[0]),
    ]  # fmt: skip
    assert len({said, *others}) == 7
