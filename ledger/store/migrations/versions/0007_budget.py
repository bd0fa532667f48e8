"""Budgets, and what waits for them; events of periods become leaves of the log."""

from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
create table budget (
    fund text not null, programme text not null, fiscal_year integer not null, currency text not null,
    appropriation_minor bigint, allotment_minor bigint,
    primary key (fund, programme, fiscal_year, currency)
);

create table budget_wait (
    source text not null, batch_id text not null, benefit text not null, cycle integer not null, fund text not null,
    programme text not null, fiscal_year integer not null, currency text not null, needed_minor bigint not null,
    primary key (source, batch_id)
);

create table budget_wait_line (
    line_id bytea not null, source text not null, batch_id text not null, benefit text not null,
    cycle integer not null,
    primary key (line_id)
);
"""

# Kind 7 of ledger/model/entry.py; the function is of 0004.
LEAVES = """
create trigger await_leaf after insert on period_event for each row execute function await_leaf(7, 'event_no');
alter table period_event enable always trigger await_leaf;
insert into awaiting_leaf (kind, ref) select 7, event_no from period_event order by event_no;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(LEAVES)
    for table in ("budget", "budget_wait", "budget_wait_line"):
        op.execute(f"grant select, insert, update, delete on {table} to spp_writer")
        op.execute(f"grant select on {table} to spp_reader")
