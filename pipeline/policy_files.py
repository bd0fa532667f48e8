"""Reading policy from disk: the packaged packs, or those of a directory."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from processors.policy.loader import COMMONS_FILE, PolicyError, parse

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from processors.policy.model import Policy

SUFFIX = ".yaml"
PACKAGE = "processors.policy"
FOLDER = "packs"


def load(directory: Path | None = None) -> Policy:
    """The policy in a directory, or the packaged one. Reads `*.yaml` there and nothing below it.

    Raises PolicyError, naming file and line, when a file is missing, unreadable or wrong.
    """
    return parse(read(directory))


def read(directory: Path | None = None) -> dict[str, str]:
    """The text of each policy file by its name, in UTF-8."""
    place: Traversable = directory if directory is not None else resources.files(PACKAGE) / FOLDER
    if not place.is_dir():
        raise PolicyError(str(place), 0, "there is no such directory", f"Name one that holds {COMMONS_FILE} and packs")
    files: dict[str, str] = {}
    for entry in sorted(place.iterdir(), key=lambda found: found.name):
        if not entry.name.endswith(SUFFIX):
            continue
        try:
            files[entry.name] = entry.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PolicyError(entry.name, 0, f"the file cannot be read: {error}", "Save it as UTF-8 text") from error
    return files
