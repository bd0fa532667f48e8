"""A month of households: one request each, with their facts known, by the decider alone."""

from __future__ import annotations

from events.topics import PAYMENT
from infra.bench import deciding, prepare, recording
from infra.bench.figures import Row, Table
from infra.bench.path import written
from infra.bench.sizes import FULL, SCENARIO_HOUSEHOLDS
from infra.bench.world import World


def measure(world: World) -> Row:
    """Facts are recorded and folded, requests recorded; only then the clock runs."""
    with world.steps.step(f"Preparing {world.sizes.households:,} households"):
        records = prepare.signed(prepare.lines(SCENARIO_HOUSEHOLDS, world.sizes.households), world.keys)
        facts = [record for record in records if record.topic != PAYMENT.name]
        requests = [record for record in records if record.topic == PAYMENT.name]
        del records
    with world.ledger() as settings, world.steps.step(f"Deciding {len(requests):,} requests with {len(facts):,} facts"):
        done = recording.record(settings, facts)
        known = deciding.decide(settings)
        recording.record(settings, requests, done)
        decided = deciding.decide(settings)
        books = written(settings)
    rate = books.requests / decided.seconds
    whole = FULL.households / rate
    measured = world.sizes.households >= FULL.households
    return Row(
        "month",
        f"A month of {FULL.households:,} households",
        "COVID-19 cash of one month: cards of households recorded and folded, requests recorded, and then the decider "
        "alone, with its writing and its commits, until no mark is left. "
        + ("" if measured else f"{world.sizes.households:,} households are measured and told on (`--full`: all)."),
        [
            Table(
                (">facts", ">s to fold them", ">requests", ">s to decide them", ">requests/s", ">decisions a request",
                 ">decider, MB", f">s for {FULL.households:,}"),
                [(len(facts), known.seconds, books.requests, decided.seconds, rate, books.per_request,
                  decided.memory_bytes / 1e6, whole)],
            )
        ],
        {"month": whole, "month.rate": rate, "month.measured": float(measured)},
    )  # fmt: skip
