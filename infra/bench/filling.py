"""Makes a ledger large: the rows of a decided load, told again by the server under other names and numbers.

Bytes and proportions of the rows stay those of real ones, and numbers stay dense, so the decider goes on behind them.
Hashes of blocks are made up: what is filled is to be read and written beside, not to be proved.
"""

from __future__ import annotations

import psycopg

from ledger.store.connection import LedgerConnection, plain_url

_OFFSET_STEP = 1 << 21
"""More than a load has records in one partition; a position has forty bits for the offset."""

_TEXT = "{0} || '~' || g"
_BYTES = "{0} || convert_to('~' || g, 'UTF8')"
_ID = "substr(sha256({0} || int8send(g)), 1, length({0}))"
_HASH = "sha256({0} || int8send(g))"
_LEAF, _BLOCK, _ENTITY = "{0} + g * %(leaves)s", "{0} + g * %(blocks)s", "{0} + g * %(entities)s"

COPIES: dict[str, dict[str, str]] = {
    "inbox": {"position": f"{{0}} + g * {_OFFSET_STEP}", "event_id": _TEXT},
    "entity": {"entity_no": _ENTITY, "key": _BYTES},
    "read_link": {"target": _BYTES, "reader": _BYTES},
    "retraction": {"target_event_id": _TEXT, "position": f"{{0}} + g * {_OFFSET_STEP}"},
    "line": {"line_id": _ID, "entity": _BYTES, "batch_id": _TEXT},
    "claim_key": {"holder_no": _ENTITY, "line_id": _ID},
    "claim_side": {"holder_no": _ENTITY},
    "claim_window": {"holder_no": _ENTITY, "line_id": _ID},
    "decision": {"leaf_no": _LEAF, "block_no": _BLOCK, "subject": _ID, "line_id": _ID, "request_id": _TEXT},
    "transfer": {"leaf_no": _LEAF, "block_no": _BLOCK, "subject": _ID, "reverses": _LEAF},
    "block": {"block_no": _BLOCK, "prev_hash": _HASH, "first_leaf": _LEAF, "hash": _HASH},
}
"""How the columns of each table differ from copy to copy; the others are as they were. `g` counts the copies from 1."""

_SPANS = """
select (select max(first_leaf + leaf_count) from block), (select max(block_no) from block),
    (select max(entity_no) + 1 from entity)
"""
_INDEXES = """
select conname, pg_get_constraintdef(oid) from pg_constraint
where conrelid = %s::regclass and contype in ('p', 'u', 'x')
"""
_LOOSE = """
select pg_get_indexdef(indexrelid), indexrelid::regclass::text from pg_index
where indrelid = %s::regclass and not exists (select from pg_constraint where conindid = indexrelid)
"""
_BYTES_OF = """
select greatest(reltuples, 0)::bigint, pg_total_relation_size(oid) from pg_class where oid = %(table)s::regclass
"""


def fill(url: str, rows: int) -> int:
    """Make about so many rows, all tables together, of the few there are; returns how many there are then.

    Indexes are taken away and built again, which a hundred times as many rows would otherwise spend an hour on.
    """
    with psycopg.connect(plain_url(url)) as conn:
        span = conn.execute(_SPANS).fetchone()
        if span is None or not span[1]:
            raise LookupError("nothing was decided yet, so there is nothing to fill with")
        held = sum(_count(conn, table) for table in COPIES)
        copies = max(0, round(rows / held) - 1)
        given = {"leaves": span[0], "blocks": span[1], "entities": span[2], "copies": copies}
        conn.execute("set maintenance_work_mem = '512MB'")
        conn.execute("set synchronous_commit = off")
        if copies:
            for table, changed in COPIES.items():
                _fill(conn, table, changed, given)
                conn.commit()
    with psycopg.connect(plain_url(url), autocommit=True) as conn:
        for table in COPIES:
            conn.execute(f"vacuum (analyze) {table}")
        conn.execute("checkpoint")
    return held * (copies + 1)


def _count(conn: LedgerConnection, table: str) -> int:
    row = conn.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def _fill(conn: LedgerConnection, table: str, changed: dict[str, str], given: dict[str, int]) -> None:
    constraints = conn.execute(_INDEXES, (table,)).fetchall()
    loose = conn.execute(_LOOSE, (table,)).fetchall()
    for name, _ in constraints:
        conn.execute(f"alter table {table} drop constraint {name}")
    for _, name in loose:
        conn.execute(f"drop index {name}")
    asked = "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
    columns = [str(name) for (name,) in conn.execute(asked, (table,))]
    values = [changed.get(name, "{0}").format(f"one.{name}") for name in columns]
    conn.execute(
        f"insert into {table} ({', '.join(columns)}) select {', '.join(values)} from {table} as one"
        " cross join generate_series(1, %(copies)s::bigint) as g",
        given,
    )
    for name, definition in constraints:
        conn.execute(f"alter table {table} add constraint {name} {definition}")
    for definition, _ in loose:
        conn.execute(str(definition))


def bytes_of(url: str) -> dict[str, tuple[int, int]]:
    """Rows and bytes of each filled table with its indexes, by the planner's count after an analysis."""
    found = {}
    with psycopg.connect(plain_url(url)) as conn:
        for table in COPIES:
            row = conn.execute(_BYTES_OF, {"table": table}).fetchone()
            found[table] = (int(row[0]), int(row[1])) if row else (0, 0)
    return found
