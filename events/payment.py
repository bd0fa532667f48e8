"""What an operator asks to be paid, withdraws, declares complete and closes (`sp.payment.v1`)."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from msgspec import field

from events.money import Money
from events.shapes import (
    Code,
    Count,
    FieldError,
    Month,
    OpaqueId,
    Positive,
    Shape,
    SpId,
    check_dates,
    check_period,
)

ForShapeName = Literal["month", "round", "on", "from+until", "encounter_id", "award_id+month"]

# Which fields are present, in the order (month, round, on, from, until, encounter_id, award_id).
_SHAPES: Final[dict[tuple[bool, ...], ForShapeName]] = {
    (True, False, False, False, False, False, False): "month",
    (False, True, False, False, False, False, False): "round",
    (False, False, True, False, False, False, False): "on",
    (False, False, False, True, True, False, False): "from+until",
    (False, False, False, False, False, True, False): "encounter_id",
    (True, False, False, False, False, False, True): "award_id+month",
}
_PARTS: Final = ("month", "round", "on", "from", "until", "encounter_id", "award_id")
_OTHER_HALF: Final = {"from": "until", "until": "from", "award_id": "month"}
_ONE_SHAPE: Final = (
    "expected one of {month}, {round}, {on, optional number, birth_on, due_on}, {from, until}, "
    "{encounter_id}, {award_id, month}"
)


class For(Shape, frozen=True):
    """What a request is for; exactly one of six shapes, `shape` tells which. Days are Cambodian dates."""

    month: Month | None = None
    round: Positive | None = None
    on: dt.date | None = None
    number: Positive | None = None
    birth_on: dt.date | None = None
    due_on: dt.date | None = None
    from_: dt.date | None = field(default=None, name="from")
    until: dt.date | None = None
    encounter_id: OpaqueId | None = None
    award_id: OpaqueId | None = None

    def __post_init__(self) -> None:
        """Refuse anything but one shape, naming the first field that does not belong or is missing."""
        present = self._present()
        if present not in _SHAPES:
            raise FieldError(_misfit(present), _ONE_SHAPE)
        if self.on is None:
            for name in ("number", "birth_on", "due_on"):
                if getattr(self, name) is not None:
                    raise FieldError(name, "expected only together with `on`")
            if self.from_ is not None and self.until is not None:
                check_dates(from_=self.from_, until=self.until)
                check_period(self.from_, self.until)
        else:
            check_dates(on=self.on, birth_on=self.birth_on, due_on=self.due_on)

    def _present(self) -> tuple[bool, ...]:
        return (
            self.month is not None,
            self.round is not None,
            self.on is not None,
            self.from_ is not None,
            self.until is not None,
            self.encounter_id is not None,
            self.award_id is not None,
        )

    @property
    def shape(self) -> ForShapeName:
        """The shape's fields joined by a plus, as policy packs write them."""
        return _SHAPES[self._present()]


def _misfit(present: tuple[bool, ...]) -> str:
    """The field to name: the missing half of a pair, the second of two shapes, "" when there is none at all."""
    given = [name for name, there in zip(_PARTS, present, strict=True) if there]
    if len(given) == 1:
        return _OTHER_HALF[given[0]]
    return given[1] if given else ""


class Payee(Shape, frozen=True):
    """Who receives the money and how; `account_ref` is a token, never an account number."""

    channel: Literal["bank", "wallet", "facility", "treasury", "cash"]
    provider: OpaqueId
    account_ref: OpaqueId
    role: Literal["self", "guardian", "household_head", "representative", "caretaker", "survivor", "facility", "school"]
    holder: OpaqueId | None = None


class PaymentRequested(Shape, frozen=True):
    """One payment asked for, to a person or to a household, never both; `cycle` is the month it is to be paid in."""

    request_id: OpaqueId
    batch_id: OpaqueId
    benefit: Code
    for_: For = field(name="for")
    payee: Payee
    sp_id: SpId | None = None
    household_id: OpaqueId | None = None
    cycle: Month | None = None
    in_respect_of: SpId | None = None
    amount: Money | None = None

    def __post_init__(self) -> None:
        """Refuse a request for nobody, or for a person and a household at once."""
        if self.sp_id is None:
            if self.household_id is None:
                raise FieldError("sp_id", "expected exactly one of `sp_id` and `household_id`, found neither")
        elif self.household_id is not None:
            raise FieldError("household_id", "expected exactly one of `sp_id` and `household_id`, found both")


class PaymentWithdrawn(Shape, frozen=True):
    """The operator takes a request back."""

    request_id: OpaqueId
    reason: Code


class PayeeChanged(Shape, frozen=True):
    """Another account for a request, or the same one confirmed, after money for it was rejected or came back."""

    request_id: OpaqueId
    payee: Payee
    reason: Code


class BatchDeclared(Shape, frozen=True):
    """The operator's control totals: the batch is complete with `count` requests and these sums, one a currency."""

    batch_id: OpaqueId
    benefit: Code
    cycle: Month
    count: Count
    totals: tuple[Money, ...]

    def __post_init__(self) -> None:
        """Refuse two totals of one currency."""
        check_totals(self.totals)


class CycleClosed(Shape, frozen=True):
    """No more requests of this source for this benefit and payment cycle."""

    benefit: Code
    cycle: Month


def check_totals(totals: tuple[Money, ...]) -> None:
    """Refuse control totals that name a currency twice."""
    if len({total.currency for total in totals}) != len(totals):
        raise FieldError("totals", "expected at most one total for each currency")
