"""What can go wrong while bringing up local servers."""

from pathlib import Path

TAIL_LINES = 12


class LocalError(Exception):
    """A local server could not be had, started or stopped. The message says what happened, where, and what to do."""


def tail(log: Path) -> str:
    """The last lines of a log, indented, for an error message."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
    except OSError:
        return "    (no log)"
    return "\n".join(f"    {line}" for line in lines) or "    (the log is empty)"
