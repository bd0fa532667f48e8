"""One JSON object a line, with fields from a closed list: what is not listed is dropped, so no protected fact leaks."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

ALLOWED: Mapping[str, str] = {
    "accepted": "records taken in as new",
    "actor": "who acted, an operating-system account",
    "attempt": "how often it was tried",
    "batches": "how many batches",
    "block_no": "number of a block",
    "cases": "how many cases",
    "client": "the library that speaks",
    "decisions": "how many decisions",
    "dropped": "how many fields were left out because they are not on this list",
    "error": "type of the exception; never its text, which may quote a row",
    "event": "what happened, a fixed phrase",
    "fault": "class of the fault: database, broker, fatal",
    "instruction_id": "one attempt to pay, a hash",
    "level": "severity",
    "limit": "the limit that was passed",
    "line_id": "a line, a hash of operator and request id",
    "message": "our own explanation of a fatal fault; names positions, never contents",
    "messages": "how many messages",
    "next_offset": "first offset not yet recorded",
    "outbox": "rows waiting to be relayed",
    "partition": "partition number",
    "pid": "process id",
    "policy": "first digits of a policy's digest",
    "poison": "records of a source refused after its signature was good",
    "port": "a port this process serves",
    "quarantined": "records refused",
    "reason": "a word of the closed list of reasons",
    "record_offset": "offset of a record",
    "replayed": "records seen before",
    "role": "record, decide, relay, seal",
    "roles": "the roles of this process",
    "seconds": "a duration",
    "section": "a part of the database's catalogue: triggers, functions, rights",
    "sessions": "how many database sessions",
    "signal": "number of a signal",
    "source": "code of a source, an organisation",
    "sqlstate": "PostgreSQL's error code",
    "stack": "file, line and function of each frame",
    "start": "first offset of a batch",
    "time": "RFC 3339, UTC",
    "topic": "name of a topic",
    "until": "end of a muting, RFC 3339",
    "version": "version of the program",
}
_TEXT_LIMIT = 600
_FRAME_LIMIT = 12


def configure_logging(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send our events and the libraries' warnings as JSON lines to `stream` (default standard error)."""
    target = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _describe_error,
            allow_list,
            structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Foreign()]
    root.setLevel(logging.WARNING)


def get_logger(role: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one role. Fields that are not in `ALLOWED` are dropped and counted."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(role=role)
    return logger


def allow_list(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep the fields of `ALLOWED` with plain values; count what was left out in `dropped`."""
    kept: MutableMapping[str, object] = {}
    for name, value in event.items():
        if name in ALLOWED and _is_plain(value):
            kept[name] = value[:_TEXT_LIMIT] if isinstance(value, str) else value
    if missing := len(event) - len(kept):
        kept["dropped"] = missing
    return kept


def _is_plain(value: object) -> bool:
    if value is None or isinstance(value, (str, bool, int, float)):
        return True
    return isinstance(value, (list, tuple)) and all(isinstance(item, (str, int)) for item in value)


def _describe_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Turn `exc_info` into the error's type, SQLSTATE and frames, all of them free of data."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["stack"] = frames(error.__traceback__)
        if sqlstate := getattr(error, "sqlstate", None):
            event["sqlstate"] = sqlstate
    return event


def frames(trace: TracebackType | None) -> list[str]:
    """The last frames as `file:line function`, the innermost last; no values."""
    found = traceback.extract_tb(trace)[-_FRAME_LIMIT:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in found]


class _Foreign(logging.Handler):
    """Passes on what libraries log: the fixed format of their message, never its arguments."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger(client=record.name.partition(".")[0])
        text = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
        logger.log(level, text[:200], exc_info=record.exc_info)
