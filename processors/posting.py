"""Target position minus posted position: the transfers a decision posts, increases forward, decreases as reversals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.model.account import Dimensions
from ledger.model.step import step_accounts
from processors.outcome import Posted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ledger.model.account import Account
    from ledger.model.step import Step
    from processors.outcome import Decision, History


class Draft(NamedTuple):
    """One transfer to be posted. `reverses` is the leaf number of the transfer it takes back, None when forward."""

    step: Step
    bank: str
    debit: Account
    credit: Account
    amount_minor: int
    effective_date: date
    reverses: int | None


def names_of(books: Dimensions) -> tuple[str, str, str, str]:
    """What tells the accounts of one subject from those of another: benefit, operator, currency, area."""
    return books.benefit, books.operator, books.currency, books.area


def drafts(decision: Decision, last: History | None) -> Iterator[Draft]:
    """The transfers that bring what is posted for a subject to the decision's position, in the order of steps.

    A decrease reverses the youngest open transfers first, each for at most what is left of it. What was posted to
    other accounts (an earlier request took the id, or the household moved) is reversed whole, on those accounts.
    """
    posted = {(item.step, item.bank): item for item in (last.posted if last is not None else ())}
    if last is not None and posted and last.books != names_of(decision.dimensions):
        yield from _emptied(decision, last)
        posted = {}
    for step, bank in sorted(posted.keys() | decision.position.keys()):
        was = posted.get((step, bank))
        change = decision.position.get((step, bank), 0) - (was.amount_minor if was is not None else 0)
        debit, credit = step_accounts(step, decision.dimensions, bank)
        day = decision.dates[step]
        if change > 0:
            yield Draft(step, bank, debit, credit, change, day, None)
        elif change < 0 and was is not None:
            for leaf, amount in _taken_back(was, -change):
                yield Draft(step, bank, credit, debit, amount, day, leaf)


def _emptied(decision: Decision, last: History) -> Iterator[Draft]:
    benefit, operator, currency, area = last.books
    books = Dimensions(benefit, "", operator, "", area, "", "", currency)
    for was in last.posted:
        debit, credit = step_accounts(was.step, books, was.bank)
        for leaf, amount in _taken_back(was, was.amount_minor):
            yield Draft(was.step, was.bank, credit, debit, amount, decision.dates[was.step], leaf)


def _taken_back(was: Posted, amount: int) -> Iterator[tuple[int, int]]:
    for leaf, left in reversed(was.open):
        part = min(left, amount)
        if part:
            yield leaf, part
        amount -= part


def carried(last: History | None, posted: list[tuple[Draft, int]]) -> tuple[Posted, ...]:
    """What stands posted after the drafts got their leaf numbers: each step with its open transfers, oldest first."""
    open_: dict[tuple[Step, str], dict[int, int]] = {
        (item.step, item.bank): dict(item.open) for item in (last.posted if last is not None else ())
    }
    for draft, leaf in posted:
        entry = open_.setdefault((draft.step, draft.bank), {})
        if draft.reverses is None:
            entry[leaf] = draft.amount_minor
        else:
            entry[draft.reverses] -= draft.amount_minor
    kept = (
        Posted(step, bank, tuple((leaf, left) for leaf, left in entry.items() if left))
        for (step, bank), entry in sorted(open_.items())
    )
    return tuple(item for item in kept if item.open)
