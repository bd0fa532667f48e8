"""A journal is read as it was written, names marks with their entities, and no other version is taken for it."""

import pytest
from msgspec import msgpack

from ledger.model.kinds import Cause
from pipeline.decide.journal import VERSION, Journal, JournalError, decode, encode, journal_of
from processors import entities
from processors.desk import Mark
from tests.births import mother

ENROLLED, DELIVERED, ASKED, _ = mother(1)
EVENTS = {7: ASKED, 1 << 56: ENROLLED, (1 << 56) + 1: DELIVERED}


def _marks(*rows: tuple[bytes, int | None, Cause, int | None]) -> list[Mark]:
    return [
        Mark(number, entity, position, int(cause), ref) for number, (entity, position, cause, ref) in enumerate(rows)
    ]


def _facts(*positions: int) -> list[tuple[bytes, int | None, Cause, int | None]]:
    return [(key, at, Cause.FACT, None) for at in positions for key in entities.homes(EVENTS[at])]


def _said(marks: list[Mark]) -> set[tuple[bytes, int | None, int, int | None]]:
    return {mark[1:] for mark in marks}


def test_marks_come_back_in_any_order_they_were_taken() -> None:
    orders = [(b"L2", None, Cause.FREEZE, 4), (b"L1", None, Cause.FREEZE, 4), (b"P1", None, Cause.NEIGHBOUR, None)]
    taken = _marks(*reversed(_facts((1 << 56) + 1, 7)), *orders, _facts(1 << 56)[0])
    journal = journal_of(taken, EVENTS, {b"P9", b"H1"}, {("nssf", "b"), ("hef", "a")})
    assert journal.whole == [7, (1 << 56) + 1]
    assert journal == journal_of(taken[::-1], EVENTS, [b"H1", b"P9"], [("hef", "a"), ("nssf", "b")])
    read = decode(encode(journal))
    assert read == journal
    assert _said(read.marks(EVENTS)) == _said(taken)
    assert encode(journal_of(read.marks(EVENTS), EVENTS, read.busy, read.met)) == encode(journal)


def test_an_event_whose_marks_are_taken_in_two_sets_is_named_with_its_entities() -> None:
    home, line = entities.homes(ASKED)
    journal = journal_of(_marks((line, 7, Cause.FACT, None)), EVENTS, (), ())
    assert (journal.whole, journal.partly, journal.positions) == ([], [(7, [line])], [7])
    assert _said(journal.marks(EVENTS)) == {(line, 7, Cause.FACT, None)}
    assert home not in encode(journal)


def test_a_fact_costs_a_byte_where_its_neighbours_are_taken_too() -> None:
    first = 1 << 56
    assert len(encode(Journal(whole=list(range(first, first + 1_000))))) < 1_030


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (([1, 2], []), "less than is needed"),
        ((VERSION + 1, [], [], [], [], [], []), f"version is {VERSION + 1}"),
    ],
)
def test_another_version_is_refused(written: object, why: str) -> None:
    with pytest.raises(JournalError, match=why):
        decode(msgpack.encode(written))
