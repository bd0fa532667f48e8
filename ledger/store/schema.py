"""The tables. Working tables can be rebuilt from the others; append-only tables only ever grow.

The migrations make them; a test holds both against each other. No foreign keys: they halve the writing speed, and
reconciliation compares whole sets instead.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

_WORKING = {"append_only": False}
_APPEND_ONLY = {"append_only": True}


def _int2(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, autoincrement=False)


def _int4(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, autoincrement=False)


def _int8(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _bytea(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _maybe(name: str, kind: type[TypeEngine[Any]]) -> Column[Any]:
    return Column(name, kind, nullable=True)


def _serial(name: str) -> Column[int]:
    # CACHE 1 keeps numbers in the order they were asked for; nobody may set one.
    return Column(name, BigInteger, Identity(always=True, cache=1), nullable=False)


def _now(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


# --- RECORD -----------------------------------------------------------------------------------------------------------

consumer_offset = Table(
    "consumer_offset",
    metadata,
    _int2("topic_no"),
    _int4("partition"),
    _int8("next_offset"),
    _int8("accepted"),
    _int8("replayed"),
    _int8("quarantined"),
    # Offsets that hold no record: control markers of transactional producers, compacted or expired ranges.
    Column("skipped", BigInteger, nullable=False, server_default=text("0")),
    _maybe("topic_id", Text),
    PrimaryKeyConstraint("topic_no", "partition"),
    info=_WORKING,
)

inbox = Table(
    "inbox",
    metadata,
    _int8("position"),
    _text("source"),
    _text("event_id"),
    _int2("type_no"),
    _int8("time_us"),
    _int8("received_us"),
    _text("key_id"),
    _bytea("signature"),
    _bytea("value"),
    PrimaryKeyConstraint("position"),
    UniqueConstraint("source", "event_id"),
    info=_APPEND_ONLY,
)

mark = Table(
    "mark",
    metadata,
    _serial("mark_id"),
    _bytea("entity"),
    _maybe("position", BigInteger),
    _int2("cause"),
    _maybe("ref", BigInteger),
    PrimaryKeyConstraint("mark_id"),
    Index(None, "entity"),
    info=_WORKING,
)

quarantine = Table(
    "quarantine",
    metadata,
    _serial("quarantine_no"),
    _int2("topic_no"),
    _int4("partition"),
    _int8("record_offset"),
    _int8("received_us"),
    _maybe("source", Text),
    _maybe("event_id", Text),
    _int2("reason"),
    _text("field"),
    _text("detail"),
    _maybe("key", LargeBinary),
    _maybe("value", LargeBinary),
    _bytea("headers"),
    PrimaryKeyConstraint("quarantine_no"),
    UniqueConstraint("topic_no", "partition", "record_offset"),
    info=_APPEND_ONLY,
)

quarantine_audit = Table(
    "quarantine_audit",
    metadata,
    _serial("audit_no"),
    _int8("quarantine_no"),
    _text("action"),
    _text("actor"),
    _text("note"),
    _now("at"),
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
    info=_APPEND_ONLY,
)

source_health = Table(
    "source_health",
    metadata,
    _text("source"),
    _int8("poison"),
    _maybe("muted_until_us", BigInteger),
    PrimaryKeyConstraint("source"),
    info=_WORKING,
)

# --- DECIDE: working state --------------------------------------------------------------------------------------------

entity = Table(
    "entity",
    metadata,
    _int8("entity_no"),
    _bytea("key"),
    _bytea("state"),
    PrimaryKeyConstraint("entity_no"),
    UniqueConstraint("key"),
    info=_WORKING,
    # Room for the next version of a state on the same page.
    postgresql_with={"fillfactor": 70},
)

read_link = Table(
    "read_link",
    metadata,
    _bytea("target"),
    _bytea("reader"),
    PrimaryKeyConstraint("target", "reader"),
    info=_WORKING,
)

retraction = Table(
    "retraction",
    metadata,
    _text("target_source"),
    _text("target_event_id"),
    _int8("position"),
    PrimaryKeyConstraint("target_source", "target_event_id", "position"),
    info=_WORKING,
)

line = Table(
    "line",
    metadata,
    _bytea("line_id"),
    _bytea("entity"),
    _text("source"),
    _text("benefit"),
    _int4("cycle"),
    _text("batch_id"),
    _int8("amount_minor"),
    _maybe("currency", Text),
    PrimaryKeyConstraint("line_id"),
    Index(None, "source", "batch_id"),
    Index(None, "source", "benefit", "cycle"),
    info=_WORKING,
)

claim_key = Table(
    "claim_key",
    metadata,
    _int8("holder_no"),
    _text("grp"),
    _text("key"),
    _bytea("line_id"),
    PrimaryKeyConstraint("holder_no", "grp", "key"),
    Index(None, "line_id"),
    info=_WORKING,
)

claim_side = Table(
    "claim_side",
    metadata,
    _int8("holder_no"),
    _text("grp"),
    _text("key"),
    _text("side"),
    PrimaryKeyConstraint("holder_no", "grp", "key"),
    info=_WORKING,
)

claim_window = Table(
    "claim_window",
    metadata,
    _int8("holder_no"),
    _int4("grp_no"),
    Column("days", DATERANGE, nullable=False),
    _bytea("line_id"),
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
    info=_WORKING,
)

submission_open = Table(
    "submission_open",
    metadata,
    _int8("submission_no"),
    _int4("outstanding"),
    PrimaryKeyConstraint("submission_no"),
    info=_WORKING,
)

parked_mark = Table(
    "parked_mark",
    metadata,
    _int8("mark_id"),
    _bytea("entity"),
    _maybe("position", BigInteger),
    _int2("cause"),
    _maybe("ref", BigInteger),
    _text("error"),
    _now("parked_at"),
    PrimaryKeyConstraint("mark_id"),
    info=_WORKING,
)

outbox = Table(
    "outbox",
    metadata,
    _serial("outbox_id"),
    _int2("kind"),
    _int8("ref"),
    PrimaryKeyConstraint("outbox_id"),
    info=_WORKING,
)

# --- DECIDE: the books ------------------------------------------------------------------------------------------------

claim_double = Table(
    "claim_double",
    metadata,
    _bytea("line_id"),
    _int8("holder_no"),
    _text("grp"),
    _text("key"),
    _bytea("against"),
    _int8("block_no"),
    PrimaryKeyConstraint("line_id", "grp", "key", "block_no"),
    info=_APPEND_ONLY,
)

account = Table(
    "account",
    metadata,
    _int4("account_no"),
    _text("code"),
    _text("family"),
    _text("qualifier"),
    _text("benefit"),
    _text("programme"),
    _text("operator"),
    _text("fund"),
    _text("area"),
    _text("cofog"),
    _text("gfsm"),
    _text("currency"),
    _int2("exponent"),
    PrimaryKeyConstraint("account_no"),
    UniqueConstraint("code"),
    info=_APPEND_ONLY,
)

transfer = Table(
    "transfer",
    metadata,
    _int8("leaf_no"),
    _int8("block_no"),
    _bytea("subject"),
    _int4("version"),
    _int2("leg"),
    _int2("step"),
    _int4("debit_account"),
    _int4("credit_account"),
    _int8("amount_minor"),
    _text("currency"),
    Column("effective_date", Date, nullable=False),
    _maybe("reverses", BigInteger),
    PrimaryKeyConstraint("leaf_no"),
    UniqueConstraint("subject", "version", "leg"),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint("debit_account <> credit_account", name="accounts"),
    info=_APPEND_ONLY,
)

decision = Table(
    "decision",
    metadata,
    _int8("leaf_no"),
    _int8("block_no"),
    _bytea("subject"),
    _maybe("line_id", LargeBinary),
    _int4("version"),
    _int2("kind"),
    _text("source"),
    _text("event_id"),
    _text("request_id"),
    _text("batch_id"),
    _text("benefit"),
    _int2("state"),
    Column("reasons", ARRAY(SmallInteger), nullable=False),
    _maybe("amount_minor", BigInteger),
    _maybe("currency", Text),
    _maybe("won_by", LargeBinary),
    _bytea("policy_digest"),
    _bytea("inputs_digest"),
    _bytea("body"),
    PrimaryKeyConstraint("leaf_no"),
    UniqueConstraint("subject", "version"),
    CheckConstraint("kind in (1, 2, 3)", name="kind"),
    info=_APPEND_ONLY,
)

block = Table(
    "block",
    metadata,
    _int8("block_no"),
    _bytea("prev_hash"),
    _int8("first_leaf"),
    _int4("leaf_count"),
    _bytea("root"),
    _text("totals"),
    _bytea("policy_digest"),
    _int8("recorded_us"),
    _text("writer"),
    _bytea("journal"),
    _bytea("hash"),
    PrimaryKeyConstraint("block_no"),
    UniqueConstraint("hash"),
    UniqueConstraint("prev_hash"),
    UniqueConstraint("first_leaf"),
    CheckConstraint("block_no > 0", name="number"),
    CheckConstraint("leaf_count > 0", name="leaves"),
    info=_APPEND_ONLY,
)

submission = Table(
    "submission",
    metadata,
    _int8("submission_no"),
    _text("source"),
    _text("batch_id"),
    _int4("number"),
    _text("benefit"),
    _int4("cycle"),
    _int4("line_count"),
    _int8("block_no"),
    PrimaryKeyConstraint("submission_no"),
    UniqueConstraint("source", "batch_id", "number"),
    info=_APPEND_ONLY,
)

submission_line = Table(
    "submission_line",
    metadata,
    _int8("submission_no"),
    _bytea("line_id"),
    _int8("decision_leaf"),
    PrimaryKeyConstraint("line_id", "submission_no"),
    Index(None, "submission_no"),
    info=_APPEND_ONLY,
)

APPEND_ONLY_TABLES = tuple(sorted(name for name, table in metadata.tables.items() if table.info["append_only"]))
WORKING_TABLES = tuple(sorted(name for name, table in metadata.tables.items() if not table.info["append_only"]))
