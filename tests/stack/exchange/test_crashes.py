"""The exchange is killed before and after every statement and every step with a file; nobody is paid twice or not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from pipeline.exchange import handing, running
from pipeline.exchange.database import ExchangeConnection
from pipeline.exchange.intake import Batch, keep, places
from pipeline.exchange.reading import read_answer
from pipeline.exchange.simulator import Books, Fate, Simulator
from pipeline.exchange.status import read_runs
from processors.exchange.banks import Banks
from tests.stack.exchange.world import (
    AMOUNT,
    BANK,
    LATER_US,
    NOW_US,
    Officers,
    certified,
    changed,
    release_by_both,
    states,
)

LINES = 3
T = TypeVar("T")


class Killed(BaseException):
    """The process is gone."""


class Kill:
    """Ends the process at its `at`th point; a point lies before and after each step that leaves something behind."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.passed = 0

    def point(self) -> None:
        """Pass one point, or die at it."""
        self.passed += 1
        if self.passed == self.at:
            raise Killed


class Mortal(psycopg.Connection[TupleRow]):
    """A connection whose process may be killed around everything it sends."""

    kill: Kill

    def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        """Everything psycopg sends passes here."""
        if not hasattr(self, "kill"):
            return super().wait(gen, *arguments, **options)
        self.kill.point()
        result = super().wait(gen, *arguments, **options)
        self.kill.point()
        return result


@contextmanager
def process(url: str, kill: Kill, patch: pytest.MonkeyPatch) -> Iterator[ExchangeConnection]:
    """A process that dies where it is told to; what it did not commit is undone by the server."""
    connection = Mortal.connect(url, autocommit=True)
    connection.kill = kill
    with patch.context() as patched:
        for owner, name in ((handing, "_write"), (handing, "_settle"), (Path, "replace")):
            patched.setattr(owner, name, around(getattr(owner, name), kill))
        try:
            yield connection
        except Killed:
            pass
        finally:
            kill.at = 0
            connection.close()


def around(call: Callable[..., T], kill: Kill) -> Callable[..., T]:
    """The same call with a point before and after it."""

    def called(*arguments: Any, **options: Any) -> T:
        kill.point()
        result = call(*arguments, **options)
        kill.point()
        return result

    return called


class World:
    """A bank that takes files and answers, and what there is to follow; neither is ever killed."""

    def __init__(self, directory: Path, banks: Banks, officers: Officers) -> None:
        self.directory = directory
        self.banks = banks
        self.officers = officers
        self.bank = Simulator(BANK, Books("11"), {Fate.REJECTED: 30, Fate.RETURNED: 30})
        self.inbox: list[bytes] = []
        self.refused = 0

    def day(self) -> None:
        """The bank takes what lies there, and answers."""
        place = self.directory / BANK
        files = {path.name: path.read_bytes() for path in place.glob("*.xml")} if place.is_dir() else {}
        for name in files:
            (place / name).unlink()
        for _, raw in self.bank.day(files):
            self.refused += b"AM05" in raw
            self.inbox.append(raw)

    def work(self, connection: ExchangeConnection) -> None:
        """All that the exchange's commands do, each as far as it is not done."""
        topics = [("first", 0, [row for number in range(1, LINES + 1) for row in certified(number)], NOW_US)]
        if self.bank.books.day > 3:
            topics.append(("second", 0, [changed(number) for number in range(1, LINES + 1)], LATER_US))
        for topic, partition, rows, now_us in topics:
            at = places(connection, [(topic, partition)])[(topic, partition)]
            if at == 0:
                keep(connection, [Batch(topic, partition, 0, len(rows), rows)])
            running.propose(connection, self.banks, now_us)
            runs = read_runs(connection)
            for run in runs:
                if run.message_id is None:
                    release_by_both(connection, run.run_no, self.banks, self.officers, now_us)
                made = handing.make_file(connection, run.run_no, self.officers.known, self.banks, now_us)
                handing.hand_over(connection, made.message_id, self.directory, now_us)
        for raw in self.inbox:
            read_answer(connection, BANK, "m", raw, self.banks, LATER_US)


def played(url: str, world: World, kill: Kill, patch: pytest.MonkeyPatch) -> list[object]:
    """Eight days, each followed by the exchange's work; a killed exchange is started again the same day or the next."""
    for day in range(8):
        with process(url, kill, patch) as connection:
            world.work(connection)
        if day % 2:
            with process(url, kill, patch) as connection:
                world.work(connection)
        world.day()
    with process(url, kill, patch) as connection:
        world.work(connection)
        assert connection.info.transaction_status == TransactionStatus.IDLE
        return [*states(connection)]
    raise AssertionError("killed after the last day")


def tables_emptied(url: str) -> None:
    names = "followed, request, payee_change, ruling, line, run, instruction, release, file, answer, bad_record"
    with psycopg.connect(url) as connection:
        connection.execute(
            f"truncate {names}, told_status, told_movement, told_balance, suspense, asked, outbox restart identity"
        )


def test_a_kill_at_any_step_pays_nobody_twice_and_loses_no_answer(
    exchange_url: str, banks: Banks, officers: Officers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = count()

    def schedule(at: int) -> tuple[list[object], World, Kill]:
        tables_emptied(exchange_url)
        world, kill = World(tmp_path / str(next(numbers)), banks, officers), Kill(at)
        return played(exchange_url, world, kill, monkeypatch), world, kill

    whole, calm, passed = schedule(0)
    again = {row[0] for row in whole if isinstance(row, tuple) and row[1] == 2}
    assert again, "the bank must refuse or return something, so that it is paid anew"
    # Spread over the whole story; by an odd stride, so that points before and after a step are met alike.
    for at in range(1, passed.passed, max(1, passed.passed // 24) | 1):
        found, world, _ = schedule(at)
        assert found == whole, at
        assert world.refused == 0, at
        assert sorted(world.bank.books.payments) == sorted(calm.bank.books.payments), at
        paid = world.bank.books.paid_minor()
        assert sum(paid.values()) == AMOUNT * sum(minor > 0 for minor in paid.values()), at
