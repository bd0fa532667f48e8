"""The campaign's check on real books and topics: it holds as they are, and sees whatever is taken out or doubled."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from events.lines import read_lines
from events.local_keys import local_signer
from events.publisher import Publisher
from infra.faults import effects
from infra.faults.effects import OnTopics
from infra.faults.proving import prove
from ledger.store import connect
from pipeline.settings import CHECKOUT
from tests.stack.flow.support import Workers, wait_until

EXAMPLE = CHECKOUT / "docs" / "example" / "birth-cash.jsonl"
Query = Callable[..., list[tuple[Any, ...]]]


def test_whatever_is_taken_out_or_doubled_is_counted(
    kafka: str, ledger_url: str, keys: Path, workers: Workers, query: Query
) -> None:
    records, _ = read_lines(EXAMPLE.read_bytes().splitlines(), "nssf")
    with Publisher(kafka, "nssf", local_signer(keys, "nssf")) as publisher:
        publisher.send([*records, *records[:1]])
    worker = workers.start("record,decide,relay")
    wait_until(lambda: query("select sum(next_offset) from consumer_offset") == [(len(records) + 1,)], workers)
    busy = "select exists (select from mark) or exists (select from outbox) or not exists (select from submission)"
    wait_until(lambda: query(busy) == [(False,)], workers)
    assert workers.stop(worker) == 0, workers.logs()
    topics = OnTopics.read(kafka)
    with connect(ledger_url, "reader") as reading:
        books = effects.books_found(reading)
    with psycopg.connect(ledger_url) as connection:
        proofs = prove(connection, keys, records, topics, books)
    assert (proofs[0].lost, proofs[0].double) == (0, 0), "the books as they are"
    told = {proof.what: proof for proof in proofs[1:]}
    assert all(proof.seen for proof in told.values()), told
    for what in ("an accepted event", "a decision", "a transfer", "a submitted line"):
        assert told[f"{what} taken out"].lost, what
        assert told[f"{what} doubled"].double, what
    assert told["a message taken off its topic"].lost
    assert told["a published record taken off its topic"].lost
    assert told["a message sent again with other bytes"].double
