"""A PostgreSQL connection like any other, which tells its process of each statement before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.rows import TupleRow

from tests.faults.turns import CURRENT, Process

if TYPE_CHECKING:
    from psycopg.abc import PQGen

R = TypeVar("R")

COMMIT = "commit"
DIE, DIE_AFTER, CUT, CUT_AFTER = "die", "die-after", "cut", "cut-after"
SERVER_ERRORS = {
    "serialization": "40001",
    "deadlock": "40P01",
    "disk-full": "53100",
    "lock-timeout": "55P03",
    "statement-timeout": "57014",
}
"""What the server may answer instead, with its SQLSTATE; the transaction is aborted for real."""
STATEMENT_FAULTS = (DIE, DIE_AFTER, CUT, CUT_AFTER, *SERVER_ERRORS)

_STATEMENTS = {"_execute_gen", "_executemany_gen_pipeline", "_executemany_gen_no_pipeline"}
_COPY_BEGINS, _COPY_ENDS = "_start_copy_gen", "copy_end"


class Simulated(psycopg.Connection[TupleRow]):
    """A connection of a simulated process. Use `connect`."""

    process: Process
    pid: int
    url: str
    took_marks = False
    _after_copy = ""

    def wait(self, gen: PQGen[R], *arguments: Any, **options: Any) -> R:
        """Everything psycopg sends passes here: let statements and COMMITs be paused at and spoilt."""

        def send() -> R:
            return psycopg.Connection.wait(self, gen, *arguments, **options)

        what = _statement(gen)
        if what is None or not hasattr(self, "process"):
            copied = self._after_copy and getattr(gen, "__name__", "") == _COPY_ENDS
            result = send()
            if copied:
                self._after_copy, fault = "", self._after_copy
                self._befall_answer(fault)
            return result
        fault = self.process.pause(what)
        result = self._send(what, fault, send)
        if what.startswith("delete from mark"):
            self.took_marks = True
        elif what == COMMIT:
            self.process.turns.after_commit(self)
            self.took_marks = False
        return result

    def close(self) -> None:
        """Close, and wait until the server has noticed: locks are given back at once then."""
        super().close()
        if hasattr(self, "process"):
            self.process.turns.await_gone([self.pid])

    def _send(self, what: str, fault: str, send: Callable[[], R]) -> R:
        if fault == DIE:
            self.process.die()
        if fault == CUT:
            self.process.turns.end_sessions([self.pid])
        if fault in SERVER_ERRORS:
            self._fail_on_server(what, SERVER_ERRORS[fault], send)
        if what.startswith("copy ") and fault in {DIE_AFTER, CUT_AFTER}:
            self._after_copy, fault = fault, ""
        result = send()
        self._befall_answer(fault)
        return result

    def _befall_answer(self, fault: str) -> None:
        """The server has done it, and nobody hears of it."""
        if fault == DIE_AFTER:
            self.process.die()
        if fault == CUT_AFTER:
            self.process.turns.end_sessions([self.pid])
            self.pgconn.finish()
            raise psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly")

    def _fail_on_server(self, what: str, state: str, send: Callable[[], object]) -> None:
        """Abort the transaction on the server, then raise what psycopg raises for it."""
        if self.pgconn.pipeline_status != PipelineStatus.OFF:
            self.process.turns.end_sessions([self.pid])
            send()
        if self.pgconn.transaction_status == TransactionStatus.IDLE and not self.autocommit:
            self.pgconn.exec_(b"begin")
        self.pgconn.exec_(f"do $$begin raise exception 'made to fail' using errcode = '{state}'; end$$".encode())
        if what == COMMIT:
            send()  # of an aborted transaction this is a rollback
        raise errors.lookup(state)("made to fail")


def _statement(gen: object) -> str | None:
    """What is about to be sent: a statement's first words, COMMIT, or None for what is no step of a transaction."""
    name, frame = getattr(gen, "__name__", ""), getattr(gen, "gi_frame", None)
    known = frame.f_locals if frame is not None else {}
    if name in _STATEMENTS:
        return _words(known.get("query"))
    if name == _COPY_BEGINS:
        return _words(known.get("statement"))
    if name == "_commit_gen" or (name == "_exit_gen" and known.get("exc_val") is None):
        return COMMIT
    return None


def _words(statement: object) -> str:
    return " ".join(str(statement).split())[:60]


def connect(url: str, **options: Any) -> psycopg.Connection[TupleRow]:
    """`psycopg.connect`, for whichever process is running; outside the simulation an ordinary connection."""
    process = CURRENT.get()
    if process is None:
        return psycopg.Connection.connect(url, **options)
    fault = process.pause("connect")
    if fault == DIE:
        process.die()
    if fault:
        raise psycopg.OperationalError("connection failed: server refused it")
    made = Simulated.connect(url, **options)
    made.pid, made.url, made.process = made.info.backend_pid, url, process
    process.connections.append(made)
    process.turns.connected(made)
    return made
