"""One rebuild from beginning to end: a target, the rebuilding, the comparison."""

from __future__ import annotations

from random import Random
from secrets import randbelow
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from events.signing import KeyRegistry, Verifier
from ledger.statements.snapshot import read_head, snapshot
from pipeline.active_policy import current
from pipeline.admission import Admission
from pipeline.rebuild.again import decide_again, require_decided
from pipeline.rebuild.leaves import compare_books, compare_leaves
from pipeline.rebuild.outcome import compare_outcome
from pipeline.rebuild.replay import replay
from pipeline.rebuild.target import COPIED, RebuildError, copy_tables
from pipeline.rebuild.topics import record_topics
from processors.policy.codes import codes

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from ledger.store.connection import LedgerConnection
    from pipeline.rebuild.difference import Difference
    from pipeline.rebuild.replay import Advance
    from pipeline.settings import Settings

    Step = Callable[[str], AbstractContextManager[Advance]]
    """Announces a long step by its name; what it gives shows how far it is."""


_SEEDS: Final = 1_000_000


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


def draw_seed() -> int:
    """Another order each time; whoever reads the number can draw the same again."""
    return randbelow(_SEEDS)


def from_inbox(url: str, target: str, seed: int, step: Step) -> Rebuilt:
    """Decide the recorded facts again in the order that `seed` draws, and compare what both have come to."""
    with snapshot(url) as original:
        require_decided(original)
        with step("Copying the inbox"):
            copy_tables(original, target, (*COPIED, "submission"))
        return _decided_again(original, target, seed, step, [])


def from_topics(settings: Settings, target: str, seed: int, step: Step) -> Rebuilt:
    """Read the input topics again, record and decide them, and compare what both have come to."""
    with snapshot(settings.ledger) as original:
        require_decided(original)
        copy_tables(original, target, (*COPIED[1:], "submission"))
        admission = Admission(Verifier(KeyRegistry.read(settings.keys_directory)), codes(current(original)))
        with step("Reading the topics again") as advance:
            _, differences = record_topics(
                original,
                target,
                settings.bootstrap,
                admission,
                Random(seed),  # noqa: S311 - an order that anybody can draw again, no secret
                advance,
            )
        return _decided_again(original, target, seed, step, differences)


def _decided_again(
    original: LedgerConnection, target: str, seed: int, step: Step, differences: list[Difference]
) -> Rebuilt:
    try:
        with step(f"Deciding in the order that {seed} draws") as advance:
            done = decide_again(original, target, seed, advance)
    except msgspec.MsgspecError as error:
        raise RebuildError(
            "a recorded fact cannot be read any more, so the inbox was changed: `spp ledger rebuild --from-journal` "
            "says which set took it"
        ) from error
    with step("Comparing decisions, claims and positions"), snapshot(target) as rebuilt:
        differences += compare_outcome(original, rebuilt)
        head = read_head(rebuilt)
    return Rebuilt(*done, head.block_no, differences)
