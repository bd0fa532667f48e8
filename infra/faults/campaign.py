"""One row after the other: fresh books, the load, the blows, the wait, the verdict."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

import psycopg
from kafka.errors import KafkaError

from events.publisher import PublishError
from infra.faults import proving, recovery
from infra.faults.blows import Scene
from infra.faults.disk import Disk, NoDiskError
from infra.faults.effects import OnTopics
from infra.faults.load import Load
from infra.faults.rows import REFERENCE
from infra.faults.site import KAFKA, POSTGRES
from infra.faults.verdict import Judge, Verdict, judge_row
from infra.faults.waiting import LateError
from infra.faults.watch import Watch
from pipeline.local.errors import LocalError
from pipeline.scenarios import files
from pipeline.scenarios.catalogue import SCENARIOS
from pipeline.scenarios.running import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from infra.faults.effects import Effect
    from infra.faults.rows import Row
    from infra.faults.site import Site
    from pipeline.local.progress import Progress
    from pipeline.scenarios.expectation import Expected

SCENARIO = "births-2018"
EVENTS_A_MOTHER = 4.0
FAILURES = (LateError, LocalError, LookupError, OSError, PublishError, RunError, KafkaError, psycopg.Error)
"""What ends a row and is told in it; the next row is run all the same."""


@dataclass
class Result:
    """What a row came to. `recovery_seconds` are those of each blow; `shown` is what metrics and supervisor tell."""

    row: Row
    verdict: Verdict | None = None
    recovery_seconds: list[float] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failure: str = ""
    skipped: str = ""
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the row was run, recovered and has every effect once."""
        return bool(self.verdict and self.verdict.holds and not self.failure)


class Campaign:
    """Runs rows on one site. The same seed tells the same events and draws the same blows."""

    def __init__(self, site: Site, events: int, per_second: float, seed: int, progress: Progress) -> None:
        self._site, self._progress = site, progress
        self._per_second, self.seed = per_second, seed
        scenario = SCENARIOS[SCENARIO]
        self.mothers = str(max(scenario.programme.least, round(events / EVENTS_A_MOTHER)))
        self._directory: Path = site.settings.home / "events"
        self.manifest = files.write(scenario, self.mothers, seed, self._directory)
        self._expected: Expected = files.read_expected(self._directory)
        self._reference: Counter[Effect] | None = None
        self.proofs: list[proving.Proof] = []

    def run(self, row: Row) -> Result:
        """Run one row; what goes wrong in it is in the result."""
        result, began = Result(row), monotonic()
        with self._progress.step(f"{row.name}: {row.what}"):
            try:
                with row.disk(self._site) as disk:
                    self._run(result, disk)
            except NoDiskError as error:
                result.skipped = str(error)
            except FAILURES as error:
                result.failure = f"{type(error).__name__}: {error}".strip()
        result.seconds = monotonic() - began
        return result

    def _run(self, result: Result, disk: Disk | None) -> None:
        row, site = result.row, self._site
        site.begin(row.name, row.workers, row.tablespace)
        restarts = {name: site.supervisor.restarts(name) for name in (KAFKA, POSTGRES)}
        rng = random.Random(f"{self.seed} {row.name}")  # noqa: S311 - a plan, not a secret
        wrong: list[str] = []
        try:
            with Load(site.publishing, self._directory, self._per_second, self.seed) as load, Watch(site) as watch:
                scene = Scene(site, load, watch, rng, disk, result.notes, wrong)
                self._blow(scene, result)
                watch.look()
                result.shown = self._shown(watch, load, restarts)
        finally:
            codes = site.end()
        wrong += [f"{name} ended with {code} when asked to stop" for name, code in codes.items() if code]
        self._judge(result, load)
        if result.verdict:
            result.verdict.wrong.extend(wrong)

    def _blow(self, scene: Scene, result: Result) -> None:
        """Play the load on a thread of its own, strike, wait until all is done."""
        watching, load = self._site.watching, scene.load
        with ThreadPoolExecutor(1, "load") as pool:
            played = pool.submit(load.play, self.manifest.waves, lambda: recovery.settle(watching))
            try:
                for wave, share, blow in result.row.blows:
                    load.at(wave, share)
                    if played.done():
                        break
                    blow(scene)
                    result.recovery_seconds.append(recovery.recovered(self._site, load))
            except BaseException:
                load.abandon()
                raise
            played.result()
        if len(result.recovery_seconds) < len(result.row.blows):
            raise LateError("the load was over before every blow had fallen: publish more events, or more slowly")
        recovery.settle(watching)

    def _judge(self, result: Result, load: Load) -> None:
        is_reference = result.row.name == REFERENCE
        topics = OnTopics.read(self._site.bootstrap)
        books = None if is_reference else self._reference
        judge = Judge(self._site.settings.keys_directory, load.confirmed, topics, books)
        result.verdict = judge_row(self._site, judge, self._expected, self.manifest.token)
        if is_reference:
            self._reference = result.verdict.books
            keys, books = self._site.settings.keys_directory, result.verdict.books
            with self._site.admin() as connection:
                self.proofs = proving.prove(connection, keys, load.confirmed, topics, books)

    def _shown(self, watch: Watch, load: Load, before: dict[str, int]) -> list[str]:
        supervisor = self._site.supervisor
        started = {"worker": sum(supervisor.restarts(name) for name in self._site.workers)}
        started |= {name: supervisor.restarts(name) - count for name, count in before.items()}
        shown = [f"restarts {', '.join(f'{name} {count}' for name, count in started.items() if count) or 0}"]
        shown += watch.told()
        if load.again:
            shown.append(f"publications repeated {load.again}")
        return shown
