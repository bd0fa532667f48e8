"""The states a payment request's line goes through, in the contract's words."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class LineState(StrEnum):
    """State of a line as published in `payment.decided`."""

    APPROVED = "approved"
    PENDED = "pended"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUBMITTED = "submitted"
    CERTIFIED = "certified"
    REFUSED = "refused"
    INSTRUCTED = "instructed"
    SETTLED = "settled"
    RETURNED = "returned"


# Stored in the ledger and hashed into its leaves: a number is never given to another state.
STATE_NUMBERS: Final[dict[LineState, int]] = {
    LineState.APPROVED: 1,
    LineState.PENDED: 2,
    LineState.REJECTED: 3,
    LineState.EXPIRED: 4,
    LineState.WITHDRAWN: 5,
    LineState.SUBMITTED: 6,
    LineState.CERTIFIED: 7,
    LineState.REFUSED: 8,
    LineState.INSTRUCTED: 9,
    LineState.SETTLED: 10,
    LineState.RETURNED: 11,
}
STATES_BY_NUMBER: Final[dict[int, LineState]] = {number: state for state, number in STATE_NUMBERS.items()}
