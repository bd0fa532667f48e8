"""The books: claims found double, accounts, transfers, decisions, blocks, submissions."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from ledger.store.schema.columns import APPEND_ONLY, bytea, int2, int4, int8, metadata, optional, required_text

claim_double = Table(
    "claim_double",
    metadata,
    bytea("line_id"),
    int8("holder_no"),
    required_text("grp"),
    required_text("key"),
    bytea("against"),
    int8("block_no"),
    PrimaryKeyConstraint("line_id", "grp", "key", "block_no"),
    info=APPEND_ONLY,
)

account = Table(
    "account",
    metadata,
    int4("account_no"),
    required_text("code"),
    required_text("family"),
    required_text("qualifier"),
    required_text("benefit"),
    required_text("programme"),
    required_text("operator"),
    required_text("fund"),
    required_text("area"),
    required_text("cofog"),
    required_text("gfsm"),
    required_text("currency"),
    int2("exponent"),
    PrimaryKeyConstraint("account_no"),
    UniqueConstraint("code"),
    info=APPEND_ONLY,
)

transfer = Table(
    "transfer",
    metadata,
    int8("leaf_no"),
    int8("block_no"),
    bytea("subject"),
    int4("version"),
    int2("leg"),
    int2("step"),
    int4("debit_account"),
    int4("credit_account"),
    int8("amount_minor"),
    required_text("currency"),
    Column("effective_date", Date, nullable=False),
    optional("reverses", BigInteger),
    PrimaryKeyConstraint("leaf_no"),
    UniqueConstraint("subject", "version", "leg"),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint("debit_account <> credit_account", name="accounts"),
    Index(None, "reverses", postgresql_where="reverses is not null"),
    info=APPEND_ONLY,
)

decision = Table(
    "decision",
    metadata,
    int8("leaf_no"),
    int8("block_no"),
    bytea("subject"),
    optional("line_id", LargeBinary),
    int4("version"),
    int2("kind"),
    required_text("source"),
    required_text("event_id"),
    required_text("request_id"),
    required_text("batch_id"),
    required_text("benefit"),
    int2("state"),
    Column("reasons", ARRAY(SmallInteger), nullable=False),
    optional("amount_minor", BigInteger),
    optional("currency", Text),
    optional("won_by", LargeBinary),
    bytea("policy_digest"),
    bytea("inputs_digest"),
    bytea("body"),
    PrimaryKeyConstraint("leaf_no"),
    UniqueConstraint("subject", "version"),
    CheckConstraint("kind in (1, 2, 3)", name="kind"),
    info=APPEND_ONLY,
)

block = Table(
    "block",
    metadata,
    int8("block_no"),
    bytea("prev_hash"),
    int8("first_leaf"),
    int4("leaf_count"),
    bytea("root"),
    required_text("totals"),
    bytea("policy_digest"),
    int8("recorded_us"),
    required_text("writer"),
    bytea("journal"),
    bytea("hash"),
    PrimaryKeyConstraint("block_no"),
    UniqueConstraint("hash"),
    UniqueConstraint("prev_hash"),
    UniqueConstraint("first_leaf"),
    CheckConstraint("block_no > 0", name="number"),
    CheckConstraint("leaf_count > 0", name="leaves"),
    info=APPEND_ONLY,
)

# Journals of sets that made no block, in the order of their numbers after block `after_block` (0: before the first).
set_journal = Table(
    "set_journal",
    metadata,
    int8("after_block"),
    int8("number"),
    bytea("policy_digest"),
    bytea("journal"),
    PrimaryKeyConstraint("after_block", "number"),
    CheckConstraint("after_block >= 0 and number > 0", name="place"),
    info=APPEND_ONLY,
)

submission = Table(
    "submission",
    metadata,
    int8("submission_no"),
    required_text("source"),
    required_text("batch_id"),
    int4("number"),
    required_text("benefit"),
    int4("cycle"),
    int4("line_count"),
    int8("block_no"),
    PrimaryKeyConstraint("submission_no"),
    UniqueConstraint("source", "batch_id", "number"),
    info=APPEND_ONLY,
)

submission_line = Table(
    "submission_line",
    metadata,
    int8("submission_no"),
    bytea("line_id"),
    int8("decision_leaf"),
    PrimaryKeyConstraint("line_id", "submission_no"),
    Index(None, "submission_no"),
    info=APPEND_ONLY,
)
