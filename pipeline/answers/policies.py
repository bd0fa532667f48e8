"""The policy a decision was made by: blocks carry its digest, and the ledger keeps every policy that was in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.statements.history import blocks_of
from ledger.store import policies
from pipeline.active_policy import current, stored

if TYPE_CHECKING:
    from ledger.store.connection import LedgerCursor
    from processors.policy.model import Policy


class Policies:
    """Policies as one command meets them; each is read once."""

    def __init__(self, cursor: LedgerCursor) -> None:
        self._cursor = cursor
        self._by_digest: dict[bytes, Policy] = {}
        self._current: Policy | None = None

    @property
    def current(self) -> Policy:
        """The policy in force now."""
        if self._current is None:
            self._current = current(self._cursor.connection)
            self._by_digest[self._current.digest] = self._current
        return self._current

    def of_block(self, block_no: int) -> Policy:
        """The policy the decisions of a block were made by; the one in force now where the ledger does not keep it."""
        block = blocks_of(self._cursor, [block_no]).get(block_no)
        if block is None or block.policy_digest == self.current.digest:
            return self.current
        known = self._by_digest.get(block.policy_digest)
        if known is None:
            known = self._by_digest[block.policy_digest] = self._stored(block.policy_digest)
        return known

    def _stored(self, digest: bytes) -> Policy:
        found = policies.find(self._cursor.connection, digest.hex())
        return stored(self._cursor.connection, found[0].proposal_no) if found else self.current
