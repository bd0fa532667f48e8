"""The first schema: the inbox, the decider's working state, the books, and who may do what."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What only ever grows.
BOOKS = """
create table inbox (
    position bigint not null, source text not null, event_id text not null, type_no smallint not null,
    time_us bigint not null, received_us bigint not null, key_id text not null, signature bytea not null,
    value bytea not null,
    primary key (position),
    unique (source, event_id)
);

create table quarantine (
    quarantine_no bigint generated always as identity, topic_no smallint not null, partition integer not null,
    record_offset bigint not null, received_us bigint not null, source text, event_id text,
    reason smallint not null, field text not null, detail text not null, key bytea, value bytea,
    headers bytea not null,
    primary key (quarantine_no),
    unique (topic_no, partition, record_offset)
);

create table quarantine_audit (
    audit_no bigint generated always as identity, quarantine_no bigint not null, action text not null,
    actor text not null, note text not null, at timestamptz default now() not null,
    primary key (audit_no),
    constraint quarantine_audit_action_check check (
        action in ('replayed', 'already_recorded', 'refused', 'discard_proposed', 'discarded')
    )
);
create index quarantine_audit_quarantine_no_idx on quarantine_audit (quarantine_no);
create unique index quarantine_audit_settled_key on quarantine_audit (quarantine_no)
    where action in ('replayed', 'already_recorded', 'discarded');

create table claim_double (
    line_id bytea not null, holder_no bigint not null, grp text not null, key text not null,
    against bytea not null, block_no bigint not null,
    primary key (line_id, grp, key, block_no)
);

create table account (
    account_no integer not null, code text not null, family text not null, qualifier text not null,
    benefit text not null, programme text not null, operator text not null, fund text not null,
    area text not null, cofog text not null, gfsm text not null, currency text not null,
    exponent smallint not null,
    primary key (account_no),
    unique (code)
);

create table transfer (
    leaf_no bigint not null, block_no bigint not null, subject bytea not null, version integer not null,
    leg smallint not null, step smallint not null, debit_account integer not null,
    credit_account integer not null, amount_minor bigint not null, currency text not null,
    effective_date date not null, reverses bigint,
    primary key (leaf_no),
    unique (subject, version, leg),
    constraint transfer_amount_check check (amount_minor > 0),
    constraint transfer_accounts_check check (debit_account <> credit_account)
);

create table decision (
    leaf_no bigint not null, block_no bigint not null, subject bytea not null, line_id bytea,
    version integer not null, kind smallint not null, source text not null, event_id text not null,
    request_id text not null, batch_id text not null, benefit text not null, state smallint not null,
    reasons smallint[] not null, amount_minor bigint, currency text, won_by bytea,
    policy_digest bytea not null, inputs_digest bytea not null, body bytea not null,
    primary key (leaf_no),
    unique (subject, version),
    constraint decision_kind_check check (kind in (1, 2, 3))
);

create table block (
    block_no bigint not null, prev_hash bytea not null, first_leaf bigint not null,
    leaf_count integer not null, root bytea not null, totals text not null, policy_digest bytea not null,
    recorded_us bigint not null, writer text not null, journal bytea not null, hash bytea not null,
    primary key (block_no),
    unique (hash),
    unique (prev_hash),
    unique (first_leaf),
    constraint block_number_check check (block_no > 0),
    constraint block_leaves_check check (leaf_count > 0)
);

create table submission (
    submission_no bigint not null, source text not null, batch_id text not null, number integer not null,
    benefit text not null, cycle integer not null, line_count integer not null, block_no bigint not null,
    primary key (submission_no),
    unique (source, batch_id, number)
);

create table submission_line (
    submission_no bigint not null, line_id bytea not null, decision_leaf bigint not null,
    primary key (line_id, submission_no)
);
create index submission_line_submission_no_idx on submission_line (submission_no);
"""

# What is rebuilt from the books and the inbox, or comes and goes.
WORKING = """
create table consumer_offset (
    topic_no smallint not null, partition integer not null, next_offset bigint not null,
    accepted bigint not null, replayed bigint not null, quarantined bigint not null,
    skipped bigint default 0 not null, topic_id text,
    primary key (topic_no, partition)
);

