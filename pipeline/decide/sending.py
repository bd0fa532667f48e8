"""Sending rows from a thread of its own, so that the database works while the next rows are made."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_POOL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decide-send")
"""One thread: statements of one transaction go one after the other."""


class Sender:
    """Runs what it is given in order. Leaving the block waits for all of it and raises the first failure.

    Inside the block nobody else may use the cursor. A failure here or there leaves the transaction to be rolled back.
    """

    def __init__(self) -> None:
        self._sent: list[Future[Any]] = []

    def __call__(self, work: Callable[..., object], *arguments: object) -> None:
        """Have `work(*arguments)` done after what was sent before."""
        self._sent.append(_POOL.submit(work, *arguments))

    def __enter__(self) -> Self:
        self._sent = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        wait(self._sent)
        if error is None:
            for future in self._sent:
                future.result()
