"""The agency's own tables, made where they are missing. What was seen, found or signed is only ever added to."""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg.rows import TupleRow

NpcaConnection = psycopg.Connection[TupleRow]
NpcaCursor = psycopg.Cursor[TupleRow]

_LOCK: Final = 7_304_201
"""Two processes that start at once make the tables one after the other."""

_TABLES: Final = """
create table if not exists place (
    topic text not null, part int not null, next_offset bigint not null check (next_offset >= 0),
    primary key (topic, part));
create table if not exists block (
    block_no bigint primary key, hash bytea not null unique, prev_hash bytea not null unique,
    first_leaf bigint not null unique, leaf_count int not null check (leaf_count > 0), recorded_us bigint not null);
create table if not exists leaf (leaf_no bigint primary key, body bytea not null);
create table if not exists tile (
    level int not null, idx bigint not null, hashes bytea not null, primary key (level, idx));
create table if not exists witnessed (
    size bigint primary key, origin text not null, root bytea not null, note text not null);
create table if not exists refusal (
    refusal_no bigint generated always as identity primary key, kind text not null, size bigint not null,
    detail text not null, at timestamptz not null default now());
create table if not exists fact (
    source text not null, event_id text not null, type_no smallint not null, time_us bigint not null,
    received_us bigint not null, batch_id text, value bytea not null, primary key (source, event_id));
create index if not exists fact_batch on fact (source, batch_id) where batch_id is not null;
create table if not exists kin (
    entity bytea not null, source text not null, event_id text not null, primary key (entity, source, event_id));
create table if not exists submission_part (
    source text not null, batch_id text not null, number int not null, part int not null, value bytea not null,
    primary key (source, batch_id, number, part));
create table if not exists submission (
    submission_no bigint generated always as identity primary key, source text not null, batch_id text not null,
    number int not null, benefit text not null, cycle text not null, line_count int not null, totals text not null,
    block_no bigint not null, unique (source, batch_id, number));
create table if not exists line (
    line_id bytea primary key, submission_no bigint not null references submission, leaf_no bigint not null unique,
    amount_minor bigint not null check (amount_minor >= 0), currency text not null, told bytea not null);
create index if not exists line_submission on line (submission_no, leaf_no);
"""
_GROW_ONLY: Final = (
    "block", "leaf", "tile", "witnessed", "refusal", "fact", "kin", "submission_part", "submission", "line",
)  # fmt: skip

_GUARD: Final = """
create or replace function grow_only() returns trigger language plpgsql as $$
begin raise exception 'table % only grows', tg_table_name using errcode = 'restrict_violation'; end $$;
"""


def connect(url: str) -> NpcaConnection:
    """A connection to the agency's database; times are UTC. Raises psycopg.OperationalError when none answers."""
    return psycopg.connect(url, options="-c timezone=UTC -c jit=off", application_name="spp npca")


def ensure_tables(connection: NpcaConnection) -> None:
    """Make what is missing; safe to run again and by several at once."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute("set local client_min_messages = warning")
        connection.execute(_TABLES + _GUARD)
        for table in _GROW_ONLY:
            connection.execute(
                f"create or replace trigger grow_only before update or delete on {table}"
                " for each row execute function grow_only();"
                f"create or replace trigger grow_only_whole before truncate on {table}"
                " for each statement execute function grow_only()"
            )
