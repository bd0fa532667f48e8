"""Every look at a case is kept: who, when, at whom, why."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ACCESS_LOG = """
create table access_log (
    access_no bigint generated always as identity, at timestamptz default now() not null, actor text not null,
    os_user text not null, reason text not null, looked_at text not null, shown text[] not null,
    primary key (access_no),
    constraint access_log_named_check check (actor <> '' and os_user <> '' and looked_at <> ''),
    constraint access_log_reason_check check (
        reason in ('grievance', 'payee_dispute', 'suspected_fraud', 'audit', 'court', 'support', 'own_data')
    )
);
create trigger append_only_row before update or delete on access_log
    for each row execute function refuse_change();
create trigger append_only_truncate before truncate on access_log
    for each statement execute function refuse_change();
alter table access_log enable always trigger append_only_row;
alter table access_log enable always trigger append_only_truncate;
grant select, insert on access_log to spp_writer;
grant select on access_log to spp_reader;
"""


def upgrade() -> None:
    op.execute(ACCESS_LOG)
