"""How far the exchange is: instructions by state, files, suspense, and instructions a bank is silent about."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline.exchange.database import lock
from pipeline.exchange.judging import refresh
from processors.calendar import local_date

if TYPE_CHECKING:
    from pipeline.exchange.database import ExchangeConnection
    from processors.exchange.banks import Banks


class StateRow(NamedTuple):
    """Instructions of one bank, currency and state; amounts in minor units."""

    bank: str
    currency: str
    state: str
    instructions: int
    amount_minor: int
    out_minor: int
    back_minor: int


class SuspenseRow(NamedTuple):
    """Money nobody waits for, with its owner; below zero it came in."""

    item: str
    bank: str
    why: str
    amount_minor: int
    currency: str
    owner: str
    since_us: int


class RunRow(NamedTuple):
    """A run that was not withdrawn."""

    run_no: int
    bank: str
    currency: str
    cycle: str
    lines: int
    payees: int
    total_minor: int
    releases: int
    message_id: str | None
    handed_us: int | None


class AnswerRow(NamedTuple):
    """A message of which not everything could be used."""

    answer_no: int
    bank: str
    name: str
    bad: int
    fault: str


def read_states(connection: ExchangeConnection) -> list[StateRow]:
    """Counts and sums of all instructions."""
    rows = connection.execute(
        "select bank, currency, state, count(*), sum(amount_minor)::bigint, sum(out_minor)::bigint,"
        " sum(back_minor)::bigint from instruction group by 1, 2, 3 order by 1, 2, 3"
    )
    return [StateRow(*row) for row in rows]


def read_suspense(connection: ExchangeConnection) -> list[SuspenseRow]:
    """What stands in suspense, the oldest first."""
    rows = connection.execute(
        "select item, bank, why, amount_minor, currency, owner, since_us from suspense order by since_us, item"
    )
    return [SuspenseRow(*row) for row in rows]


def read_runs(connection: ExchangeConnection) -> list[RunRow]:
    """All runs that were not withdrawn."""
    rows = connection.execute(
        "select r.run_no, r.bank, r.currency, r.cycle, count(*), count(distinct (i.provider, i.account_ref)),"
        " sum(i.amount_minor)::bigint, (select count(*) from release where run_no = r.run_no),"
        " f.message_id, f.handed_us from run r join instruction i using (run_no) left join file f using (run_no)"
        " group by r.run_no, f.message_id order by r.run_no"
    )
    return [RunRow(*row) for row in rows]


def read_faults(connection: ExchangeConnection) -> list[AnswerRow]:
    """Messages that could not be used, whole or in part."""
    rows = connection.execute(
        "select answer_no, bank, name, bad, fault from answer where bad > 0 or fault <> '' order by answer_no"
    )
    return [AnswerRow(*row) for row in rows]


def ask(connection: ExchangeConnection, banks: Banks, now_us: int) -> dict[str, list[str]]:
    """Instructions that are unknown now, by bank: handed over, and no answer for the bank's working days.

    They are asked about and never sent again; whatever the bank says later counts as ever.
    """
    today = local_date(now_us)
    late = []
    with connection.transaction():
        lock(connection)
        for bank, instruction, execute_on in connection.execute(
            "select f.bank, i.instruction_id, f.execute_on from instruction i join file f using (run_no)"
            " where f.handed_us is not null and i.state = 'instructed'"
        ).fetchall():
            days = banks.by_code[bank].answer_days if bank in banks.by_code else None
            if days is not None and banks.days.after(execute_on, days) < today:
                late.append(bytes(instruction))
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into asked values (%s, %s) on conflict do nothing", [(name, now_us) for name in late]
            )
        refresh(connection, banks, late, ())
        unknown: dict[str, list[str]] = {}
        for bank, instruction in connection.execute(
            "select bank, instruction_id from instruction where state = 'unknown' order by bank, instruction_id"
        ):
            unknown.setdefault(bank, []).append(bytes(instruction).hex())
    return unknown
