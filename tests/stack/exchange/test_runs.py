"""Runs: nobody is paid without two officers, nobody twice, and a file is handed over once."""

from pathlib import Path

import psycopg
import pytest

from pipeline.exchange import handing, releasing, running
from pipeline.exchange.database import ExchangeConnection, connect, ensure
from pipeline.exchange.intake import Batch, Row, StaleError, keep, places
from pipeline.exchange.running import RunError
from pipeline.exchange.status import read_runs
from pipeline.settings import Settings, SettingsError
from processors.exchange.banks import Banks
from processors.exchange.payable import Hold
from tests.stack.exchange.world import (
    AMOUNT,
    NOW_US,
    Officers,
    certified,
    line_id,
    make_officers,
    release_by_both,
    tell,
)


def test_rows_and_offsets_are_kept_together_and_a_second_follower_fails(exchange: ExchangeConnection) -> None:
    assert places(exchange, [("t", 0)]) == {("t", 0): 0}
    keep(exchange, [Batch("t", 0, 0, 7, certified(1))])
    with pytest.raises(StaleError):
        keep(exchange, [Batch("t", 0, 0, 9, certified(2))])
    assert places(exchange, [("t", 0)]) == {("t", 0): 7}
    assert exchange.execute("select line_id from line").fetchall() == [(line_id(1),)]


def test_an_older_version_of_a_line_changes_nothing(exchange: ExchangeConnection) -> None:
    told = certified(1)
    tell(exchange, told)
    tell(exchange, [Row("line", (line_id(1), 2, "refused", *told[2].values[3:]))])
    assert exchange.execute("select state from line").fetchall() == [("certified",)]


def test_what_is_due_is_proposed_once(exchange: ExchangeConnection, banks: Banks) -> None:
    tell(exchange, [*certified(1), *certified(2), *certified(3)[1:]])
    proposed = running.propose(exchange, banks, NOW_US)
    assert [(run.paid.bank, run.paid.total_minor) for run in proposed.runs] == [("bank.wing", 2 * AMOUNT)]
    assert +proposed.held == {Hold.PAYEE_UNKNOWN: 1}
    assert running.propose(exchange, banks, NOW_US).runs == []
    assert running.withdraw(exchange, proposed.runs[0].run_no, NOW_US) == 2
    again = running.propose(exchange, banks, NOW_US)
    assert [due.attempt for run in again.runs for due in run.paid.dues] == [1, 1]


def test_the_database_takes_one_live_instruction_a_line(
    exchange: ExchangeConnection, exchange_url: str, banks: Banks
) -> None:
    tell(exchange, certified(1))
    running.propose(exchange, banks, NOW_US)
    copied = (
        "insert into instruction (instruction_id, line_id, attempt, run_no, amount_minor, currency, bank, channel,"
        " provider, account_ref, payee_event, payee_digest) select decode(repeat('ab', 16), 'hex'), line_id, 2, run_no,"
        " amount_minor, currency, bank, channel, provider, account_ref, payee_event, payee_digest from instruction"
    )
    with connect(exchange_url) as other, pytest.raises(psycopg.errors.UniqueViolation, match="instruction_one_live"):
        other.execute(copied)


def test_two_distinct_officers_release_exactly_what_is_paid(
    exchange: ExchangeConnection, banks: Banks, officers: Officers
) -> None:
    from pipeline.exchange.officers import sign

    tell(exchange, certified(1))
    (run,) = running.propose(exchange, banks, NOW_US).runs
    first, second = officers.known
    with pytest.raises(RunError, match="released by 0 of 2"):
        handing.make_file(exchange, run.run_no, officers.known, banks, NOW_US)
    _, signature = sign(officers.directory, first, run.digest)
    for _ in range(2):
        left = releasing.release(exchange, run.run_no, first, signature, officers.known, banks, NOW_US)
        assert left == 1
    with pytest.raises(RunError, match="is not of run"):  # the first one's signature in the second one's name
        releasing.release(exchange, run.run_no, second, signature, officers.known, banks, NOW_US)
    with pytest.raises(RunError, match="released by 1 of 2"):
        handing.make_file(exchange, run.run_no, officers.known, banks, NOW_US)
    release_by_both(exchange, run.run_no, banks, officers)
    made = handing.make_file(exchange, run.run_no, officers.known, banks, NOW_US)
    assert handing.make_file(exchange, run.run_no, officers.known, banks, NOW_US + 1) == made


