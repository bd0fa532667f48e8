"""Bad records on real servers: each is kept with its reason, its neighbours are recorded, nobody stops."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from events.envelope import encode
from events.reasons import REASONS, Reason
from events.topics import HEADER_KEY_ID
from pipeline.transport import BATCH_RECORDS
from tests.stack.flow.support import (
    Raw,
    Workers,
    evidence,
    publish,
    recorded_sum,
    records,
    request,
    signed,
    wait_until,
)

Query = Callable[..., list[tuple[Any, ...]]]
TOPIC = "sp.verification.v1"


def bad_records(keys: Path) -> list[tuple[Reason, Raw]]:
    good = encode(evidence(1))
    header = signed(keys, "nssf", [good])[0]
    payment = encode(request(1))
    strange = good.replace(b'"outcome"', b'"out\\u0000come"')
    other = encode(evidence(2)).replace(b'"id":"e2"', b'"id":"e1"')
    unknown = good.replace(b"condition.verified", b"condition.dreamt")

    def under_key(value: bytes) -> Raw:
        return TOPIC, 1, value, signed(keys, "nssf", [value])[0]

    return [
        (Reason.NOT_JSON, (TOPIC, 0, None, [])),
        (Reason.NOT_JSON, (TOPIC, 0, b"\xff\xfe", header)),
        (Reason.NOT_JSON, (TOPIC, 0, b"[" * 60_000, header)),
        (Reason.TOO_LARGE, (TOPIC, 0, b"x" * 700_000, header)),
        (Reason.UNSIGNED, (TOPIC, 1, good, [])),
        (Reason.BAD_SIGNATURE, (TOPIC, 1, other, header)),
        (Reason.UNKNOWN_KEY, (TOPIC, 1, good, [header[0], (HEADER_KEY_ID, b"\xff")])),
        (Reason.SCHEMA, under_key(strange)),
        (Reason.WRONG_TOPIC, under_key(payment)),
        (Reason.UNKNOWN_TYPE, under_key(unknown)),
        (Reason.CONFLICT, under_key(other)),
    ]


def test_bad_records_are_kept_and_their_neighbours_recorded(
    kafka: str, keys: Path, workers: Workers, query: Query
) -> None:
    publish(kafka, records(keys, [evidence(1)]))
    bad = bad_records(keys)
    good = records(keys, [evidence(number) for number in range(100, 100 + 3 * len(bad))])
    mixed: list[Raw] = []
    for at, (_, raw) in enumerate(bad):
        mixed += [*good[3 * at : 3 * at + 3], raw]
    publish(kafka, mixed)
    workers.start("record")
    wait_until(lambda: sum(recorded_sum(query)) >= 1 + 4 * len(bad), workers)
    assert recorded_sum(query) == (1 + 3 * len(bad), 0, len(bad))
    found = sorted(number for (number,) in query("select reason from quarantine"))
    assert found == sorted(REASONS[reason].number for reason, _ in bad)
    kept = {value for (value,) in query("select value from quarantine")}
    assert kept == {raw[2] for _, raw in bad}
    assert workers.stop(workers.running[0]) == 0, workers.logs()


def test_a_large_bad_record_reaches_the_topic_without_stopping_the_relay(
    kafka: str, workers: Workers, query: Query
) -> None:
    workers.start("record,relay")
    publish(kafka, [(TOPIC, 0, b"x" * 900_000, []), (TOPIC, 0, b"small", [])])
    wait_until(lambda: query("select count(*) from quarantine") == [(2,)], workers)
    wait_until(lambda: query("select count(*) from outbox") == [(0,)], workers)


def test_a_partition_of_nothing_but_poison_is_passed(kafka: str, keys: Path, workers: Workers, query: Query) -> None:
    count = BATCH_RECORDS + 500
    values = [encode(evidence(number)).replace(b'"met"', b'"perhaps"') for number in range(count)]
    headers = signed(keys, "nssf", values)
    publish(kafka, [(TOPIC, 3, value, header) for value, header in zip(values, headers, strict=True)])
    publish(kafka, records(keys, [evidence(number, "pmrs") for number in range(8)]))
    workers.start("record")
    wait_until(lambda: sum(recorded_sum(query)) == count + 8, workers)
    assert recorded_sum(query) == (8, 0, count)
    assert query("select source from source_health where muted_until_us is not null") == [("nssf",)]
