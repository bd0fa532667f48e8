"""The check itself put to the proof: something is taken out or doubled where nobody sees it, and the row must fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from infra.faults.effects import OnTopics
from infra.faults.verdict import Judge

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from events.outgoing import Outgoing
    from infra.faults.effects import Effect

_ONE: Final = "ctid = (select ctid from {table} {where} limit 1)"
_LAST: Final = """
where not exists (select from decision later where later.subject = decision.subject
    and later.version > decision.version)
"""
TAKEN: Final = {
    "inbox": "an accepted event",
    "quarantine": "a refused record",
    "decision": "a decision",
    "transfer": "a transfer",
    "submission_line": "a submitted line",
    "claim_key": "a claim",
    "claim_window": "a claim on days",
}
"""Tables and what one row of them is. Each is tried both ways."""


@dataclass(frozen=True)
class Proof:
    """One thing done to the books or the topics of a good row, and whether the verdict saw it."""

    what: str
    lost: int
    double: int

    @property
    def seen(self) -> bool:
        """Whether the row would have failed."""
        return bool(self.lost or self.double)


def prove(
    connection: psycopg.Connection[Any],
    keys: Path,
    confirmed: Sequence[Outgoing],
    topics: OnTopics,
    books: Counter[Effect],
) -> list[Proof]:
    """Try everything on the row that stands, as a superuser; nothing is committed. The first one does nothing."""
    judge = Judge(keys, confirmed, topics, books)
    connection.autocommit = False
    found = [_judged("nothing", judge, connection)]
    for what, spoil in _spoilings():
        with _undone(connection):
            if spoil(connection):
                found.append(_judged(what, judge, connection))
    for what, spoilt in _on_topics(topics):
        found.append(_judged(what, Judge(keys, confirmed, spoilt, books), connection))
    connection.rollback()
    return found


def _judged(what: str, judge: Judge, connection: psycopg.Connection[Any]) -> Proof:
    verdict = judge.judge(connection)
    return Proof(what, verdict.lost.total(), verdict.double.total())


@contextmanager
def _undone(connection: psycopg.Connection[Any]) -> Iterator[None]:
    connection.execute("savepoint good")
    yield
    connection.execute("rollback to savepoint good")


def _spoilings() -> Iterator[tuple[str, Callable[[psycopg.Connection[Any]], bool]]]:
    for table, name in TAKEN.items():
        yield f"{name} taken out", partial(_delete, table=table)
        yield f"{name} doubled", partial(_double, table=table)
    yield "the amount of a decision raised by one riel", _raise_amount
    yield "an accepted event given other bytes", _change_bytes


def _delete(connection: psycopg.Connection[Any], table: str) -> bool:
    _loosen(connection, table)
    one = _ONE.format(table=table, where=_LAST if table == "decision" else "")
    return _did(connection, f"delete from {table} where {one}")


def _double(connection: psycopg.Connection[Any], table: str) -> bool:
    """One row once more; a decision on a subject that nobody asked about, since only the last on each counts."""
    _loosen(connection, table)
    if table == "decision":
        _did(connection, f"create temporary table once on commit drop as select * from {table} limit 1")
        _did(connection, "update once set subject = sha256(subject), line_id = null")
        return _did(connection, f"insert into {table} overriding system value select * from once")
    return _did(connection, f"insert into {table} overriding system value select * from {table} limit 1")


def _raise_amount(connection: psycopg.Connection[Any]) -> bool:
    _loosen(connection, "decision")
    one = _ONE.format(table="decision", where=f"{_LAST} and amount_minor > 0")
    return _did(connection, f"update decision set amount_minor = amount_minor + 1 where {one}")


def _change_bytes(connection: psycopg.Connection[Any]) -> bool:
    _loosen(connection, "inbox")
    one = _ONE.format(table="inbox", where="")
    return _did(connection, f"update inbox set value = value || ' '::bytea where {one}")


def _loosen(connection: psycopg.Connection[Any], table: str) -> None:
    """Take away what holds the table: triggers and constraints. Only a superuser can, and nobody will see it."""
    connection.execute(f"alter table {table} disable trigger all".encode())
    named = "select conname from pg_constraint where conrelid = %s::regclass and contype in ('p', 'u', 'x', 'c', 'f')"
    for (name,) in connection.execute(named, (table,)).fetchall():
        connection.execute(f'alter table {table} drop constraint "{name}" cascade'.encode())


def _did(connection: psycopg.Connection[Any], statement: str) -> bool:
    return connection.execute(statement.encode()).rowcount > 0


def _on_topics(topics: OnTopics) -> Iterator[tuple[str, OnTopics]]:
    spoilt = copy(topics)
    spoilt.messages = topics.messages[1:] if topics.messages[0] not in topics.messages[1:] else topics.messages[:-1]
    yield "a message taken off its topic", spoilt
    spoilt = copy(topics)
    topic, key, value = topics.messages[0]
    spoilt.messages = [*topics.messages, (topic, key, value + b" ")]
    yield "a message sent again with other bytes", spoilt
    spoilt = copy(topics)
    last = max(topics.records)
    spoilt.records = {spot: record for spot, record in topics.records.items() if spot != last}
    yield "a published record taken off its topic", spoilt
