"""The rows of the benchmark, each a small module that measures one thing."""

from __future__ import annotations

from collections.abc import Callable

from infra.bench.figures import Row
from infra.bench.rows import (
    entry_calls,
    full_path,
    growth,
    hot_account,
    latency,
    limit,
    month,
    one_event,
    signing,
    stages,
)
from infra.bench.world import World

ROWS: dict[str, Callable[[World], Row]] = {
    "a": limit.measure,
    "b": full_path.measure,
    "seal": full_path.sealed,
    "c": one_event.measure,
    "d": entry_calls.measure,
    "e": stages.measure,
    "f": latency.measure,
    "g": hot_account.measure,
    "h": growth.measure,
    "i": signing.measure,
    "month": month.measure,
}
