"""Payment runs: proposed of what is due, withdrawn while no file is made, and read back for whoever signs or writes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from pipeline.errors import PipelineError
from pipeline.exchange.database import lock
from pipeline.exchange.lines import named_lines, open_lines
from processors.exchange.payable import AGAIN, FIRST, Due, Hold, Payee, certified, look_at
from processors.exchange.runs import Group, digest, group

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

    from pipeline.exchange.database import ExchangeConnection
    from processors.exchange.banks import Banks

_INSERT: Final = """
    insert into instruction (instruction_id, line_id, attempt, run_no, amount_minor, currency, bank, channel, provider,
        account_ref, payee_event, payee_digest, replaces)
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_READ: Final = """
    select i.instruction_id, i.line_id, i.attempt, i.amount_minor, i.currency, i.bank, i.channel, i.provider,
        i.account_ref, i.payee_event, i.payee_digest, i.replaces
    from instruction i where i.run_no = %s order by i.provider, i.account_ref, i.line_id"""


class RunError(PipelineError):
    """A run that is not there, or that may not be done what is asked with."""


class Run(NamedTuple):
    """A run with what it pays, and the digest that officers sign."""

    run_no: int
    paid: Group
    digest: bytes


class Proposed(NamedTuple):
    """The runs that were made, and how many lines are held for which reason."""

    runs: list[Run]
    held: Counter[Hold]


def propose(connection: ExchangeConnection, banks: Banks, now_us: int) -> Proposed:
    """Put every line that is due into a run, in one transaction; `instruction_one_live` keeps it out of a second one.

    An instruction that a bank already speaks of, as when these tables were made anew, is held for a person.
    """
    runs: list[Run] = []
    held: Counter[Hold] = Counter()
    dues: list[Due] = []
    with connection.transaction():
        lock(connection)
        for line in open_lines(connection):
            found = look_at(line, banks)
            if isinstance(found, Due):
                dues.append(found)
            else:
                held[found] += 1
        spoken_of = _spoken_of(connection, dues)
        held[Hold.ALREADY_TOLD] = len(spoken_of)
        for paid in group((due for due in dues if due.instruction_id not in spoken_of), banks):
            row = connection.execute(
                "insert into run (bank, currency, cycle, proposed_us) values (%s, %s, %s, %s) returning run_no",
                (paid.bank, paid.currency, paid.cycle, now_us),
            ).fetchone()
            run_no = int(row[0]) if row is not None else 0
            with connection.cursor() as cursor:
                cursor.executemany(_INSERT, [_values(due, run_no) for due in paid.dues])
            runs.append(Run(run_no, paid, digest(run_no, paid)))
    return Proposed(runs, held)


def _spoken_of(connection: ExchangeConnection, dues: list[Due]) -> set[bytes]:
    names = [due.instruction_id for due in dues]
    rows = connection.execute(
        "select instruction_id from told_movement where instruction_id = any(%s)"
        " union select instruction_id from told_status where instruction_id = any(%s)",
        (names, names),
    )
    return {bytes(name) for (name,) in rows}


def _values(due: Due, run_no: int) -> tuple[object, ...]:
    payee = due.payee
    return (
        due.instruction_id, due.line_id, due.attempt, run_no, due.amount_minor, due.currency, due.bank,
        payee.channel, payee.provider, payee.account_ref, payee.event_id, payee.digest, due.replaces,
    )  # fmt: skip


def read_run(connection: ExchangeConnection, run_no: int) -> Run:
    """A run as it stands in the tables. Raises RunError."""
    head = connection.execute(
        "select bank, currency, cycle, withdrawn_us from run where run_no = %s", (run_no,)
    ).fetchone()
    if head is None:
        raise RunError(f"there is no run {run_no}: `spp exchange runs` lists them")
    bank, currency, cycle, withdrawn = head
    if withdrawn is not None:
        raise RunError(f"run {run_no} was withdrawn: its lines are proposed in another one")
    dues = [_due(row, cycle) for row in connection.execute(_READ, (run_no,))]
    paid = Group(bank, currency, cycle, dues)
    return Run(run_no, paid, digest(run_no, paid))


def _due(row: TupleRow, cycle: str) -> Due:
    instruction, line_id, attempt, amount, currency, bank, channel, provider, account, event, told, replaces = row
    return Due(
        instruction_id=bytes(instruction),
        line_id=line_id,
        attempt=attempt,
        bank=bank,
        cycle=cycle,
        amount_minor=amount,
        currency=currency,
        payee=Payee(channel, provider, account, event, bytes(told)),
        replaces=None if replaces is None else bytes(replaces),
    )


def check_still_due(connection: ExchangeConnection, run: Run, banks: Banks) -> None:
    """Refuse a run with a line that is no longer certified for its amount. Raises RunError."""
    first = {due.line_id: due for due in run.paid.dues}
    wrong = len(_spoken_of(connection, list(run.paid.dues)))
    for line in named_lines(connection, first):
        due = first[line.line_id]
        states = AGAIN if due.attempt > 1 else FIRST
        wrong += certified(line, banks, states) is not None or line.amount_minor != due.amount_minor
    if wrong:
        raise RunError(
            f"run {run.run_no}: {wrong} of its {len(first)} lines are no longer certified for their amount, or a bank"
            f" speaks of them already: `spp exchange withdraw {run.run_no}`, then propose anew"
        )


def withdraw(connection: ExchangeConnection, run_no: int, now_us: int) -> int:
    """Give back a run's lines before its file is made; returns how many. Raises RunError."""
    with connection.transaction():
        lock(connection)
        read_run(connection, run_no)
        if connection.execute("select from file where run_no = %s", (run_no,)).fetchone() is not None:
            raise RunError(f"run {run_no}: its file is made, so its instructions stand")
        connection.execute("update run set withdrawn_us = %s where run_no = %s", (now_us, run_no))
        return connection.execute("delete from instruction where run_no = %s", (run_no,)).rowcount
