"""One leader a role; a standby takes over from one that ended, and from one that fell silent."""

from contextlib import suppress
from threading import Event
from time import sleep

import psycopg
import pytest

from ledger.store import connect
from ledger.store.takeover import end_silent_leader
from pipeline import leadership
from pipeline.leadership import Leadership, lead
from tests.stack.flow.support import wait_until
from tests.unit.pipeline.stopping import Stop


def test_a_leader_that_fell_silent_is_replaced_and_commits_nothing(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "end_silent_leader", lambda conn, lock: end_silent_leader(conn, lock, 1.0))
    with connect(ledger_url, "writer") as frozen, connect(ledger_url, "writer") as standby:
        assert lead(frozen, Leadership.DECIDE, Event())
        frozen.execute("insert into mark (entity, cause) values ('P1', 1)")
        assert lead(standby, Leadership.DECIDE, Event())
        with pytest.raises(psycopg.OperationalError):
            frozen.commit()
        assert standby.execute("select count(*) from mark").fetchone() == (0,)


def test_a_leader_that_fell_silent_in_the_middle_of_its_rows_is_replaced_too(ledger_url: str) -> None:
    """Frozen while it copies, its session is `active` for ever: the server waits for the next row."""
    with connect(ledger_url, "writer") as frozen, connect(ledger_url, "writer") as standby:
        assert lead(frozen, Leadership.DECIDE, Event())
        with suppress(psycopg.OperationalError), frozen.cursor().copy("copy mark (entity, cause) from stdin"):
            wait_until(lambda: end_silent_leader(standby, int(Leadership.DECIDE), 0.5) == 1, timeout_seconds=20)
        with pytest.raises(psycopg.OperationalError):
            frozen.execute("select 1")
        assert lead(standby, Leadership.DECIDE, Event())
        assert standby.execute("select count(*) from mark").fetchone() == (0,)


def test_a_leader_at_work_and_one_of_another_role_are_left_alone(ledger_url: str) -> None:
    with (
        connect(ledger_url, "writer") as leader,
        connect(ledger_url, "writer") as relay,
        connect(ledger_url, "writer") as standby,
    ):
        assert lead(leader, Leadership.DECIDE, Event())
        assert lead(relay, Leadership.RELAY, Event())
        sleep(0.6)
        leader.execute("select 1")
        leader.commit()
        assert end_silent_leader(standby, int(Leadership.DECIDE), 0.5) == 0
        assert standby.execute("select current_user").fetchone() == ("spp_writer",)
        relay.execute("select 1")
        stop = Stop()
        stop.set()
        assert not lead(standby, Leadership.DECIDE, stop)
