"""The proof over the books: leaves of every kind, tiles, checkpoints, keys; reversals held by the database."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
create table log_entry (
    leaf_no bigint not null, block_no bigint not null, kind smallint not null, ref bigint not null,
    body bytea not null,
    primary key (leaf_no),
    unique (kind, ref),
    constraint log_entry_kind_check check (kind > 2)
);

create table awaiting_leaf (
    awaiting_id bigint generated always as identity, kind smallint not null, ref bigint not null,
    primary key (awaiting_id)
);

create table schema_digest (
    digest_no bigint generated always as identity, at timestamptz default now() not null, digest bytea not null,
    objects integer not null, summary text not null,
    primary key (digest_no),
    constraint schema_digest_digest_check check (octet_length(digest) = 32)
);

create table signing_key (
    key_no bigint generated always as identity, at timestamptz default now() not null, origin text not null,
    algorithm smallint not null, public_key bytea not null, endorsement bytea, actor text not null,
    os_user text not null, note text not null,
    primary key (key_no),
    unique (public_key),
    constraint signing_key_named_check check (btrim(actor) <> '' and os_user <> '' and origin <> '')
);

create table tile (
    level smallint not null, idx bigint not null, hashes bytea not null,
    primary key (level, idx),
    constraint tile_full_check check (octet_length(hashes) = 8192)
);

create table checkpoint (
    size bigint not null, prev_size bigint not null, root bytea not null, note text not null,
    sealed_us bigint not null,
    primary key (size),
    unique (prev_size),
    constraint checkpoint_root_check check (octet_length(root) = 32),
    constraint checkpoint_size_check check (prev_size >= 0 and size > prev_size)
);

create table cosignature (
    size bigint not null, witness text not null, line text not null, received_us bigint not null,
    primary key (size, witness)
);

create index transfer_reverses_idx on transfer (reverses) where reverses is not null;
"""

# Whatever inserts a row of these tables, the row waits for its leaf. Kinds: ledger/model/entry.py.
AWAIT = """
create function await_leaf() returns trigger language plpgsql as $$
begin
    insert into public.awaiting_leaf (kind, ref)
        values (tg_argv[0]::smallint, (pg_catalog.to_jsonb(new) ->> tg_argv[1])::bigint);
    return null;
end $$;
revoke all on function await_leaf() from public;
"""
AWAITED = (
    ("quarantine_audit", 3, "audit_no"),
    ("policy_activation", 4, "activation_no"),
    ("schema_digest", 5, "digest_no"),
    ("signing_key", 6, "key_no"),
)
AWAIT_ROWS = """
create trigger await_leaf after insert on {table} for each row execute function await_leaf({kind}, '{ref}');
alter table {table} enable always trigger await_leaf;
insert into awaiting_leaf (kind, ref) select {kind}, {ref} from {table} order by {ref};
"""

# AFTER, so that COPY still inserts many rows at once. Names are qualified: a temporary table may not stand in for one.
REVERSAL = """
create function refuse_wrong_reversal() returns trigger language plpgsql as $$
declare original record; taken numeric;
begin
    perform pg_catalog.pg_advisory_xact_lock(7304114);
    select * into original from public.transfer where leaf_no = new.reverses;
    if original is null or original.reverses is not null or original.leaf_no >= new.leaf_no
        or original.subject <> new.subject or original.step <> new.step or original.currency <> new.currency
        or original.debit_account <> new.credit_account or original.credit_account <> new.debit_account then
        raise exception 'reversal refused: leaf % does not take back leaf %', new.leaf_no, new.reverses
            using errcode = 'check_violation';
    end if;
    select sum(amount_minor) into taken from public.transfer where reverses = new.reverses;
    if taken > original.amount_minor then
        raise exception 'reversal refused: leaf % takes back more than is left of leaf %', new.leaf_no, new.reverses
            using errcode = 'check_violation';
    end if;
    return null;
end $$;
revoke all on function refuse_wrong_reversal() from public;
create trigger reversal_of_what_is_left after insert on transfer for each row when (new.reverses is not null)
    execute function refuse_wrong_reversal();
alter table transfer enable always trigger reversal_of_what_is_left;
"""

# As in 0003, but a temporary table of the same name cannot stand in for what they look at.
QUALIFIED = """
create or replace function refuse_own_approval() returns trigger language plpgsql as $$
declare proposer text;
begin
    select proposed_by into proposer from public.policy_proposal where proposal_no = new.proposal_no;
    if proposer is null then
        raise exception 'policy approval refused: there is no proposal %', new.proposal_no
            using errcode = 'check_violation';
    end if;
    if lower(btrim(proposer)) = lower(btrim(new.approved_by)) then
        raise exception 'policy approval refused: who proposed % cannot approve it', new.proposal_no
            using errcode = 'check_violation';
    end if;
    return new;
end $$;

create or replace function refuse_unapproved() returns trigger language plpgsql as $$
declare last bigint;
begin
    select coalesce(max(activation_no), 0) into last from public.policy_activation;
    if new.activation_no <> last + 1 then
        raise exception 'policy activation refused: number % does not follow %', new.activation_no, last
            using errcode = 'check_violation';
    end if;
    perform from public.policy_proposal p left join public.policy_approval a using (proposal_no)
        where p.proposal_no = new.proposal_no and p.digest = new.digest and p.proposed_by = new.proposed_by
        and (last = 0 or a.approved_by = new.approved_by);
    if not found then
        raise exception 'policy activation refused: proposal % is not approved as told', new.proposal_no
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
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
    for table in ("log_entry", "schema_digest", "signing_key", "tile", "checkpoint", "cosignature"):
        op.execute(APPEND_ONLY.format(table=table))
    op.execute("grant select, insert, update, delete on awaiting_leaf to spp_writer")
    op.execute("grant select on awaiting_leaf to spp_reader")
    op.execute(AWAIT)
    for table, kind, ref in AWAITED:
        op.execute(AWAIT_ROWS.format(table=table, kind=kind, ref=ref))
    op.execute(REVERSAL)
    op.execute(QUALIFIED)
