"""The nine holes that a study found in other ledgers, each tried on ours.

Formance v2 hashed ranges of a sequence; Blnk accepted a cut tail and joined fields without lengths; Midaz left columns
out; two implementations of one hash diverged; migrations rewrote a log; immudb mixed two kinds of proof; a restored
copy forks; replicas tell another present.
"""

import ast
import re
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from events import merkle
from ledger.model.block import BlockHeader, block_hash
from ledger.model.entry import EntryKind, EntryRow
from ledger.model.rows import DecisionRow, TransferRow
from ledger.proof import exporting
from ledger.proof.sealer import Sealer
from ledger.store import connect, entries
from ledger.store.quarantine import Action, _audit
from ledger.store.schema import APPEND_ONLY_TABLES, metadata
from ledger.verify.codes import Code, FailureError
from ledger.verify.export import check_export
from ledger.verify.notes import Trust, read_key
from pipeline.witnessing import HistoryError, Witness
from tests.stack.seal.conftest import LOG, Books
from tests.unit.verify.world import decision, honest

ROOM = Path(__file__).parents[3]
MIGRATIONS = sorted((ROOM / "ledger" / "store" / "migrations" / "versions").glob("*.py"))


def test_1_a_row_that_commits_late_under_an_early_number_still_becomes_a_leaf(books: Books) -> None:
    """No watermark over a sequence: what waits is taken row by row, and numbers are given by the one who writes."""
    told: list[int] = []

    def take() -> None:
        with connect(books.url, "writer") as taker, taker.cursor(binary=True) as cursor:
            fresh = entries.take_awaiting(cursor, entries.read_awaiting(cursor))
            audits = [ref for kind, ref, _ in fresh if kind == EntryKind.QUARANTINE_AUDIT]
            cursor.executemany("insert into log_entry values (%s, 1, 3, %s, '')", [(1_000 + no, no) for no in audits])
            told.extend(audits)

    with connect(books.url, "writer") as early, connect(books.url, "writer") as late:
        _audit(early, 7, Action.REFUSED, "first number", "")
        _audit(late, 8, Action.REFUSED, "second number", "")
        late.commit()
        take()
        assert told == [2]
        early.commit()
        take()
    assert told == [2, 1]
    assert books.connection.execute("select count(*) from awaiting_leaf").fetchone() == (0,)


def test_2_a_cut_tail_is_noticed_with_a_checkpoint_kept_outside(books: Books, witness: Witness) -> None:
    for _ in range(2):
        books.post()
        books.seal()
    witness.take(books.sealer())
    with psycopg.connect(books.url) as conn:
        for table in ("transfer", "decision", "block", "checkpoint"):
            conn.execute(f"alter table {table} disable trigger user")
        for table in ("transfer", "decision"):
            conn.execute(f"delete from {table} where block_no = 2")
        conn.execute("delete from block where block_no = 2")
        conn.execute("delete from checkpoint where size = (select max(size) from checkpoint)")
    shorter = books.sealer()  # by itself it is a perfect log
    anew = Witness(witness._url.removesuffix("/add-checkpoint"), witness.key)
    with pytest.raises(HistoryError, match="brought back from an older copy"):
        anew.take(shorter)


def test_3_no_two_rows_have_one_encoding_however_their_fields_are_cut() -> None:
    from ledger.model.leaf import encode_decision

    row = decision(1, 1, 1)
    joined = "nssf" + "event-1" + "req-1"
    cuts = {
        encode_decision(row._replace(source=joined[:one], event_id=joined[one:two], request_id=joined[two:]))
        for one in range(len(joined) + 1)
        for two in range(one, len(joined) + 1)
    }
    assert len(cuts) == (len(joined) + 1) * (len(joined) + 2) // 2


