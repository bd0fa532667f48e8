"""Rows as texts, from a dump or a line of JSON, read as the row types of the ledger name and type their columns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger.verify.codes import Code, FailureError

Row = dict[str, str | None]
"""None is null."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(row: Row, name: str) -> str:
    """A column that is never null."""
    value = row.get(name)
    if value is None:
        raise FailureError(Code.MALFORMED, f"a row has no {name}")
    return value


def _bytes(row: Row, name: str) -> bytes:
    return bytes.fromhex(text(row, name).removeprefix("\\x"))


def _int(row: Row, name: str) -> int:
    """A number; `at_us`, where there is no such column, is the time `at` in microseconds since the epoch."""
    if name in row or not name.endswith("_us"):
        return int(text(row, name))
    at = text(row, name.removesuffix("_us"))
    return (datetime.fromisoformat(at if at[-3] in "+-" else at + "+00") - _EPOCH) // timedelta(microseconds=1)


_READ: dict[str, Callable[[Row, str], Any]] = {
    "bytes": _bytes,
    "str": text,
    "int": _int,
    "date": lambda row, name: date.fromisoformat(text(row, name)),
    "bytes | None": lambda row, name: None if row[name] is None else _bytes(row, name),
    "int | None": lambda row, name: None if row[name] is None else _int(row, name),
    "str | None": lambda row, name: row[name],
    "tuple[int, ...]": lambda row, name: tuple(int(part) for part in text(row, name)[1:-1].split(",") if part),
}


def values(row: Row, annotations: dict[str, Any]) -> list[Any]:
    """The columns that a row type names, in its order, or MALFORMED."""
    kinds = ((name, kind if isinstance(kind, str) else kind.__forward_arg__) for name, kind in annotations.items())
    try:
        return [_READ[kind](row, name) for name, kind in kinds]
    except (ValueError, KeyError, IndexError) as error:
        raise FailureError(Code.MALFORMED, f"a row cannot be read ({error})") from None
