"""The usual ledger in SQL: a call an entry, which locks both accounts, moves their balances and writes two entries."""

from __future__ import annotations

import threading
import time

import psycopg

SCHEMA = """
create table account_balance (
    account_id bigint primary key, currency text not null, balance numeric not null default 0,
    version bigint not null default 0, changed_at timestamptz not null default now());
create table movement (
    movement_id uuid primary key default gen_random_uuid(), from_account bigint not null, to_account bigint not null,
    amount numeric not null check (amount > 0), made_at timestamptz not null default now(), metadata jsonb);
create table entry (
    entry_id uuid primary key default gen_random_uuid(), account_id bigint not null, movement_id uuid not null,
    amount numeric not null, balance_before numeric not null, balance_after numeric not null,
    account_version bigint not null, made_at timestamptz not null default now());
create index on movement (from_account);
create index on movement (to_account);
create index on entry (account_id);
create index on entry (movement_id);

create function move(sender bigint, receiver bigint, moved numeric) returns uuid language plpgsql as $$
declare made uuid; before account_balance;
begin
    perform from account_balance where account_id in (sender, receiver) order by account_id for update;
    insert into movement (from_account, to_account, amount) values (sender, receiver, moved)
        returning movement_id into made;
    update account_balance set balance = balance - moved, version = version + 1, changed_at = now()
        where account_id = sender returning * into before;
    insert into entry (account_id, movement_id, amount, balance_before, balance_after, account_version)
        values (sender, made, -moved, before.balance + moved, before.balance, before.version);
    update account_balance set balance = balance + moved, version = version + 1, changed_at = now()
        where account_id = receiver returning * into before;
    insert into entry (account_id, movement_id, amount, balance_before, balance_after, account_version)
        values (receiver, made, moved, before.balance - moved, before.balance, before.version);
    return made;
end $$;
"""
ACCOUNTS = 1_000
CLIENTS = (1, 4, 16)


def prepare(url: str) -> None:
    """Make the tables and a thousand accounts in an empty database."""
    with psycopg.connect(url) as conn:
        conn.execute(SCHEMA)
        conn.execute(
            "insert into account_balance (account_id, currency) select n, 'KHR' from generate_series(1, %s) as n",
            (ACCOUNTS,),
        )


def per_second(url: str, clients: int, seconds: float, *, hot: bool) -> float:
    """Calls a second by so many clients, each call committed: all from one account, or each between two of many."""
    until = time.monotonic() + seconds
    made = [0] * clients
    faults: list[Exception] = []

    def call(client: int) -> None:
        try:
            with psycopg.connect(url, autocommit=True) as conn:
                while time.monotonic() < until:
                    step = made[client] * clients + client
                    sender = 1 if hot else 2 + step * 7 % (ACCOUNTS - 1)
                    receiver = 2 + (step * 13 + 1) % (ACCOUNTS - 1)
                    if sender != receiver:
                        conn.execute("select move(%s, %s, 80000)", (sender, receiver), prepare=True)
                    made[client] += sender != receiver or 1
        except Exception as error:  # noqa: BLE001 - raised again below
            faults.append(error)

    threads = [threading.Thread(target=call, args=(client,)) for client in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return sum(made) / (time.monotonic() - began)


def is_balanced(url: str) -> bool:
    """Whether every movement has two entries, and each account's balance is the sum of its entries."""
    asked = """
        select (select count(*) from entry) = 2 * (select count(*) from movement) and not exists (
            select from account_balance where balance <> coalesce(
                (select sum(amount) from entry where entry.account_id = account_balance.account_id), 0))"""
    with psycopg.connect(url) as conn:
        return conn.execute(asked).fetchone() == (True,)