@pytest.mark.parametrize(
    ("table", "row"), [("transfer", TransferRow), ("decision", DecisionRow), ("log_entry", EntryRow)]
)
def test_4_every_column_of_a_leafs_table_is_a_field_of_what_is_hashed(table: str, row: type) -> None:
    """That each field changes the hash is in tests/unit/ledger/test_vectors.py."""
    assert tuple(metadata.tables[table].columns.keys()) == row._fields  # type: ignore[attr-defined]  # a NamedTuple
    if table == "log_entry":
        assert tuple(metadata.tables["block"].columns.keys()) == (*BlockHeader.__slots__, "hash")


def test_5_nothing_hashes_in_sql_and_one_module_encodes() -> None:
    for path in MIGRATIONS:
        assert not re.search(r"\b(sha256|sha512|digest|md5|hmac)\s*\(", path.read_text()), path.name
    encoders = [
        path.relative_to(ROOM).as_posix()
        for room in ("events", "ledger", "processors", "pipeline")
        for path in (ROOM / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name in {"encode_transfer", "encode_decision", "encode_entry"}
    ]
    assert sorted(encoders) == ["ledger/model/entry.py", "ledger/model/leaf.py", "ledger/model/leaf.py"]


def test_6_no_migration_rewrites_what_only_grows() -> None:
    tables = "|".join(APPEND_ONLY_TABLES)
    rewrites = re.compile(
        rf"\b(update\s+({tables})\s+set|delete\s+from\s+({tables})\b|truncate\s+({tables})\b|"
        rf"alter\s+table\s+({tables})\s+(alter|drop|disable|rename))",
        re.IGNORECASE,
    )
    for path in MIGRATIONS:
        assert rewrites.findall(path.read_text()) == [], path.name


def test_7_a_node_never_passes_for_a_leaf_nor_a_block_for_either() -> None:
    """One plain tree for everything that is proved outside."""
    world = honest(20)
    hashes = [merkle.leaf_hash(leaf) for leaf in world.leaves()]
    pair = hashes[0] + hashes[1]
    assert merkle.leaf_hash(pair) != merkle.node_hash(hashes[0], hashes[1])
    path = merkle.inclusion_path(hashes, 0)
    assert not merkle.verify_inclusion(merkle.leaf_hash(pair), 0, (len(hashes) + 1) // 2, path[1:], merkle.root(hashes))
    header, own = world.headers[0]
    assert own == block_hash(header)
    assert own not in {merkle.leaf_hash(leaf) for leaf in world.leaves()}
    assert {leaf[0] for leaf in world.leaves()} == {1}  # a leaf begins with its version, a block's hash with 0x02


def test_8_a_restored_copy_is_not_signed_on(books: Books, witness: Witness, empty_ledger_url: str) -> None:
    """Point-in-time recovery to before the last checkpoints, and then other decisions: refused at the start."""
    books.post()
    books.seal()
    books.post()
    books.seal()
    witness.take(books.sealer())
    restored = Books(empty_ledger_url)
    restored.post()
    restored.seal()
    anew = Witness(witness._url.removesuffix("/add-checkpoint"), witness.key)
    with pytest.raises(HistoryError):
        anew.take(Sealer(restored.connection, [LOG]))
    restored.connection.close()


def test_9_what_is_taken_away_is_of_one_checkpoint_while_the_books_grow(books: Books, tmp_path: Path) -> None:
    books.post(300)
    books.seal()

    def work() -> None:
        for _ in range(3):
            books.post(20)
            books.seal()

    grow = Thread(target=work)
    with connect(books.url, "reader") as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with reader.transaction(), reader.cursor(binary=True) as cursor:
            row, _ = exporting.newest(cursor)
            grow.start()
            grow.join()
            exporting.export(cursor, tmp_path, lambda _done, _total: None)
    trust = Trust([read_key(str(LOG.key))], [], [])
    told, found = check_export(tmp_path, trust)
    assert (told.size, found.size) == (row.size, row.size)
    (tmp_path / "checkpoint").write_text(books.sealer().newest())
    with pytest.raises(FailureError) as failure:
        check_export(tmp_path, trust)
    assert failure.value.code is Code.TRUNCATED
