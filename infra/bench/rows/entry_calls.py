"""(d) An entry-per-call ledger in SQL, with running balances."""

from __future__ import annotations

from infra.bench import calls
from infra.bench.figures import Cell, Row, Table, ratio
from infra.bench.path import UnreconciledError
from infra.bench.world import World
from pipeline.settings import Settings


def measure(world: World) -> Row:
    """One hot account and many, with several numbers of clients."""
    found: dict[tuple[bool, int], float] = {}
    for hot in (True, False):
        with world.ledger("template0") as settings, world.steps.step(f"Calls on {_told(hot)}"):
            calls.prepare(settings.ledger)
            for clients in calls.CLIENTS:
                found[hot, clients] = _rate(settings, clients, world.sizes.calls_seconds, hot=hot)
            if not calls.is_balanced(settings.ledger):
                raise UnreconciledError("a balance is not the sum of its entries")
    best = {hot: max(rate for (was, _), rate in found.items() if was == hot) for hot in (True, False)}
    headings = (
        "accounts",
        *(f">calls/s, clients: {clients}" for clients in calls.CLIENTS),
        ">best",
        ">times the hot one",
    )
    lines: list[tuple[Cell, ...]] = [
        (_told(hot), *(found[hot, clients] for clients in calls.CLIENTS), best[hot], ratio(best[hot], best[True]))
        for hot in (True, False)
    ]
    return Row(
        "d",
        "A ledger of one call an entry, with running balances",
        "Our own tables and function in the shape of pgledger: each call locks both accounts, moves their balances and "
        "versions, writes a movement and two entries with the balance before and after, and is committed. No inbox, "
        "signature, rule, chain or outbox. The best number of clients counts. "
        "Afterwards every balance is the sum of its entries.",
        [
            Table(headings, lines),
        ],
        {"calls": best[True], "calls.many": best[False]},
    )  # fmt: skip


def _rate(settings: Settings, clients: int, seconds: float, *, hot: bool) -> float:
    return calls.per_second(settings.ledger, clients, seconds, hot=hot)


def _told(hot: bool) -> str:  # noqa: FBT001 - one of two words
    return "one hot account" if hot else f"{calls.ACCOUNTS:,} accounts"
