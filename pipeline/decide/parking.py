"""A case that fails is set aside with its marks and an alarm; the others go on (design.md 3.11)."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.store import books_writer
from pipeline.decide.flight import MarksGoneError
from pipeline.decide.taking import Taken, read_events
from pipeline.errors import is_transient
from pipeline.logging import get_logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.store.books import MarkRow
    from pipeline.decide.steps import Steps

_log = get_logger("decide")


def isolate(steps: Steps, marks: Sequence[MarkRow]) -> None:
    """Decide these marks in halves, down to the entity whose case fails, and park that one's marks.

    Nothing is on its way. Raises whatever is transient: then nothing is parked and the marks are still there.
    """
    entities = sorted({row[1] for row in marks})
    middle = (len(entities) + 1) // 2
    for part in (entities[:middle], entities[middle:]):
        chosen = [row for row in marks if row[1] in set(part)]
        if not chosen:
            continue
        try:
            steps.decide(Taken(chosen, read_events(steps.reading, chosen)))
        except Exception as error:
            if is_transient(error):
                raise
            steps.reload()
            if isinstance(error, MarksGoneError):
                return
            if len(part) == 1:
                _park(steps, chosen, error)
            else:
                isolate(steps, chosen)


def _park(steps: Steps, marks: Sequence[MarkRow], error: Exception) -> None:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    # Where and what type, never the text: it may quote a fact.
    where = f"{type(error).__name__} in {frame.name} ({'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno})"
    with steps.connection.transaction(), steps.connection.cursor(binary=True) as cursor:
        books_writer.park_marks(cursor, books_writer.take_mark_ids(cursor, [row[0] for row in marks]), where)
    steps.observer.parked()
    _log.error("case_parked", error=type(error).__name__, exc_info=error)
