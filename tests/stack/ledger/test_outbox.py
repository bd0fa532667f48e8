import pytest

from events.reasons import Reason
from events.states import LineState
from ledger.model.account import Dimensions
from ledger.model.block import BlockHeader, block_hash
from ledger.model.kinds import OutboxKind
from ledger.reconciliation.proof import leaves_root
from ledger.store import LedgerConnection, copy
from ledger.store.inbox import record_batch
from ledger.store.outbox import OutboxItem, delete, peek, read_block, read_quarantine, read_submission
from tests.stack.ledger.samples import TOPIC_NO, Bookkeeper, refused

OF = Dimensions("nssf.maternal.delivery", "nssf", "nssf", "fund", "", "10.4", "27.1", "KHR")


@pytest.fixture
def filled(writer: LedgerConnection) -> LedgerConnection:
    """Two blocks, a submission and a quarantined record, each in the outbox."""
    keeper = Bookkeeper(writer)
    keeper.decide(b"1" * 16, LineState.APPROVED, 400_000, OF)
    keeper.decide(b"2" * 16, LineState.PENDED, None, OF)
    keeper.post()
    frozen = [keeper.decide(b"1" * 16, LineState.SUBMITTED, 400_000, OF)]
    keeper.post()
    keeper.submit(1, frozen)
    with writer.transaction(), writer.cursor() as cursor:
        copy.copy_rows(cursor, copy.OUTBOX, [(OutboxKind.BLOCK, 1), (OutboxKind.BLOCK, 2), (OutboxKind.SUBMISSION, 1)])
    record_batch(writer, TOPIC_NO, 0, 0, 1, [], [refused(0)])
    return writer


def test_items_come_in_order_until_deleted_by_id(filled: LedgerConnection) -> None:
    items = peek(filled, 10)
    assert [(item.kind, item.ref) for item in items] == [
        (OutboxKind.BLOCK, 1),
        (OutboxKind.BLOCK, 2),
        (OutboxKind.SUBMISSION, 1),
        (OutboxKind.QUARANTINE, 1),
    ]
    assert peek(filled, 1) == items[:1]
    assert delete(filled, [items[1].outbox_id, items[2].outbox_id]) == 2
    assert delete(filled, [items[1].outbox_id]) == 0
    assert peek(filled, 10) == [items[0], items[3]]
    assert all(isinstance(item, OutboxItem) for item in items)


def test_a_block_is_read_with_every_leaf(filled: LedgerConnection) -> None:
    first, second = read_block(filled, 1), read_block(filled, 2)
    assert isinstance(first.header, BlockHeader)
    assert [row.leaf_no for row in first.decisions] == [0, 2]
    assert [row.leaf_no for row in first.transfers] == [1]
    assert ([row.leaf_no for row in second.decisions], [row.leaf_no for row in second.transfers]) == ([3], [4])
    assert set(first.accounts.values()) == {
        "commitment/nssf.maternal.delivery/nssf/KHR",
        "payable/nssf.maternal.delivery/nssf/KHR",
    }
    for block in (first, second):
        assert leaves_root(block) == block.header.root
        assert block_hash(block.header) == block.hash
    assert second.header.prev_hash == first.hash


def test_a_submission_is_read_with_the_decisions_that_froze_its_lines(filled: LedgerConnection) -> None:
    submission = read_submission(filled, 1)
    assert (submission.batch_id, submission.line_count, submission.cycle) == ("b", 1, 201803)
    assert [(row.line_id, row.version, row.amount_minor) for row in submission.lines] == [(b"1" * 16, 2, 400_000)]


def test_a_quarantined_record_is_read_as_it_came(filled: LedgerConnection) -> None:
    record = read_quarantine(filled, 1)
    assert (record.reason, record.value, record.offset) == (Reason.SCHEMA, b"not an event", 0)


def test_what_is_not_there_is_said_so(writer: LedgerConnection) -> None:
    for read in (read_block, read_submission, read_quarantine):
        with pytest.raises(LookupError, match=r"no .* 7"):
            read(writer, 7)
