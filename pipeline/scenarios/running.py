"""Running a written scenario: publish it wave by wave, wait until each is relayed, time the stages."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Protocol, Self

import msgspec

from events.catalogue import TYPES
from events.lines import read_lines
from events.local_keys import local_signer
from events.publisher import Publisher
from pipeline.drain import Outstanding, drain
from pipeline.scenarios import files
from pipeline.scenarios.attacker import Attacker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from events.outgoing import Outgoing
    from pipeline.scenarios.files import File, WaveFiles
    from pipeline.settings import Settings

FOR_EVER_SECONDS = 1e9
"""A run ends when nothing moves, not when it takes long."""
LINES_TOGETHER = 5_000
"""Lines of a file that are checked at once."""
RAW_SOURCE = "nssf"
"""Whose connection carries the raw records; they bring their own headers."""


class Steps(Protocol):
    """Shows progress: `step` announces one and yields `advance(done, total, detail)`."""

    def step(self, text: str) -> AbstractContextManager[Callable[[int, int, str], None]]:
        """Announce a step and show how far it is."""


class RunError(Exception):
    """A run cannot go on; the message says where it stands and what to do."""


class Stage(msgspec.Struct):
    """How long a stage took from the first record published until it had done the last, waves together, in seconds."""

    name: str
    records: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Records a second."""
        return self.records / self.seconds if self.seconds else 0.0


class Runner:
    """Publishes the files of one directory and follows them. A context manager: it keeps its connections open."""

    def __init__(self, settings: Settings, directory: Path, steps: Steps, stall_seconds: float) -> None:
        self._settings, self._directory, self._steps, self._stall = settings, directory, steps, stall_seconds
        self._open = ExitStack()
        self._publishers: dict[str, Publisher] = {}
        self._confirmed: dict[str, int] = {}
        self._told: Callable[[int], None] = lambda _confirmed: None
        self.stages = {name: Stage(name) for name in ("published", "recorded", "decided", "relayed")}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def settle(self) -> None:
        """Wait until nothing is left of what was published before."""
        with self._steps.step("Waiting for what was published before") as advance:
            self._wait(monotonic(), {}, advance)

    def run(self, wave: WaveFiles, total: int) -> None:
        """Publish one wave and wait for it. Raises RunError when nothing moves any more."""
        label = f"wave {wave.wave} of {total}, {wave.name}"
        count = sum(file.records for file in wave.files)
        began = monotonic()
        with self._steps.step(f"Checking, signing and publishing {label}: {count:,} records") as advance:
            before = sum(self._confirmed.values())
            self._told = lambda confirmed: advance(confirmed - before, count, "confirmed")
            for file in wave.files:
                self._publisher(file.source or RAW_SOURCE).send(self._read(file))
        times = {"published": monotonic() - began}
        with self._steps.step(f"Waiting until {label} is decided and relayed") as advance:
            self._wait(began, times, advance)
        for name, seconds in times.items():
            self.stages[name].records += count
            self.stages[name].seconds += seconds

    def also(self, what: str, records: Mapping[str, Sequence[Outgoing]]) -> None:
        """Publish records by source beside the scenario and wait for them; their time is not counted."""
        count = sum(len(one) for one in records.values())
        with self._steps.step(f"Publishing {what}: {count:,} records, and waiting for them") as advance:
            self._told = lambda _confirmed: None
            for source, some in records.items():
                self._publisher(source).send(some)
            self._wait(monotonic(), {}, advance)

    def _read(self, file: File) -> Iterator[Outgoing]:
        """The records of a file, checked a part at a time, so that memory does not grow with the file."""
        path = self._directory / file.path
        if file.kind == "raw":
            attacker = Attacker(self._settings.keys_directory)
            yield from map(attacker.outgoing, files.read_raw(path))
            return
        topic, retracted = f"sp.{file.topic}.v1", TYPES["event.retracted"].topics
        with path.open("rb") as lines:
            while part := list(islice(lines, LINES_TOGETHER)):
                good, bad = read_lines(part, file.source)
                if bad:
                    raise RunError(f"{path}: {bad[0]}; write the scenario anew with `spp scenario write`")
                for record in good:  # only a retraction can be on another topic than its file says, and belongs on it
                    yield record if record.topic == topic or topic not in retracted else replace(record, topic=topic)

    def _publisher(self, source: str) -> Publisher:
        if source not in self._publishers:
            signer = local_signer(self._settings.keys_directory, source)
            publisher = Publisher(self._settings.bootstrap, source, signer, partial(self._tell, source))
            self._publishers[source] = self._open.enter_context(publisher)
        return self._publishers[source]

    def _tell(self, source: str, confirmed: int) -> None:
        self._confirmed[source] = confirmed
        self._told(sum(self._confirmed.values()))

    def _wait(self, began: float, times: dict[str, float], advance: Callable[[int, int, str], None]) -> None:
        """Drain, noting when each stage had done; stages end in order. Raises RunError when nothing moves."""
        seen, moved, most = "", monotonic(), 0

        def look(left: Outstanding) -> None:
            nonlocal seen, moved, most
            now = monotonic()
            if not left.unrecorded:
                times.setdefault("recorded", now - began)
                if not left.marks:
                    times.setdefault("decided", now - began)
            if left.is_nothing:
                times.setdefault("relayed", now - began)
            waiting = left.unrecorded + left.marks
            most = max(most, waiting)
            advance(most - waiting, most, "done")
            if str(left) != seen:
                seen, moved = str(left), now
            elif now - moved > self._stall:
                logs = self._settings.log_directory
                raise RunError(f"nothing has moved for {self._stall:.0f} s: {left}; see `spp status` and {logs}")

        drain(self._settings, FOR_EVER_SECONDS, look)
