"""The sealer signs what is stored, only if it is what the blocks say, one after the other."""

import psycopg
import pytest
from psycopg.errors import UniqueViolation

from events import merkle
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.note import verify_note
from ledger.proof.sealer import Sealer
from ledger.proof.tree import Prover
from ledger.store import connect
from ledger.store.log import Leaves, LogError, StoredTiles
from pipeline.seal import SealService
from pipeline.witnessing import HistoryError, Witness, WitnessAway
from tests.stack.seal.conftest import LOG, Books


def forge(url: str, statement: str) -> None:
    """As somebody who owns the server: triggers are no hindrance."""
    with psycopg.connect(url) as conn:
        for table in ("transfer", "decision", "block", "tile", "checkpoint", "cosignature", "log_entry"):
            conn.execute(f"alter table {table} disable trigger user")
        conn.execute(statement)


def test_a_checkpoint_is_signed_over_every_leaf(books: Books) -> None:
    books.post(3)
    sealed = books.seal()
    text, signatures = verify_note(sealed.row.note, [LOG.key])
    assert len(signatures) == 1
    with books.connection.cursor(binary=True) as cursor:
        leaves = Leaves().read(cursor, 0, sealed.row.size)
    told = parse_checkpoint(text)
    assert (told.size, told.root) == (len(leaves), merkle.root([merkle.leaf_hash(leaf) for leaf in leaves]))


def test_a_log_grown_in_steps_by_several_sealers_is_one_log(books: Books) -> None:
    sizes, sealer = [], books.sealer()
    for number, lines in enumerate((1, 90, 200, 1)):
        books.post(lines)
        if number % 2:
            sealer = books.sealer()  # as after a restart: from tiles and leaves
        sealed = sealer.seal(1)
        assert sealed is not None
        sizes.append(sealed.row.size)
    with books.connection.cursor(binary=True) as cursor:
        leaves = Leaves().read(cursor, 0, sizes[-1])
        roots: dict[int, bytes] = dict(cursor.execute("select size, root from checkpoint").fetchall())
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    assert roots == {size: merkle.root(hashes[:size]) for size in sizes}
    assert sizes[-1] > 512
    with books.connection.cursor(binary=True) as cursor:
        prover = Prover(StoredTiles(cursor, books.sealer()._tree))
        for index in (0, 255, 256, sizes[-1] - 1):
            path = prover.inclusion(index, sizes[-1])
            assert merkle.verify_inclusion(hashes[index], index, sizes[-1], path, roots[sizes[-1]])


def test_when_nothing_is_new_nothing_is_signed(books: Books) -> None:
    assert books.sealer().seal(1) is None
    books.post()
    books.seal()
    assert books.sealer().seal(1) is None


def test_of_two_sealers_one_signs(books: Books) -> None:
    one, other = books.sealer(), books.sealer()
    books.post()
    assert one.seal(1) is not None
    books.post()
    with pytest.raises(UniqueViolation):
        other.seal(1)


@pytest.mark.parametrize(
    "statement",
    [
        "update transfer set amount_minor = amount_minor + 1 where leaf_no = (select min(leaf_no) from transfer)",
        "update decision set state = state + 1",
        "update block set totals = 'KHR=1'",
        "delete from transfer where leaf_no = (select min(leaf_no) from transfer)",
        "update block set block_no = 7 where block_no = 1",
    ],
)
def test_what_was_changed_before_it_was_sealed_is_not_signed(books: Books, statement: str) -> None:
    books.post(2)
    forge(books.url, statement)
    with pytest.raises(LogError):
        books.sealer().seal(1)
    assert books.connection.execute("select count(*) from checkpoint").fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "update transfer set amount_minor = amount_minor + 1 where leaf_no = (select max(leaf_no) from transfer)",
        "update tile set hashes = set_byte(hashes, 5, 255 - get_byte(hashes, 5))",
        "delete from tile",
        "delete from block where block_no = (select max(block_no) from block)",
        "update checkpoint set root = decode(repeat('00', 32), 'hex')",
    ],
)
def test_what_was_changed_after_it_was_sealed_is_found_by_the_next_sealer(books: Books, statement: str) -> None:
    books.post(150)
    books.seal()
    forge(books.url, statement)
    with pytest.raises(LogError):
        books.sealer()


def test_the_witness_countersigns_what_grows(books: Books, witness: Witness) -> None:
    sealer = books.sealer()
    witness.take(sealer)
    for lines in (1, 100, 1):
        books.post(lines)
        sealed = sealer.seal(1)
        assert sealed is not None
        signature = witness.take(sealer)
        assert len(verify_note(sealed.row.note + signature.line, [LOG.key, witness.key])[1]) == 2
        assert witness.size == sealer.size


def test_books_brought_back_from_an_older_copy_are_not_signed(
    books: Books, witness: Witness, database_server: str
) -> None:
    books.post(3)
    books.seal()
    name = books.url.rpartition("/")[2]
    books.connection.close()
    with psycopg.connect(f"{database_server}/postgres", autocommit=True) as server:
        server.execute(f"create database {name}_backup template {name}")
    books.connection = connect(books.url, "writer")
    books.keeper._conn = books.connection
    books.post(3)
    books.seal()
    witness.take(books.sealer())
    with connect(f"{database_server}/{name}_backup", "writer") as restored:
        anew = Witness(witness._url.removesuffix("/add-checkpoint"), witness.key)
        with pytest.raises(HistoryError, match="brought back from an older copy"):
            anew.take(Sealer(restored, [LOG]))
    with psycopg.connect(f"{database_server}/postgres", autocommit=True) as server:
        server.execute(f"drop database {name}_backup with (force)")


def test_another_history_of_the_same_log_is_not_signed(books: Books, witness: Witness, empty_ledger_url: str) -> None:
    books.post(3)
    books.seal()
    witness.take(books.sealer())
    other = Books(empty_ledger_url)
    for amount_minor in (400_001, 2):
        other.post(3, amount_minor)
        other.seal()
        anew = Witness(witness._url.removesuffix("/add-checkpoint"), witness.key)
        with pytest.raises(HistoryError, match="another history"):
            anew.take(other.sealer())
    other.connection.close()


def test_a_witness_that_does_not_know_the_log_says_so(books: Books, witness: Witness) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from ledger.proof.note import NoteSigner

    books.post()
    stranger = Sealer(books.connection, [NoteSigner("test/ledger", Ed25519PrivateKey.generate())])
    stranger.seal(1)
    with pytest.raises(WitnessAway, match="403"):
        witness.take(stranger)


def test_a_witness_that_is_away_is_told_apart(books: Books, witness: Witness) -> None:
    with pytest.raises(WitnessAway, match="does not answer"):
        Witness("http://127.0.0.1:9", witness.key).take(books.sealer())


def test_a_service_starts_only_with_a_key_of_the_witness() -> None:
    from pipeline.metrics import Metrics
    from pipeline.settings import Settings, SettingsError

    for witness_key in (None, "name+00000000+AAAA"):
        with pytest.raises(SettingsError, match="SPP_WITNESS_KEY"):
            SealService(Settings(witness="http://127.0.0.1:9", witness_key=witness_key), Metrics())
