"""Sums spans of blocks behind the decider, so that reports need not look at the whole history."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event
from typing import TYPE_CHECKING

from ledger.store.sums import extend
from pipeline.errors import is_transient
from pipeline.logging import get_logger

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

PERIOD_SECONDS = 5.0
"""How often it looks for whole spans; until then a report sums their blocks itself."""

_log = get_logger("summing")


def sum_until(stop: Event, connect: Callable[[], AbstractContextManager[LedgerConnection]]) -> None:
    """Sum what is due until `stop`. A failure is logged and tried again: reports are right without it, and slower."""
    while not stop.is_set():
        try:
            with connect() as connection:
                while not stop.is_set():
                    if not extend(connection):
                        stop.wait(PERIOD_SECONDS)
        except Exception as error:  # noqa: BLE001 - what only saves time must not end what works
            _log.warning("summing_failed", exc_info=error, fault="transient" if is_transient(error) else "fatal")
            stop.wait(PERIOD_SECONDS)
