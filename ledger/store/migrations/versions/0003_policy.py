"""A policy is proposed by one person, approved by another, and activated by the decider; each step leaves a row."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
create table policy_proposal (
    proposal_no bigint generated always as identity, at timestamptz default now() not null, digest bytea not null,
    base bytea, files text not null, summary text not null, proposed_by text not null, os_user text not null,
    note text not null,
    primary key (proposal_no),
    constraint policy_proposal_digest_check check (octet_length(digest) = 32),
    constraint policy_proposal_named_check check (btrim(proposed_by) <> '' and os_user <> '')
);

create table policy_approval (
    approval_no bigint generated always as identity, at timestamptz default now() not null,
    proposal_no bigint not null, approved_by text not null, os_user text not null, note text not null,
    primary key (approval_no),
    unique (proposal_no),
    constraint policy_approval_named_check check (btrim(approved_by) <> '' and os_user <> '')
);

create table policy_activation (
    activation_no bigint not null, at timestamptz default now() not null, proposal_no bigint not null,
    digest bytea not null, proposed_by text not null, approved_by text not null, first_block bigint not null,
    primary key (activation_no),
    unique (proposal_no),
    constraint policy_activation_digest_check check (octet_length(digest) = 32),
    constraint policy_activation_block_check check (first_block > 0)
);
"""

# Rules over several rows; they fire ALWAYS, so that session_replication_role cannot silence them.
RULES = """
create function refuse_own_approval() returns trigger language plpgsql as $$
declare proposer text;
begin
    select proposed_by into proposer from policy_proposal where proposal_no = new.proposal_no;
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

create function refuse_unapproved() returns trigger language plpgsql as $$
declare last bigint;
begin
    select coalesce(max(activation_no), 0) into last from policy_activation;
    if new.activation_no <> last + 1 then
        raise exception 'policy activation refused: number % does not follow %', new.activation_no, last
            using errcode = 'check_violation';
    end if;
    perform from policy_proposal p left join policy_approval a using (proposal_no)
        where p.proposal_no = new.proposal_no and p.digest = new.digest and p.proposed_by = new.proposed_by
        and (last = 0 or a.approved_by = new.approved_by);
    if not found then
        raise exception 'policy activation refused: proposal % is not approved as told', new.proposal_no
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
revoke all on function refuse_own_approval() from public;
revoke all on function refuse_unapproved() from public;

create trigger approval_by_another before insert on policy_approval
    for each row execute function refuse_own_approval();
create trigger activation_of_approved before insert on policy_activation
    for each row execute function refuse_unapproved();
alter table policy_approval enable always trigger approval_by_another;
alter table policy_activation enable always trigger activation_of_approved;
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
    for table in ("policy_proposal", "policy_approval", "policy_activation"):
        op.execute(APPEND_ONLY.format(table=table))
