"""The proof over the books: leaves of other kinds than decisions and transfers, tiles, checkpoints, keys."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint

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

# What stands in the log beside decisions and transfers: `body` is the encoding of row `ref` of the kind's own table.
log_entry = Table(
    "log_entry",
    metadata,
    int8("leaf_no"),
    int8("block_no"),
    int2("kind"),
    int8("ref"),
    bytea("body"),
    PrimaryKeyConstraint("leaf_no"),
    UniqueConstraint("kind", "ref"),
    CheckConstraint("kind > 2", name="kind"),
    info=APPEND_ONLY,
)

# Rows that wait to become a leaf; triggers of their tables write them, the decider takes them out.
awaiting_leaf = Table(
    "awaiting_leaf",
    metadata,
    serial("awaiting_id"),
    int2("kind"),
    int8("ref"),
    PrimaryKeyConstraint("awaiting_id"),
    info=WORKING,
)

# What the catalogue of the database said of tables, triggers, functions and rights, each time it had changed.
schema_digest = Table(
    "schema_digest",
    metadata,
    serial("digest_no"),
    now("at"),
    bytea("digest"),
    int4("objects"),
    required_text("summary"),
    PrimaryKeyConstraint("digest_no"),
    CheckConstraint("octet_length(digest) = 32", name="digest"),
    info=APPEND_ONLY,
)

# Keys that sign checkpoints. `endorsement` is the signature of the key before, none for the first.
signing_key = Table(
    "signing_key",
    metadata,
    serial("key_no"),
    now("at"),
    required_text("origin"),
    int2("algorithm"),
    bytea("public_key"),
    optional("endorsement", LargeBinary),
    required_text("actor"),
    required_text("os_user"),
    required_text("note"),
    PrimaryKeyConstraint("key_no"),
    UniqueConstraint("public_key"),
    CheckConstraint("btrim(actor) <> '' and os_user <> '' and origin <> ''", name="named"),
    info=APPEND_ONLY,
)

# Full tiles only: 256 hashes each, as in C2SP tlog-tiles.
tile = Table(
    "tile",
    metadata,
    int2("level"),
    int8("idx"),
    bytea("hashes"),
    PrimaryKeyConstraint("level", "idx"),
    CheckConstraint("octet_length(hashes) = 8192", name="full"),
    info=APPEND_ONLY,
)

# `prev_size` is unique: of two sealers that sign after the same checkpoint, one fails.
checkpoint = Table(
    "checkpoint",
    metadata,
    int8("size"),
    int8("prev_size"),
    bytea("root"),
    required_text("note"),
    int8("sealed_us"),
    PrimaryKeyConstraint("size"),
    UniqueConstraint("prev_size"),
    CheckConstraint("octet_length(root) = 32", name="root"),
    CheckConstraint("prev_size >= 0 and size > prev_size", name="size"),
    info=APPEND_ONLY,
)

cosignature = Table(
    "cosignature",
    metadata,
    int8("size"),
    required_text("witness"),
    required_text("line"),
    int8("received_us"),
    PrimaryKeyConstraint("size", "witness"),
    info=APPEND_ONLY,
)
