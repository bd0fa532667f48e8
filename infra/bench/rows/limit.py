"""(a) The physical limit: raw binary COPY of all rows that the same events write."""

from __future__ import annotations

from infra.bench import alone
from infra.bench.figures import Cell, Row, Table
from infra.bench.world import World


def measure(world: World) -> Row:
    """Rows, bytes and seconds, and how many events a second that would be."""
    done = alone.measure(world)
    lines: list[tuple[Cell, ...]] = [
        (one.table, one.rows, len(one.data) / done.events, one.rows / done.events) for one in done.contents
    ]
    rows, size = sum(one.rows for one in done.contents), sum(len(one.data) for one in done.contents)
    lines.append(("together", rows, size / done.events, rows / done.events))
    seconds = done.copy_seconds
    rate = done.events / seconds
    return Row(
        "a",
        "The limit: raw COPY of every row the events write",
        "All rows of all tables that the load wrote, marks and outbox as they were before they were taken away, by one "
        "binary COPY a table into tables without index, trigger or check, one connection, one committed transaction; "
        "the best of three. States of entities and lines count once, as they were in the end.",
        [
            Table((">events", ">decisions a request", ">s", ">events/s", ">rows/s", ">MB/s"), [
                (done.events, done.written.per_request, seconds, rate, rows / seconds, size / 1e6 / seconds),
            ]),
            Table(("table", ">rows", ">bytes an event", ">rows an event"), lines),
        ],
        {"copy": rate, "copy.rows_an_event": rows / done.events},
    )  # fmt: skip
