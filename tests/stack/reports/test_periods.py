"""Periods end to end: two persons, what is booked where, and closings that stand."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import psycopg
import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.errors import CheckViolation
from typer.testing import CliRunner

from events.states import LineState
from ledger.model.period import PERIOD_LOCK
from ledger.proof.note import NoteSigner
from ledger.proof.sealer import Sealer
from ledger.reconciliation.run import reconcile
from ledger.statements.snapshot import snapshot
from ledger.store import connect
from ledger.store.periods import share_periods
from pipeline.cli import period, report
from pipeline.cli.console import CommandError
from pipeline.settings import get_settings
from tests.stack.ledger.played import KHR
from tests.stack.ledger.samples import Bookkeeper

Run = Callable[..., Any]
CODE = "commitment/family.base/nsaf/KHR"


@pytest.fixture
def run(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `spp ARGUMENTS --json` in this process on the test's ledger and read what it says."""
    monkeypatch.setenv("SPP_LEDGER_URL", ledger_url)
    get_settings.cache_clear()
    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(report.app, name="report")
    app.add_typer(period.app, name="period")

    def spp(*arguments: object, as_json: bool = True) -> Any:
        told = [*map(str, arguments), *(["--json"] if as_json else [])]
        result = CliRunner().invoke(app, told, env={"COLUMNS": "200"})
        if result.exception is not None:
            raise result.exception
        return json.loads(result.stdout) if as_json else result.stdout

    return spp


@pytest.fixture
def keeper(ledger_url: str) -> Any:
    with connect(ledger_url, "writer") as conn:
        yield Bookkeeper(conn)


def step(run: Run, what: str, name: str) -> None:
    run("period", what, name, "--by", "sokha", "--note", "as planned")
    run("period", "approve", name, "--by", "dara")


def seal(url: str) -> None:
    """Sign a checkpoint over all that is there."""
    with connect(url, "writer") as conn:
        assert Sealer(conn, [NoteSigner("test/ledger", Ed25519PrivateKey.generate())]).seal(1) is not None


def post(keeper: Bookkeeper, day: date, amount_minor: int) -> None:
    """A commitment recorded in a block of its own, effective on `day`."""
    keeper.day = day
    keeper.decide(amount_minor.to_bytes(16, "big"), LineState.APPROVED, amount_minor, KHR)
    keeper.post()


def booked(run: Run, name: str) -> tuple[int, int]:
    """Opening, and what is booked in the period, of the commitments."""
    rows = run("report", "trial-balance", "--period", name)["accounts"]
    (row,) = [row for row in rows if row["account"] == CODE] or [{"opening": "0", "debits": "0"}]
    return int(row["opening"]), int(row["debits"])


def test_late_facts_are_booked_in_the_open_period_with_their_own_day(
    run: Run, keeper: Bookkeeper, ledger_url: str
) -> None:
    post(keeper, date(2018, 1, 5), 1)
    step(run, "open", "2018-01")
    post(keeper, date(2018, 1, 5), 10)
    step(run, "open", "2018-02")
    post(keeper, date(2018, 1, 31), 100)
    post(keeper, date(2018, 2, 1), 1_000)
    step(run, "soft-close", "2018-01")
    post(keeper, date(2018, 1, 31), 10_000)
    with pytest.raises(CommandError, match="no signed checkpoint covers block 4"):
        step(run, "close", "2018-01")
    seal(ledger_url)
    run("period", "approve", "2018-01", "--by", "dara")
    assert booked(run, "2018-01") == (1, 110)
    assert booked(run, "2018-02") == (111, 11_000)
    days = run("report", "trial-balance", "--to", "2018-01-31")["accounts"]
    assert [row["debits"] for row in days if row["account"] == CODE] == ["10111"]
    step(run, "reopen", "2018-01")
    post(keeper, date(2018, 1, 31), 100_000)
    assert booked(run, "2018-01") == (1, 100_110)
    assert booked(run, "2018-02") == (100_111, 11_000)


def closed_differ(url: str) -> int:
    with snapshot(url) as conn:
        (found,) = [row for row in reconcile(conn) if row.name == "closed periods"]
    return found.difference


