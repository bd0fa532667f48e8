"""Ledgers in which something out of the ordinary happened are rebuilt in both ways."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from events.catalogue import TYPES
from events.reasons import Reason
from ledger.model.inbox import inbox_position
from ledger.model.period import PeriodEvent, PeriodKind
from ledger.store import periods
from ledger.store.inbox import record_batch
from ledger.store.quarantine import admit_from_quarantine, discard
from ledger.store.records import Admitted, Refused
from pipeline.decide.body import encode_body
from pipeline.decide.flight import Flight
from processors import entities
from processors.entries import DecisionEntry
from tests.births import closed, declared, encode_event, mother
from tests.stack.decide.conftest import Desk
from tests.stack.decide.test_budgets import BIRTH, allotted, batch
from tests.stack.policy.conftest import BIRTH as BIRTH_PACK
from tests.stack.policy.conftest import Spp, packs, spp
from tests.stack.rebuild import life
from tests.stack.rebuild.conftest import Rebuilding

__all__ = ["packs", "spp"]


def test_certified_refused_paid_returned_retracted_merged_taken_over_and_closed(
    desk: Desk, rebuilding: Rebuilding
) -> None:
    life.lead(desk)
    assert len(desk.rows("select distinct state from decision")) >= 8
    assert desk.rows("select count(*) from decision where kind = 2")[0] > (0,)
    assert desk.rows("select count(*) from decision where kind = 3")[0] > (0,)
    assert desk.rows("select count(*) from submission where number > 0")[0] > (0,)
    rebuilding.same(desk.url, 1, 2)


def test_a_policy_that_came_into_force_and_events_of_periods(
    desk: Desk, rebuilding: Rebuilding, spp: Spp, packs: Callable[..., Path]
) -> None:
    def happens(kind: PeriodKind, name: str, first: date, last: date) -> None:
        asked = PeriodEvent(0, name, kind, first, last)
        number = periods.ask(desk.connection, asked, asked_by="sokha", os_user="os", note="")
        rows = periods.read_rows(desk.connection)
        desk.connection.commit()
        (request,) = [row for row in rows if row.request_no == number]
        last_event = max((row.event_no or 0 for row in rows), default=0)
        balance = bytes(32) if kind is PeriodKind.CLOSED else None
        periods.approve(
            desk.connection, request, approved_by="dara", os_user="os", note="", last_event=last_event,
            trial_balance=balance,
        )  # fmt: skip

    happens(PeriodKind.OPENED, "2018-01", date(2018, 1, 1), date(2018, 1, 31))
    desk.publish([fact for number in range(1, 4) for fact in mother(number)])
    desk.decide(5)
    happens(PeriodKind.OPENED, "2018-02", date(2018, 2, 1), date(2018, 2, 28))
    happens(PeriodKind.SOFT_CLOSED, "2018-01", date(2018, 1, 1), date(2018, 1, 31))
    desk.publish([declared("nssf", "NB", 3, 3 * BIRTH), declared("hef", "HB", 3, 0)])
    desk.decide()
    digest = spp.json("propose", str(packs(edits=[(BIRTH_PACK, "value: 400_000", "value: 500_000")])), "--by", "Sokha")
    spp("approve", digest["digest"][:8], "--by", "Dara")
    desk.publish([*mother(4), life.merged(1, 2), closed("nssf")])
    desk.decide(4)
    happens(PeriodKind.CLOSED, "2018-01", date(2018, 1, 1), date(2018, 1, 31))
    desk.publish([*mother(5), life.certified(3)])
    desk.decide()
    assert desk.rows("select kind, count(*) from log_entry group by 1 order by 1") == [(4, 2), (7, 4)]
    rebuilding.same(desk.url)


def test_budgets_and_what_waits_for_them(desk: Desk, rebuilding: Rebuilding) -> None:
    desk.publish([allotted(0), *batch("C", 1), *batch("A", 2, 3, 4)])
    desk.decide(3)
    desk.publish([allotted(2 * BIRTH), *batch("B", 5)])
    desk.decide(1)
    desk.publish([allotted(3 * BIRTH), closed("nssf"), *mother(6)])
    desk.decide()
    assert desk.rows("select count(*) from submission")[0] > (0,)
    assert desk.rows("select count(*) from budget_wait")[0] > (0,)
    rebuilding.same(desk.url)


def test_a_case_that_was_parked_and_retried(
    desk: Desk, rebuilding: Rebuilding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(entry: DecisionEntry) -> bytes:
        if entry.decision.request_id == "N3" and entry.decision.frozen is None:
            raise ValueError("made to fail")
        return encode_body(entry)

    monkeypatch.setattr("pipeline.decide.writing.encode_body", failing)
    desk.publish([fact for number in range(1, 6) for fact in mother(number)])
    desk.decide(8)
    desk.publish([declared("nssf", "NB", 5, 5 * BIRTH), declared("hef", "HB", 5, 0)])
    desk.decide()
    assert desk.rows("select count(*) from parked_mark")[0] > (0,)
    assert rebuilding.journal(desk.url) == [], "with cases still parked"
    monkeypatch.undo()
    desk.retry_parked()
    desk.decide(3)
    rebuilding.same(desk.url)


def test_a_decider_whose_commits_fail_and_who_is_killed(
    desk: Desk, rebuilding: Rebuilding, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, numbers = Flight._commit, iter(range(10**6))

    def failing(flight: Flight, cursor: Any) -> None:
        number = next(numbers)
        if number == 3:
            raise RuntimeError("made to fail")
        if number == 9:
            raise psycopg.OperationalError("killed")
        commit(flight, cursor)

    monkeypatch.setattr(Flight, "_commit", failing)
    desk.publish([fact for number in range(1, 9) for fact in mother(number)])
    with pytest.raises(psycopg.OperationalError):
        desk.decide(4)
    desk.lead_anew()
    desk.publish([declared("nssf", "NB", 8, 8 * BIRTH), declared("hef", "HB", 8, 0)])
    desk.decide(4)
    rebuilding.same(desk.url)


def test_a_record_admitted_from_quarantine_and_what_was_done_about_others(desk: Desk, rebuilding: Rebuilding) -> None:
    enrolled, *others = mother(1)
    desk.publish(others)
    desk.decide()
    value = encode_event(enrolled)
    bad = [
        Refused(1, 0, offset, enrolled.time_us, "nssf", enrolled.id, Reason.UNKNOWN_CODE, "", "", None, value, b"")
        for offset in (0, 1)
    ]
    record_batch(desk.connection, 1, 0, 0, 2, [], bad)
    admitted = Admitted(
        inbox_position(1, 0, 0), enrolled.source, enrolled.id, TYPES[enrolled.type].number, enrolled.time_us,
        enrolled.time_us, "test", b"", value,
        entities.homes(enrolled),
    )  # fmt: skip

    admit_from_quarantine(desk.connection, 1, admitted, actor="sokha", note="")
    discard(desk.connection, 2, actor="sokha", note="")
    discard(desk.connection, 2, actor="dara", note="")
    desk.decide()
    assert desk.rows("select count(*) from log_entry where kind = 3") == [(3,)]
    rebuilding.same(desk.url)
