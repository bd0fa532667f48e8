"""Tables of RECORD: offsets, the inbox, marks, quarantine, poison."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ledger.store.schema.columns import (
    APPEND_ONLY,
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

consumer_offset = Table(
    "consumer_offset",
    metadata,
    int2("topic_no"),
    int4("partition"),
    int8("next_offset"),
    int8("accepted"),
    int8("replayed"),
    int8("quarantined"),
    # Offsets that hold no record: control markers of transactional producers, compacted or expired ranges.
    Column("skipped", BigInteger, nullable=False, server_default=text("0")),
    optional("topic_id", Text),
    PrimaryKeyConstraint("topic_no", "partition"),
    info=WORKING,
)

inbox = Table(
    "inbox",
    metadata,
    int8("position"),
    required_text("source"),
    required_text("event_id"),
    int2("type_no"),
    int8("time_us"),
    int8("received_us"),
    required_text("key_id"),
    bytea("signature"),
    bytea("value"),
    PrimaryKeyConstraint("position"),
    UniqueConstraint("source", "event_id"),
    info=APPEND_ONLY,
)

mark = Table(
    "mark",
    metadata,
    serial("mark_id"),
    bytea("entity"),
    optional("position", BigInteger),
    int2("cause"),
    optional("ref", BigInteger),
    PrimaryKeyConstraint("mark_id"),
    Index(None, "entity"),
    info=WORKING,
)

quarantine = Table(
    "quarantine",
    metadata,
    serial("quarantine_no"),
    int2("topic_no"),
    int4("partition"),
    int8("record_offset"),
    int8("received_us"),
    optional("source", Text),
    optional("event_id", Text),
    int2("reason"),
    required_text("field"),
    required_text("detail"),
    optional("key", LargeBinary),
    optional("value", LargeBinary),
    bytea("headers"),
    PrimaryKeyConstraint("quarantine_no"),
    UniqueConstraint("topic_no", "partition", "record_offset"),
    info=APPEND_ONLY,
)

quarantine_audit = Table(
    "quarantine_audit",
    metadata,
    serial("audit_no"),
    int8("quarantine_no"),
    required_text("action"),
    required_text("actor"),
    required_text("note"),
    now("at"),
    PrimaryKeyConstraint("audit_no"),
    CheckConstraint(
        "action in ('replayed', 'already_recorded', 'refused', 'discard_proposed', 'discarded')", name="action"
    ),
    Index(None, "quarantine_no"),
    # A quarantined record is settled once.
    Index(
        "quarantine_audit_settled_key",
        "quarantine_no",
        unique=True,
        postgresql_where=text("action in ('replayed', 'already_recorded', 'discarded')"),
    ),
    info=APPEND_ONLY,
)

source_health = Table(
    "source_health",
    metadata,
    required_text("source"),
    int8("poison"),
    optional("muted_until_us", BigInteger),
    PrimaryKeyConstraint("source"),
    info=WORKING,
)
