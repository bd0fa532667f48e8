"""Tables that both comparisons look at: live claims, and what is folded from the facts."""

from __future__ import annotations

from typing import Final

from pipeline.rebuild.difference import Table
from processors.facts import EntityState, encode_state

_NOTHING = encode_state(EntityState()).hex()
"""Of somebody who was named and of whom nothing is known: as good as not there."""

CLAIMS: Final = (
    Table(
        "claim",
        'select entity.key, grp collate "C", claim_key.key collate "C", line_id from claim_key'
        " join entity on entity_no = holder_no order by 1, 2, 3",
        3,
        ("line",),
    ),
    Table(
        "claim of a side",
        'select entity.key, grp collate "C", claim_side.key collate "C", side from claim_side'
        " join entity on entity_no = holder_no order by 1, 2, 3",
        3,
        ("side",),
    ),
    Table(
        "claim of days",
        "select entity.key, grp_no, lower(days)::text, upper(days)::text, line_id from claim_window"
        " join entity on entity_no = holder_no order by 1, 2, lower(days), upper(days)",
        4,
        ("line",),
    ),
)

FOLDED: Final = (
    Table("state", f"select key, state from entity where state <> '\\x{_NOTHING}' order by 1", 1, ("state",)),
    Table(
        "line",
        "select line_id, entity, source, benefit, cycle, batch_id, amount_minor, currency from line order by 1",
        1,
        ("case", "source", "benefit", "cycle", "batch", "amount_minor", "currency"),
    ),
    Table(
        "budget",
        'select fund collate "C", programme collate "C", fiscal_year, currency collate "C", appropriation_minor,'
        " allotment_minor from budget order by 1, 2, 3, 4",
        4,
        ("appropriation_minor", "allotment_minor"),
    ),
)
