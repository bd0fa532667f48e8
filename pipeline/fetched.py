r"""Reads every record the brokers hold, whoever wrote it: aiokafka ends at a header's name that is no UTF-8.

Kafka lets a name be any bytes, so one such record would end the recording process again and again. Such a batch is
read a second time, in Python, with the bytes that are no text spelt out (`\xff`). Every name used here is private to
aiokafka 0.14.0 and held by tests/unit/pipeline/test_transport_hooks.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

if TYPE_CHECKING:
    from collections.abc import Iterator


class SpeltBytes(bytearray):
    """Bytes whose slices read as text, with what is no UTF-8 spelt out."""

    def __getitem__(self, at: Any) -> Any:
        """A slice is of the same kind."""
        found = super().__getitem__(at)
        return SpeltBytes(found) if isinstance(at, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        """The text."""
        return super().decode(encoding, errors)


class _SpeltBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # final for type checkers only
    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer: bytearray = SpeltBytes(self._buffer)


class FetchedBatch:
    """One batch as aiokafka reads it, and read anew where aiokafka gives up."""

    def __init__(self, fast: Any, stored: memoryview) -> None:
        self._fast, self._stored = fast, stored

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fast, name)

    def __iter__(self) -> Iterator[Any]:
        """Every record of the batch, once."""
        last = -1
        try:
            for record in self._fast:
                last = record.offset
                yield record
        except UnicodeDecodeError:
            yield from (record for record in _SpeltBatch(self._stored) if record.offset > last)


class FetchedRecords(_MemoryRecordsPy):  # type: ignore[misc]  # final for type checkers only
    """The batches of one fetched partition."""

    def next_batch(self) -> Any:
        """The next batch, None after the last."""
        stored = self._next_slice
        batch = super().next_batch()
        return batch if batch is None or stored is None else FetchedBatch(batch, stored)


def read_all_records() -> None:
    """From here on consumers of this process read what `FetchedRecords` does."""
    fetcher.MemoryRecords = FetchedRecords
