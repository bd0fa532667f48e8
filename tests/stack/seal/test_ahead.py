"""The sealer is ahead of the witness: genuine books hold, and what only the sealer signed is bound all the same."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from ledger.proof.sealer import Sealed
from ledger.store.log import append_cosignature
from ledger.verify.codes import Code
from pipeline.local.postgres import binaries
from pipeline.witnessing import Witness
from tests.stack.seal.conftest import LOG, Books


def post(books: Books, witness: Witness | None = None) -> Sealed:
    """Post and seal three lines; with a witness, countersigned too."""
    books.post(3)
    sealer = books.sealer()
    sealed = sealer.seal(1)
    assert sealed is not None
    if witness is not None:
        with books.connection.cursor() as cursor:
            append_cosignature(cursor, sealer.size, str(witness.key), witness.take(sealer).line, 1)
    books.connection.commit()
    return sealed


def verify(books: Books, witness: Witness, directory: Path, *more: str) -> tuple[Code, str]:
    """What the auditor's program says to a dump."""
    dump = directory / "dump.sql"
    subprocess.run([binaries() / "pg_dump", books.url, "-f", dump], capture_output=True, check=True)
    command = [sys.executable, "-m", "ledger.verify.main", "dump", str(dump), "--log-key", str(LOG.key)]
    done = subprocess.run(
        [*command, "--witness-key", str(witness.key), *more], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Code(done.returncode), done.stdout


@pytest.fixture
def ahead(books: Books, witness: Witness) -> Books:
    """Two countersigned checkpoints, and one that the witness did not see yet."""
    books.note()
    for by in (witness, witness, None):
        post(books, by)
    return books


def test_a_dump_holds_and_says_how_far_it_is_countersigned(ahead: Books, witness: Witness, tmp_path: Path) -> None:
    ahead.connection.commit()
    (sizes,) = zip(*ahead.connection.execute("select size from checkpoint order by size"), strict=True)
    ahead.connection.commit()
    code, said = verify(ahead, witness, tmp_path)
    assert code is Code.GOOD
    assert f"countersigned up to {sizes[1]}, {sizes[2] - sizes[1]} more signed only\n" in said


@pytest.mark.parametrize("block", [3, 4], ids=["countersigned before", "never countersigned"])
def test_a_tail_without_its_cosignature_is_still_bound(
    ahead: Books, witness: Witness, tmp_path: Path, block: int
) -> None:
    with psycopg.connect(ahead.url) as conn:
        for table in ("transfer", "cosignature"):
            conn.execute(f"alter table {table} disable trigger user")
        conn.execute("delete from cosignature where size = (select max(size) from cosignature)")
        conn.execute("update transfer set amount_minor = amount_minor + 1 where block_no = %s", (block,))
    code, _ = verify(ahead, witness, tmp_path)
    assert code in {Code.BLOCK, Code.ROOT}


def test_books_that_no_witness_saw_are_not_taken_for_countersigned(
    books: Books, witness: Witness, tmp_path: Path
) -> None:
    books.note()
    post(books)
    assert verify(books, witness, tmp_path)[0] is Code.NOT_WITNESSED
