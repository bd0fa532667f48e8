import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.identity import instruction_id, instruction_id_hex, line_id, line_id_hex
from events.sources import to_urn


def test_a_line_is_named_by_the_whole_urn_and_the_request_id() -> None:
    expected = hashlib.sha256(b"urn:sp:operator:nssf\0R-1").hexdigest()[:32]
    assert line_id_hex(to_urn("nssf"), "R-1") == expected == line_id(to_urn("nssf"), "R-1").hex()


def test_an_instruction_is_named_by_the_text_of_the_line_id_and_the_attempt() -> None:
    line = line_id_hex(to_urn("nssf"), "R-1")
    expected = hashlib.sha256(line.encode() + b"\x0012").hexdigest()[:32]
    assert instruction_id_hex(line, 12) == expected == instruction_id(line, 12).hex()
    with pytest.raises(ValueError, match="from 1"):
        instruction_id(line, 0)


@given(*[st.tuples(st.sampled_from(["nssf", "nsaf", "hef"]), st.text("ab:", min_size=1, max_size=4))] * 2)
def test_different_requests_have_different_lines(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (line_id(*one) == line_id(*other)) is (one == other)
