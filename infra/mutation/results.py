"""What became of each mutant, by module and by function."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

_SEPARATOR = "ǁ"


class Fate(StrEnum):
    """What became of a mutant. One that never ends, or is refused by mypy, is noticed as well as a killed one."""

    KILLED = "killed"
    TYPES = "refused by types"
    TIMEOUT = "timeout"
    SURVIVED = "survived"
    NO_TESTS = "no tests"
    OPEN = "not checked"


NOTICED = (Fate.KILLED, Fate.TYPES, Fate.TIMEOUT)
_FATES = {
    0: Fate.SURVIVED,
    1: Fate.KILLED,
    3: Fate.KILLED,
    5: Fate.NO_TESTS,
    33: Fate.NO_TESTS,
    36: Fate.TIMEOUT,
    24: Fate.TIMEOUT,
    -24: Fate.TIMEOUT,
    152: Fate.TIMEOUT,
    255: Fate.TIMEOUT,
    37: Fate.TYPES,
}


def fate_of(code: int | None) -> Fate:
    """The fate that an exit code of mutmut means; an unknown one counts as not checked."""
    return _FATES.get(code, Fate.OPEN) if code is not None else Fate.OPEN


@dataclass
class Module:
    """The mutants of one module: how many came to which end, and the names of those nobody noticed, by function."""

    name: str
    fates: Counter[Fate] = field(default_factory=Counter)
    unnoticed: dict[str, list[str]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many mutants were checked."""
        return sum(self.fates.values()) - self.fates[Fate.OPEN]

    @property
    def noticed(self) -> int:
        """How many of them tests or types notice."""
        return sum(self.fates[fate] for fate in NOTICED)


def function_of(mutant: str) -> str:
    """`overlap.Guard.offer` of `processors.overlap.xǁGuardǁoffer__mutmut_3`."""
    module, _, name = mutant.partition("__mutmut_")[0].rpartition(".")
    name = ".".join(part for part in name[1:].split(_SEPARATOR) if part) if _SEPARATOR in name else name[2:]
    return f"{module.removeprefix('processors.')}.{name}"


def modules(copy: Path) -> list[Module]:
    """Every mutated module of a copy, by name."""
    found = []
    for path in sorted((copy / "mutants").glob("processors/**/*.meta")):
        codes: dict[str, int | None] = json.loads(path.read_text())["exit_code_by_key"]
        module = Module(str(path.relative_to(copy / "mutants")).removesuffix(".meta"))
        for mutant, code in codes.items():
            fate = fate_of(code)
            module.fates[fate] += 1
            if fate in {Fate.SURVIVED, Fate.NO_TESTS}:
                module.unnoticed.setdefault(function_of(mutant), []).append(mutant)
        if codes:
            found.append(module)
    return found


def changes(copy: Path, module: Module) -> Iterator[tuple[str, str, list[str]]]:
    """(function, mutant, changed lines) of every mutant that nobody noticed."""
    mutated = copy / "mutants" / module.name
    spans = json.loads(Path(f"{mutated}.spans").read_text())["spans"]
    lines = mutated.read_text().splitlines()

    def source(name: str) -> list[str]:
        first, last = spans[name]
        return [line.strip() for line in lines[first - 1 : last] if not line.lstrip().startswith("def ")]

    for function, mutants in module.unnoticed.items():
        for mutant in mutants:
            name = mutant.rpartition(".")[2]
            original = source(name.partition("__mutmut_")[0] + "__mutmut_orig")
            both = difflib.ndiff(original, source(name))
            yield function, mutant, [line for line in both if line[:1] in {"-", "+"}]
