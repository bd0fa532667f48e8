"""`spp-verify` and a second implementation judge the same genuine and tampered books alike."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from events import merkle
from ledger.proof.note import NoteSigner
from ledger.verify.codes import Code
from tests.unit.verify import second
from tests.unit.verify.world import LOG, NEXT, THIEF, WITNESS, World, decision, honest, transfer

Forge = Callable[[Path], Path]


def verify(
    what: str, *paths: Path, seen: Path | None = None, witness: bool = True, keys: Sequence[NoteSigner] = (LOG,)
) -> Code:
    """The exit code of the real program, in a process of its own."""
    command = [sys.executable, "-m", "ledger.verify.main", what, *map(str, paths)]
    command += [text for signer in keys for text in ("--log-key", str(signer.key))]
    command += ["--witness-key", str(WITNESS.key)] if witness else []
    command += ["--seen", str(seen)] if seen else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return Code(done.returncode)


def edited(world: World, at: int, leaf: bytes) -> list[bytes]:
    leaves = world.leaves()
    leaves[at] = leaf
    return leaves


def changed_amount(directory: Path) -> Path:
    world = honest()
    leaf = bytearray(world.leaves()[1])
    leaf[-20] ^= 1  # the low byte of the amount
    return world.write(directory, edited(world, 1, bytes(leaf)))


def changed_amount_everywhere(directory: Path) -> Path:
    """With totals, block hashes and tiles made anew, but without the key."""
    world = honest()
    row = world.blocks[1][0]
    world.blocks[1][0] = row._replace(amount_minor=500_000)  # type: ignore[call-arg]  # it is a transfer
    forged = world.rehashed()
    forged.notes = world.notes
    return forged.write(directory)


def edited_decision(directory: Path) -> Path:
    world = honest()
    row = world.blocks[1][1]
    world.blocks[1][1] = row._replace(state=5)  # type: ignore[call-arg]  # it is a decision
    forged = world.rehashed()
    forged.notes = world.notes
    return forged.write(directory)


def dropped_tail(directory: Path) -> Path:
    world = honest()
    kept = World(world.blocks[:-1], world.headers[:-1], world.notes)
    return kept.write(directory)


def swapped_rows(directory: Path) -> Path:
    world = honest()
    leaves = world.leaves()
    leaves[1], leaves[3] = leaves[3], leaves[1]
    return world.write(directory, leaves)


def forged_signature(directory: Path) -> Path:
    world = honest()
    line = world.notes[-1].splitlines()[5]
    raw = bytearray(base64.b64decode(line.rpartition(" ")[2]))
    raw[-1] ^= 1
    forged = line.rpartition(" ")[0] + " " + base64.b64encode(bytes(raw)).decode()
    world.notes[-1] = world.notes[-1].replace(line, forged)
    return world.write(directory)


def resigned(directory: Path) -> Path:
    """The history is rewritten and signed by somebody else under our name."""
    world = honest()
    forged = World(signer=THIEF)
    for rows in world.blocks[:-1]:
        forged.post(rows)
    forged.sign()
    return forged.write(directory)


def fork(directory: Path) -> Path:
    """Signed with the log's own key, as its owner could; the witness never saw it."""
    forged = World()
    for rows in honest().blocks[:-1]:
        forged.post(rows)
    first = forged.size
    forged.post([transfer(first, len(forged.blocks) + 1, 900), decision(first + 1, len(forged.blocks) + 1, 900)])
    forged.sign(witnessed=False)
    return forged.write(directory)


def tail_behind_the_witness(directory: Path) -> Path:
    """The last amount is another, and all that the witness said of it is taken away."""
    world = honest()
    leaf = bytearray(world.leaves()[-2])
    leaf[-19] ^= 1  # the low byte of the amount, before what it takes back
    world.notes.pop()
    world.sign(witnessed=False)
    return world.write(directory, edited(world, world.size - 2, bytes(leaf)), head=-2)


def tail_that_was_signed_and_is_gone(directory: Path) -> Path:
    world = honest()
    kept = World(world.blocks[:-1], world.headers[:-1], world.notes)
    return kept.write(directory, head=-2)


FORGERIES = (
    (tail_behind_the_witness, {Code.ROOT, Code.BLOCK, Code.TOTALS}),
    (tail_that_was_signed_and_is_gone, {Code.TRUNCATED}),
    (changed_amount, {Code.ROOT, Code.FORK, Code.BLOCK}),
    (changed_amount_everywhere, {Code.ROOT, Code.FORK}),
    (edited_decision, {Code.ROOT, Code.FORK}),
    (dropped_tail, {Code.TRUNCATED}),
    (swapped_rows, {Code.NUMBERING}),
    (forged_signature, {Code.SIGNATURE}),
    (resigned, {Code.UNKNOWN_KEY}),
    (fork, {Code.NOT_WITNESSED}),
)


def test_both_accept_genuine_books(tmp_path: Path) -> None:
    world = honest()
    world.write(tmp_path)
    assert verify("export", tmp_path) is Code.GOOD
    assert second.accepts_export(tmp_path, str(LOG.key), str(WITNESS.key))


