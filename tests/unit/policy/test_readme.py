"""The page a policy officer works by tells every form a pack may take."""

import re
from pathlib import Path

import pytest

from events.reasons import Reason
from processors.policy.loader.commons import DATED_LISTS, WINDOWS
from processors.policy.model import (
    BirthReading,
    Dimension,
    ForShape,
    LifeEvent,
    Status,
    Times,
    Unit,
    WageFigure,
)
from processors.policy.overlay import OverlayKind
from processors.policy.predicates import PREDICATES, ParameterKind

PAGE = (Path(__file__).resolve().parents[3] / "processors" / "policy" / "packs" / "README.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| `")]
CALL = re.compile(r"`([a-z_]+): \{(.*?)\}`")
TOLD = {
    name: (parameters, *cells)
    for first, *cells in ROWS
    for name, parameters in CALL.findall(first)
    if name not in {"code", "rounds"}
}


def test_every_predicate_is_in_the_table_and_no_other() -> None:
    assert sorted(TOLD) == sorted(PREDICATES)


@pytest.mark.parametrize("name", sorted(PREDICATES))
def test_a_predicate_is_told_with_its_parameters(name: str) -> None:
    told = {part.partition(":")[0].strip(): part.partition(":")[2].strip() for part in TOLD[name][0].split(",") if part}
    kinds = PREDICATES[name].parameters
    assert sorted(told) == sorted(kinds)
    assert {key for key, words in told.items() if words} == {
        key
        for key, kind in kinds.items()
        if kind not in {ParameterKind.CODE, ParameterKind.CODES, ParameterKind.NUMBER}
    }
    assert all(words == kinds[key].value for key, words in told.items() if words)


@pytest.mark.parametrize("name", sorted(PREDICATES))
def test_its_reasons_are_of_the_contract(name: str) -> None:
    reasons = [word for cell in TOLD[name][1:] for word in re.findall(r"`([a-z_]+)`", cell)]
    assert reasons
    assert set(reasons) <= {reason.value for reason in Reason}


@pytest.mark.parametrize(
    "word",
    [
        *(f"KHR/{times}" for times in Times), *Dimension, *Status, *Unit, *ForShape, *LifeEvent, *OverlayKind,
        *WageFigure, *BirthReading, *WINDOWS, *DATED_LISTS, "conflict", "any_of", "who", "table", "by",
    ],
)  # fmt: skip
def test_every_word_a_pack_may_use_is_told(word: str) -> None:
    if word in WINDOWS:
        word = "windows"
    assert re.search(rf"(?<![a-z_.]){re.escape(word)}(?![a-z_])", PAGE), word
