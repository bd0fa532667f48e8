"""What each stage of deciding takes by itself: clocks put around its methods, of which the innermost runs."""

from __future__ import annotations

import importlib
import threading
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import Any

STAGES: tuple[tuple[str, str, str], ...] = (
    ("read marks and events", "pipeline.decide.ahead", "Ahead.next"),
    ("load states", "processors.desk", "Step._load"),
    ("fold", "processors.desk", "Step._fold"),
    ("assemble cases", "processors.desk", "Step._cases"),
    ("adjudicate", "processors.desk", "Step._adjudicate"),
    ("make rows", "pipeline.decide.writing", "Ledger.write"),
    ("write and commit", "pipeline.decide.flight", "Flight._run"),
)
"""Stage, module, method. The last one runs in another thread; with one set at a time the others wait for it."""

SECONDS: defaultdict[str, float] = defaultdict(float)
_running = threading.local()


def install() -> None:
    """Put the clocks in place, in this process, for good. AttributeError when a method is called otherwise now."""
    for stage, module, method in STAGES:
        owner_name, name = method.split(".")
        owner = getattr(importlib.import_module(module), owner_name)
        replace(owner, name, timed(stage, getattr(owner, name)))


def replace(owner: type, name: str, method: Callable[..., Any]) -> None:
    """Put another method in the place of one, in this process."""
    setattr(owner, name, method)


def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with a clock that stands still while another one inside it runs."""

    @wraps(function)
    def measured(*arguments: Any, **named: Any) -> Any:
        outer: list[float] | None = getattr(_running, "inner", None)
        _running.inner = inner = [0.0]
        began = perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            took = perf_counter() - began
            SECONDS[stage] += took - inner[0]
            if outer is not None:
                outer[0] += took
            _running.inner = outer

    return measured