@pytest.mark.parametrize(("forge", "codes"), FORGERIES, ids=lambda value: getattr(value, "__name__", ""))
def test_both_reject_tampered_books(tmp_path: Path, forge: Forge, codes: set[Code]) -> None:
    forge(tmp_path)
    assert verify("export", tmp_path) in codes
    assert not second.accepts_export(tmp_path, str(LOG.key), str(WITNESS.key))


def rotated(by: NoteSigner | None = LOG, **told: Any) -> World:
    """The log's key is followed by another one, which signs what comes after."""
    world = honest(20)
    world.rotate(NEXT, by, **told)
    number = len(world.blocks) + 1
    world.post([decision(world.size + at, number, 900 + at) for at in range(3)])
    world.sign()
    return world


def signed_on_by_the_old_key() -> World:
    """As whoever stole the key would, for whose sake another took its place."""
    world = rotated()
    world.notes.pop()
    world.signer = LOG
    world.sign()
    return world


def signed_too_early() -> World:
    """By a key that is not on record yet."""
    world = honest(20)
    world.signer = NEXT
    world.sign()
    world.rotate(NEXT, LOG)
    world.sign()
    return world


def test_both_accept_a_key_that_the_one_before_endorsed(tmp_path: Path) -> None:
    rotated().write(tmp_path)
    assert verify("export", tmp_path, keys=(LOG, NEXT)) is Code.GOOD
    assert second.accepts_export(tmp_path, [str(LOG.key), str(NEXT.key)], str(WITNESS.key))
    for one in (LOG, NEXT):
        assert verify("export", tmp_path, keys=(one,)) is Code.UNKNOWN_KEY
        assert not second.accepts_export(tmp_path, [str(one.key)], str(WITNESS.key))


@pytest.mark.parametrize(
    "forged",
    [
        lambda: rotated(None),
        lambda: rotated(THIEF),
        lambda: rotated(NEXT),
        lambda: rotated(about=THIEF),
        lambda: rotated(name="books.example/another"),
        signed_on_by_the_old_key,
        signed_too_early,
    ],
    ids=["by nobody", "by a thief", "by itself", "of another key", "of another log", "old key", "too early"],
)
def test_both_reject_a_key_that_is_not_endorsed_or_signs_out_of_its_time(
    tmp_path: Path, forged: Callable[[], World]
) -> None:
    forged().write(tmp_path)
    assert verify("export", tmp_path, keys=(LOG, NEXT)) is Code.KEY
    assert not second.accepts_export(tmp_path, [str(LOG.key), str(NEXT.key)], str(WITNESS.key))


def test_both_reject_a_fork_that_a_colluding_witness_signed_against_what_the_auditor_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text(honest().notes[-1])
    forged = World()
    for rows in honest(160).blocks:
        forged.post(rows)
    size, number = forged.size, len(forged.blocks) + 1
    forged.post([decision(size + at, number, 800 + at) for at in range(40)])
    forged.sign()
    forged.write(tmp_path / "books")
    assert verify("export", tmp_path / "books") is Code.GOOD
    assert verify("export", tmp_path / "books", seen=kept) is Code.FORK
    assert not second.accepts_export(tmp_path / "books", str(LOG.key), str(WITNESS.key), kept.read_text())


def test_both_reject_older_books_than_the_auditor_kept(tmp_path: Path) -> None:
    world = honest()
    kept = tmp_path / "kept"
    kept.write_text(world.notes[-1])
    older = World(world.blocks[:-1], world.headers[:-1], world.notes[:-1])
    older.write(tmp_path / "books")
    assert verify("export", tmp_path / "books") is Code.GOOD
    assert verify("export", tmp_path / "books", seen=kept) is Code.TRUNCATED
    assert verify("checkpoint", tmp_path / "books" / "checkpoint", seen=kept) is Code.TRUNCATED
    assert not second.accepts_export(tmp_path / "books", str(LOG.key), str(WITNESS.key), kept.read_text())


def test_both_accept_a_bundle_of_every_leaf(tmp_path: Path) -> None:
    world = honest(20)
    for index in range(world.size):
        (tmp_path / f"{index}.tlog-proof").write_text(world.prove(index))
        assert second.accepts_bundle(world.prove(index), str(LOG.key), str(WITNESS.key))
    assert verify("bundle", *sorted(tmp_path.glob("*"))) is Code.GOOD


@pytest.mark.parametrize(
    ("bundle", "code"),
    [
        (lambda world: world.prove(1, leaf=world.leaves()[3]), Code.INCLUSION),
        (lambda world: world.prove(1).replace("index 1\n", "index 3\n"), Code.INCLUSION),
        (lambda world: world.prove(1, note=world.notes[1]), Code.INCLUSION),
        (lambda world: world.prove(1).replace("index 1\n", f"index 1\n{'A' * 43}=\n"), Code.INCLUSION),
        (lambda world: world.prove(1, note=world.notes[-1].replace("\n343\n", "\n344\n")), Code.SIGNATURE),
        (lambda world: world.prove(1, note=world.sign(witnessed=False)), Code.NOT_WITNESSED),
    ],
    ids=["other leaf", "other place", "other checkpoint", "longer path", "other size", "not witnessed"],
)
def test_both_reject_a_forged_bundle(tmp_path: Path, bundle: Callable[[World], str], code: Code) -> None:
    text = bundle(honest())
    (tmp_path / "b").write_text(text)
    assert verify("bundle", tmp_path / "b") is code
    assert not second.accepts_bundle(text, str(LOG.key), str(WITNESS.key))


