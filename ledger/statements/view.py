"""What a report looks at: one snapshot of the books, as they stood after one block."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, LiteralString

from ledger.statements.accounts import Accounts, read_accounts
from ledger.statements.report import Bound, Report, Table, checkpoint_over
from ledger.statements.sums import Moved, Stretch, moved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.rows import TupleRow

    from ledger.statements.snapshot import Head
    from ledger.store.connection import LedgerConnection

CAMBODIA = timedelta(hours=7)


def local_day(us: int) -> date:
    """The day in Cambodia of a time in microseconds since the epoch."""
    return (datetime.fromtimestamp(us // 1_000_000, tz=UTC) + CAMBODIA).date()


RECORDED_DAY: LiteralString = "((to_timestamp(recorded_us / 1000000) at time zone 'UTC') + interval '7 hours')::date"
"""The same in SQL, of a block."""


@dataclass
class View:
    """The books after `head`; what was asked of them is kept, so that a report can state it."""

    conn: LedgerConnection
    head: Head
    since: date | None = None
    until: date | None = None
    queries: list[str] = field(default_factory=list)

    @cached_property
    def accounts(self) -> Accounts:
        """All accounts."""
        return read_accounts(self.conn)

    @cached_property
    def day(self) -> date:
        """The day in Cambodia on which the last block was recorded; 1970-01-01 for empty books."""
        row = self.conn.execute("select recorded_us from block where block_no = %s", (self.head.block_no,)).fetchone()
        return local_day(row[0] if row is not None else 0)

    def stretch(self) -> Stretch:
        """All blocks to the head, and the days asked for."""
        return Stretch(self.head.block_no, since=self.since, until=self.until)

    def moved(self, stretch: Stretch) -> list[Moved]:
        """What moved between each two accounts."""
        self.queries.append("sums of transfers by debit account, credit account, step and reversal")
        return moved(self.conn, stretch)

    def ask(self, query: LiteralString, values: Mapping[str, object]) -> list[TupleRow]:
        """The rows of a query; `leaves` stands for the number of leaves the books had."""
        self.queries.append(query)
        return self.conn.execute(query, {"leaves": self.head.leaf_count, **values}).fetchall()

    def report(
        self, name: str, title: str, tables: Sequence[Table], notes: Sequence[str] = (), **asked: object
    ) -> Report:
        """A report bound to this view; `asked` is what it was told, beside block and days."""
        told = {"block": self.head.block_no, "from": self.since, "to": self.until, **asked}
        found = {key: str(value) for key, value in told.items() if value not in (None, "")}
        bound = Bound(self.head, checkpoint_over(self.conn, self.head), found, tuple(self.queries))
        return Report(name, title, bound, tables, notes)
