"""Reading a written scenario back, as an operator's tools would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from events.envelope import Event, decode_data, decode_head
from events.sources import to_urn
from pipeline.scenarios import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Told(NamedTuple):
    """One line of an event file."""

    wave: int
    path: str
    source: str
    topic: str
    line: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.line["type"]).removeprefix("kh.sp.").removesuffix(".v1")

    @property
    def identity(self) -> tuple[str, str]:
        return self.source, str(self.line["id"])

    def event(self) -> Event:
        envelope = {"specversion": "1.0", "source": to_urn(self.source), **self.line}
        return decode_data(decode_head(msgspec.json.encode(envelope)))


def told(directory: Path) -> Iterator[Told]:
    for wave in files.read_manifest(directory).waves:
        for file in wave.files:
            if file.kind == "events":
                topic = file.path.split(".")[-2]
                for line in (directory / file.path).read_bytes().splitlines():
                    yield Told(wave.wave, file.path, file.source, topic, msgspec.json.decode(line))


def first_told(directory: Path) -> Iterator[Told]:
    """Each identity as it is accepted: without replays and conflicting copies."""
    seen: set[tuple[str, str]] = set()
    for line in told(directory):
        if line.identity not in seen:
            seen.add(line.identity)
            yield line
