"""(g) One hot programme account against many."""

from __future__ import annotations

import re

from infra.bench import deciding, prepare, recording
from infra.bench.figures import Cell, Row, Table, ratio
from infra.bench.path import written
from infra.bench.world import World

_COMMUNE = re.compile(rb'"commune":"\d\d')
ONE_PROVINCE = b'"commune":"12'


def measure(world: World) -> Row:
    """The same load decided twice: its facilities where they are, and all in one province."""
    lines: list[tuple[Cell, ...]] = []
    rates: dict[str, float] = {}
    told = prepare.told(world.sizes.hot)
    for name in ("many", "one"):
        change = one_province if name == "one" else bytes
        prepared = prepare.signed(told, world.keys, change=change)
        with world.ledger() as settings, world.steps.step(f"{len(prepared):,} events on {name} province's accounts"):
            recording.record(settings, prepared)
            decided = deciding.decide(settings)
            books = written(settings)
        rates[name] = len(prepared) / decided.seconds
        transfers = books.transfers / decided.seconds
        lines.append((name, books.accounts, books.transfers, decided.seconds, rates[name], transfers))
    return Row(
        "g",
        "One hot programme account against many",
        "The decider alone, on events recorded before, of one benefit: with facilities in all provinces, and all in "
        "one, so that every transfer is on the same two accounts. Transfers share no row, so nothing waits.",
        [Table(("provinces", ">accounts", ">transfers", ">s", ">events/s", ">transfers/s"), lines)],
        {"hot": rates["one"], "hot.ratio": ratio(rates["one"], rates["many"]) or 0.0},
    )


def one_province(text: bytes) -> bytes:
    """The line of a facility with its commune in Phnom Penh; other lines as they are."""
    return _COMMUNE.sub(ONE_PROVINCE, text) if b"facility.registered" in text else text
