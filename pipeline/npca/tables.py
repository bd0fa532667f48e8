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
create table if not exists certified_leaf (
    line_id bytea primary key, leaf_no bigint not null, amount_minor bigint not null);
create table if not exists log_name (origin text primary key);
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
create table if not exists policy (digest bytea primary key, files jsonb not null);
create table if not exists finding (
    finding_no bigint generated always as identity primary key, line_id bytea not null references line,
    outcome text not null check (outcome in ('certified', 'refused', 'queried', 'left')),
    amount_minor bigint, reason text, found_by text not null, at timestamptz not null default now(),
    check ((outcome = 'certified') = (amount_minor is not null)), check (outcome = 'certified' or reason is not null));
create index if not exists finding_line on finding (line_id, finding_no desc);
create table if not exists holding (
    holding_no bigint generated always as identity primary key, line_id bytea not null unique, bid bytea not null);
create table if not exists holding_of (
    holder bytea not null, line_id bytea not null references holding (line_id) on delete cascade,
    primary key (holder, line_id));
create table if not exists claim_key (
    holder bytea not null, grp text not null, key text not null,
    line_id bytea not null references holding (line_id) on delete cascade, primary key (holder, grp, key));
create table if not exists side (
    holder bytea not null, grp text not null, key text not null, side text not null,
    primary key (holder, grp, key), unique (holder, grp, key, side));
create table if not exists claim_side (
    holder bytea not null, grp text not null, key text not null, side text not null,
    line_id bytea not null references holding (line_id) on delete cascade,
    primary key (holder, grp, key, side, line_id),
    foreign key (holder, grp, key, side) references side (holder, grp, key, side));
create table if not exists window_of (
    window_no bigint generated always as identity primary key, holder bytea not null, grp text not null,
    unique (holder, grp));
create table if not exists claim_window (
    window_no bigint not null references window_of, since date not null, until date not null check (until > since),
    line_id bytea not null references holding (line_id) on delete cascade,
    exclude using gist (int8range(window_no, window_no, '[]') with &&, daterange(since, until) with &&));
create table if not exists officer (
    name text primary key check (name ~ '^[^\\s+]{1,60}$'), vkey text not null unique, roles text[] not null,
    from_us bigint not null, recorded_by text not null, at timestamptz not null default now());
create table if not exists officer_end (
    name text primary key references officer, ended_us bigint not null, reason text not null,
    recorded_by text not null, at timestamptz not null default now());
create table if not exists delegation (
    delegation_no bigint generated always as identity primary key, by_name text not null references officer,
    to_name text not null references officer, role text not null, from_us bigint not null, until_us bigint not null,
    signature bytea not null unique, check (until_us > from_us), check (by_name <> to_name));
create table if not exists quorum_band (
    band_no bigint generated always as identity primary key, currency text not null, from_minor bigint not null,
    approvers int not null check (approvers > 0), recorded_by text not null, at timestamptz not null default now());
create table if not exists draft (
    certificate_id text primary key, submission_no bigint not null references submission, supersedes text,
    digest bytea not null unique, body text not null, size bigint not null references witnessed,
    prepared_by text not null,
    at timestamptz not null default now());
create table if not exists draft_line (
    certificate_id text not null references draft, line_id bytea not null references line,
    finding_no bigint not null references finding, primary key (certificate_id, line_id));
create table if not exists signature (
    signature_no bigint generated always as identity primary key, certificate_id text not null references draft,
    officer text not null references officer, role text not null, on_behalf_of text references officer,
    signed_us bigint not null, signature bytea not null unique, unique (certificate_id, officer),
    unique (certificate_id, on_behalf_of));
create table if not exists certificate (
    certificate_id text primary key references draft, value text not null, at timestamptz not null default now());
create table if not exists ruled (
    line_id bytea primary key references line, certificate_id text not null references certificate);
create table if not exists superseded (
    certificate_id text primary key references certificate, by_id text not null unique references certificate);
create table if not exists outbox (outbox_no bigint generated always as identity primary key, value bytea not null);
"""
_GROW_ONLY: Final = (
    "block", "leaf", "tile", "log_name", "certified_leaf", "witnessed", "refusal", "fact", "kin", "submission_part",
    "submission", "line", "policy", "finding", "officer", "officer_end", "delegation", "quorum_band", "draft",
    "draft_line", "signature", "certificate", "ruled", "superseded",
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
