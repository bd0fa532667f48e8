from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import merkle

LEAVES = st.lists(st.binary(max_size=8), min_size=1, max_size=70).map(lambda data: [merkle.leaf_hash(d) for d in data])


def head(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + head(leaves[:k]) + head(leaves[k:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1, word by word."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [*path(index, leaves[:k]), head(leaves[k:])]
    return [*path(index - k, leaves[k:]), head(leaves[:k])]


@given(LEAVES)
def test_roots_and_paths_are_those_of_the_rfc(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == head(leaves)
    for index, leaf in enumerate(leaves):
        found = merkle.inclusion_path(leaves, index)
        assert found == path(index, leaves)
        assert len(found) == merkle.path_length(index, len(leaves))
        assert merkle.verify_inclusion(leaf, index, len(leaves), found, head(leaves))


@given(LEAVES, st.data())
def test_no_other_leaf_place_size_or_path_is_proved(leaves: list[bytes], data: st.DataObject) -> None:
    size, root = len(leaves), merkle.root(leaves)
    index = data.draw(st.integers(0, size - 1))
    good = merkle.inclusion_path(leaves, index)
    assert not merkle.verify_inclusion(merkle.leaf_hash(b"another leaf"), index, size, good, root)
    assert not merkle.verify_inclusion(leaves[index], index, size, [*good, bytes(32)], root)
    assert not merkle.verify_inclusion(leaves[index], -1, size, good, root)
    assert not merkle.verify_inclusion(leaves[index], size, size, good, root)
    other = data.draw(st.integers(0, size - 1))
    if leaves[other] != leaves[index]:
        assert not merkle.verify_inclusion(leaves[index], other, size, merkle.inclusion_path(leaves, other), root)
    if good:
        assert not merkle.verify_inclusion(leaves[index], index, size, good[:-1], root)
        at = data.draw(st.integers(0, len(good) - 1))
        bent = [*good[:at], bytes(32), *good[at + 1 :]]
        assert not merkle.verify_inclusion(leaves[index], index, size, bent, root)


def test_a_tree_without_leaves() -> None:
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    with pytest.raises(IndexError):
        merkle.inclusion_path([merkle.leaf_hash(b"")], 1)


def test_the_known_tree_of_certificate_transparency() -> None:
    """The eight leaves and roots used by the test suites of CT logs."""
    data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in data]
    assert merkle.root(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
