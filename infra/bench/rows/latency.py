"""(f) Latency from publish to committed decision, open-loop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from events.envelope import decode_head
from events.outgoing import Outgoing
from infra.bench import prepare
from infra.bench.figures import Cell, Row, Table, percentile
from infra.bench.measure import STALL_SECONDS
from infra.bench.pace import Schedule
from infra.bench.path import LEADERS
from infra.bench.publishing import BlocksSeen, publish
from infra.bench.world import StalledError, World
from ledger.store import LedgerConnection, connect
from pipeline.settings import Settings

OFFERED = (1_000, 5_000)
WARM_SECONDS = 3.0
JOIN_SECONDS = 30.0
REQUESTED = "payment.requested"

SHARED_AT_MOST = 0.01
"""Of all requests: those whose id another request has too may be decided under the other one's event."""

_FIRST = "select event_id, min(block_no) from decision group by event_id"
_LEFT = """
select coalesce(sum(next_offset), 0)::bigint, exists (select from mark), count(*) from consumer_offset
"""


@dataclass(frozen=True)
class Latencies:
    """Seconds of each request, and of the publisher behind its schedule; `drained` after the last record was due."""

    requests: list[float]
    late: list[float]
    drained: float


def measure(world: World) -> Row:
    """Each rate on a fresh ledger."""
    lines: list[tuple[Cell, ...]] = []
    figures: dict[str, float] = {}
    for offered in OFFERED:
        found = _at(world, offered)
        requests, late = found.requests, percentile(found.late, 0.99)
        told = [percentile(requests, share) for share in (0.5, 0.99, 0.999, 1.0)]
        lines.append((offered, len(requests), *told, found.drained, late))
        figures[f"latency.{offered}"] = told[1]
        figures[f"latency.{offered}.drained"] = found.drained
    return Row(
        "f",
        "Latency from publish to committed decision",
        f"Events offered by schedule for {world.sizes.latency_seconds:.0f} s, in the order of their own times, "
        "whatever became of those before (no coordinated omission). A request's latency is from when it was due until "
        "the block of its first decision was seen committed by another connection, which asks every 4 ms. "
        f"The first {WARM_SECONDS:.0f} s do not count, nor requests decided under the event of another of the same id.",
        [
            Table(
                (">offered/s", ">requests", ">p50, s", ">p99, s", ">p99.9, s", ">max, s", ">s until all was decided",
                 ">publisher late p99, s"),
                lines,
            )
        ],
        figures,
    )  # fmt: skip


def _at(world: World, offered: int) -> Latencies:
    schedule = Schedule.lasting(offered, WARM_SECONDS + world.sizes.latency_seconds)
    told = prepare.told(round(schedule.count * 1.1) + 500)
    records = _by_time(prepare.signed(told, world.keys))[: schedule.count]
    schedule = Schedule(offered, min(schedule.count, len(records)))
    world.empty_topics()
    with world.ledger() as settings, world.steps.step(f"Latency at {offered:,} events/s offered"):  # noqa: SIM117 - order
        with world.workers(settings, leaders=LEADERS), BlocksSeen(settings.ledger) as seen:
            _await_assignment(settings)
            began, late = publish(settings.bootstrap, records, schedule)
            _drain(settings, schedule.count)
            drained = time.monotonic() - began - schedule.due_at(schedule.count)
            blocks = _blocks(settings)
    due = {
        head.id: schedule.due_at(at)
        for at, record in enumerate(records[: schedule.count])
        if (head := decode_head(record.value)).type == REQUESTED
    }
    missing = due.keys() - blocks.keys()
    if len(missing) > SHARED_AT_MOST * len(due):
        raise LookupError(f"{len(missing)} of {len(due)} requests were not decided")
    found = [
        seen.at[blocks[name]] - began - at for name, at in due.items() if at >= WARM_SECONDS and name not in missing
    ]
    return Latencies(found, late, drained)


def _by_time(records: Sequence[Outgoing]) -> list[Outgoing]:
    return sorted(records, key=lambda record: decode_head(record.value).time_us)


def _await_assignment(settings: Settings) -> None:
    """Until the recorder was given its partitions, for which it makes the rows of their offsets."""
    deadline = time.monotonic() + JOIN_SECONDS
    with connect(settings.ledger, "reader") as conn:
        conn.autocommit = True
        while _left(conn)[2] == 0:
            if time.monotonic() > deadline:
                raise StalledError("the recording process was given no partitions")
            time.sleep(0.02)


def _drain(settings: Settings, count: int) -> None:
    """Until everything is recorded and decided."""
    seen, moved = (0, False, 0), time.monotonic()
    with connect(settings.ledger, "reader") as conn:
        conn.autocommit = True
        while (stand := _left(conn))[0] < count or stand[1]:
            if stand != seen:
                seen, moved = stand, time.monotonic()
            elif time.monotonic() - moved > STALL_SECONDS:
                raise StalledError(f"{stand[0]:,} of {count:,} records recorded, marks left: {stand[1]}")
            time.sleep(0.02)


def _left(conn: LedgerConnection) -> tuple[int, bool, int]:
    row = conn.execute(_LEFT).fetchone()
    if row is None:
        raise LookupError("the ledger did not answer")
    return int(row[0]), bool(row[1]), int(row[2])


def _blocks(settings: Settings) -> dict[str, int]:
    with connect(settings.ledger, "reader") as conn:
        return {str(event_id): int(block_no) for event_id, block_no in conn.execute(_FIRST)}
