"""Copies of rows must not collide: what a table holds unique differs from copy to copy."""

import pytest
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from infra.bench.filling import COPIES
from ledger.store import schema


@pytest.mark.parametrize("table", sorted(COPIES))
def test_every_key_of_a_table_differs_from_copy_to_copy(table: str) -> None:
    found = schema.metadata.tables[table]
    keys = [
        one for one in found.constraints if isinstance(one, PrimaryKeyConstraint | UniqueConstraint) and one.columns
    ]
    assert keys or table == "claim_window"
    for key in keys:
        assert {column.name for column in key.columns} & COPIES[table].keys(), key.name


def test_windows_of_copies_are_of_other_holders() -> None:
    """Days of one holder must not overlap; the constraint is an exclusion, which has no key."""
    assert COPIES["claim_window"]["holder_no"] == COPIES["entity"]["entity_no"]


@pytest.mark.parametrize("table", sorted(COPIES))
def test_only_columns_that_exist_are_changed(table: str) -> None:
    assert COPIES[table].keys() <= set(schema.metadata.tables[table].columns.keys())


def test_a_line_is_found_by_its_copies_under_one_name() -> None:
    """Decisions, transfers and claims of a copied line must name the copy, not the line it was made from."""
    name = COPIES["line"]["line_id"]
    assert COPIES["decision"]["line_id"] == COPIES["decision"]["subject"] == name
    assert COPIES["transfer"]["subject"] == COPIES["claim_key"]["line_id"] == COPIES["claim_window"]["line_id"] == name
    assert COPIES["line"]["entity"] == COPIES["entity"]["key"]
