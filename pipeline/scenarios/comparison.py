"""Expected against obtained: one row for each figure, and whether all agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from pipeline.scenarios.expectation import Expected
    from pipeline.scenarios.obtained import Counters, Obtained

Group = Literal["received", "accepted", "decided", "posted", "quarantined"]


class Figure(msgspec.Struct, frozen=True):
    """One figure. `unit` is `count` or a currency, whose amounts are minor units."""

    group: Group
    name: str
    unit: str
    expected: int
    obtained: int

    @property
    def agrees(self) -> bool:
        """Whether it is exactly as expected."""
        return self.expected == self.obtained


def compare(
    expected: Expected,
    obtained: Obtained,
    before: Counters,
    after: Counters,
    quarantined: dict[str, int],
) -> list[Figure]:
    """All figures of a run. `before` and `after` are the counters around it, `quarantined` what came in between.

    What was accepted in an earlier run of the same scenario is replayed in this one, so these two count together.
    """
    return [
        *_received(expected, before, after),
        *_rows("accepted", expected.accepted_by_type, obtained.accepted_by_type),
        *_rows(
            "decided",
            {decided_name(row.benefit, row.state, row.reasons): row.count for row in expected.decisions},
            {decided_name(*key): count for key, count in obtained.decisions.items()},
        ),
        *_posted(expected, obtained),
        *_rows("quarantined", expected.quarantined, quarantined),
    ]


def decided_name(benefit: str, state: str, reasons: tuple[str, ...]) -> str:
    """`nssf.maternal.delivery rejected not_enrolled`."""
    return " ".join((benefit, state, ", ".join(reasons))).rstrip()


def _received(expected: Expected, before: Counters, after: Counters) -> list[Figure]:
    known = after.accepted - before.accepted + after.replayed - before.replayed
    bad = after.quarantined - before.quarantined
    records = expected.records
    return [
        Figure("received", "published", "count", records.published, known + bad),
        Figure("received", "accepted or replayed", "count", records.accepted + records.replayed, known),
        Figure("received", "quarantined", "count", records.quarantined, bad),
    ]


def _rows(group: Group, expected: dict[str, int], obtained: dict[str, int]) -> list[Figure]:
    names = sorted(expected.keys() | obtained.keys())
    return [Figure(group, name, "count", expected.get(name, 0), obtained.get(name, 0)) for name in names]


def _posted(expected: Expected, obtained: Obtained) -> list[Figure]:
    wanted = {(row.benefit, row.currency): (row.lines, int(row.amount)) for row in expected.posted}
    found = []
    for key in sorted(wanted.keys() | obtained.posted.keys()):
        benefit, currency = key
        (lines, amount), (lines_found, amount_found) = wanted.get(key, (0, 0)), obtained.posted.get(key, (0, 0))
        found.append(Figure("posted", f"{benefit} lines", "count", lines, lines_found))
        found.append(Figure("posted", benefit, currency, amount, amount_found))
    return found
