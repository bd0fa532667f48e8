import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from events.errors import ContractError
from events.keys import Key
from events.merkle import path_length
from events.reasons import Reason
from events.signing import BATCH_MAX, KeyRegistry, RegistryError, Signer, Verifier, permits_scheme

PRIVATE = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()
SIGNER = Signer("k", PRIVATE)
NOW = 1_700_000_000_000_000


def key(
    key_id: str = "k", source: str = "nssf", private: Ed25519PrivateKey = PRIVATE,
    types: frozenset[str] = frozenset({"payment.requested", "batch.*"}),
    schemes: frozenset[str] | None = frozenset({"nssf"}), begin: int = 0, end: int | None = None,
) -> Key:  # fmt: skip
    return Key(key_id, source, private.public_key(), types, schemes, begin, end)


def outcome(
    header: bytes | None, value: bytes = b"value", *, registry: Key | None = None, key_id: str | None = "k",
    source: str = "nssf", type_name: str = "payment.requested", verifier: Verifier | None = None, now: int = NOW,
) -> str:  # fmt: skip
    checker = verifier or Verifier(KeyRegistry([registry or key()]))
    try:
        return checker.verify(source, type_name, value, header, key_id, now).key_id
    except ContractError as error:
        return str(error.reason)


ONE = SIGNER.sign_one(b"value")


def test_a_good_signature_gives_the_key() -> None:
    assert outcome(ONE) == "k"
    assert outcome(SIGNER.sign_batch([b"value"])[0]) == "k"


@pytest.mark.parametrize(
    ("header", "key_id"),
    [(None, "k"), (b"", "k"), (ONE, None), (ONE, ""), (None, None)],
    ids=["no header", "empty header", "no key", "empty key", "neither"],
)
def test_unsigned(header: bytes | None, key_id: str | None) -> None:
    assert outcome(header, key_id=key_id) == "unsigned"


def test_unknown_key() -> None:
    assert outcome(ONE, key_id="nobody") == "unknown_key"


@pytest.mark.parametrize(
    "header",
    [
        b"\x00",
        b"\x01",
        b"\x02",
        b"\x03" + ONE[1:],
        ONE + b"x",
        ONE[:-1],
        ONE[1:],
        b"\x01" + bytes(64),
        Signer("k", OTHER).sign_one(b"value"),
        SIGNER.sign_one(b"another value"),
    ],
    ids=["none", "one", "batch", "kind", "longer", "shorter", "headless", "zeros", "other key", "other value"],
)
def test_bad_signature(header: bytes) -> None:
    assert outcome(header) == "bad_signature"


def test_validity_is_judged_at_receipt_and_its_end_is_excluded() -> None:
    bounded = key(begin=NOW, end=NOW + 10)
    assert [outcome(ONE, registry=bounded, now=NOW + at) for at in (-1, 0, 9, 10)] == [
        "key_not_valid", "k", "k", "key_not_valid",
    ]  # fmt: skip


def test_a_key_speaks_for_its_source_and_its_types_only() -> None:
    assert outcome(ONE, source="nsaf") == "not_authorised"
    assert outcome(ONE, type_name="cycle.closed") == "not_authorised"
    assert outcome(ONE, type_name="batch.declared") == "k"
    assert outcome(ONE, type_name="award.granted") == "k"  # refused later, as an unknown type


def test_the_order_of_refusals() -> None:
    stale = key(begin=NOW + 1)
    assert outcome(None, registry=stale, key_id="nobody", source="nsaf") == "unsigned"
    assert outcome(b"x", registry=stale, key_id="nobody", source="nsaf") == "unknown_key"
    assert outcome(b"x", registry=stale, source="nsaf") == "bad_signature"
    assert outcome(ONE, registry=stale, source="nsaf") == "key_not_valid"


def test_schemes() -> None:
    assert permits_scheme(key(), "nssf")
    assert not permits_scheme(key(), "nsaf")
    assert permits_scheme(key(schemes=None), "anything")


def test_a_key_id_names_one_key_for_ever() -> None:
    with pytest.raises(RegistryError, match="twice"):
        KeyRegistry([key(), key(private=OTHER)])


