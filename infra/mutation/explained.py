"""Why a mutant may survive: `explained.yaml`, by function, with how many of its mutants the reason covers."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml

FILE = Path(__file__).with_name("explained.yaml")


class Explained(NamedTuple):
    """The reason for what survives in one function; more survivors than `most` are not covered by it."""

    most: int
    why: str


class MalformedError(ValueError):
    """The file says something in another form than `function: {most: 2, why: sentence}`."""


def read(path: Path = FILE) -> dict[str, Explained]:
    """The reasons by function."""
    told = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    found = {}
    for function, row in told.items():
        if not isinstance(row, dict) or set(row) != {"most", "why"} or not isinstance(row["most"], int):
            raise MalformedError(f"{path.name}: {function}: write `{{most: 2, why: sentence}}`")
        found[str(function)] = Explained(row["most"], " ".join(str(row["why"]).split()))
    return found