def test_a_closing_keeps_its_trial_balance_for_ever(run: Run, keeper: Bookkeeper, ledger_url: str) -> None:
    step(run, "open", "2018-01")
    step(run, "open", "2018-02")
    post(keeper, date(2018, 1, 5), 10)
    step(run, "soft-close", "2018-01")
    seal(ledger_url)
    step(run, "close", "2018-01")
    (closing,) = [row for row in run("period", "list")["events"] if row["trial_balance"]]
    assert (closing["at_block"], closing["asked_by"], closing["approved_by"]) == (1, "sokha", "dara")
    assert closing["checkpoint_size"] == 2
    (note,) = run("report", "trial-balance", "--period", "2018-01")["notes"]
    assert closing["trial_balance"] in note
    post(keeper, date(2018, 1, 5), 20)
    step(run, "reopen", "2018-01")
    post(keeper, date(2018, 1, 5), 40)
    assert closed_differ(ledger_url) == 0
    with psycopg.connect(ledger_url) as conn:
        conn.execute("alter table transfer disable trigger all")
        conn.execute("update transfer set amount_minor = 11 where amount_minor = 10")
    assert closed_differ(ledger_url) == 1


def test_one_person_alone_changes_no_period(run: Run, ledger_url: str) -> None:
    run("period", "open", "2018-01", "--by", "sokha")
    with pytest.raises(CommandError, match="another person"):
        run("period", "approve", "2018-01", "--by", " Sokha ")
    with connect(ledger_url, "writer") as conn, pytest.raises(CheckViolation, match="cannot approve it"):
        conn.execute(
            "insert into period_event (event_no, request_no, approved_by, os_user, note, at_block, block_hash)"
            " values (1, 1, 'SOKHA', 'x', '', 0, '')"
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("soft-close", "2018-03"), "not there"),
        (("close", "2018-01"), "is open and cannot be closed"),
        (("open", "2018-01"), "cannot be open"),
        (("open", "Q1"), "--first"),
        (("approve", "2018-01"), "nothing is asked"),
    ],
)
def test_what_cannot_happen_is_refused_when_it_is_asked(run: Run, arguments: tuple[str, str], message: str) -> None:
    step(run, "open", "2018-01")
    with pytest.raises(CommandError, match=message):
        run("period", *arguments, "--by", "sokha")


def test_the_only_open_period_stays_open_and_closings_go_in_order(run: Run) -> None:
    step(run, "open", "2018-01")
    with pytest.raises(CommandError, match="open the next one first"):
        step(run, "soft-close", "2018-01")
    step(run, "open", "2018-02")
    step(run, "open", "2018-03")
    step(run, "soft-close", "2018-02")
    with pytest.raises(CommandError, match="close that one first"):
        step(run, "close", "2018-02")
    run("period", "open", "overlapping", "--first", "2018-03-31", "--last", "2018-04-02", "--by", "sokha")
    with pytest.raises(CommandError, match="lie in another period"):
        run("period", "approve", "overlapping", "--by", "dara")
    assert "soft closed" in run("period", "list", as_json=False)


def test_an_event_waits_for_the_transaction_in_hand_and_falls_behind_it(
    run: Run, keeper: Bookkeeper, ledger_url: str
) -> None:
    run("period", "open", "2018-01", "--by", "sokha")
    with (
        ThreadPoolExecutor() as pool,
        connect(ledger_url, "reader") as watching,
        connect(ledger_url, "writer") as writer,
    ):
        watching.autocommit = True
        share_periods(writer.cursor())
        approving = pool.submit(run, "period", "approve", "2018-01", "--by", "dara")
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and objid = %s and not granted"
        while watching.execute(waiting, (PERIOD_LOCK % 2**32,)).fetchone() == (0,):
            assert not approving.done()
        post(keeper, date(2018, 1, 5), 10)
        writer.commit()
        assert approving.result()["at_block"] == 1


def test_transactions_that_post_do_not_hold_each_other_back(ledger_url: str) -> None:
    with connect(ledger_url, "writer") as one, connect(ledger_url, "writer") as other:
        other.execute("set lock_timeout = '1s'")
        share_periods(one.cursor())
        share_periods(other.cursor())
        states = Counter(one.execute("select granted from pg_locks where objid = %s", (PERIOD_LOCK,)).fetchall())
        assert states == {(True,): 2}
