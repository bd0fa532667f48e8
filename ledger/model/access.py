"""Why somebody may look at a case: a closed list, stored with every look."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class AccessReason(StrEnum):
    """Stored as these words, for ever; the database refuses any other."""

    GRIEVANCE = "grievance"
    PAYEE_DISPUTE = "payee_dispute"
    SUSPECTED_FRAUD = "suspected_fraud"
    AUDIT = "audit"
    COURT = "court"
    SUPPORT = "support"
    OWN_DATA = "own_data"


ACCESS_REASONS: Final[dict[AccessReason, str]] = {
    AccessReason.GRIEVANCE: "a complaint about a decision or a payment",
    AccessReason.PAYEE_DISPUTE: "somebody else is said to have the money",
    AccessReason.SUSPECTED_FRAUD: "an inquiry into fraud",
    AccessReason.AUDIT: "an audit or a sample check",
    AccessReason.COURT: "an order of a court",
    AccessReason.SUPPORT: "an operator asks about its own request",
    AccessReason.OWN_DATA: "the person asks what is kept about them",
}
