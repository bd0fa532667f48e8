"""The one error of loading policy."""

from __future__ import annotations


class PolicyError(Exception):
    """A policy file cannot be used: which file and line (from 1; 0 for a missing file), what is wrong, what to do."""

    def __init__(self, file: str, line: int, what: str, remedy: str) -> None:
        self.file = file
        self.line = line
        self.what = what
        self.remedy = remedy
        super().__init__(f"{file}:{line}: {what}. {remedy}")
