"""Why a record is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from events.reasons import Reason


class ContractError(Exception):
    """A record breaks the contract: the reason, the field, and what was expected.

    `field` is like `data.payee.role`, "" for the whole record.
    `detail` never repeats a value from `data`. `source`, `event_id` and `type` are what the envelope claims, "" where
    it could not be read; they are claims only until a signature has been verified.
    """

    def __init__(self, reason: Reason, field: str, detail: str) -> None:
        super().__init__(reason, field, detail)
        self.reason = reason
        self.field = field
        self.detail = detail
        self.source = ""
        self.event_id = ""
        self.type = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.field}: {self.detail}" if self.field else f"{self.reason}: {self.detail}"