def test_two_keys_of_a_source_count_side_by_side() -> None:
    registry = KeyRegistry([key(), key("k2", private=OTHER)])
    assert [found.key_id for found in registry.of_source("nssf")] == ["k", "k2"]
    verifier = Verifier(registry)
    header = Signer("k2", OTHER).sign_one(b"value")
    assert outcome(header, key_id="k2", verifier=verifier) == "k2"
    assert outcome(header, key_id="k", verifier=verifier) == "bad_signature"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 500, BATCH_MAX])
def test_batches_of_any_size_in_any_order(size: int) -> None:
    values = [b"%d" % at for at in range(size)]
    headers = SIGNER.sign_batch(values)
    order = sorted(range(size), key=lambda at: at * 7919 % 1009)
    verifier = Verifier(KeyRegistry([key()]))
    for at in order + order:
        assert outcome(headers[at], values[at], verifier=verifier) == "k"


@pytest.mark.parametrize("size", [0, BATCH_MAX + 1])
def test_a_batch_is_bounded(size: int) -> None:
    with pytest.raises(ValueError, match="a batch has"):
        SIGNER.sign_batch([b"x"] * size)


def test_a_batch_larger_than_allowed_is_not_looked_at() -> None:
    header = bytearray(SIGNER.sign_batch([b"value", b"x"])[0])
    header[5:9] = (BATCH_MAX + 1).to_bytes(4, "big")
    assert outcome(bytes(header)) == "bad_signature"


@settings(max_examples=300)
@given(st.integers(1, 40), st.data())
def test_no_altered_header_or_value_passes_whatever_was_verified_before(size: int, data: st.DataObject) -> None:
    """What is accepted does not depend on what the verifier remembers."""
    values = [b"%d" % at for at in range(size)]
    headers = SIGNER.sign_batch(values)
    verifier = Verifier(KeyRegistry([key()]))
    for at in data.draw(st.lists(st.integers(0, size - 1), max_size=size)):
        assert outcome(headers[at], values[at], verifier=verifier) == "k"
    at = data.draw(st.integers(0, size - 1))
    header, value = bytearray(headers[at]), values[at]
    kind = data.draw(st.sampled_from(["bit", "longer", "shorter", "value", "swap"]))
    if kind == "bit":
        header[data.draw(st.integers(0, len(header) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    elif kind == "longer":
        header += data.draw(st.binary(min_size=1, max_size=32))
    elif kind == "shorter":
        del header[-data.draw(st.integers(1, len(header) - 1)) :]
    elif kind == "value":
        value += b"!"
    else:
        value = data.draw(st.sampled_from(values))
    altered = bytes(header) != headers[at] or value != values[at]
    # The count of leaves is not signed: some places have the same path in a tree of another size, and prove the same.
    count = int.from_bytes(header[5:9], "big")
    same_proof = (
        value == values[at]
        and header[:5] + header[9:] == headers[at][:5] + headers[at][9:]
        and at < count <= BATCH_MAX
        and path_length(at, count) == path_length(at, size)
    )
    found = {outcome(bytes(header), value, verifier=checker) for checker in (verifier, Verifier(KeyRegistry([key()])))}
    assert found == ({"bad_signature"} if altered else {"k"}) or (same_proof and found == {"k"})
    assert outcome(headers[at], values[at], verifier=verifier) == "k"


def test_what_one_key_signed_is_not_proved_for_another() -> None:
    verifier = Verifier(KeyRegistry([key(), key("k2", source="nsaf", private=OTHER)]))
    header = SIGNER.sign_batch([b"value", b"x"])[0]
    assert outcome(header, verifier=verifier) == "k"
    assert outcome(header, key_id="k2", source="nsaf", verifier=verifier) == "bad_signature"


def test_memory_is_bounded() -> None:
    verifier = Verifier(KeyRegistry([key()]))
    for at in range(200):
        values = [b"%d.%d" % (at, leaf) for leaf in range(4)]
        for value, header in zip(values, SIGNER.sign_batch(values), strict=True):
            assert outcome(header, value, verifier=verifier) == "k"
    assert len(verifier._batches) <= 64


def test_reasons_carry_no_value() -> None:
    with pytest.raises(ContractError) as caught:
        Verifier(KeyRegistry([key()])).verify("nssf", "payment.requested", b"0777777777", ONE, "k", NOW)
    assert caught.value.reason is Reason.BAD_SIGNATURE
    assert "0777777777" not in str(caught.value)
