"""Balances of any days at any block are those of a naive scan, summed or not."""

from collections import Counter
from datetime import date, timedelta

import psycopg
import pytest

from ledger.model.span import FAN_OUT, Run, blocks_of, runs
from ledger.reconciliation.run import reconcile
from ledger.statements.snapshot import head_at, read_head, snapshot
from ledger.statements.sums import Stretch
from ledger.statements.trial_balance import trial_balance
from ledger.store import connect
from ledger.store.sums import extend, extend_all
from tests.stack.ledger.played import FIRST_DAY
from tests.stack.reports.conftest import Entry, entries

Balances = dict[str, tuple[int, int, int]]


def naive(rows: list[Entry], block_no: int, since: date | None, until: date | None) -> Balances:
    """Opening, debits and credits of each account."""
    opening: Counter[str] = Counter()
    debits: Counter[str] = Counter()
    credits_: Counter[str] = Counter()
    for row in rows:
        if row.block_no > block_no or (until is not None and row.day > until):
            continue
        if since is not None and row.day < since:
            opening[row.debit] += row.amount_minor
            opening[row.credit] -= row.amount_minor
        else:
            debits[row.debit] += row.amount_minor
            credits_[row.credit] += row.amount_minor
    codes = {row.debit for row in rows} | {row.credit for row in rows}
    found = {code: (opening[code], debits[code], credits_[code]) for code in codes}
    return {code: figures for code, figures in found.items() if any(figures)}


def stated(url: str, block_no: int, since: date | None, until: date | None) -> Balances:
    with snapshot(url) as conn:
        found = trial_balance(conn, Stretch(block_no, since=since, until=until))
    rows = {row.code: (row.opening_minor, row.debits_minor, row.credits_minor) for row in found}
    return {code: figures for code, figures in rows.items() if any(figures)}


DAYS = (None, FIRST_DAY, FIRST_DAY + timedelta(days=31), FIRST_DAY + timedelta(days=400))


@pytest.mark.parametrize("summed", [False, True])
def test_balances_of_any_days_at_any_block_are_those_of_a_scan(books_url: str, *, summed: bool) -> None:
    if summed:
        with connect(books_url, "writer") as conn:
            assert extend_all(conn) > 0
    rows = entries(books_url)
    last = max(row.block_no for row in rows)
    assert last > 2 * FAN_OUT
    for block_no in (1, FAN_OUT - 1, FAN_OUT, FAN_OUT + 1, 2 * FAN_OUT, last):
        for since in DAYS:
            for until in DAYS:
                if since is None or until is None or since <= until:
                    assert stated(books_url, block_no, since, until) == naive(rows, block_no, since, until)


def test_the_books_at_a_block_are_told_or_unknown(books_url: str) -> None:
    with snapshot(books_url) as conn:
        head = read_head(conn)
        assert head_at(conn, head.block_no) == head
        assert head_at(conn, head.block_no + 1) is None


def test_a_stretch_is_made_of_the_fewest_spans() -> None:
    spans = {1: 40, 2: 2}
    assert runs(1, 700, spans) == [Run(2, 0, 1), Run(1, 32, 39), Run(0, 640, 699)]
    assert runs(5, 40, spans) == [Run(0, 4, 15), Run(1, 1, 1), Run(0, 32, 39)]
    assert runs(1, 0, spans) == []
    assert runs(1, 20, {}) == [Run(0, 0, 19)]


def test_every_stretch_covers_its_blocks_once() -> None:
    spans = {1: 40, 2: 2}
    for first in range(1, 120, 7):
        for last in (first, first + 1, 255, 256, 257, 511, 640, 641, 700):
            covered = [
                block
                for run in runs(first, last, spans)
                for number in range(run.first, run.last + 1)
                for block in range(blocks_of(run.level, number)[0], blocks_of(run.level, number)[1] + 1)
            ]
            assert covered == list(range(first, last + 1))


def test_spans_are_summed_once_and_only_when_whole(books_url: str) -> None:
    with connect(books_url, "writer") as conn:
        whole = max(row.block_no for row in entries(books_url)) // FAN_OUT
        assert extend(conn, 1) == 1
        assert extend_all(conn) == whole - 1
        assert extend(conn) == 0


def test_a_sum_changed_afterwards_is_noticed(books_url: str) -> None:
    with connect(books_url, "writer") as conn:
        extend_all(conn)
    assert differing(books_url) == []
    with psycopg.connect(books_url) as conn:
        conn.execute("alter table span_sum disable trigger all")
        conn.execute(
            "update span_sum set amount_minor = amount_minor + 1 where ctid = (select min(ctid) from span_sum)"
        )
    assert differing(books_url) == ["sums of spans"]


def differing(url: str) -> list[str]:
    with snapshot(url) as conn:
        return [row.name for row in reconcile(conn) if row.name.startswith("sums") and row.difference]
