"""Sums of transfers over spans of blocks, and the periods of the books as events of two persons."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
create table block_span (
    level smallint not null, span_no bigint not null, transfers bigint not null, last_hash bytea not null,
    primary key (level, span_no),
    constraint block_span_place_check check (level between 1 and 6 and span_no >= 0)
);

create table span_sum (
    level smallint not null, span_no bigint not null, debit_account integer not null, credit_account integer not null,
    step smallint not null, reversal smallint not null, effective_date date not null, amount_minor numeric not null,
    transfers bigint not null,
    primary key (level, span_no, debit_account, credit_account, step, reversal, effective_date)
);

create table period_request (
    request_no bigint generated always as identity, at timestamptz default now() not null, period text not null,
    kind smallint not null, first_day date not null, last_day date not null, asked_by text not null,
    os_user text not null, note text not null,
    primary key (request_no),
    constraint period_request_days_check check (first_day <= last_day),
    constraint period_request_named_check check (btrim(asked_by) <> '' and os_user <> '' and period <> ''),
    constraint period_request_kind_check check (kind between 1 and 4)
);

create table period_event (
    event_no bigint not null, at timestamptz default now() not null, request_no bigint not null,
    approved_by text not null, os_user text not null, note text not null, at_block bigint not null,
    block_hash bytea not null, checkpoint_size bigint, trial_balance bytea,
    primary key (event_no),
    unique (request_no),
    constraint period_event_named_check check (btrim(approved_by) <> '' and os_user <> ''),
    constraint period_event_trial_balance_check check (octet_length(trial_balance) = 32)
);
"""

# The exclusive lock waits for the decide transaction in hand, which shares it: an event falls between two blocks.
# Kinds: 1 opened, 2 soft closed, 3 closed, 4 reopened.
RULES = """
create function refuse_wrong_period() returns trigger language plpgsql as $$
declare asked record; latest smallint; others bigint; head record;
begin
    perform pg_catalog.pg_advisory_xact_lock(7304115);
    select * into asked from public.period_request where request_no = new.request_no;
    if asked is null then
        raise exception 'period event refused: there is no request %', new.request_no
            using errcode = 'check_violation';
    end if;
    if lower(btrim(asked.asked_by)) = lower(btrim(new.approved_by)) then
        raise exception 'period event refused: who asked for % cannot approve it', new.request_no
            using errcode = 'check_violation';
    end if;
    select coalesce(max(event_no), 0) into others from public.period_event;
    if new.event_no <> others + 1 then
        raise exception 'period event refused: number % does not follow %', new.event_no, others
            using errcode = 'check_violation';
    end if;
    select block_no, hash into head from public.block order by block_no desc limit 1;
    if new.at_block <> coalesce(head.block_no, 0) or (head.hash is not null and new.block_hash <> head.hash) then
        raise exception 'period event refused: the books stand at block %, not at %',
            coalesce(head.block_no, 0), new.at_block using errcode = 'check_violation';
    end if;
    select r.kind into latest from public.period_event e join public.period_request r using (request_no)
        where r.period = asked.period order by e.event_no desc limit 1;
    if not coalesce((case asked.kind when 1 then latest is null when 2 then latest in (1, 4) when 3 then latest = 2
        else latest in (2, 3) end), false) then
        raise exception 'period event refused: % cannot follow what period % is', asked.kind, asked.period
            using errcode = 'check_violation';
    end if;
    if asked.kind = 1 and exists (
        select from public.period_event join public.period_request r using (request_no)
        where r.kind = 1 and r.first_day <= asked.last_day and r.last_day >= asked.first_day
    ) then
        raise exception 'period event refused: days of % lie in another period', asked.period
            using errcode = 'check_violation';
    end if;
    if asked.kind = 2 and not exists (
        select from (
            select distinct on (r.period) r.period, r.kind from public.period_event e
            join public.period_request r using (request_no) order by r.period, e.event_no desc
        ) as states where kind in (1, 4) and period <> asked.period
    ) then
        raise exception 'period event refused: % is the only open period; open the next one first', asked.period
            using errcode = 'check_violation';
    end if;
    if asked.kind = 3 and exists (
        select from (
            select distinct on (r.period) r.period, r.kind from public.period_event e
            join public.period_request r using (request_no) order by r.period, e.event_no desc
        ) as states join public.period_request o on o.period = states.period and o.kind = 1
        where states.kind in (1, 4) and o.first_day < (
            select min(first_day) from public.period_request where period = asked.period and kind = 1)
    ) then
        raise exception 'period event refused: a period before % is open; close that one first', asked.period
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
revoke all on function refuse_wrong_period() from public;
create trigger period_of_two_persons before insert on period_event
    for each row execute function refuse_wrong_period();
alter table period_event enable always trigger period_of_two_persons;
"""

APPEND_ONLY = """
create trigger append_only_row before update or delete on {table} for each row execute function refuse_change();
create trigger append_only_truncate before truncate on {table} for each statement execute function refuse_change();
alter table {table} enable always trigger append_only_row;
alter table {table} enable always trigger append_only_truncate;
grant select, insert on {table} to spp_writer;
grant select on {table} to spp_reader;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(RULES)
    for table in ("block_span", "span_sum", "period_request", "period_event"):
        op.execute(APPEND_ONLY.format(table=table))
