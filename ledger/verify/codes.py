"""What can be wrong, a number each: the exit code of `spp-verify`. Numbers are stable."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path


class Code(IntEnum):
    """Exit codes; 0 is all good, 2 wrong usage."""

    GOOD = 0
    USAGE = 2
    MALFORMED = 10
    UNKNOWN_KEY = 11
    SIGNATURE = 12
    NOT_WITNESSED = 13
    INCLUSION = 14
    ROOT = 15
    TRUNCATED = 16
    FORK = 17
    NUMBERING = 18
    BLOCK = 19
    TOTALS = 20
    REVERSAL = 21
    TILE = 22
    ENTRY = 23
    KEY = 24
    CERTIFICATE = 40
    LINE_MISSING = 41
    OFFICER = 42
    OFFICER_SIGNATURE = 43


SAYS: dict[Code, str] = {
    Code.GOOD: "everything holds",
    Code.USAGE: "the command was called wrongly",
    Code.MALFORMED: "a file is missing, cut off, or not written as it must be",
    Code.UNKNOWN_KEY: "no signature of a key you trust",
    Code.SIGNATURE: "a signature that names a key you trust is forged",
    Code.NOT_WITNESSED: "no countersignature of a witness you trust",
    Code.INCLUSION: "the leaf is not in the log under this checkpoint",
    Code.ROOT: "the leaves are not those that were signed: one was changed, swapped, put in or left out",
    Code.TRUNCATED: "fewer leaves or checkpoints than were signed or seen: the end is missing",
    Code.FORK: "another history than the one you saw before",
    Code.NUMBERING: "a leaf does not carry its own number, or a version of a decision is missing",
    Code.BLOCK: "a block does not follow the one before, or is not what its header says",
    Code.TOTALS: "the totals of a block are not the sum of its transfers",
    Code.REVERSAL: "a correction takes back what it may not, or more than is left",
    Code.TILE: "a tile does not hold the hashes of its leaves",
    Code.ENTRY: "a row beside the leaves is not what its leaf says",
    Code.KEY: "a key is not endorsed by the one before it, or one signed whose place another had taken",
    Code.CERTIFICATE: "an amount, sum, line or text of the certificate is not what was certified",
    Code.LINE_MISSING: "a submitted line is missing from the certificate, or stands twice",
    Code.OFFICER: "an officer is unknown, not appointed, in two roles, or too few signed",
    Code.OFFICER_SIGNATURE: "an officer's signature is of another certificate, role or time, or forged",
}


class FailureError(Exception):
    """The first thing that does not hold: its code, and a message that names the place."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_text(path: Path) -> str:
    """The text of a file, or MALFORMED."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FailureError(Code.MALFORMED, f"{path}: cannot be read ({error})") from None
