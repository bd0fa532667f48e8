"""A plugin of pytest for runs of mutants: the tests that notice most come first, for the first failure ends a run.

mutmut names hundreds of tests by id, and pytest would seek each anew in its file: here files are collected once. What
only the order of events changes is left to `make test`: playing each case in three more orders takes too long.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from infra.mutation.scope import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable

LEFT_OUT = "::test_what_nobody_submitted_does_not_depend_on_order["
FIRST = ("tests/unit/processors/", "tests/cases/test_cases.py::test_case[claims:", "tests/cases/")
BUILT_BEFORE = "processors.policy.predicates."
"""Functions called when packs are read, which is before any test: no test is known to meet what they made."""
_CHOSEN: pytest.StashKey[frozenset[str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Ask for files where ids were given; for all tests where mutmut cannot tell which meet a mutant."""
    chosen = frozenset(arg for arg in config.args if "::" in arg)
    if chosen and os.environ.get("MUTANT_UNDER_TEST", "").startswith(BUILT_BEFORE):
        config.args = [*PARTS["lives"].tests]
        return
    if chosen:
        config.stash[_CHOSEN] = chosen
        config.args = list(dict.fromkeys(arg.partition("::")[0] for arg in sorted(config.args)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that were asked for by id, without those left out."""
    items[:] = [item for item in items if LEFT_OUT not in item.nodeid]
    chosen = config.stash.get(_CHOSEN, None)
    if chosen is not None:
        items[:] = [item for item in items if item.nodeid in chosen]
    items.sort(key=lambda item: _turn(item.nodeid, FIRST))


def _turn(name: str, first: Iterable[str]) -> int:
    return next((turn for turn, start in enumerate(first) if name.startswith(start)), len(FIRST))
