"""Leaves read back: what a follower of the log takes from leaves alone."""

import pytest

from ledger.model.entry import EntryKind, EntryRow, KeyRow, encode_entry, key_body
from ledger.model.reading import LeafError, read_origin

KEY = KeyRow("ledger.gov.kh/log", 1, b"k" * 32, b"", "sokha", "sokha", "the first", 1_600_000_000_000_000)
LEAF = encode_entry(EntryRow(7, 3, EntryKind.SIGNING_KEY, 1, key_body(KEY)))


def test_the_leaf_of_a_signing_key_names_the_log() -> None:
    assert read_origin(LEAF) == "ledger.gov.kh/log"
    assert read_origin(encode_entry(EntryRow(7, 3, EntryKind.SCHEMA_DIGEST, 1, key_body(KEY)))) is None


@pytest.mark.parametrize("size", [2, 29, 33, 40])
def test_a_leaf_that_is_cut_off_is_refused(size: int) -> None:
    with pytest.raises(LeafError):
        read_origin(LEAF[:size])