create table mark (
    mark_id bigint generated always as identity, entity bytea not null, position bigint,
    cause smallint not null, ref bigint,
    primary key (mark_id)
);
create index mark_entity_idx on mark (entity);

create table source_health (
    source text not null, poison bigint not null, muted_until_us bigint,
    primary key (source)
);

create table entity (
    entity_no bigint not null, key bytea not null, state bytea not null,
    primary key (entity_no),
    unique (key)
) with (fillfactor = 70);

create table read_link (
    target bytea not null, reader bytea not null,
    primary key (target, reader)
);

create table retraction (
    target_source text not null, target_event_id text not null, position bigint not null,
    primary key (target_source, target_event_id, position)
);

create table line (
    line_id bytea not null, entity bytea not null, source text not null, benefit text not null,
    cycle integer not null, batch_id text not null, amount_minor bigint not null, currency text,
    primary key (line_id)
);
create index line_source_batch_id_idx on line (source, batch_id);
create index line_source_benefit_cycle_idx on line (source, benefit, cycle);

create table claim_key (
    holder_no bigint not null, grp text not null, key text not null, line_id bytea not null,
    primary key (holder_no, grp, key)
);
create index claim_key_line_id_idx on claim_key (line_id);

create table claim_side (
    holder_no bigint not null, grp text not null, key text not null, side text not null,
    primary key (holder_no, grp, key)
);

create table claim_window (
    holder_no bigint not null, grp_no integer not null, days daterange not null, line_id bytea not null,
    constraint claim_window_days_check check (not isempty(days)),
    constraint claim_window_excl exclude using gist (
        int8range(holder_no, holder_no, '[]') with &&, int4range(grp_no, grp_no, '[]') with &&, days with &&
    )
);
create index claim_window_holder_no_idx on claim_window (holder_no);

create table submission_open (
    submission_no bigint not null, outstanding integer not null,
    primary key (submission_no)
);

create table parked_mark (
    mark_id bigint not null, entity bytea not null, position bigint, cause smallint not null, ref bigint,
    error text not null, parked_at timestamptz default now() not null,
    primary key (mark_id)
);

create table outbox (
    outbox_id bigint generated always as identity, kind smallint not null, ref bigint not null,
    primary key (outbox_id)
);
"""

# A correction is a new row; the triggers fire ALWAYS, so that session_replication_role cannot silence them.
REFUSAL = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'append-only: % on % refused; correct by adding a row', tg_op, tg_table_name
        using errcode = 'restrict_violation';
end $$;
revoke all on function refuse_change() from public;
"""

APPEND_ONLY = """
create trigger append_only_row before update or delete on {table} for each row execute function refuse_change();
create trigger append_only_truncate before truncate on {table} for each statement execute function refuse_change();
alter table {table} enable always trigger append_only_row;
alter table {table} enable always trigger append_only_truncate;
grant select, insert on {table} to spp_writer;
grant select on {table} to spp_reader;
"""

REBUILDABLE = """
grant select, insert, update, delete on {table} to spp_writer;
grant select on {table} to spp_reader;
"""

APPEND_ONLY_TABLES = (
    "account",
    "block",
    "claim_double",
    "decision",
    "inbox",
    "quarantine",
    "quarantine_audit",
    "submission",
    "submission_line",
    "transfer",
)
WORKING_TABLES = (
    "claim_key",
    "claim_side",
    "claim_window",
    "consumer_offset",
    "entity",
    "line",
    "mark",
    "outbox",
    "parked_mark",
    "read_link",
    "retraction",
    "source_health",
    "submission_open",
)


def upgrade() -> None:
    op.execute(BOOKS)
    op.execute(WORKING)
    op.execute(REFUSAL)
    for table in APPEND_ONLY_TABLES:
        op.execute(APPEND_ONLY.format(table=table))
    for table in WORKING_TABLES:
        op.execute(REBUILDABLE.format(table=table))
    op.execute("grant select on alembic_version to spp_writer, spp_reader")
