"""docs/mutation.md: the score by module, what survived and why that may be, what is not mutated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.mutation.results import Fate
from infra.mutation.scope import NOT_MUTATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from infra.mutation.explained import Explained
    from infra.mutation.results import Module

HEAD = """\
# Mutation testing of the rules

Written by `make mutate`. [mutmut](https://mutmut.readthedocs.io) changes one place of a function of `processors/` at a
time: a comparison, a number, a word, an argument. A change that no test notices is a gap in the tests, or a change
without effect. Noticed is what a test fails on, what the strict type check refuses, and what never ends. The tests are
the cases and the unit tests of rules and packs ([scope.py](../infra/mutation/scope.py)); what needs another order
of events, a server or minutes runs elsewhere and does not count here.
"""


def unexplained(found: Iterable[Module], explained: Mapping[str, Explained]) -> dict[str, int]:
    """How many mutants of each function nobody noticed and nobody explained."""
    left = {}
    for module in found:
        for function, mutants in module.unnoticed.items():
            more = len(mutants) - (explained[function].most if function in explained else 0)
            if more > 0:
                left[function] = more
    return left


def page(found: list[Module], explained: Mapping[str, Explained], not_run: Iterable[str] = ()) -> str:
    """The whole page; `not_run` names the parts that have no results."""
    missing = [f"Not run yet: {name} (`make mutate MUTATE={name}`)." for name in not_run]
    return "\n".join([HEAD, *_score(found), *missing, "", *_survivors(found, explained), *_spared()])


def _score(found: list[Module]) -> list[str]:
    rows = ["## Score", "", "| module | mutants | killed | types | timeout | survived | no tests | noticed |"]
    rows.append("|---|---:|---:|---:|---:|---:|---:|---:|")
    for module in found:
        name = module.name.removeprefix("processors/")
        rows.append(_row(f"[{name}](../{module.name})", [module]))
    open_ = sum(module.fates[Fate.OPEN] for module in found)
    return [*rows, _row("**all**", found), "", *([f"{open_} mutants were not checked."] if open_ else [])]


def _row(name: str, found: list[Module]) -> str:
    def count(fate: Fate) -> int:
        return sum(module.fates[fate] for module in found)

    total, noticed = sum(module.total for module in found), sum(module.noticed for module in found)
    share = f"{100 * noticed / total:.1f} %" if total else "not checked"
    fates = (Fate.KILLED, Fate.TYPES, Fate.TIMEOUT, Fate.SURVIVED, Fate.NO_TESTS)
    return f"| {name} | {total} | {' | '.join(str(count(fate)) for fate in fates)} | {share} |"


def _survivors(found: list[Module], explained: Mapping[str, Explained]) -> list[str]:
    left = unexplained(found, explained)
    rows = ["## What survives, and why it may", "", "| function | mutants | why |", "|---|---:|---|"]
    for module in found:
        for function, mutants in sorted(module.unnoticed.items()):
            why = explained[function].why if function in explained else ""
            if function in left:
                why = f"{why} **{left[function]} unexplained.**".strip()
            rows.append(f"| `{function}` | {len(mutants)} | {why} |")
    total = sum(left.values())
    said = f"{total} are unexplained." if total else "None is unexplained."
    return [*rows, "", said, ""]


def _spared() -> list[str]:
    rows = ["## What is not mutated", "", "| module | why |", "|---|---|"]
    rows += [f"| [{name.removeprefix('processors/')}](../{name}) | {why} |" for name, why in NOT_MUTATED.items()]
    return [*rows, "", "Nor is anything outside of functions: tables, catalogues, fields.", ""]
