"""The goals, and what was measured beside each: met, or the obstacle in figures of the same run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from infra.bench.sizes import FULL
from infra.bench.timers import STAGES

Figures = Mapping[str, float]

EVENTS_PER_SECOND = 20_000
OF_COPY = 0.25
TIMES_CALLS = 20
LATENCY_SECONDS = 1.0
SLOPE = 0.20
MEASURED_SHARE = 0.9
"""A ledger is filled by whole copies, so it has a little more or less than what was asked for."""
MONTH_SECONDS = 60.0
SEAL_SECONDS = 10.0


class Verdict(NamedTuple):
    """Whether a goal is met, and the figures that say so; `met` is None when the run did not measure it."""

    goal: str
    met: bool | None
    told: str


class Goal(NamedTuple):
    """A goal, the figures it needs, and how they are judged."""

    text: str
    needs: tuple[str, ...]
    judge: Callable[[Figures], tuple[bool, str]]

    def verdict(self, figures: Figures) -> Verdict:
        """What the figures of a run say."""
        missing = [name for name in self.needs if name not in figures]
        if missing:
            return Verdict(self.text, None, "not measured in this run")
        return Verdict(self.text, *self.judge(figures))


def _throughput(figures: Figures) -> tuple[bool, str]:
    rate = figures["path"]
    met = rate >= EVENTS_PER_SECOND
    told = f"{rate:,.0f} events/s, {figures['path.decisions_a_request']:.2f} decisions a request"
    return met, told if met else f"{told}. {_bound(figures)}"


def _bound(figures: Figures) -> str:
    """Why it is not more: the processors, or the one process that decides."""
    cores, us = figures["cores"], figures["path.us"]
    told = (
        f"All processes together take {us:.0f} µs of a processor an event, so {cores:.0f} cores end at "
        f"{cores * 1e6 / us:,.0f}/s; {EVENTS_PER_SECOND:,}/s leave {cores * 1e6 / EVENTS_PER_SECOND:.0f}. "
        f"The deciding process takes {figures['path.decide_us']:.0f} µs, which is {figures['path.decide_cores']:.2f} "
        f"of the one core it can have, PostgreSQL {figures['path.postgres_us']:.0f} µs"
    )
    stages = {name.removeprefix("stage."): us for name, us in figures.items() if name in _DECIDE_STAGES}
    if stages:
        largest = max(stages, key=lambda name: stages[name])
        told += f". Next: `{largest}`, {stages[largest]:.0f} µs an event alone, is the largest part of deciding"
    return told + "."


_DECIDE_STAGES = frozenset(f"stage.{name}" for name, _, _ in STAGES)


def _of_copy(figures: Figures) -> tuple[bool, str]:
    share = figures["path"] / figures["copy"]
    told = (
        f"{share:.3f} of {figures['copy']:,.0f} events/s, by COPY of {figures['copy.rows_an_event']:.1f} rows an event"
    )
    return share >= OF_COPY, told if share >= OF_COPY else f"{told}. The obstacle is that of the first goal"


def _times_calls(figures: Figures) -> tuple[bool, str]:
    times = figures["path"] / figures["calls"]
    transfers = figures["path.transfers"] / figures["calls"]
    return times >= TIMES_CALLS, (
        f"{times:.1f} × {figures['calls']:,.0f} calls/s in events; {transfers:.1f} × in transfers, of which an event "
        "makes less than one"
    )


def _latency(offered: int) -> Callable[[Figures], tuple[bool, str]]:
    def judge(figures: Figures) -> tuple[bool, str]:
        p99 = figures[f"latency.{offered}"]
        met = p99 < LATENCY_SECONDS
        told = f"p99 {p99:.3f} s"
        if met:
            return met, told
        return (
            met,
            f"{told}; {figures[f'latency.{offered}.drained']:.1f} s after the last event was due all was decided",
        )

    return judge


def _growth(figures: Figures) -> tuple[bool, str]:
    lost = figures["growth.slope"]
    told = f"{lost:+.1%} from {figures['growth.from']:,.0f} to {figures['growth.to']:,.0f} rows"
    if figures["growth.to"] < FULL.growth_rows[-1] * MEASURED_SHARE:
        told += f"; {FULL.growth_rows[-1]:,} with `--large`"
        return False, told + ", so not shown yet"
    return lost <= SLOPE, told


def _month(figures: Figures) -> tuple[bool, str]:
    seconds = figures["month"]
    told = f"{seconds:.0f} s at {figures['month.rate']:,.0f} requests/s"
    if not figures["month.measured"]:
        told += ", told on from fewer households"
    if seconds < MONTH_SECONDS:
        return bool(figures["month.measured"]), told + ("" if figures["month.measured"] else ", so not shown yet")
    spent, left = 1e6 / figures["month.rate"], 1e6 * MONTH_SECONDS / FULL.households
    return False, f"{told}; one process decides, in {spent:.0f} µs a request where there are {left:.0f}"


def _seal(figures: Figures) -> tuple[bool, str]:
    p99 = figures["seal.p99"]
    return p99 < SEAL_SECONDS, f"p99 {p99:.2f} s at {figures['seal']:,.0f} events/s"


GOALS: tuple[Goal, ...] = (
    Goal(
        f"at least {EVENTS_PER_SECOND:,} events/s from Kafka to committed decisions, all guarantees on",
        ("path", "path.us", "path.decide_us", "path.decide_cores", "path.postgres_us", "cores"),
        _throughput,
    ),
    Goal(
        f"at least {OF_COPY:.0%} of raw COPY of all rows (a)",
        ("path", "copy", "copy.rows_an_event"),
        _of_copy,
    ),
    Goal(
        f"at least {TIMES_CALLS} × a ledger of one call an entry on a hot account (d)",
        ("path", "path.transfers", "calls"),
        _times_calls,
    ),
    *(
        Goal(
            f"p99 under {LATENCY_SECONDS:.0f} s at {offered:,} events/s offered",
            (f"latency.{offered}",),
            _latency(offered),
        )
        for offered in (1_000, 5_000)
    ),
    Goal(
        f"no slope beyond {SLOPE:.0%} from {FULL.growth_rows[0]:,} to {FULL.growth_rows[-1]:,} rows",
        ("growth.slope",),
        _growth,
    ),
    Goal(f"a month of {FULL.households:,} households in under {MONTH_SECONDS:.0f} s", ("month",), _month),
    Goal(
        f"sealing keeps up with the full path, lag p99 under {SEAL_SECONDS:.0f} s",
        ("seal.p99", "seal"),
        _seal,
    ),
)


def verdicts(figures: Figures) -> list[Verdict]:
    """Every goal with what was measured."""
    return [goal.verdict(figures) for goal in GOALS]
