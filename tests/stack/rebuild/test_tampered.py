"""One row changed in either copy is reported, down to the leaf or line, by both comparisons."""

import json
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from ledger.statements.snapshot import snapshot
from pipeline.cli import ledger_app
from pipeline.cli.console import CommandError
from pipeline.decide.journal import Journal, decode, encode
from pipeline.logging import configure_logging
from pipeline.rebuild.difference import Difference
from pipeline.rebuild.leaves import compare_books, compare_leaves
from pipeline.rebuild.outcome import compare_outcome
from pipeline.rebuild.run import from_inbox, from_journal
from pipeline.rebuild.target import RebuildError
from pipeline.settings import get_settings
from tests.stack.conftest import fresh_ledger
from tests.stack.decide.conftest import Desk
from tests.stack.rebuild import life
from tests.stack.rebuild.conftest import Rebuilding, silent


class Copies(NamedTuple):
    """A ledger, and what it was rebuilt to."""

    original: str
    replayed: str
    redecided: str


@pytest.fixture(scope="module")
def copies(database_server: str, ledger_template: str) -> Iterator[Copies]:
    with (
        fresh_ledger(database_server, ledger_template) as url,
        fresh_ledger(database_server, ledger_template) as replayed,
        fresh_ledger(database_server, ledger_template) as redecided,
    ):
        desk = Desk(url)
        life.lead(desk)
        desk.close()
        assert from_journal(url, replayed, silent).differences == []
        assert from_inbox(url, redecided, 3, silent).differences == []
        yield Copies(url, replayed, redecided)