def _wrong_totals() -> World:
    world = World()
    world.post([transfer(0, 1, 1), decision(1, 1, 1)], totals="KHR=1")
    return world


def _books(*rows: Sequence[object]) -> World:
    world = World()
    for block in rows:
        world.post(block)  # type: ignore[arg-type]  # rows of every kind
    return world


@pytest.mark.parametrize(
    ("world", "code"),
    [
        (_wrong_totals(), Code.TOTALS),
        (_books([transfer(0, 1, 1), decision(1, 1, 1)], [transfer(2, 2, 1, 400_001, reverses=0)]), Code.REVERSAL),
        (
            _books(
                [transfer(0, 1, 1)],
                [transfer(1, 2, 1, 300_000, reverses=0)],
                [transfer(2, 3, 1, 300_000, reverses=0)],
            ),
            Code.REVERSAL,
        ),
        (_books([transfer(0, 1, 1)], [transfer(1, 2, 2, 1, reverses=0)]), Code.REVERSAL),
        (_books([transfer(0, 1, 1)], [transfer(1, 2, 1, 1, reverses=7)]), Code.REVERSAL),
        (
            _books([transfer(0, 1, 1), transfer(1, 1, 1, 9, reverses=0)], [transfer(2, 2, 1, 1, reverses=1)]),
            Code.REVERSAL,
        ),
        (_books([decision(0, 1, 1)], [decision(1, 2, 1, 3)]), Code.NUMBERING),
        (_books([decision(0, 1, 1), decision(2, 1, 2)]), Code.NUMBERING),
        (_books([decision(0, 2, 1)]), Code.BLOCK),
        (_books([transfer(0, 1, 1)._replace(credit_account=1)]), Code.TOTALS),
    ],
    ids=[
        "totals", "above the original", "twice above", "another line's", "of nothing", "of a reversal",
        "version left out", "leaf left out", "other block", "to itself",
    ],
)  # fmt: skip
def test_books_that_were_signed_and_still_do_not_hold(tmp_path: Path, world: World, code: Code) -> None:
    """The keepers of the log themselves wrote what may not be; signatures are all good."""
    world.sign()
    world.write(tmp_path)
    assert verify("export", tmp_path) is code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("checkpoint", Code.MALFORMED),
        ("checkpoints.jsonl", Code.MALFORMED),
        ("blocks.jsonl", Code.MALFORMED),
        ("tile/leaves/000", Code.TRUNCATED),
        ("tile/0/000", Code.TILE),
        ("tile/1/000.p/1", Code.TILE),
    ],
)
def test_a_missing_file_is_named(tmp_path: Path, name: str, code: Code) -> None:
    honest().write(tmp_path)
    (tmp_path / name).unlink()
    assert verify("export", tmp_path) is code


def test_a_changed_tile_and_a_changed_header_are_found(tmp_path: Path) -> None:
    honest().write(tmp_path)
    tile = tmp_path / "tile/0/000"
    good = tile.read_bytes()
    tile.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert verify("export", tmp_path) is Code.TILE
    tile.write_bytes(good)
    blocks = tmp_path / "blocks.jsonl"
    blocks.write_text(blocks.read_text().replace('"writer": "test"', '"writer": "best"', 1))
    assert verify("export", tmp_path) is Code.BLOCK


def test_a_header_made_anew_with_its_hash_is_found(tmp_path: Path) -> None:
    """Headers are no leaves: the checkpoint binds the last one, and through it all before."""
    world = honest()
    forged = World(signer=LOG)
    for number, rows in enumerate(world.blocks):
        forged.post(rows)
        if number == 0:
            header, _ = forged.headers[0]
            from dataclasses import replace

            from ledger.model.block import block_hash

            header = replace(header, recorded_us=1)
            forged.headers[0] = (header, block_hash(header))
    forged.notes = world.notes
    forged.write(tmp_path)
    assert verify("export", tmp_path) is Code.BLOCK


def test_the_log_grows_for_the_second_judge_too() -> None:
    world = honest()
    hashes = [merkle.leaf_hash(leaf) for leaf in world.leaves()]
    old, new = (100, merkle.root(hashes[:100])), (world.size, merkle.root(hashes))
    assert second.accepts_growth(old, new, world.leaves())
    assert not second.accepts_growth((100, bytes(32)), new, world.leaves())


def test_wrong_usage_and_unreadable_files_have_their_codes(tmp_path: Path) -> None:
    assert verify("export", tmp_path / "nowhere") is Code.MALFORMED
    assert verify("bundle", tmp_path / "nowhere") is Code.MALFORMED
    assert verify("guess", tmp_path) is Code.USAGE
