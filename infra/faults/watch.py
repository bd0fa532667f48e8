"""What the workers' own metrics show during a row: counters summed over restarts, peaks of gauges, changes of lead."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, Self

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from infra.faults.site import Site

LOOK_SECONDS: Final = 0.25
COUNTERS: Final = {
    "spp_retries_total": ("role", "fault"),
    "spp_record_fenced_total": (),
    "spp_records_total": ("outcome",),
    "spp_cases_parked_total": (),
    "spp_record_internal_faults_total": (),
}
"""Counters that are kept, and by which labels."""
PEAKS: Final = ("spp_consumer_lag_records", "spp_marks", "spp_outbox_rows", "spp_source_muted")
"""Gauges whose sum over labels is watched for its highest value; the same in every worker, so the highest counts."""

Series = tuple[str, ...]


class Watch:
    """Scrapes every worker of a row until the end. A context manager. A counter's last look before a kill counts."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._counted: dict[int, Counter[Series]] = defaultdict(Counter)
        self._led: dict[int, dict[str, bool]] = defaultdict(dict)
        self.peaks: Counter[str] = Counter()
        self.took_lead: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def count(self, *series: str) -> int:
        """A counter over all processes so far: its name and the values of its first labels."""
        with self._lock:
            found = (
                value for one in self._counted.values() for key, value in one.items() if key[: len(series)] == series
            )
            return sum(found)

    def leads(self, name: str, role: str) -> bool:
        """Whether the process that runs under this name led the role at the last look."""
        with self._lock:
            return self._led.get(self._site.pid(name), {}).get(role, False)

    def look(self) -> None:
        """Scrape every worker once."""
        for name in list(self._site.workers):
            try:
                pid = self._site.pid(name)
            except KeyError:
                continue  # it left the row meanwhile
            if text := self._site.metrics(name):
                with self._lock:
                    self._take(pid, text)

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self.look()

    def _take(self, pid: int, text: str) -> None:
        counted: Counter[Series] = Counter()
        gauges: Counter[str] = Counter()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if (labels := COUNTERS.get(sample.name)) is not None:
                    counted[(sample.name, *(sample.labels[label] for label in labels))] += int(sample.value)
                elif sample.name in PEAKS:
                    gauges[sample.name] += int(sample.value)
                elif sample.name == "spp_leader":
                    self._lead(pid, sample.labels["role"], leads=sample.value == 1)
        self._counted[pid] = counted
        for name, value in gauges.items():
            self.peaks[name] = max(self.peaks[name], value)

    def _lead(self, pid: int, role: str, *, leads: bool) -> None:
        if leads and not self._led[pid].get(role, False):
            self.took_lead[role] += 1
        self._led[pid][role] = leads

    def told(self) -> list[str]:
        """What was seen, for a reader; zeros are left out, but for retries."""
        with self._lock:
            totals: Counter[Series] = sum(self._counted.values(), Counter())
        retries = [f"{role}/{fault} {count}" for (name, role, fault), count in sorted(_of(totals, "spp_retries_total"))]
        said = [f"retries {', '.join(retries) or 0}"]
        said += [f"lead taken {', '.join(f'{role} {count}' for role, count in sorted(self.took_lead.items()))}"]
        for name, words in (("spp_record_fenced_total", "batches fenced"), ("spp_cases_parked_total", "cases parked")):
            if count := sum(value for key, value in totals.items() if key[0] == name):
                said.append(f"{words} {count}")
        said.append(f"replayed {sum(value for key, value in totals.items() if key[1:] == ('replayed',))}")
        said += [
            f"{words} at most {self.peaks[name]:,}"
            for name, words in (
                ("spp_consumer_lag_records", "lag"),
                ("spp_marks", "marks"),
                ("spp_outbox_rows", "outbox"),
            )
        ]
        if self.peaks["spp_source_muted"]:
            said.append(f"sources muted {self.peaks['spp_source_muted']}")
        return said


def _of(totals: Counter[Series], name: str) -> list[tuple[tuple[str, str, str], int]]:
    return [((key[0], key[1], key[2]), value) for key, value in totals.items() if key[0] == name and value]
