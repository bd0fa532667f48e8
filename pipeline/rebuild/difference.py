"""What differs between the original and the rebuilt books, found by walking through both in one order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

Row = tuple[Any, ...]
AT_ONCE = 5_000


class Difference(NamedTuple):
    """One thing that is not the same: which table or figure, which row of it, and what each side says; "" is nothing.

    Nothing protected is told: keys of lines, persons and households, amounts, states.
    """

    what: str
    where: str
    original: str
    rebuilt: str


class Table(NamedTuple):
    """A query to compare by. Its rows come in the order of the first `key` columns, text in the order of its bytes."""

    what: str
    query: str
    key: int
    columns: tuple[str, ...]
    """The names of the columns after the key."""


def compare(table: Table, original: LedgerConnection, rebuilt: LedgerConnection) -> Iterator[Difference]:
    """Every key whose rows are not the same on both sides."""
    for key, first, second in merged(_by_key(table, original), _by_key(table, rebuilt)):
        if first != second:
            yield told(table, key, first, second)


def told(table: Table, key: Row, first: list[Row], second: list[Row]) -> Difference:
    """A difference in words: only the columns that differ, where both sides have one row."""
    where = " ".join(map(show, key))
    if len(first) == len(second) == 1:
        pairs = [pair for pair in zip(table.columns, first[0], second[0], strict=True) if pair[1] != pair[2]]
        return Difference(
            table.what,
            where,
            " ".join(f"{name}={show(value)}" for name, value, _ in pairs),
            " ".join(f"{name}={show(value)}" for name, _, value in pairs),
        )
    return Difference(table.what, where, _whole(table, first), _whole(table, second))


def _whole(table: Table, rows: list[Row]) -> str:
    said = (
        " ".join(f"{name}={show(value)}" for name, value in zip(table.columns, row, strict=True)) or "there"
        for row in rows
    )
    return "; ".join(said)


def merged(
    first: Iterator[tuple[Row, list[Row]]], second: Iterator[tuple[Row, list[Row]]]
) -> Iterator[tuple[Row, list[Row], list[Row]]]:
    """Both sides key by key, in order; a side without the key has no row."""
    one, other = next(first, None), next(second, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            if one is not None:
                yield one[0], one[1], []
            one = next(first, None)
        elif one is None or other[0] < one[0]:
            yield other[0], [], other[1]
            other = next(second, None)
        else:
            yield one[0], one[1], other[1]
            one, other = next(first, None), next(second, None)


def _by_key(table: Table, connection: LedgerConnection) -> Iterator[tuple[Row, list[Row]]]:
    """The rows of each key, in the order of keys, read as they are needed."""
    with connection.cursor(f"compare_{table.what.replace(' ', '_')}", binary=True) as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(table.query)
        yield from grouped(cursor, table.key)


def grouped(rows: Iterable[Row], key: int) -> Iterator[tuple[Row, list[Row]]]:
    """Rows in the order of their first `key` columns as (key, the rest of each of its rows)."""
    first: Callable[[Row], Row] = itemgetter(slice(key))
    for value, same in groupby(rows, first):
        yield value, [row[key:] for row in same]


def show(value: object) -> str:
    """A value as a person reads it: a key of an entity as text where it is one, other bytes in hex digits."""
    if isinstance(value, bytes):
        text = value.replace(b"\0", b"/")
        return text.decode() if text.isascii() and text.decode().isprintable() else value.hex()
    if isinstance(value, list | tuple):
        return "[" + " ".join(map(show, value)) + "]"
    return "-" if value is None else str(value)
