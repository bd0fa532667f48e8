"""`python -m infra.bench.balances`: how long a trial balance takes over a million transfers, on a server of its own.

The decider's spans are summed as `spp` workers sum them. Balances are asked of all days, of some days, and at a block
in the middle, each found again by reading every transfer; they must agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NamedTuple

import psutil
import psycopg
import typer

from events.money import CURRENCIES
from infra.bench.made import TRANSFERS_A_LINE, Made, Maker
from ledger.model.account import Account
from ledger.model.block import BlockHeader
from ledger.statements.snapshot import read_head, snapshot
from ledger.statements.sums import Stretch, moved
from ledger.statements.trial_balance import trial_balance
from ledger.store import LedgerConnection, connect, copy, migrate
from ledger.store.sums import extend_all
from pipeline.cli.console import Json, out, write_json
from pipeline.local import postgres, stack
from pipeline.local.progress import Silent
from pipeline.settings import Settings

GOAL_SECONDS = 1.0
TIMES = 5


class Took(NamedTuple):
    """Seconds of the clock, and of the processors: the server's and ours, whatever else the machine does meanwhile."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: with the sums kept, the best of five, and reading every transfer."""

    question: str
    kept: Took
    scanned: Took


def main(
    *,
    transfers: Annotated[int, typer.Option(min=10_000, help="About how many transfers.")] = 1_000_000,
    json: Json = False,
) -> None:
    """Fill a ledger and ask for trial balances. Exit 1 when one of all days takes more than a second of a processor."""
    with _server() as url:
        count, summing = fill(url, max(1, transfers // TRANSFERS_A_LINE))
        asked = ask(url)
    if json:
        told = [{"question": one.question, **one.kept._asdict(), "scanned": one.scanned._asdict()} for one in asked]
        write_json({"transfers": count, "summing_seconds": summing, "trial_balances": told})
    else:
        out.print(f"{count:,} transfers; all spans summed in {summing:.2f} s, which workers do as blocks come.")
        for one in asked:
            kept, scanned = (
                f"{took.seconds:.3f} s ({took.cpu_seconds:.3f} s of a processor)" for took in (one.kept, one.scanned)
            )
            out.print(f"{one.question}: {kept}; reading every transfer {scanned}")
    if asked[0].kept.cpu_seconds > GOAL_SECONDS:
        raise typer.Exit(1)


@contextmanager
def _server() -> Iterator[str]:
    """A PostgreSQL of our own with an empty ledger."""
    with TemporaryDirectory(prefix="spp-bench-", ignore_cleanup_errors=True) as name:
        settings = Settings(home=Path(name)).model_copy(
            update={"kafka_bootstrap": None, "ledger_url": None, "postgres_port": 0}
        )
        try:
            running = postgres.start(settings, Silent())
            postgres.wait(running)
            migrate(running.details["url"])
            yield running.details["url"]
        finally:
            stack.down(settings, Silent())


def fill(url: str, lines: int) -> tuple[int, float]:
    """Write the books of so many lines and sum them; how many transfers there are, and seconds of summing."""
    maker, count = Maker(lines), 0
    with connect(url, "writer") as conn:
        conn.execute("set synchronous_commit = off")
        conn.commit()
        for made in maker.blocks():
            _write(conn, made)
            count += len(made.transfers)
        with conn.transaction(), conn.cursor() as cursor:
            copy.copy_rows(cursor, copy.ACCOUNT, [_account(*one) for one in maker.accounts.items()])
        began = time.perf_counter()
        extend_all(conn)
        seconds = time.perf_counter() - began
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("vacuum (analyze) transfer")
        conn.execute("vacuum (analyze) span_sum")
    return count, seconds


def _write(conn: LedgerConnection, made: Made) -> None:
    """Without the decisions, which no balance is made of."""
    with conn.transaction(), conn.cursor() as cursor:
        copy.copy_rows(cursor, copy.TRANSFER, made.transfers)
        header = tuple(getattr(made.header, name) for name in BlockHeader.__slots__)
        copy.copy_rows(cursor, copy.BLOCK, [(*header, made.hash)])


def _account(of: Account, number: int) -> tuple[object, ...]:
    head = (number, of.code, str(of.family), of.qualifier, of.benefit, of.programme)
    return (*head, of.operator, of.fund, of.area, of.cofog, of.gfsm, of.currency, CURRENCIES[of.currency])


def ask(url: str) -> list[Asked]:
    """Trial balances of all days, of one month, and of all days at a block in the middle."""
    with snapshot(url) as conn:
        conn.execute("set max_parallel_workers_per_gather = 0")  # one processor, whose time is told
        head = read_head(conn)
        questions = {
            "trial balance": Stretch(head.block_no),
            "trial balance of a month": Stretch(head.block_no, since=date(2018, 3, 1), until=date(2018, 3, 31)),
            "trial balance at a block in the middle": Stretch(max(1, head.block_no // 2 - 3)),
        }
        return [_asked(conn, name, stretch) for name, stretch in questions.items()]


def _asked(conn: LedgerConnection, question: str, stretch: Stretch) -> Asked:
    if moved(conn, stretch) != moved(conn, stretch, scan=True):
        message = f"{question}: the sums kept are not those of the transfers"
        raise ValueError(message)
    kept = min(_clocked(conn, lambda: trial_balance(conn, stretch)) for _ in range(TIMES))
    return Asked(question, kept, _clocked(conn, lambda: moved(conn, stretch, scan=True)))


def _clocked(conn: LedgerConnection, work: Callable[[], object]) -> Took:
    server = psutil.Process(conn.info.backend_pid)
    began, before = time.perf_counter(), server.cpu_times()
    own = time.process_time()
    work()
    after = server.cpu_times()
    spent = after.user + after.system - before.user - before.system + time.process_time() - own
    return Took(time.perf_counter() - began, spent)


if __name__ == "__main__":
    typer.run(main)
