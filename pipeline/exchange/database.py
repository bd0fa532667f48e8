"""The exchange's own database: nothing in it is shared with the ledger. One account may use it, the exchange's.

Accounts of payees stand in `request`, `payee_change`, `instruction` and `file` only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from ledger.store.connection import plain_url

if TYPE_CHECKING:
    from pipeline.settings import Settings

ExchangeConnection = psycopg.Connection[TupleRow]

_PREPARE_LOCK: Final = 7_304_110_040
WRITE_LOCK: Final = 7_304_110_041
"""Held by every transaction that makes, ends or judges instructions, so that they follow each other."""
FOLLOW_LOCK: Final = 7_304_110_042

_SCHEMA: Final = """
create table if not exists followed (
    topic text not null, partition int not null, next_offset bigint not null, primary key (topic, partition));

create table if not exists request (
    source text not null, event_id text not null, digest bytea not null, request_id text not null,
    benefit text not null, cycle text not null, channel text not null, provider text not null,
    account_ref text not null, primary key (source, event_id, digest));

create table if not exists payee_change (
    source text not null, event_id text not null, digest bytea not null, request_id text not null,
    time_us bigint not null, channel text not null, provider text not null, account_ref text not null,
    primary key (source, event_id, digest));
create index if not exists payee_change_request on payee_change (source, request_id);

create table if not exists ruling (
    source text not null, event_id text not null, line_id text not null, amount_minor bigint, currency text not null,
    primary key (source, event_id, line_id));
create index if not exists ruling_line on ruling (line_id);

create table if not exists line (
    line_id text primary key, version int not null, state text not null, source text not null, event_id text not null,
    request_id text not null, amount_minor bigint not null, currency text not null);

create table if not exists run (
    run_no bigint generated always as identity primary key, bank text not null, currency text not null,
    cycle text not null, proposed_us bigint not null, withdrawn_us bigint);

create table if not exists instruction (
    instruction_id bytea primary key check (length(instruction_id) = 16),
    line_id text not null references line, attempt int not null check (attempt > 0),
    run_no bigint not null references run, amount_minor bigint not null check (amount_minor > 0),
    currency text not null, bank text not null, channel text not null, provider text not null,
    account_ref text not null, payee_event text not null, payee_digest bytea not null,
    replaces bytea references instruction,
    state text not null default 'instructed', final boolean not null default false, live boolean not null default true,
    out_minor bigint not null default 0, back_minor bigint not null default 0,
    unique (line_id, attempt));
create unique index if not exists instruction_one_live on instruction (line_id) where live;
create index if not exists instruction_run on instruction (run_no);

create table if not exists release (
    run_no bigint not null references run, officer text not null, key_id text not null, digest bytea not null,
    signature bytea not null, signed_us bigint not null, primary key (run_no, officer));

create table if not exists file (
    message_id text primary key, run_no bigint not null unique references run, bank text not null,
    sha256 bytea not null, body bytea not null, made_us bigint not null, execute_on date not null,
    handing_us bigint, handed_us bigint);

create table if not exists answer (
    answer_no bigint generated always as identity primary key, sha256 bytea not null unique, bank text not null,
    format text not null, name text not null, read_us bigint not null, used int not null, bad int not null,
    fault text not null, body bytea not null);

create table if not exists bad_record (
    answer_no bigint not null references answer, place text not null, fault text not null, expected text not null,
    raw bytea not null, primary key (answer_no, place));

create table if not exists told_status (
    bank text not null, instruction_id bytea not null, verdict text not null, reason text not null,
    told_us bigint not null, message_id text not null,
    primary key (instruction_id, bank, verdict, reason));

create table if not exists told_movement (
    bank text not null, bank_ref text not null, direction text not null, told_us bigint not null,
    digest bytea not null, entry_ref text not null, instruction_id bytea, amount_minor bigint not null,
    currency text not null, value_date date not null, reason text not null, message_id text not null,
    account text not null, primary key (bank, bank_ref, direction, told_us, digest));
create index if not exists told_movement_instruction on told_movement (instruction_id);
create index if not exists told_movement_entry on told_movement (bank, entry_ref);

create table if not exists told_balance (
    bank text not null, account text not null, day date not null, currency text not null,
    opening_minor bigint not null, closing_minor bigint not null, told_us bigint not null,
    primary key (bank, account, day, currency, opening_minor, closing_minor));

create table if not exists suspense (
    item text primary key, bank text not null, why text not null, amount_minor bigint not null, currency text not null,
    owner text not null, since_us bigint not null);

create table if not exists asked (
    instruction_id bytea primary key references instruction, asked_us bigint not null);

create table if not exists outbox (
    outbox_no bigint generated always as identity primary key, source text not null, topic text not null,
    key bytea not null, value bytea not null);

create or replace function kept() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are kept as they are', tg_table_name using errcode = '55000';
end $$;
create or replace function instruction_kept() returns trigger language plpgsql as $$
begin
    if exists (select from file where run_no = old.run_no) and (tg_op = 'DELETE'
        or (new.instruction_id, new.line_id, new.attempt, new.run_no, new.amount_minor, new.currency, new.bank,
            new.provider, new.account_ref) is distinct from
           (old.instruction_id, old.line_id, old.attempt, old.run_no, old.amount_minor, old.currency, old.bank,
            old.provider, old.account_ref))
    then raise exception 'an instruction of a file that was made stays as it is' using errcode = '55000';
    end if;
    if tg_op = 'UPDATE' and new.live and not old.live
    then raise exception 'an instruction that has ended lives no more' using errcode = '55000';
    end if;
    return case tg_op when 'DELETE' then old else new end;
end $$;
create or replace trigger instruction_kept before update or delete on instruction
    for each row execute function instruction_kept();
create or replace trigger release_kept before update on release for each row execute function kept();
create or replace trigger answer_kept before update or delete on answer for each row execute function kept();
create or replace trigger told_movement_kept before update or delete on told_movement
    for each row execute function kept();
"""


def connect(url: str) -> ExchangeConnection:
    """A connection to the exchange's database, UTC. Raises psycopg.OperationalError.

    In autocommit, so that each `connection.transaction()` is one: within another that a SELECT began unseen it would
    be a savepoint, and a file could be handed over before the intent is committed.
    """
    options = "-c timezone=UTC -c jit=off"
    return psycopg.connect(plain_url(url), options=options, application_name="spp exchange", autocommit=True)


def prepare(url: str) -> None:
    """Make the tables that are missing, in one transaction; safe to run twice and at once."""
    with connect(url) as connection, connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (_PREPARE_LOCK,))
        connection.execute(_SCHEMA)


def ensure(settings: Settings) -> str:
    """URL of the exchange's database with its tables; the local one is made when it is missing."""
    url = settings.exchange_database
    if not settings.exchange_url:
        server, _, name = plain_url(url).rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as control:
            if control.execute("select from pg_database where datname = %s", (name,)).fetchone() is None:
                control.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    prepare(url)
    return url


def lock(connection: ExchangeConnection) -> None:
    """Hold back every other transaction that makes, ends or judges instructions until this one is through."""
    connection.execute("select pg_advisory_xact_lock(%s)", (WRITE_LOCK,))