@pytest.mark.parametrize(
    "forgery",
    [
        "update instruction set account_ref = 'thief'",
        "update instruction set amount_minor = amount_minor + 1",
        "update line set state = 'refused'",
        "delete from ruling",
        "insert into ruling values ('npca', 'late', (select line_id from line), null, '')",
        "insert into told_status select 'bank.wing', instruction_id, 'accepted', '', 1, 'M' from instruction",
    ],
)
def test_what_changed_after_the_release_is_not_written(
    exchange: ExchangeConnection, banks: Banks, officers: Officers, forgery: str
) -> None:
    tell(exchange, certified(1))
    (run,) = running.propose(exchange, banks, NOW_US).runs
    release_by_both(exchange, run.run_no, banks, officers)
    exchange.execute(forgery)
    with pytest.raises(RunError):
        handing.make_file(exchange, run.run_no, officers.known, banks, NOW_US)


def test_keys_of_others_and_keys_that_ran_out_release_nothing(
    exchange: ExchangeConnection, banks: Banks, officers: Officers, tmp_path: Path
) -> None:
    tell(exchange, certified(1))
    (run,) = running.propose(exchange, banks, NOW_US).runs
    release_by_both(exchange, run.run_no, banks, make_officers(tmp_path / "strangers"))
    with pytest.raises(RunError, match="released by 0 of 2"):
        handing.make_file(exchange, run.run_no, officers.known, banks, NOW_US)
    with pytest.raises(RunError, match="not valid now"):
        releasing.release(exchange, run.run_no, "officer-sok", b"", officers.known, banks, NOW_US - 10)


def test_a_made_file_keeps_its_instructions(exchange: ExchangeConnection, banks: Banks, officers: Officers) -> None:
    tell(exchange, certified(1))
    (run,) = running.propose(exchange, banks, NOW_US).runs
    release_by_both(exchange, run.run_no, banks, officers)
    handing.make_file(exchange, run.run_no, officers.known, banks, NOW_US)
    with pytest.raises(RunError, match="its file is made"):
        running.withdraw(exchange, run.run_no, NOW_US)
    for statement in ("delete from instruction", "update instruction set account_ref = 'thief'"):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState), exchange.transaction():
            exchange.execute(statement)


def test_a_file_is_handed_over_once_and_never_again(
    exchange: ExchangeConnection, banks: Banks, officers: Officers, tmp_path: Path
) -> None:
    tell(exchange, certified(1))
    (run,) = running.propose(exchange, banks, NOW_US).runs
    release_by_both(exchange, run.run_no, banks, officers)
    made = handing.make_file(exchange, run.run_no, officers.known, banks, NOW_US)
    target = handing.hand_over(exchange, made.message_id, tmp_path, NOW_US)
    assert b"<EndToEndId>" in target.read_bytes()
    target.unlink()  # the bank takes it
    assert handing.hand_over(exchange, made.message_id, tmp_path, NOW_US) == target
    assert list(target.parent.iterdir()) == []
    assert [row.message_id for row in read_runs(exchange)] == [made.message_id]


def test_nothing_is_handed_over_inside_a_transaction(
    exchange: ExchangeConnection, banks: Banks, officers: Officers, tmp_path: Path
) -> None:
    tell(exchange, certified(1))
    (run,) = running.propose(exchange, banks, NOW_US).runs
    release_by_both(exchange, run.run_no, banks, officers)
    made = handing.make_file(exchange, run.run_no, officers.known, banks, NOW_US)
    with pytest.raises(RunError, match="outside any transaction"), exchange.transaction():
        handing.hand_over(exchange, made.message_id, tmp_path, NOW_US)
    assert list(tmp_path.rglob("*.xml")) == []


def test_one_key_of_two_persons_is_refused(officers: Officers) -> None:
    from pipeline.exchange.officers import OFFICERS_FILE, OfficerError, read_officers

    file = officers.directory / OFFICERS_FILE
    keys = [officer.public_key for officer in officers.known.values()]
    file.write_text(file.read_text().replace(keys[0], keys[1]))
    with pytest.raises(OfficerError, match="one public key"):
        read_officers(officers.directory)


def test_the_local_exchange_gets_a_database_beside_the_ledgers(local: Settings, database_server: str) -> None:
    for _ in range(2):
        url = ensure(local)
    assert url == f"{database_server}/spp_exchange"
    with connect(url) as connection:
        assert read_runs(connection) == []


def test_with_a_ledger_of_ones_own_the_exchanges_database_is_named_too(local: Settings) -> None:
    with pytest.raises(SettingsError, match="SPP_EXCHANGE_URL"):
        ensure(local.model_copy(update={"ledger_url": "postgresql://elsewhere/ledger"}))
