"""Policies as they were proposed, approved by another person, and activated by the decider.

Triggers of the migration hold what spans rows: an approval is of a proposal and by another person, an activation of an
approved proposal and numbered without a gap. The first activation is the policy a release came with.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint

from ledger.store.schema.columns import APPEND_ONLY, bytea, int8, metadata, now, optional, required_text, serial

policy_proposal = Table(
    "policy_proposal",
    metadata,
    serial("proposal_no"),
    now("at"),
    bytea("digest"),
    # The policy in force when this was proposed; none for the first one.
    optional("base", LargeBinary),
    # JSON: the text of each file by its name, and what a dry run said.
    required_text("files"),
    required_text("summary"),
    required_text("proposed_by"),
    required_text("os_user"),
    required_text("note"),
    PrimaryKeyConstraint("proposal_no"),
    CheckConstraint("octet_length(digest) = 32", name="digest"),
    CheckConstraint("btrim(proposed_by) <> '' and os_user <> ''", name="named"),
    info=APPEND_ONLY,
)

policy_approval = Table(
    "policy_approval",
    metadata,
    serial("approval_no"),
    now("at"),
    int8("proposal_no"),
    required_text("approved_by"),
    required_text("os_user"),
    required_text("note"),
    PrimaryKeyConstraint("approval_no"),
    UniqueConstraint("proposal_no"),
    CheckConstraint("btrim(approved_by) <> '' and os_user <> ''", name="named"),
    info=APPEND_ONLY,
)

policy_activation = Table(
    "policy_activation",
    metadata,
    int8("activation_no"),
    now("at"),
    int8("proposal_no"),
    bytea("digest"),
    required_text("proposed_by"),
    required_text("approved_by"),
    int8("first_block"),
    PrimaryKeyConstraint("activation_no"),
    UniqueConstraint("proposal_no"),
    CheckConstraint("octet_length(digest) = 32", name="digest"),
    CheckConstraint("first_block > 0", name="block"),
    info=APPEND_ONLY,
)
