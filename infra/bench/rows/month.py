"""A month of households: one request each, with their facts known, by the decider alone."""

from __future__ import annotations

from infra.bench import households
from infra.bench.figures import Row, Table
from infra.bench.sizes import FULL
from infra.bench.world import World


def measure(world: World) -> Row:
    """Facts are recorded and folded, requests recorded; only then the clock runs."""
    asked = world.sizes.households
    found = households.measure(world, households.told(world, asked))
    whole = FULL.households / found.per_second
    measured = asked >= FULL.households
    return Row(
        "month",
        f"A month of {FULL.households:,} households",
        "COVID-19 cash of one month: cards of households recorded and folded, requests recorded, and then the decider "
        "alone, with its writing and its commits, until no mark is left. "
        + ("" if measured else f"{asked:,} households are measured and told on (`--full`: all)."),
        [
            Table(
                (">facts", ">s to fold them", ">requests", ">s to decide them", ">requests/s", ">decisions a request",
                 ">decider, MB", f">s for {FULL.households:,}"),
                [(found.facts, found.folded.seconds, found.books.requests, found.decided.seconds, found.per_second,
                  found.books.per_request, found.decided.memory_bytes / 1e6, whole)],
            )
        ],
        {"month": whole, "month.rate": found.per_second, "month.measured": float(measured)},
    )  # fmt: skip
