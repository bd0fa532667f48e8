"""Budgets, and what waits for them."""

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


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("budget", "budget_wait", "budget_wait_line"):
        op.execute(f"grant select, insert, update, delete on {table} to spp_writer")
        op.execute(f"grant select on {table} to spp_reader")
