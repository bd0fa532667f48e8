"""What the command tells: a failing schedule made small, and the page of broken variants with what catches each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from tests.faults import schedule
from tests.faults.campaign import SCHEDULES, SCHEDULES_IN_TESTS
from tests.faults.checks import CHECKS, Wrong
from tests.faults.variants import VARIANTS

if TYPE_CHECKING:
    from tests.faults.campaign import Campaign
    from tests.faults.schedule import Schedule
    from tests.faults.variants import Variant

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
_REASON_CHARACTERS = 160

_HEAD = """\
# Crash schedules

<!-- Written by `make test-faults FAULTS=--write`; do not edit. -->

`make test-faults` runs {schedules:,} schedules against the real write path: two recording, two deciding and two
relaying processes on a real PostgreSQL, with a broker in memory. A schedule is data drawn from a seed: what is
published (now and then twice, side by side on two partitions, under one id with other bytes, or spoilt), how many
statements each process goes on, and what befalls the next one. Processes take turns statement by statement: a seed
always runs alike.

```
make test-faults                                    # {schedules:,}, then all that is broken; `make test`: {in_tests}
make test-faults FAULTS="--schedules 20000"         # more
make test-faults FAULTS="--seed 4711"               # one again: makes it small and prints every statement
make test-faults FAULTS="--variant 'fence missing'" # with production broken in one way
make test-faults FAULTS=--write                     # likewise, and this page anew
```

What can befall a process: it dies before or after any statement, COMMIT, Kafka commit, sending or acknowledgement; its
session is cut before a statement, after it before the answer comes, or while it is idle; the server answers with a
serialization failure, a deadlock, a lock or statement timeout, or a full disk; it freezes and wakes up after its
successor took over; it does not hear of a rebalance; its consumer begins at zero again or passes records over; what
Kafka has of its offsets is lost or moved to the end; the broker is away or takes half of what is sent.

After each schedule everybody is restarted until nothing is left to do, and the books are compared with a model in plain
Python that has no database:

{checks}

While it runs, a witness looks at each commit of the decider: no line is frozen while a mark that was there when its set
was begun is left on its case.

## What production leaves

When this page was written {ran}

## What it catches

Each of these takes one promise of the write path away ([variants.py](../tests/faults/variants.py)) and must be caught
by the check it was made for. The seed is the first of 1, 2, 3 … whose schedule does; the last column is the smallest
schedule found that this check still catches.

| broken variant | what is wrong with it | seed | what catches it | smallest schedule |
|---|---|---:|---|---|
"""


class Ran(NamedTuple):
    """Schedules of seeds in a row, on production as it is or broken."""

    many: int
    first: int
    failed: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.many:,} schedules ran, from seed {self.first} on, in {self.seconds:.0f} s: {self.failed} failed."


def replay(campaign: Campaign, seed: int, variant: Variant) -> bool:
    """Run one seed; when it fails, print it made small, with every statement. Returns whether it failed."""
    told = schedule.draw(seed)
    wrong = campaign.wrong(told, variant)
    if not wrong:
        typer.echo("\n".join([*told.lines(), f"seed {seed}: nothing is wrong"]))
        return False
    smaller = campaign.shrunk(told, variant, wrong[0].kind)
    trace: list[str] = []
    wrong = campaign.wrong(smaller, variant, trace)
    typer.echo("\n".join([*smaller.lines(), "", "statements:", *trace, "", "wrong:", *map(str, wrong)]))
    return True


def catch(campaign: Campaign, ran: Ran | None = None) -> bool:
    """Run every variant until it is caught; returns whether one was not. Given what `ran`, writes the page."""
    rows, missed, seeds = [], False, range(1, 1 + SCHEDULES)
    for variant in VARIANTS:
        found = campaign.caught(seeds, variant)
        if found is None:
            missed = True
            typer.echo(f"{variant.name}: no {variant.kind!r} in {len(seeds)} schedules from seed {seeds.start}")
            continue
        seed, wrong = found
        typer.echo(f"{variant.name}: seed {seed}, {wrong}")
        if ran is not None:
            rows.append(_row(variant, seed, wrong, campaign.shrunk(schedule.draw(seed), variant, variant.kind)))
    if ran is not None and not missed:
        PAGE.write_text(_head(ran) + "\n".join(rows) + "\n")
    return missed


def _head(ran: Ran) -> str:
    checks = "\n".join(f"- {_sentence(check.__doc__ or '')}" for check in CHECKS)
    return _HEAD.format(checks=checks, schedules=SCHEDULES, in_tests=SCHEDULES_IN_TESTS, ran=ran)


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _row(variant: Variant, seed: int, wrong: Wrong, smaller: Schedule) -> str:
    moves = "; ".join(str(move) for move in smaller.moves) or "none: no fault is needed"
    told = len(smaller.published) + len(smaller.end)
    size = f"{told} record{'s' if told != 1 else ''}; {moves}"
    return f"| {variant.name} | {variant.story} | {seed} | {_cell(wrong.what)} | {_cell(size)} |"


def _cell(text: str) -> str:
    plain = " ".join(text.replace("|", "\\|").split())
    return plain if len(plain) <= _REASON_CHARACTERS * 2 else plain[: _REASON_CHARACTERS * 2] + " …"
