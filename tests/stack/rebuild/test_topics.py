"""Topics read again make the same books, bad records and a killed decider included; what is gone is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from events.catalogue import TYPES
from events.envelope import Event, encode
from pipeline.rebuild.run import from_topics
from pipeline.rebuild.target import RebuildError
from pipeline.settings import Settings
from tests.births import declared, mother
from tests.stack.conftest import fresh_ledger
from tests.stack.decide.conftest import Desk
from tests.stack.flow.support import Raw, Workers, publish, recorded_sum, signed, wait_until
from tests.stack.flow.test_poison import bad_records
from tests.stack.rebuild.conftest import Rebuilding, silent

Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def workers(environment: dict[str, str], tmp_path: Path) -> Any:
    found = Workers(environment, tmp_path)
    yield found
    for process in found.running:
        if process.poll() is None:
            found.kill(process)


def _records(keys: Path, events: list[Event]) -> list[Raw]:
    """Each event twice, the second time in another partition: whichever comes first is recorded."""
    raws: list[Raw] = []
    for at, event in enumerate(events):
        value = encode(event)
        (headers,) = signed(keys, event.source, [value])
        raws += [(TYPES[event.type].topic.name, partition, value, headers) for partition in (at % 3, (at + 1) % 3)]
    return raws


def test_the_topics_are_the_books(
    kafka: str,
    keys: Path,
    workers: Workers,
    ledger_url: str,
    database_server: str,
    ledger_template: str,
    rebuilding: Rebuilding,
) -> None:
    facts = [fact for number in range(1, 41) for fact in mother(number)]
    facts += [declared("nssf", "NB", 40, 40 * 400_000), declared("hef", "HB", 40, 0)]
    raws = _records(keys, facts)
    bad = [raw for _, raw in bad_records(keys)]
    publish(kafka, [*raws[:9], *bad, *raws[9:]])
    desk = Desk(ledger_url)
    workers.start("record")

    def query(statement: str, *_given: object) -> list[tuple[Any, ...]]:
        return desk.rows(statement)

    wait_until(lambda: sum(recorded_sum(query)) >= len(raws) + len(bad), workers)
    workers.stop(workers.running[0])
    killed = workers.start("decide")
    wait_until(lambda: desk.rows("select count(*) from block") > [(1,)], workers)
    workers.kill(killed)
    desk.lead_anew()
    desk.decide(20)
    desk.close()
    settings = Settings(ledger_url=ledger_url, kafka_bootstrap=kafka, keys=keys)

    def differences() -> set[str]:
        with fresh_ledger(database_server, ledger_template) as target:
            return {one.what for one in from_topics(settings, target, 4, silent).differences}

    rebuilding.same(ledger_url)
    assert differences() == set()
    with psycopg.Connection.connect(ledger_url, autocommit=True) as superuser:
        superuser.execute("alter table inbox disable trigger user")
        superuser.execute("delete from inbox where event_id = 'delivery-2'")
        assert differences() >= {"record", "decision"}
        superuser.execute("update consumer_offset set next_offset = next_offset + 9")
    with pytest.raises(RebuildError, match="--from-inbox"):
        differences()
