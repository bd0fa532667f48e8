"""Where told lines go: into memory, or into files of bounded memory, shuffled on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pipeline.scenarios.script import Wave

if TYPE_CHECKING:
    import random
    from io import BufferedWriter
    from pathlib import Path

    from pipeline.scenarios.script import Line

WINDOW_LINES = 20_000
"""Lines of one file that wait to be written; a line is moved by about as many places."""


class Sink(Protocol):
    """Takes each line as it is told."""

    def put(self, wave: Wave, line: Line) -> None:
        """Take one line of a wave."""


class Kept:
    """Keeps everything in memory, in the order told."""

    def __init__(self) -> None:
        self.lines: dict[Wave, list[Line]] = {wave: [] for wave in Wave}

    def put(self, wave: Wave, line: Line) -> None:
        """Keep one line."""
        self.lines[wave].append(line)


class EventFile:
    """One file of lines, shuffled in a window; memory does not grow with the file."""

    def __init__(self, path: Path, rng: random.Random) -> None:
        self.path, self.records = path, 0
        self._rng, self._waiting = rng, list[bytes]()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BufferedWriter = path.open("wb")

    def add(self, text: bytes) -> None:
        """Take a line; once the window is full, one of those waiting is written in its stead."""
        self.records += 1
        if len(self._waiting) < WINDOW_LINES:
            self._waiting.append(text)
            return
        at = int(self._rng.random() * WINDOW_LINES)
        text, self._waiting[at] = self._waiting[at], text
        self._file.write(text + b"\n")

    def close(self) -> None:
        """Write what waits, and close."""
        self._rng.shuffle(self._waiting)
        self._file.writelines(text + b"\n" for text in self._waiting)
        self._waiting.clear()
        self._file.close()


class Files:
    """Writes each line to the file of its wave, source and topic."""

    def __init__(self, directory: Path, names: dict[Wave, str], rng: random.Random) -> None:
        self._directory, self._names, self._rng = directory, names, rng
        self.files: dict[tuple[Wave, str, str], EventFile] = {}

    def put(self, wave: Wave, line: Line) -> None:
        """Write one line, sooner or later."""
        key = (wave, line.source, line.topic)
        file = self.files.get(key)
        if file is None:
            path = self._directory / f"{wave:d}-{self._names[wave]}/{line.source}.{line.topic}.jsonl"
            file = self.files[key] = EventFile(path, self._rng)
        file.add(line.text)

    def close(self) -> None:
        """Write what waits, and close all files; a fixed order, so that the same seed gives the same bytes."""
        for key in sorted(self.files):
            self.files[key].close()
