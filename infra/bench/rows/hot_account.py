"""(g) One hot programme account against many."""

from __future__ import annotations

import re

from infra.bench import households
from infra.bench.figures import Cell, Row, Table, ratio
from infra.bench.world import World

_COMMUNE = re.compile(rb'"commune":"\d\d')
ONE_PROVINCE = b'"commune":"12'


def measure(world: World) -> Row:
    """The same load decided twice: households where they are, and all in one province."""
    lines: list[tuple[Cell, ...]] = []
    rates: dict[str, float] = {}
    told = households.told(world, world.sizes.hot)
    for name in ("all", "one"):
        found = households.measure(world, told, one_province if name == "one" else bytes)
        rates[name], transfers = found.per_second, found.books.transfers
        lines.append(
            (
                name,
                found.books.accounts,
                transfers,
                found.decided.seconds,
                rates[name],
                transfers / found.decided.seconds,
            )
        )
    return Row(
        "g",
        "One hot programme account against many",
        "The decider alone, with facts known, on requests for one benefit: households in all provinces, and all in "
        "one, so that every transfer is on the same two accounts. Transfers share no row, so nothing waits.",
        [Table(("provinces", ">accounts", ">transfers", ">s", ">requests/s", ">transfers/s"), lines)],
        {"hot": rates["one"], "hot.ratio": ratio(rates["one"], rates["all"]) or 0.0},
    )  # fmt: skip


def one_province(text: bytes) -> bytes:
    """The line of a household with its commune in Phnom Penh; other lines as they are."""
    return _COMMUNE.sub(ONE_PROVINCE, text) if b"household.identified" in text else text
