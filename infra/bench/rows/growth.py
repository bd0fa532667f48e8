"""(h) The same load onto ledgers of growing size, with memory and bytes a row."""

from __future__ import annotations

from collections.abc import Sequence

from events.outgoing import Outgoing
from infra.bench import deciding, filling, prepare, recording
from infra.bench.figures import Cell, Row, Table, slope
from infra.bench.prepare import SEED
from infra.bench.world import World
from pipeline.settings import Settings


def measure(world: World) -> Row:
    """Each size on a copy of one ledger that holds a first load."""
    sizes, events = world.sizes.growth_rows, world.sizes.growth_events
    first = prepare.signed(prepare.told(events), world.keys)
    second = prepare.signed(prepare.told(2 * events, seed=SEED + 1), world.keys)
    lines: list[tuple[Cell, ...]] = []
    rates: list[float] = []
    counts: list[int] = []
    bytes_of: list[tuple[Cell, ...]] = []
    for rows in sizes:
        with world.ledger() as settings:
            with world.steps.step(f"Filling a ledger with {rows:,} rows"):
                done = recording.record(settings, first)
                deciding.decide(settings)
                filled = filling.fill(settings.ledger, rows)
            found = filling.bytes_of(settings.ledger)
            size = sum(one[1] for one in found.values())
            with world.steps.step(f"{len(second):,} events onto {filled:,} rows"):
                line = _onto(settings, second, done)
        rates.append(len(second) / sum(line[:2]))
        leaves = found["decision"][0] + found["transfer"][0]
        lines.append((filled, leaves, *line[:2], rates[-1], line[2] / 1e6, size / 1e6, size / filled))
        counts.append(filled)
        bytes_of = [(table, count, bytes_ / count) for table, (count, bytes_) in found.items() if count]
    lost = slope(rates[0], rates[-1]) or 0.0
    return Row(
        "h",
        "Growth: the same load onto a larger ledger",
        "Rows of all tables that events are written to, in the proportions of a decided load. A ledger is "
        "filled by the server with copies of a decided load under other names and numbers, vacuumed, and then another "
        "load is recorded and decided on it, one after the other, without Kafka. Memory is the deciding process's "
        "greatest; bytes are tables and indexes.",
        [
            Table(
                (">rows", ">decisions and transfers", ">s to record", ">s to decide", ">events/s", ">decider, MB",
                 ">ledger, MB", ">bytes a row"),
                lines,
            ),
            Table(("table", ">rows", ">bytes a row"), bytes_of, "Bytes a row with indexes, in the largest"),
        ],
        {"growth.slope": lost, "growth.from": float(counts[0]), "growth.to": float(counts[-1])},
    )  # fmt: skip


def _onto(settings: Settings, load: Sequence[Outgoing], before: recording.Recording) -> tuple[float, float, float]:
    """Seconds to record and to decide a load, and the bytes the decider took."""
    started = sum(before.seconds.values())
    after = recording.record(settings, load, before)
    decided = deciding.decide(settings)
    return sum(after.seconds.values()) - started, decided.seconds, float(decided.memory_bytes)
