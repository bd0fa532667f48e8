"""Rows that people and programs write become numbered leaves, in the order they came, each once."""

import base64
import json

import pytest
from psycopg.errors import UniqueViolation

from events.merkle import leaf_hash
from ledger.model.block import block_root
from ledger.model.entry import EntryKind, EntryRow, encode_entry
from ledger.reconciliation.proof import leaves_root
from ledger.store.entries import read_bodies
from ledger.store.outbox import read_block
from ledger.store.quarantine import Action, _audit
from pipeline.messages import block_messages
from tests.births import mother
from tests.stack.decide.conftest import Desk


def kinds(desk: Desk) -> list[tuple[int, int]]:
    return [(kind, ref) for kind, ref in desk.rows("select kind, ref from log_entry order by leaf_no")]


def test_the_policy_is_the_first_leaf_and_audits_follow(desk: Desk) -> None:
    desk.decide()
    assert kinds(desk) == [(EntryKind.POLICY_ACTIVATION, 1)]
    desk.publish(mother(1))
    desk.decide()
    for number in (7, 8):
        _audit(desk.connection, number, Action.REFUSED, "sokha", "note")
    desk.connection.commit()
    desk.decide()
    assert kinds(desk)[1:] == [(EntryKind.QUARANTINE_AUDIT, 1), (EntryKind.QUARANTINE_AUDIT, 2)]
    assert desk.rows("select count(*) from awaiting_leaf") == [(0,)]
    leaves = (
        "select leaf_no from transfer union all select leaf_no from decision union all select leaf_no from log_entry"
    )
    count, highest = desk.rows(f"select count(*), max(leaf_no) from ({leaves}) t")[0]
    assert highest == count - 1


def test_an_entrys_leaf_is_published_and_is_what_its_row_says(desk: Desk) -> None:
    desk.decide()
    _audit(desk.connection, 7, Action.REFUSED, "sokha", "note")
    desk.connection.commit()
    desk.decide()
    ((block_no, leaf_no),) = desk.rows("select block_no, leaf_no from log_entry where kind = 3")
    block = read_block(desk.connection, block_no)
    assert leaves_root(block) == block.header.root
    with desk.connection.transaction(), desk.connection.cursor(binary=True) as cursor:
        body = read_bodies(cursor, EntryKind.QUARANTINE_AUDIT, [1])[1]
    leaf = encode_entry(EntryRow(leaf_no, block_no, EntryKind.QUARANTINE_AUDIT, 1, body))
    (message,) = block_messages(block)
    (told,) = json.loads(message.value)["data"]["leaves"]
    assert (told["leaf_no"], told["kind"]) == (leaf_no, "quarantine_audit")
    assert base64.b64decode(told["body"]) == leaf
    assert block.header.root == block_root([leaf]) == leaf_hash(leaf)


def test_what_was_put_among_the_waiting_by_somebody_else_stops_nobody(desk: Desk) -> None:
    desk.decide()
    desk.rows("insert into awaiting_leaf (kind, ref) values (3, 999), (4, 1), (6, -1), (77, 1) returning awaiting_id")
    _audit(desk.connection, 7, Action.REFUSED, "sokha", "")
    desk.connection.commit()
    desk.decide()
    assert kinds(desk) == [(EntryKind.POLICY_ACTIVATION, 1), (EntryKind.QUARANTINE_AUDIT, 1)]
    assert desk.rows("select kind from awaiting_leaf") == [(77,)]  # of a later program


def test_a_failure_while_taking_them_loses_none(desk: Desk) -> None:
    desk.decide()
    _audit(desk.connection, 7, Action.REFUSED, "sokha", "")
    desk.connection.commit()
    desk.rows("insert into log_entry values (1, 77, 5, 99, '') returning leaf_no")  # somebody took the number
    with pytest.raises(UniqueViolation):
        desk.decide()
    assert desk.rows("select count(*) from awaiting_leaf") == [(1,)]
