"""What the command tells: a failing schedule made small, and the page of broken variants with what catches each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tests.faults import schedule
from tests.faults.checks import CHECKS
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

`make test-faults` runs 1,000 schedules against the real write path: two recording, two deciding and two relaying
processes on a real PostgreSQL, with a broker in memory. A schedule is data drawn from a seed: what is published (now
and then twice, side by side on two partitions, under one id with other bytes, or spoilt), how many statements each
process goes on, and what befalls the next one. Processes take turns statement by statement: a seed always runs alike.

```
make test-faults                                    # 1,000 schedules; `make test` runs 50
make test-faults FAULTS="--schedules 20000"         # more
make test-faults FAULTS="--seed 4711"               # one again: makes it small and prints every statement
make test-faults FAULTS="--variant 'fence missing'" # with production broken in one way
make test-faults FAULTS=--write                     # every broken variant, and this page anew
```

What can befall a process: it dies before or after any statement, COMMIT, Kafka commit, sending or acknowledgement; its
session is cut before a statement, after it before the answer comes, or while it is idle; the server answers with a
serialization failure, a deadlock, a lock or statement timeout, or a full disk; it freezes and wakes up after its
successor took over; it does not hear of a rebalance; its consumer begins at zero again or passes records over; the
broker is away or takes half of what is sent.

After each schedule everybody is restarted until nothing is left to do, and the books are compared with a model in plain
Python that has no database:

{checks}

While it runs, a witness looks at each commit of the decider: no line is frozen while a mark that was there when its set
was begun is left on its case.

## What it catches

Each of these takes one promise of the write path away ([variants.py](../tests/faults/variants.py)) and must be caught.
The seed is the first of 1, 2, 3 … whose schedule does; the last column is what that schedule shrinks to.

| broken variant | what is wrong with it | seed | what catches it | smallest schedule |
|---|---|---:|---|---|
"""


def replay(campaign: Campaign, seed: int, variant: Variant) -> bool:
    """Run one seed; when it fails, print it made small, with every statement. Returns whether it failed."""
    told = schedule.draw(seed)
    wrong = campaign.wrong(told, variant)
    if not wrong:
        typer.echo("\n".join([*told.lines(), f"seed {seed}: nothing is wrong"]))
        return False
    smaller = campaign.shrunk(told, variant)
    wrong, trace = campaign.traced(smaller, variant)
    typer.echo("\n".join([*smaller.lines(), "", "statements:", *trace, "", "wrong:", *wrong]))
    return True


def catch(campaign: Campaign, seeds: range, *, write: bool) -> bool:
    """Run every variant until it is caught; returns whether one was not. With `write` the page is written."""
    rows, missed = [], False
    for variant in VARIANTS:
        found = campaign.caught(seeds, variant)
        if found is None:
            missed = True
            typer.echo(f"{variant.name}: not caught by {len(seeds)} schedules from seed {seeds.start}")
            continue
        seed, wrong = found
        smaller = campaign.shrunk(schedule.draw(seed), variant) if write else schedule.draw(seed)
        typer.echo(f"{variant.name}: seed {seed}, {wrong[0]}")
        rows.append(_row(variant, seed, wrong[0], smaller))
    if write and not missed:
        checks = "\n".join(f"- {_sentence(check.__doc__ or '')}" for check in CHECKS)
        PAGE.write_text(_HEAD.format(checks=checks) + "\n".join(rows) + "\n")
    return missed


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _row(variant: Variant, seed: int, reason: str, smaller: Schedule) -> str:
    moves = "; ".join(str(move) for move in smaller.moves) or "none: no fault is needed"
    told = len(smaller.published) + len(smaller.end)
    size = f"{told} record{'s' if told != 1 else ''}; {moves}"
    return f"| {variant.name} | {variant.story} | {seed} | {_cell(reason)} | {_cell(size)} |"


def _cell(text: str) -> str:
    plain = " ".join(text.replace("|", "\\|").split())
    return plain if len(plain) <= _REASON_CHARACTERS * 2 else plain[: _REASON_CHARACTERS * 2] + " …"