class Tampering:
    """Does what a superuser could to one copy, and undoes it."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.Connection[tuple[Any, ...]].connect(url)

    def __enter__(self) -> Self:
        tables = ("transfer", "decision", "block", "set_journal", "inbox", "submission")
        for table in tables:
            self.connection.execute(f"alter table {table} disable trigger user")
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.rollback()
        self.connection.close()

    def do(self, statement: str, *given: object) -> None:
        assert self.connection.execute(statement, given).rowcount == 1


def leaf_for_leaf(original: Any, rebuilt: Any) -> list[Difference]:
    return [
        *compare_leaves(original, rebuilt, lambda _done, _total, _what: None),
        *compare_books(original, rebuilt),
    ]


ONE = "(select min(leaf_no) from transfer)"
LAST = "(select max(leaf_no) from decision where kind = 1 and amount_minor > 0)"
CHANGES = {
    "an amount": f"update transfer set amount_minor = amount_minor + 1 where leaf_no = {ONE}",
    "a dropped decision": f"delete from decision where leaf_no = {LAST}",
    "a decision's state": f"update decision set state = state + 1 where leaf_no = {LAST}",
    "a block's time": "update block set recorded_us = recorded_us + 1 where block_no = 3",
    "a claim": "delete from claim_window where ctid = (select min(ctid) from claim_window)",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda name: name.replace(" ", "-"))
@pytest.mark.parametrize("side", ["original", "replayed"])
def test_a_row_changed_on_either_side_of_the_journal_is_listed(copies: Copies, side: str, change: str) -> None:
    with Tampering(getattr(copies, side)) as tampering:
        tampering.do(CHANGES[change])
        other = copies.replayed if side == "original" else copies.original
        with snapshot(other) as sound:
            pair = (tampering.connection, sound) if side == "original" else (sound, tampering.connection)
            found = leaf_for_leaf(*pair)
    whats = {one.what for one in found}
    expected = {"an amount": "transfer", "a block's time": "block", "a claim": "claim of days"}.get(change, "decision")
    assert expected in whats
    assert ("root" in whats) == (expected in {"transfer", "decision"})
    if change == "an amount":
        (leaf,) = [one for one in found if one.what == "transfer"]
        assert leaf.where.startswith("leaf ")
        assert abs(int(leaf.original.partition("=")[2]) - int(leaf.rebuilt.partition("=")[2])) == 1


OUTCOMES = {
    "an amount": (f"update transfer set amount_minor = amount_minor + 1 where leaf_no = {ONE}", "net position"),
    "a dropped decision": (f"delete from decision where leaf_no = {LAST}", "decision"),
    "a claim": ("delete from claim_window where ctid = (select min(ctid) from claim_window)", "claim of days"),
    "a state": ("update entity set state = state || '\\x00' where entity_no = 1", "state"),
}


@pytest.mark.parametrize("change", OUTCOMES, ids=lambda name: name.replace(" ", "-"))
@pytest.mark.parametrize("side", ["original", "redecided"])
def test_a_row_changed_on_either_side_of_the_outcome_is_listed(copies: Copies, side: str, change: str) -> None:
    statement, expected = OUTCOMES[change]
    with Tampering(getattr(copies, side)) as tampering:
        tampering.do(statement)
        with snapshot(copies.redecided if side == "original" else copies.original) as sound:
            pair = (tampering.connection, sound) if side == "original" else (sound, tampering.connection)
            assert expected in {one.what for one in compare_outcome(*pair)}


def test_sound_copies_are_the_same(copies: Copies) -> None:
    with snapshot(copies.original) as one, snapshot(copies.replayed) as other, snapshot(copies.redecided) as third:
        assert leaf_for_leaf(one, other) == []
        assert list(compare_outcome(one, third)) == []
        assert leaf_for_leaf(one, third) != [], "another order makes other leaves"


@pytest.fixture
def lived(desk: Desk) -> Desk:
    life.lead(desk)
    return desk


def _change(desk: Desk, *statements: str) -> None:
    with psycopg.Connection.connect(desk.url, autocommit=True) as connection:
        for table in ("inbox", "set_journal", "block"):
            connection.execute(f"alter table {table} disable trigger user")
        for statement in statements:
            assert connection.execute(statement).rowcount == 1


def test_a_fact_changed_after_it_was_decided_is_found_by_both(lived: Desk, rebuilding: Rebuilding) -> None:
    _change(
        lived,
        "update inbox set value = convert_to(replace(convert_from(value, 'utf8'), '\"babies\":1', '\"babies\":2'),"
        " 'utf8') where event_id = 'delivery-3'",
    )
    assert {one.what for one in rebuilding.journal(lived.url)} >= {"decision", "block", "root"}
    assert {one.what for one in rebuilding.inbox(lived.url)} >= {"state"}


def test_another_order_in_the_journal_is_found(lived: Desk, rebuilding: Rebuilding) -> None:
    """Two sets exchange what they took: each is a sound journal, but not what was done."""
    rows = lived.rows("select block_no, journal from block order by block_no")
    told = [(block_no, decode(bytes(journal))) for block_no, journal in rows]
    (one, first), (other, second) = [(block_no, journal) for block_no, journal in told if journal.positions][:2]
    for block_no, journal in ((one, second), (other, first)):
        _change(lived, f"update block set journal = '\\x{encode(journal).hex()}' where block_no = {block_no}")
    found = rebuilding.journal(lived.url)
    assert {one.what for one in found} >= {"decision", "block"}


def test_a_set_left_out_of_the_journal_is_found(lived: Desk, rebuilding: Rebuilding) -> None:
    _change(lived, f"update block set journal = '\\x{encode(Journal()).hex()}' where block_no = 2")
    assert any(
        one.what in {"block", "replay"} and one.where in {"2", "block 2"} for one in rebuilding.journal(lived.url)
    )


def test_a_fact_that_cannot_be_read_any_more_is_found_by_both(lived: Desk, rebuilding: Rebuilding) -> None:
    _change(lived, "update inbox set value = substr(value, 1, 40) where event_id = 'delivery-3'")
    (stopped,) = [one for one in rebuilding.journal(lived.url) if one.what == "replay"]
    assert stopped.where.startswith("block ")
    with pytest.raises(RebuildError, match="--from-journal"):
        rebuilding.inbox(lived.url)


def _spp(monkeypatch: pytest.MonkeyPatch, url: str, *arguments: str) -> tuple[int, str]:
    monkeypatch.setenv("SPP_LEDGER_URL", url)
    get_settings.cache_clear()
    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(ledger_app.app, name="ledger")
    result = CliRunner().invoke(app, ["ledger", "rebuild", *arguments])
    configure_logging(sys.__stderr__)
    get_settings.cache_clear()
    if isinstance(result.exception, CommandError):
        return int(result.exception.code), str(result.exception)
    return result.exit_code, result.stdout


def test_the_command_reads_zero_or_fails_and_drops_what_it_made(lived: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made = "select count(*) from pg_database where datname like '%rebuilt%'"
    assert _spp(monkeypatch, lived.url, "--from-journal") == (0, lived_said(lived))
    code, told = _spp(monkeypatch, lived.url, "--from-inbox", "--seed", "5", "--json")
    assert (code, json.loads(told)["differences"], json.loads(told)["seed"]) == (0, [], 5)
    _change(lived, "update block set recorded_us = recorded_us + 1 where block_no = 2")
    code, told = _spp(monkeypatch, lived.url, "--from-journal", "--json")
    assert code == 1
    assert {(one["what"], one["where"]) for one in json.loads(told)["differences"]} >= {("block", "2")}
    assert lived.rows(made) == [(0,)]


def lived_said(desk: Desk) -> str:
    (facts,) = desk.rows("select count(*) from inbox")[0]
    (sets,) = desk.rows("select (select count(*) from block) + (select count(*) from set_journal)")[0]
    (blocks,) = desk.rows("select count(*) from block")[0]
    return f"{facts} facts in {sets} sets made {blocks} blocks: 0 differences.\n"


def test_what_cannot_be_rebuilt_is_said_with_what_to_do(lived: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _spp(monkeypatch, lived.url)[0] == 2
    assert "is not empty" in _spp(monkeypatch, lived.url, "--from-journal", "--into", lived.url)[1]
    lived.publish([life.moved(99, "W99")])
    code, said = _spp(monkeypatch, lived.url, "--from-inbox")
    assert code == 1
    assert "spp drain" in said
    _change(lived, "update block set journal = '\\x929090' where block_no = 1")
    code, said = _spp(monkeypatch, lived.url, "--from-journal")
    assert code == 1
    assert "--from-inbox" in said
