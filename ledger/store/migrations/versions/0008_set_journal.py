"""What the decider took for sets that made no block, so that the books can be decided again from the journal."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = """
create table set_journal (
    after_block bigint not null, number bigint not null, policy_digest bytea not null, journal bytea not null,
    primary key (after_block, number),
    constraint set_journal_place_check check (after_block >= 0 and number > 0)
);
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
    op.execute(TABLE)
    op.execute(APPEND_ONLY.format(table="set_journal"))
