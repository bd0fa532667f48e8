"""Waiting for a condition, with a limit that is an error."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import Final

POLL_SECONDS: Final = 0.05
_PAUSE = Event()


class LateError(Exception):
    """A condition did not come true in time; the message says which."""


def wait_until(ready: Callable[[], bool], limit_seconds: float, what: str) -> float:
    """Wait until `ready`; returns the seconds it took. Raises LateError after `limit_seconds`."""
    began = monotonic()
    while not ready():
        if monotonic() - began > limit_seconds:
            raise LateError(f"{what}: not so after {limit_seconds:.0f} s")
        _PAUSE.wait(POLL_SECONDS)
    return monotonic() - began


def pause(seconds: float) -> None:
    """Let time pass, where a fault is a duration."""
    _PAUSE.wait(seconds)
