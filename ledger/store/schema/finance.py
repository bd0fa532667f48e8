"""What finance keeps beside the books: sums of transfers over spans of blocks, and the periods of the books.

A span of level n is 16 to the power of n blocks, numbered from 0: span 0 of level 1 is blocks 1 to 16. Its sums follow
from the transfers; reconciliation makes them anew. Triggers of the migration hold what spans rows.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from ledger.store.schema.columns import (
    APPEND_ONLY,
    SUMMED,
    WORKING,
    bytea,
    int2,
    int4,
    int8,
    metadata,
    now,
    optional,
    required_text,
    serial,
)

# That a span is summed, also when nothing moved in it; `last_hash` is the hash of its last block.
block_span = Table(
    "block_span",
    metadata,
    int2("level"),
    int8("span_no"),
    int8("transfers"),
    bytea("last_hash"),
    PrimaryKeyConstraint("level", "span_no"),
    CheckConstraint("level between 1 and 6 and span_no >= 0", name="place"),
    info=APPEND_ONLY,
)

span_sum = Table(
    "span_sum",
    metadata,
    int2("level"),
    int8("span_no"),
    int4("debit_account"),
    int4("credit_account"),
    int2("step"),
    # 1 for reversals, 0 for what goes forward.
    int2("reversal"),
    Column("effective_date", Date, nullable=False),
    Column("amount_minor", Numeric, nullable=False),
    int8("transfers"),
    PrimaryKeyConstraint("level", "span_no", "debit_account", "credit_account", "step", "reversal", "effective_date"),
    info=SUMMED,
)

# What somebody asks to be done with a period; `kind` as in ledger/model/period.py.
period_request = Table(
    "period_request",
    metadata,
    serial("request_no"),
    now("at"),
    required_text("period"),
    int2("kind"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    required_text("asked_by"),
    required_text("os_user"),
    required_text("note"),
    PrimaryKeyConstraint("request_no"),
    CheckConstraint("first_day <= last_day", name="days"),
    CheckConstraint("btrim(asked_by) <> '' and os_user <> '' and period <> ''", name="named"),
    CheckConstraint("kind between 1 and 4", name="kind"),
    info=APPEND_ONLY,
)

# What another person let happen, after block `at_block` (0: before the first). A close carries its trial balance.
period_event = Table(
    "period_event",
    metadata,
    int8("event_no"),
    now("at"),
    int8("request_no"),
    required_text("approved_by"),
    required_text("os_user"),
    required_text("note"),
    int8("at_block"),
    bytea("block_hash"),
    optional("checkpoint_size", BigInteger),
    optional("trial_balance", LargeBinary),
    PrimaryKeyConstraint("event_no"),
    UniqueConstraint("request_no"),
    CheckConstraint("btrim(approved_by) <> '' and os_user <> ''", name="named"),
    CheckConstraint("octet_length(trial_balance) = 32", name="trial_balance"),
    info=APPEND_ONLY,
)

# Budgets as they were last told; NULL: nothing told of the stage.
budget = Table(
    "budget",
    metadata,
    required_text("fund"),
    required_text("programme"),
    int4("fiscal_year"),
    required_text("currency"),
    optional("appropriation_minor", BigInteger),
    optional("allotment_minor", BigInteger),
    PrimaryKeyConstraint("fund", "programme", "fiscal_year", "currency"),
    info=WORKING,
)

# Complete batches that do not fit their budget: what they need of the one that is short, in minor units.
budget_wait = Table(
    "budget_wait",
    metadata,
    required_text("source"),
    required_text("batch_id"),
    required_text("benefit"),
    int4("cycle"),
    required_text("fund"),
    required_text("programme"),
    int4("fiscal_year"),
    required_text("currency"),
    int8("needed_minor"),
    PrimaryKeyConstraint("source", "batch_id"),
    info=WORKING,
)

# Lines approved too late for their batch that do not fit their budget.
budget_wait_line = Table(
    "budget_wait_line",
    metadata,
    bytea("line_id"),
    required_text("source"),
    required_text("batch_id"),
    required_text("benefit"),
    int4("cycle"),
    PrimaryKeyConstraint("line_id"),
    info=WORKING,
)
