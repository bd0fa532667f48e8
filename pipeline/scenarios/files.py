"""A scenario on disk: event files by wave, source and topic, a manifest that says how to publish them, expectations."""

from __future__ import annotations

import base64
import random
from typing import TYPE_CHECKING, Literal

import msgspec

from pipeline.scenarios.expectation import Expected, expected_of
from pipeline.scenarios.script import RawRecord, Signature, Wave
from pipeline.scenarios.sinks import Files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.scenarios.catalogue import Scenario
    from pipeline.scenarios.script import Script

MANIFEST = "manifest.json"
EXPECTED = "expected.json"
FORMAT = 3


class File(msgspec.Struct, frozen=True):
    """One file. `events`: lines for `spp publish --as SOURCE`; `raw`: records published byte for byte."""

    path: str
    kind: Literal["events", "raw"]
    source: str
    topic: str
    records: int
    order: Literal["shuffled", "as told"]


class WaveFiles(msgspec.Struct, frozen=True):
    """Files published together; everything of earlier waves is decided before."""

    wave: int
    name: str
    why: str
    files: tuple[File, ...]


class Manifest(msgspec.Struct, frozen=True):
    """What a directory holds. `size` and `full` count in `unit`, `records` all lines; `token` begins every id."""

    format: int
    scenario: str
    title: str
    about: str
    size: int
    unit: str
    full: int
    seed: int
    token: str
    records: int
    waves: tuple[WaveFiles, ...]


class RawLine(msgspec.Struct, frozen=True):
    """One record of a raw file; `signature` says how it is signed when it is published."""

    topic: str
    key: str
    source: str
    signature: Signature
    reason: str
    value_base64: str


_NAMES: dict[Wave, tuple[str, str]] = {
    Wave.OPENING: ("opening", "Enrolments, deliveries, requests and their corrections, in no order."),
    Wave.DECLARED: ("declared", "Control totals: what is declared complete is submitted and stands."),
    Wave.CLOSED: ("closed", "Evidence that comes late, and the closing of the cycles."),
    Wave.AFTERWARDS: ("afterwards", "What arrives after the close: late post, late claims, conflicting copies."),
}


class FilesError(Exception):
    """A directory does not hold the scenario it should; the message says what to do."""


def write(scenario: Scenario, size: str, seed: int, directory: Path) -> Manifest:
    """Write all files of a scenario, in bounded memory; existing ones of the same names are replaced."""
    token, quantity = scenario.token(size, seed), scenario.quantity(size)
    sink = Files(directory, {wave: name for wave, (name, _) in _NAMES.items()}, random.Random(f"{token} on disk"))  # noqa: S311 - no secret
    script = scenario.tell(size, seed, sink)
    sink.close()
    raw = _write_raw(script, directory)
    waves = tuple(_of_wave(sink, wave, raw) for wave in Wave)
    manifest = Manifest(
        format=FORMAT,
        scenario=scenario.name,
        title=scenario.title,
        about=scenario.about,
        size=quantity,
        unit=scenario.programme.unit,
        full=scenario.programme.full,
        seed=seed,
        token=token,
        records=sum(file.records for wave in waves for file in wave.files),
        waves=waves,
    )
    published, at_full = (scenario.programme.published(one) for one in (quantity, scenario.programme.full))
    _write_json(directory / EXPECTED, expected_of(script, published, at_full))
    _write_json(directory / MANIFEST, manifest)
    return manifest


def _of_wave(sink: Files, wave: Wave, raw: File | None) -> WaveFiles:
    files = [
        File(f"{wave:d}-{_NAMES[wave][0]}/{file.path.name}", "events", source, topic, file.records, "shuffled")
        for (of, source, topic), file in sorted(sink.files.items())
        if of is wave
    ]
    if wave is Wave.OPENING and raw is not None:
        files.append(raw)
    return WaveFiles(int(wave), *_NAMES[wave], tuple(files))


def _write_raw(script: Script, directory: Path) -> File | None:
    if not script.raw:
        return None
    path = f"{Wave.OPENING:d}-{_NAMES[Wave.OPENING][0]}/bad.raw.jsonl"
    (directory / path).write_bytes(b"\n".join(_raw_line(record) for record in script.raw) + b"\n")
    return File(path, "raw", "", "", len(script.raw), "shuffled")


def _raw_line(record: RawRecord) -> bytes:
    value = base64.b64encode(record.value).decode()
    return msgspec.json.encode(RawLine(record.topic, record.key, record.source, record.signature, record.reason, value))


def _write_json(path: Path, value: object) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a written scenario; FilesError when there is none or it is of another format."""
    path = directory / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise FilesError(f"{path}: {error}; write it anew with `spp scenario write`") from error
    if manifest.format != FORMAT:
        raise FilesError(f"{path}: format {manifest.format}, this program reads {FORMAT}; write it anew")
    return manifest


def read_expected(directory: Path) -> Expected:
    """What must come of a written scenario."""
    path = directory / EXPECTED
    try:
        return msgspec.json.decode(path.read_bytes(), type=Expected)
    except (OSError, msgspec.MsgspecError) as error:
        raise FilesError(f"{path}: {error}; write it anew with `spp scenario write`") from error


def read_raw(path: Path) -> Iterator[RawRecord]:
    """The records of a raw file."""
    decoder = msgspec.json.Decoder(RawLine)
    with path.open("rb") as lines:
        for line in lines:
            raw = decoder.decode(line)
            value = base64.b64decode(raw.value_base64)
            yield RawRecord(raw.source, raw.topic, raw.key, value, raw.signature, raw.reason)
