"""(i) Single-signed against batch-signed records."""

from __future__ import annotations

from events.publisher import SIGNED_TOGETHER
from infra.bench import path, prepare
from infra.bench.figures import Cell, Row, Table, ratio
from infra.bench.world import World


def measure(world: World) -> Row:
    """The same events through the full path, signed one by one and together."""
    told = prepare.told(world.sizes.signing)
    lines: list[tuple[Cell, ...]] = []
    rates: dict[int, float] = {}
    for together in (1, SIGNED_TOGETHER):
        with world.steps.step(f"Signing and loading {len(told):,} events, {together} together"):
            records = prepare.signed(told, world.keys, together)
            world.load(("signing", len(told), together), records)
        with world.ledger() as settings:
            run = path.run(world, settings, len(records))
        timing = run.timing
        rates[together] = timing.per_second
        size = sum(len(record.headers[-1][1]) for record in records if record.headers) / len(records)
        recorded = timing.events / timing.stages["recorded"]
        lines.append((together, timing.events, size, recorded, timing.per_second, timing.cpu_us["record-1"]))
    return Row(
        "i",
        "Single-signed against batch-signed records",
        "The full path with one recording process, on the same events. A record of a batch carries its path in the "
        "tree, so its header is larger and its signature is shared.",
        [
            Table(
                (">signed together", ">events", ">bytes of the header", ">recorded/s", ">events/s",
                 ">µs of the recording process an event"),
                lines,
            )
        ],
        {"signing.ratio": ratio(rates[SIGNED_TOGETHER], rates[1]) or 0.0},
    )  # fmt: skip
