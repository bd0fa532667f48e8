"""Tiles, roots and proofs of the whole log against the plain tree over all leaf hashes."""

import secrets
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import merkle
from ledger.proof.tree import TILE_WIDTH, Prover, Tree, edge_sizes, split_hashes, tile_root, verify_consistency

LEAVES = [merkle.leaf_hash(number.to_bytes(4)) for number in range(70_000)]
SIZES = (1, 2, 3, 7, 255, 256, 257, 511, 512, 513, 1_000, 65_535, 65_536, 65_537, 70_000)


class Tiles:
    """Tiles of a tree grown in steps, as a sealer keeps them."""

    def __init__(self, steps: Sequence[int]) -> None:
        self.tree = Tree()
        self.full: dict[tuple[int, int], list[bytes]] = {}
        for step in steps:
            for level, idx, hashes in self.tree.extend(LEAVES[self.tree.size : self.tree.size + step]):
                assert (level, idx) not in self.full
                self.full[level, idx] = split_hashes(hashes)

    def hashes(self, level: int, index: int) -> Sequence[bytes]:
        if index == self.tree.size >> 8 * (level + 1):
            return self.tree.edge[level]
        return self.full[level, index]


@pytest.fixture(scope="module")
def grown() -> Tiles:
    return Tiles([1, 254, 1, 1, 255, 65_024, 1, 4_463])


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_that_of_the_plain_tree(size: int, grown: Tiles) -> None:
    assert Tiles([size]).tree.root() == merkle.root(LEAVES[:size]) == Prover(grown).root(size)


def test_of_nothing_the_root_is_the_hash_of_nothing() -> None:
    assert Tree().root() == merkle.EMPTY_ROOT


@given(st.lists(st.integers(0, 700), max_size=6))
def test_in_however_many_steps_a_log_grows_its_tiles_are_the_same(steps: list[int]) -> None:
    stepwise, at_once = Tiles(steps), Tiles([sum(steps)])
    assert stepwise.full == at_once.full
    assert stepwise.tree.root() == at_once.tree.root()
    size = stepwise.tree.size
    assert [len(hashes) for hashes in stepwise.tree.edge][: len(edge_sizes(size))] == edge_sizes(size)


def test_a_tile_stands_for_its_leaves_in_the_level_above(grown: Tiles) -> None:
    for (level, idx), hashes in grown.full.items():
        if level == 0 and idx // TILE_WIDTH == 0:
            assert tile_root(b"".join(hashes)) == grown.hashes(1, 0)[idx]


@given(st.sampled_from(SIZES), st.data())
def test_inclusion_paths_are_those_of_the_plain_tree(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = Prover(GROWN).inclusion(index, size)
    assert merkle.verify_inclusion(LEAVES[index], index, size, path, Prover(GROWN).root(size))
    if size <= 1_000:
        assert path == merkle.inclusion_path(LEAVES[:size], index)


GROWN = Tiles([70_000])


@given(st.integers(0, 1_100), st.integers(0, 1_100), st.data())
def test_a_consistency_proof_holds_for_its_two_sizes_only(one: int, other: int, data: st.DataObject) -> None:
    old, size = sorted((one, other))
    prover = Prover(GROWN)
    proof = prover.consistency(old, size)
    roots = prover.root(old), prover.root(size)
    assert verify_consistency(old, size, *roots, proof)
    if old in {0, size}:
        return
    assert not verify_consistency(old, size, secrets.token_bytes(32), roots[1], proof)
    assert not verify_consistency(old, size, roots[0], secrets.token_bytes(32), proof)
    assert not verify_consistency(old, size, *roots, proof[:-1])
    assert not verify_consistency(old, size, *roots, [*proof, bytes(32)])
    at = data.draw(st.integers(0, len(proof) - 1))
    assert not verify_consistency(old, size, *roots, [*proof[:at], bytes(32), *proof[at + 1 :]])


def test_a_log_does_not_shrink() -> None:
    assert not verify_consistency(5, 4, bytes(32), bytes(32), [])
    with pytest.raises(IndexError):
        Prover(GROWN).consistency(5, 4)


def test_a_leaf_outside_the_tree_has_no_path() -> None:
    for index in (-1, 5):
        with pytest.raises(IndexError):
            Prover(GROWN).inclusion(index, 5)
