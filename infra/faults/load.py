"""The load: a scenario with the field's errors, published steadily by real publishers that go on after a fault."""

from __future__ import annotations

import random
from threading import Condition, Event
from time import monotonic
from typing import TYPE_CHECKING, Final

from events.publisher import PublishError
from infra.faults.waiting import LateError
from pipeline.local.progress import Silent
from pipeline.scenarios.running import RAW_SOURCE, Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from events.outgoing import Outgoing
    from pipeline.scenarios.files import WaveFiles
    from pipeline.settings import Settings

TOGETHER: Final = 20
"""Records an operator's program hands over at once."""
AGAIN_SECONDS: Final = 0.5
MOMENT_SECONDS: Final = 240.0


class Load(Runner):
    """Publishes wave by wave at a steady pace. What is refused by a broker that is away is published again.

    `confirmed` holds every record that a broker acknowledged, in order; `again` counts publications repeated.
    """

    def __init__(self, settings: Settings, directory: Path, per_second: float, seed: int) -> None:
        super().__init__(settings, directory, Silent(), MOMENT_SECONDS)
        self._keys = settings.keys_directory
        self._per_second, self._rng = per_second, random.Random(seed)  # noqa: S311 - an order, not a secret
        self.confirmed: list[Outgoing] = []
        self.again = 0
        self.done = Event()
        self.resting = Event()
        """Set while a wave is waited for and nothing is published."""
        self._share: dict[int, float] = {}
        self._moved = Condition()
        self._pause = Event()
        """Set when the load is abandoned; nothing waits any more then."""

    def abandon(self) -> None:
        """Publish nothing more."""
        self._pause.set()

    def play(self, waves: Sequence[WaveFiles], settled: Callable[[], object]) -> None:
        """Publish all waves; `settled` waits until each is decided and relayed."""
        try:
            for wave in waves:
                self._play(wave)
                if self._pause.is_set():
                    return
                self.resting.set()
                settled()
                self.resting.clear()
        finally:
            self.done.set()
            self._pass(0, 0.0)

    def at(self, wave: int, share: float) -> None:
        """Wait until this share of a wave is confirmed, or the load is done."""
        with self._moved:
            reached = self._moved.wait_for(
                lambda: self.done.is_set() or self._share.get(wave, -1.0) >= share, MOMENT_SECONDS
            )
        if not reached:
            raise LateError(f"the load did not come to {share:.0%} of wave {wave} in {MOMENT_SECONDS:.0f} s")

    def beside(self, source: str, records: Sequence[Outgoing]) -> None:
        """Publish more records of another source; by the caller's thread."""
        self._send(source, records)

    def _play(self, wave: WaveFiles) -> None:
        parts: list[tuple[str, list[Outgoing]]] = []
        for file in wave.files:
            records = list(self._read(file))
            parts += [
                (file.source or RAW_SOURCE, records[at : at + TOGETHER]) for at in range(0, len(records), TOGETHER)
            ]
        self._rng.shuffle(parts)
        total, sent, began = sum(len(part) for _, part in parts), 0, monotonic()
        self._pass(wave.wave, 0.0)
        for source, part in parts:
            self._send(source, part)
            sent += len(part)
            self._pass(wave.wave, sent / total)
            self._pause.wait(max(0.0, began + sent / self._per_second - monotonic()))

    def _pass(self, wave: int, share: float) -> None:
        with self._moved:
            self._share[wave] = share
            self._moved.notify_all()

    def _send(self, source: str, records: Sequence[Outgoing]) -> None:
        while not self._pause.is_set():
            try:
                self._publisher(source).send(records)
            except PublishError:
                self.again += 1
                if (broken := self._publishers.pop(source, None)) is not None:
                    broken.close()
                self._pause.wait(AGAIN_SECONDS)
            else:
                self.confirmed += records
                return
