"""Tables of DECIDE's working state, rebuilt from the inbox and the books."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint

from ledger.store.schema.columns import WORKING, bytea, int2, int4, int8, metadata, now, optional, required_text, serial

entity = Table(
    "entity",
    metadata,
    int8("entity_no"),
    bytea("key"),
    bytea("state"),
    PrimaryKeyConstraint("entity_no"),
    UniqueConstraint("key"),
    info=WORKING,
    # Room for the next version of a state on the same page.
    postgresql_with={"fillfactor": 70},
)

read_link = Table(
    "read_link",
    metadata,
    bytea("target"),
    bytea("reader"),
    PrimaryKeyConstraint("target", "reader"),
    info=WORKING,
)

retraction = Table(
    "retraction",
    metadata,
    required_text("target_source"),
    required_text("target_event_id"),
    int8("position"),
    PrimaryKeyConstraint("target_source", "target_event_id", "position"),
    info=WORKING,
)

line = Table(
    "line",
    metadata,
    bytea("line_id"),
    bytea("entity"),
    required_text("source"),
    required_text("benefit"),
    int4("cycle"),
    required_text("batch_id"),
    int8("amount_minor"),
    optional("currency", Text),
    PrimaryKeyConstraint("line_id"),
    Index(None, "source", "batch_id"),
    Index(None, "source", "benefit", "cycle"),
    info=WORKING,
)

claim_key = Table(
    "claim_key",
    metadata,
    int8("holder_no"),
    required_text("grp"),
    required_text("key"),
    bytea("line_id"),
    PrimaryKeyConstraint("holder_no", "grp", "key"),
    Index(None, "line_id"),
    info=WORKING,
)

claim_side = Table(
    "claim_side",
    metadata,
    int8("holder_no"),
    required_text("grp"),
    required_text("key"),
    required_text("side"),
    PrimaryKeyConstraint("holder_no", "grp", "key"),
    info=WORKING,
)

claim_window = Table(
    "claim_window",
    metadata,
    int8("holder_no"),
    int4("grp_no"),
    Column("days", DATERANGE, nullable=False),
    bytea("line_id"),
    # An empty range overlaps nothing, so it would pass the exclusion.
    CheckConstraint("not isempty(days)", name="days"),
    # Ranges of one number make && mean equality, so no extension is needed.
    ExcludeConstraint(
        (text("int8range(holder_no, holder_no, '[]')"), "&&"),
        (text("int4range(grp_no, grp_no, '[]')"), "&&"),
        (text("days"), "&&"),
        name="claim_window_excl",
        using="gist",
    ),
    Index(None, "holder_no"),
    info=WORKING,
)

submission_open = Table(
    "submission_open",
    metadata,
    int8("submission_no"),
    int4("outstanding"),
    PrimaryKeyConstraint("submission_no"),
    info=WORKING,
)

parked_mark = Table(
    "parked_mark",
    metadata,
    int8("mark_id"),
    bytea("entity"),
    optional("position", BigInteger),
    int2("cause"),
    optional("ref", BigInteger),
    required_text("error"),
    now("parked_at"),
    PrimaryKeyConstraint("mark_id"),
    info=WORKING,
)

outbox = Table(
    "outbox",
    metadata,
    serial("outbox_id"),
    int2("kind"),
    int8("ref"),
    PrimaryKeyConstraint("outbox_id"),
    info=WORKING,
)
