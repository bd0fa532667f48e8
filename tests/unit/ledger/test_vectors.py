"""The published vectors hold: encodings and hashes never change, or every proof given out would break."""

import json
from datetime import date
from importlib import resources
from typing import Any

import pytest

from events.merkle import leaf_hash
from ledger.model.block import BlockHeader, block_hash, format_totals
from ledger.model.leaf import account_reference, encode_decision, encode_transfer
from ledger.model.rows import DecisionRow, TransferRow

VECTORS = json.loads(resources.files("ledger.model").joinpath("vectors.json").read_text(encoding="utf-8"))
BYTES = {"subject", "line_id", "won_by", "policy_digest", "inputs_digest", "body", "prev_hash", "root", "journal"}


def from_json(row: dict[str, Any]) -> dict[str, Any]:
    values = dict(row)
    values |= {name: bytes.fromhex(row[name]) for name in BYTES & row.keys() if row[name] is not None}
    if "effective_date" in values:
        values["effective_date"] = date.fromisoformat(values["effective_date"])
    if "reasons" in values:
        values["reasons"] = tuple(values["reasons"])
    return values


def transfer_leaf(vector: dict[str, Any]) -> bytes:
    row = TransferRow(**from_json(vector["row"]))
    return encode_transfer(
        row,
        account_reference(row.debit_account, vector["debit_code"]),
        account_reference(row.credit_account, vector["credit_code"]),
    )


@pytest.mark.parametrize("vector", VECTORS["transfers"], ids=lambda vector: str(vector["row"]["leaf_no"]))
def test_a_transfer_is_encoded_as_published(vector: dict[str, Any]) -> None:
    leaf = transfer_leaf(vector)
    assert (leaf.hex(), leaf_hash(leaf).hex()) == (vector["leaf"], vector["leaf_hash"])


@pytest.mark.parametrize("vector", VECTORS["decisions"], ids=lambda vector: str(vector["row"]["leaf_no"]))
def test_a_decision_is_encoded_as_published(vector: dict[str, Any]) -> None:
    leaf = encode_decision(DecisionRow(**from_json(vector["row"])))
    assert (leaf.hex(), leaf_hash(leaf).hex()) == (vector["leaf"], vector["leaf_hash"])


@pytest.mark.parametrize("vector", VECTORS["blocks"], ids=lambda vector: str(vector["header"]["block_no"]))
def test_a_block_is_hashed_as_published(vector: dict[str, Any]) -> None:
    assert block_hash(BlockHeader(**from_json(vector["header"]))).hex() == vector["hash"]


def test_every_column_of_a_transfer_is_bound() -> None:
    vector = VECTORS["transfers"][1]
    row = TransferRow(**from_json(vector["row"]))
    debit, credit = account_reference(3, "a"), account_reference(4, "b")
    seen = {encode_transfer(row, debit, credit), encode_transfer(row, credit, debit)}
    seen |= {
        encode_transfer(row, account_reference(3, "x"), credit),
        encode_transfer(row, account_reference(5, "a"), credit),
    }
    other: dict[str, Any] = {"subject": b"x", "currency": "EUR", "effective_date": date(2020, 2, 29), "reverses": None}
    # The accounts' numbers are bound through their references.
    changed = [name for name in TransferRow._fields if name not in {"debit_account", "credit_account"}]
    for name in changed:
        seen.add(encode_transfer(row._replace(**{name: other.get(name, 77)}), debit, credit))
    assert len(seen) == 4 + len(changed)


def test_every_column_of_a_decision_is_bound() -> None:
    row = DecisionRow(**from_json(VECTORS["decisions"][0]["row"]))
    other: dict[type, Any] = {int: 77, str: "other", bytes: b"other", tuple: (1, 2), type(None): b"other"}
    seen = {encode_decision(row)}
    for name, value in row._asdict().items():
        seen.add(encode_decision(row._replace(**{name: other[type(value)]})))
    assert len(seen) == 1 + len(DecisionRow._fields)


def test_every_field_of_a_block_is_bound() -> None:
    header = from_json(VECTORS["blocks"][0]["header"])
    seen = {block_hash(BlockHeader(**header))}
    for name, value in header.items():
        other = 77 if isinstance(value, int) else "other" if isinstance(value, str) else b"\7" * 32
        seen.add(block_hash(BlockHeader(**{**header, name: other})))
    assert len(seen) == 1 + len(header)


def test_a_hash_of_another_length_is_refused_rather_than_filled() -> None:
    header = from_json(VECTORS["blocks"][0]["header"])
    with pytest.raises(ValueError, match="32 bytes"):
        block_hash(BlockHeader(**{**header, "prev_hash": b"short"}))


def test_totals_are_sorted_and_leave_zeros_out() -> None:
    assert format_totals({"USD": 150, "KHR": 400_000, "EUR": 0}) == "KHR=400000;USD=150"
    assert format_totals({}) == ""
