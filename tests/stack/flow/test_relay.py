"""Relaying on real servers: everything arrives, and a crash only repeats what readers can recognise."""

import asyncio
import signal
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from events.merkle import leaf_hash, root
from events.outcomes import BlockPosted, PaymentDecided, Published, RecordQuarantined, decode_outcome
from ledger.store import connect
from pipeline import relay as module
from pipeline.metrics import Metrics
from pipeline.relay import Relay
from pipeline.sender import BatchSender
from pipeline.settings import Settings
from tests.stack.flow.support import Workers, enrolment, publish, read_topic, records, request, wait_until

Query = Callable[..., list[tuple[Any, ...]]]
COUNT = 300


@pytest.fixture
def decided(kafka: str, keys: Path, workers: Workers, query: Query) -> None:
    """Requests decided twice, one bad record, and nobody who relays."""
    workers.start("record,decide")
    numbers = range(1, COUNT + 1)
    publish(kafka, records(keys, [request(number) for number in numbers], "sp.payment.v1"))
    publish(kafka, [("sp.payment.v1", 0, b"not json", [])])
    wait_until(lambda: query("select count(*) from decision") == [(COUNT,)], workers)
    publish(kafka, records(keys, [enrolment(number) for number in numbers], "sp.enrolment.v1"))
    wait_until(lambda: query("select count(*) from decision") == [(2 * COUNT,)], workers)


def outcomes(bootstrap: str, topic: str) -> list[Published]:
    return [decode_outcome(value) for _, value in read_topic(bootstrap, topic)]


@pytest.mark.usefixtures("decided")
def test_a_crash_between_sending_and_deleting_repeats_the_same_bytes(
    kafka: str, ledger_url: str, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(kafka_bootstrap=kafka, ledger_url=ledger_url)
    relay = Relay(settings, Metrics())

    async def run() -> None:
        async with BatchSender(kafka) as sender:
            with connect(ledger_url, "writer") as connection:
                while await relay.step(connection, sender):
                    pass

    def crash(_connection: object, _ids: Sequence[int]) -> int:
        raise SystemError

    with monkeypatch.context() as patched:
        patched.setattr(module, "delete", crash)
        with pytest.raises(SystemError):
            asyncio.run(run())
    sent_before = read_topic(kafka, "sp.decision.v1")
    assert sent_before
    assert query("select count(*) > 0 from outbox") == [(True,)]
    asyncio.run(run())
    assert query("select count(*) from outbox") == [(0,)]
    check_decisions(kafka, repeats=len(sent_before))
    check_blocks(kafka, query)
    assert query("select count(*) from quarantine") == [(1,)]
    bad = [told.data for told in outcomes(kafka, "sp.quarantine.v1") if isinstance(told.data, RecordQuarantined)]
    assert {(told.value, told.reason.value) for told in bad} == {(b"not json", "not_json")}


def check_decisions(kafka: str, repeats: int) -> None:
    values: dict[str, set[bytes]] = defaultdict(set)
    versions: dict[str, list[int]] = defaultdict(list)
    found = read_topic(kafka, "sp.decision.v1")
    for key, value in found:
        told = decode_outcome(value)
        assert isinstance(told.data, PaymentDecided)
        assert key.decode() == told.data.line_id
        assert told.id == f"{told.data.line_id}.{told.data.version}"
        values[told.id].add(value)
        if told.data.version > max(versions[key.decode()], default=0):
            versions[key.decode()].append(told.data.version)
    assert len(found) == 2 * COUNT + repeats
    assert len(values) == 2 * COUNT
    assert all(len(same) == 1 for same in values.values())
    assert len(versions) == COUNT
    assert all(rising == [1, 2] for rising in versions.values())


def check_blocks(kafka: str, query: Query) -> None:
    """The whole log can be rebuilt from the topic."""
    parts = {told.id: told.data for told in outcomes(kafka, "sp.ledger.v1")}
    by_block: dict[int, list[BlockPosted]] = defaultdict(list)
    for part in parts.values():
        assert isinstance(part, BlockPosted)
        by_block[part.block_no].append(part)
    assert sorted(by_block) == [number for (number,) in query("select block_no from block order by block_no")]
    for block in by_block.values():
        block.sort(key=lambda part: part.part)
        assert len(block) == block[0].parts
        leaves = [leaf for part in block for leaf in part.leaves]
        first = block[0].first_leaf
        assert [leaf.leaf_no for leaf in leaves] == list(range(first, first + block[0].leaf_count))
        assert root([leaf_hash(leaf.body) for leaf in leaves]).hex() == block[0].root


@pytest.mark.usefixtures("decided")
def test_a_standby_takes_over_when_the_leader_is_killed(kafka: str, workers: Workers, query: Query) -> None:
    leader = workers.start("relay")
    wait_until(lambda: query("select count(*) from outbox") == [(0,)], workers)
    workers.start("relay")
    leader.send_signal(signal.SIGKILL)
    publish(kafka, [("sp.payment.v1", 1, b"not json either", [])])
    wait_until(lambda: len(read_topic(kafka, "sp.quarantine.v1")) == 2, workers)
    assert query("select count(*) from outbox") == [(0,)]
