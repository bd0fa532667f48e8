"""(e) Decode, verify, record, fold, adjudicate, write and relay, each alone, with a profile."""

from __future__ import annotations

from infra.bench import alone, timers
from infra.bench.figures import Cell, Row, Table
from infra.bench.world import World

PARTS = (
    ("decode", "decode", "events.envelope, in the recording process"),
    ("verify", "verify", "events.signing, batch signatures, in the recording process"),
    ("admit", "admit", "decode, verify, codes, schemes and homes together, in the recording process"),
    ("record", "record", "the recording transaction, without admission"),
    *((name, name, "in the deciding process") for name, _, _ in timers.STAGES),
    ("relay", "relay", "read from the books, made into messages, acknowledged, deleted"),
)


def measure(world: World) -> Row:
    """Seconds of each part, and the functions that take most."""
    done = alone.measure(world)
    lines: list[tuple[Cell, ...]] = []
    for name, key, where in PARTS:
        if key in done.seconds:
            seconds = done.seconds[key]
            lines.append((name, seconds, seconds / done.events * 1e6, done.events / seconds, where))
    tables = [Table(("part", ">s", ">µs an event", ">events/s", "where"), lines)]
    for role, top in alone.profiles(world).items():
        own: list[tuple[Cell, ...]] = [(f"`{name}`", calls, seconds) for name, calls, seconds in top]
        tables.append(Table(("function", ">calls", ">s by itself"), own, f"Most time by itself when profiled: {role}"))
    largest = max((name for name, _, _ in timers.STAGES), key=lambda name: done.seconds.get(name, 0.0))
    return Row(
        "e",
        "Each part alone",
        f"{done.events:,} events, {done.written.decisions:,} decisions, {done.messages:,} messages, without Kafka "
        "before recording, one set decided after the other. Times are of the clock, the database's part included; what "
        "the deciding thread spends while the other one writes counts to both. A profile doubles what calls cost: it "
        "ranks, it does not measure.",
        tables,
        {f"stage.{name}": seconds / done.events * 1e6 for name, seconds in done.seconds.items()}
        | {"stage.largest_us": done.seconds.get(largest, 0.0) / done.events * 1e6},
    )
