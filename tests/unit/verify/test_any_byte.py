"""Whatever byte of the books is changed, the verifier names a failure, or nothing it says has changed."""

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from infra.bench.verify import write
from ledger.verify.books import Books
from ledger.verify.bundle import check_bundle
from ledger.verify.codes import FailureError
from ledger.verify.dump import check_dump
from ledger.verify.export import check_export
from ledger.verify.notes import Checkpoint, Trust, read_checkpoint, read_key
from tests.unit.verify.world import LOG, WITNESS, honest

TIMES = 300
DIGITS = b"9" * 5_000


def changed(chance: random.Random, data: bytes) -> bytes:
    """A byte flipped, put in, left out, or a part cut off, doubled or moved."""
    at, length = chance.randrange(len(data)), chance.randrange(1, 40)
    part = data[at : at + length]
    return chance.choice(
        (
            data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :],
            data[:at] + bytes([chance.randrange(256)]) + data[at:],
            data[:at] + data[at + 1 :],
            data[:at],
            data[: at + length] + part + data[at + length :],
            data[:at] + data[at + length :] + part,
            data[:at] + DIGITS + data[at:],
        )
    )


def said(found: tuple[Checkpoint, Books]) -> tuple[object, ...]:
    return *found[0], found[1].size, dict(found[1].balances)


def variants(files: list[Path], seed: int) -> Iterator[tuple[Path, bytes]]:
    """Each file with one change, again and again; the file is as it was afterwards."""
    chance = random.Random(seed)  # noqa: S311 - the same changes in each run
    for _ in range(TIMES):
        path = chance.choice(files)
        data = path.read_bytes()
        path.write_bytes(changed(chance, data))
        yield path, data
        path.write_bytes(data)


@pytest.mark.parametrize("what", ["export", "dump"])
def test_of_books(tmp_path: Path, what: str) -> None:
    trust = write(tmp_path, 40)
    books, dump = tmp_path / "books", tmp_path / "books.sql"
    files = [dump] if what == "dump" else sorted(path for path in books.rglob("*") if path.is_file())

    def check() -> tuple[object, ...]:
        return said(check_dump(dump, trust) if what == "dump" else check_export(books, trust))

    genuine = check()
    failures = 0
    for _ in variants(files, 1):
        try:
            assert check() == genuine
        except FailureError:
            failures += 1
    assert failures > TIMES * 0.9


def test_of_a_bundle_or_a_checkpoint(tmp_path: Path) -> None:
    world = honest(20)
    trust = Trust([read_key(str(LOG.key))], [read_key(str(WITNESS.key))], [])
    bundle = tmp_path / "bundle"
    bundle.write_text(world.prove(7))
    genuine = check_bundle(bundle.read_text(), trust)
    for path, data in variants([bundle], 2):
        text = path.read_bytes().decode(errors="replace")
        with suppress(FailureError):
            assert check_bundle(text, trust) == genuine, data
        with suppress(FailureError):
            read_checkpoint(text.partition("\n\n")[2].rpartition("\n\n")[0] + "\n")
