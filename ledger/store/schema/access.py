"""Who looked at whose case, and why: written before anything is shown, never changed."""

from __future__ import annotations

from sqlalchemy import ARRAY, CheckConstraint, Column, PrimaryKeyConstraint, Table, Text

from ledger.store.schema.columns import APPEND_ONLY, metadata, now, required_text, serial

access_log = Table(
    "access_log",
    metadata,
    serial("access_no"),
    now("at"),
    required_text("actor"),
    required_text("os_user"),
    required_text("reason"),
    # The SP-ID or household asked for, and every one whose facts were shown with it.
    required_text("looked_at"),
    Column("shown", ARRAY(Text), nullable=False),
    PrimaryKeyConstraint("access_no"),
    CheckConstraint("actor <> '' and os_user <> '' and looked_at <> ''", name="named"),
    CheckConstraint(
        "reason in ('grievance', 'payee_dispute', 'suspected_fraud', 'audit', 'court', 'support', 'own_data')",
        name="reason",
    ),
    info={**APPEND_ONLY, "copied": False},
)
