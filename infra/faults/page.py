"""What the campaign found: on the terminal, and the page in the documents."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from infra.bench.report import machine
from pipeline.cli.console import write_table
from pipeline.settings import CHECKOUT

if TYPE_CHECKING:
    from infra.faults.campaign import Campaign, Result

PAGE = CHECKOUT / "docs" / "fault-campaign.md"

_HEAD = """\
# Faults on the real stack

<!-- Written by `make faults FAULTS=--write`; do not edit. -->

`make faults` starts a Kafka broker, a PostgreSQL and workers of its own, publishes a steady load by real publishers,
strikes in the middle of it, waits until everything is done without any hand, and counts. Processes that end are started
again half a second later, as the supervisor of a deployment does (systemd with `Restart=always`, or Kubernetes);
nothing else is done for them. The [crash schedules](faults.md) try the same promise statement by statement.

```
make faults                                      # every row; SPP_HOME/faults holds the servers and their logs
make faults FAULTS="--only kafka-kill"           # one row, and the fault-free one it is compared with
make faults FAULTS="--events 20000 --seed 7"     # more load, other events, other blows
make faults FAULTS=--write                       # every row, and this page anew
```

Each row has a fresh ledger and fresh topics, and the same load: the birth cash of 2018 with the field's errors, in four
waves (facts and requests; declared batches, which are frozen; late evidence and closes; what comes afterwards).

**In** are records that the broker confirmed to a publisher. **Due** are the effects that must be there, **out** those
that are: each confirmed record on its topic; each accepted identity once in the inbox, with its first bytes; each other
record refused for its reason, judged again from the topics; the last decision on each subject, net positions step by
step, each line submitted, each live claim, all as in the row without a fault, line by line; and each message that the
books ask for on its topic. **Lost** is due and not there, **double** is there and not due. A message sent again under
its id with the same bytes harms nobody and is counted under *what was seen*. A row also fails when an identity of
`spp reconcile --full` is not zero, when marks, parked cases, open submissions or rows to relay are left, when a figure
of the scenario differs from what was worked out without the policy packs, or when it does not recover.

**Recovery** is, for each blow, the time from its end (the kill, the link restored, the room on the disk) until a
record was confirmed again and everything published by then was recorded, decided and relayed.

What it has found: a leader frozen in the middle of copying rows was replaced by nobody until it woke up (seed 2, row
`two-workers`), because its session stays `active` and only idle ones counted as silent. It is replaced after a minute
now ([takeover.py](../ledger/store/takeover.py)), and the row freezes its leader there each time.

What it does not try: a worker here has the roles record, decide and relay, and not seal; links are cut by a proxy on
the same machine, so a connection ends or stands still, and no packet is lost alone; there is one broker, so no replica
takes over; the disk that is filled is a file system in memory, mounted by root, and for anybody else its two rows say
that they were not run. Counters are read from the metrics of each process four times a second: what one counted in its
last moment before a kill is not in them.
"""


def show(results: Sequence[Result]) -> None:
    """The rows for a person at a terminal."""
    headings = ("row", ">in", ">due", ">out", ">lost", ">double", ">recovery s", "", "what was seen")
    write_table(headings, [(*_cells(result), "ok" if result.holds else "FAILED", _seen(result)) for result in results])
    for result in results:
        for line in told(result):
            sys.stdout.write(f"{result.row.name}: {line}\n")


def sentence(result: Result) -> str:
    """A row in one line."""
    name, *figures = _cells(result)
    named = zip(("in", "due", "out", "lost", "double", "recovery s"), figures, strict=True)
    return f"{name}: {', '.join(f'{what} {figure}' for what, figure in named)}; {_seen(result)}"


def told(result: Result) -> list[str]:
    """What is wrong with a row, or why it was not run."""
    said = [text for text in (result.failure, result.skipped) if text]
    return said + (result.verdict.told() if result.verdict else [])


def _cells(result: Result) -> tuple[str, ...]:
    verdict = result.verdict
    if verdict is None:
        return (result.row.name, "–", "–", "–", "–", "–", "–")
    figures = (verdict.records, verdict.due, verdict.out, verdict.lost.total(), verdict.double.total())
    seconds = ", ".join(f"{one:.1f}" for one in result.recovery_seconds) or "–"
    return (result.row.name, *(f"{figure:,}" for figure in figures), seconds)


def _seen(result: Result) -> str:
    repeated = result.verdict.repeated_messages if result.verdict else 0
    again = [f"messages sent again {repeated:,}"] if repeated else []
    return "; ".join([*result.shown, *again, *result.notes, *told(result)])


def page(campaign: Campaign, results: Sequence[Result], command: str, postgres: str) -> str:
    """The page in the documents."""
    lines = [
        _HEAD,
        "## The last run",
        "",
        f"`{command}`: seed {campaign.seed}, {campaign.manifest.records:,} records a row",
    ]
    place = machine(postgres)
    lines[-1] += f" ({campaign.mothers} mothers). Figures of time are this machine's, and it may have had other work:"
    place["load"] = f"{os.getloadavg()[2]:.1f} processes ready to run, on average over the last 15 minutes of the run"
    place["time"] = f"{sum(result.seconds for result in results) / 60:.0f} minutes for all rows"
    lines += ["", *(f"- {name}: {text}" for name, text in place.items()), ""]
    lines += ["| row | what befalls it |", "|---|---|"]
    lines += [f"| `{result.row.name}` | {result.row.what} |" for result in results]
    lines += ["", "| row | in | due | out | lost | double | recovery, s | what was seen |"]
    lines += ["|---|---:|---:|---:|---:|---:|---:|---|"]
    lines += [f"| {' | '.join((*_cells(result), _seen(result)))} |" for result in results]
    lines += ["", "## Can the check fail?", ""]
    lines += [
        "After the fault-free row, one thing at a time is taken out, doubled or changed, in a transaction that is",
        "never committed or in the copy of the topics, and the same verdict is asked for:",
        "",
        "| what was done | lost | double |",
        "|---|---:|---:|",
    ]
    lines += [f"| {proof.what} | {proof.lost} | {proof.double} |" for proof in campaign.proofs]
    return "\n".join(lines) + "\n"


def write(text: str, path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(text)
