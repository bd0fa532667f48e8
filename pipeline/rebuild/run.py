"""One rebuild from beginning to end: a target, the rebuilding, the comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.statements.snapshot import read_head, snapshot
from pipeline.rebuild.again import decide_again, require_decided
from pipeline.rebuild.leaves import compare_books, compare_leaves
from pipeline.rebuild.outcome import compare_outcome
from pipeline.rebuild.replay import replay
from pipeline.rebuild.target import COPIED, copy_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from ledger.store.connection import LedgerConnection
    from pipeline.rebuild.difference import Difference
    from pipeline.rebuild.replay import Advance

    Step = Callable[[str], AbstractContextManager[Advance]]
    """Announces a long step by its name; what it gives shows how far it is."""


class Rebuilt(NamedTuple):
    """What was rebuilt, and what of it is not as it was."""

    events: int
    sets: int
    blocks: int
    differences: list[Difference]


def from_journal(url: str, target: str, step: Step) -> Rebuilt:
    """Replay the journal into the empty ledger `target` and compare leaf for leaf with the one at `url`."""
    with snapshot(url) as original:
        with step("Deciding the journal again") as advance:
            done, differences = replay(original, target, advance)
        with step("Comparing leaf for leaf") as advance, snapshot(target) as rebuilt:
            differences += compare_leaves(original, rebuilt, advance)
            differences += compare_books(original, rebuilt)
    return Rebuilt(*done, differences)


def from_inbox(url: str, target: str, seed: int, step: Step) -> Rebuilt:
    """Decide the recorded facts again in the order that `seed` draws, and compare what both have come to."""
    with snapshot(url) as original:
        require_decided(original)
        with step("Copying the inbox"):
            copy_tables(original, target, (*COPIED, "submission"))
        return _decided_again(original, target, seed, step, [])


def _decided_again(
    original: LedgerConnection, target: str, seed: int, step: Step, differences: list[Difference]
) -> Rebuilt:
    with step(f"Deciding in the order that {seed} draws") as advance:
        done = decide_again(original, target, seed, advance)
    with step("Comparing decisions, claims and positions"), snapshot(target) as rebuilt:
        differences += compare_outcome(original, rebuilt)
        head = read_head(rebuilt)
    return Rebuilt(*done, head.block_no, differences)
