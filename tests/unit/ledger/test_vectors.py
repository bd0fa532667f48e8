"""The published vectors hold: encodings and hashes never change, or every proof given out would break."""

import json
from datetime import date
from importlib import resources
from typing import Any

import pytest

from events.merkle import leaf_hash
from ledger.model.block import BlockHeader, block_hash, format_totals
from ledger.model.entry import (
    ENTRY_NAMES,
    ActivationRow,
    AuditRow,
    EntryKind,
    EntryRow,
    KeyRow,
    PeriodRow,
    SchemaRow,
    activation_body,
    audit_body,
    encode_entry,
    key_body,
    period_body,
    record_digest,
    schema_body,
)
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


def test_every_kind_of_entry_has_a_vector() -> None:
    assert {vector["kind"] for vector in VECTORS["entries"]} == set(ENTRY_NAMES.values())


@pytest.mark.parametrize("vector", VECTORS["entries"], ids=lambda vector: f"{vector['kind']} {vector['leaf_no']}")
def test_an_entry_is_encoded_as_published(vector: dict[str, Any]) -> None:
    kind = EntryKind[vector["kind"].upper()]
    body = entry_body(kind, entry_values(vector))
    leaf = encode_entry(EntryRow(vector["leaf_no"], vector["block_no"], kind, vector["ref"], body))
    assert (body.hex(), leaf.hex(), leaf_hash(leaf).hex()) == (vector["body"], vector["leaf"], vector["leaf_hash"])


@pytest.mark.parametrize("vector", VECTORS["entries"], ids=lambda vector: f"{vector['kind']} {vector['leaf_no']}")
def test_every_column_of_an_entry_is_bound(vector: dict[str, Any]) -> None:
    kind, values = EntryKind[vector["kind"].upper()], entry_values(vector)
    seen = {entry_body(kind, values)}
    for name, value in values.items():
        other = 77 if isinstance(value, int) else "other" if isinstance(value, str) else b"\7" * 32
        seen.add(entry_body(kind, {**values, name: other}))
    assert len(seen) == 1 + len(values)


def test_every_column_of_an_entrys_leaf_is_bound() -> None:
    row = EntryRow(1, 2, 3, 4, b"body")
    seen = {encode_entry(row), encode_entry(row._replace(body=b"other"))}
    seen |= {encode_entry(row._replace(leaf_no=7)), encode_entry(row._replace(block_no=7))}
    seen |= {encode_entry(row._replace(kind=7)), encode_entry(row._replace(ref=7))}
    assert len(seen) == 6


def test_a_quarantined_record_is_named_by_place_reason_and_bytes() -> None:
    places = [(1, 2, 3, 4, b"v"), (9, 2, 3, 4, b"v"), (1, 9, 3, 4, b"v"), (1, 2, 9, 4, b"v"), (1, 2, 3, 9, b"v")]
    digests = {record_digest(*place) for place in places}
    digests |= {record_digest(1, 2, 3, 4, b"w"), record_digest(1, 2, 3, 4, b""), record_digest(1, 2, 3, 4, None)}
    assert len(digests) == 8


def entry_values(vector: dict[str, Any]) -> dict[str, Any]:
    hashes = {"record", "digest", "public_key", "endorsement", "block_hash", "trial_balance"}
    return {name: bytes.fromhex(value) if name in hashes else value for name, value in vector["row"].items()}


def entry_body(kind: EntryKind, values: dict[str, Any]) -> bytes:
    if kind is EntryKind.QUARANTINE_AUDIT:
        return audit_body(AuditRow(**values))
    if kind is EntryKind.POLICY_ACTIVATION:
        return activation_body(ActivationRow(**values))
    if kind is EntryKind.SCHEMA_DIGEST:
        return schema_body(SchemaRow(**values))
    if kind is EntryKind.PERIOD_EVENT:
        return period_body(PeriodRow(**values))
    return key_body(KeyRow(**values))


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
