"""Rows as PostgreSQL's COPY writes them in text, read as the row types of the ledger name and type their columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger.verify.codes import Code, FailureError

NULL = "\\N"
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(field: str) -> str:
    """A field without its escapes; ValueError for null."""
    if "\\" not in field:
        return field
    if field == NULL:
        raise ValueError("null where a value must be")
    parts, at = [], 0
    while (found := field.find("\\", at)) >= 0:
        letter = field[found + 1 : found + 2]
        parts += [field[at:found], _ESCAPES.get(letter, letter)]
        at = found + 2
    return "".join([*parts, field[at:]])


def _bytes(field: str) -> bytes:
    return bytes.fromhex(field.removeprefix("\\\\x"))


def _micros(field: str) -> int:
    """A time with its offset as microseconds since the epoch."""
    at = datetime.fromisoformat(field if field[-3:-2] in {"+", "-"} else field + "+00")
    return (at - _EPOCH) // timedelta(microseconds=1)


def _numbers(field: str) -> tuple[int, ...]:
    return tuple(map(int, field[1:-1].split(","))) if len(field) > 2 else ()


_READ: dict[str, Callable[[str], Any]] = {
    "bytes": _bytes, "str": text, "int": int, "date": date.fromisoformat, "tuple[int, ...]": _numbers,
    "bytes | None": lambda field: None if field == NULL else _bytes(field),
    "int | None": lambda field: None if field == NULL else int(field),
    "str | None": lambda field: None if field == NULL else text(field),
}  # fmt: skip


def reader(columns: Sequence[str], row_type: Any) -> Callable[[Sequence[str]], Any]:
    """Makes a row of its type of the fields of `columns`; a number `at_us` is read of a time `at`. Else MALFORMED."""
    plan: list[tuple[int, Callable[[str], Any]]] = []
    for name, kind in row_type.__annotations__.items():
        if name in columns:
            plan.append((columns.index(name), _READ[kind if isinstance(kind, str) else kind.__forward_arg__]))
        elif (time := name.removesuffix("_us")) != name and time in columns:
            plan.append((columns.index(time), _micros))
        else:
            raise FailureError(Code.MALFORMED, f"a {row_type.__name__} has no {name}")

    def read(fields: Sequence[str]) -> Any:
        try:
            return row_type._make([kind(fields[at]) for at, kind in plan])
        except (ValueError, IndexError) as error:
            raise FailureError(Code.MALFORMED, f"a {row_type.__name__} cannot be read ({error})") from None

    return read
