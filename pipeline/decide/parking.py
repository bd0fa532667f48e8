"""A case that fails is set aside with its marks and an alarm; the others go on (design.md 3.11)."""

from __future__ import annotations

import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.store import books_writer
from pipeline.decide.taking import Taken, read_events
from pipeline.errors import is_transient
from pipeline.logging import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.store.books import MarkRow
    from ledger.store.connection import LedgerConnection, LedgerCursor
    from pipeline.decide.decider import Decider

_log = get_logger("decide")


def isolate(decider: Decider, connection: LedgerConnection, marks: Sequence[MarkRow]) -> None:
    """Decide these marks in halves, down to the entity whose case fails, and park that one's marks.

    Raises whatever is transient: then nothing is parked and the marks are still there.
    """
    entities = sorted({row[1] for row in marks})
    middle = (len(entities) + 1) // 2
    for part in (entities[:middle], entities[middle:]):
        chosen = [row for row in marks if row[1] in set(part)]
        if not chosen:
            continue
        ids = [row[0] for row in chosen]
        try:
            decider.decide(connection, partial(_take, ids=ids))
        except Exception as error:
            decider.reload(connection)
            if is_transient(error):
                raise
            if len(part) == 1:
                _park(decider, connection, ids, error)
            else:
                isolate(decider, connection, chosen)


def _take(cursor: LedgerCursor, ids: list[int]) -> Taken:
    rows = books_writer.take_mark_ids(cursor, ids)
    return Taken(rows, read_events(cursor, rows))


def _park(decider: Decider, connection: LedgerConnection, ids: list[int], error: Exception) -> None:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    # Where and what type, never the text: it may quote a fact.
    where = f"{type(error).__name__} in {frame.name} ({'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno})"
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        books_writer.park_marks(cursor, books_writer.take_mark_ids(cursor, ids), where)
    decider.metrics.cases_parked.inc()
    _log.error("case_parked", error=type(error).__name__, exc_info=error)
