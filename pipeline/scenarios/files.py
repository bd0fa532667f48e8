"""A scenario on disk: event files by wave, source and topic, a manifest that says how to publish them, expectations."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Literal

import msgspec

from pipeline.scenarios.expectation import Expected, expected_of
from pipeline.scenarios.script import RawRecord, Script, Signature, Wave

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.scenarios.catalogue import Scenario

MANIFEST = "manifest.json"
EXPECTED = "expected.json"
FORMAT = 1


class File(msgspec.Struct, frozen=True):
    """One file. `events`: lines for `spp publish --as SOURCE`; `raw`: records published byte for byte."""

    path: str
    kind: Literal["events", "raw"]
    source: str
    records: int
    order: Literal["shuffled", "as told"]


class WaveFiles(msgspec.Struct, frozen=True):
    """Files published together; everything of earlier waves is decided before."""

    wave: int
    name: str
    why: str
    files: tuple[File, ...]


class Manifest(msgspec.Struct, frozen=True):
    """What a directory holds. `token` begins every id of the scenario, `records` counts all lines of all files."""

    format: int
    scenario: str
    title: str
    size: int
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
    """Write all files of a scenario; existing ones of the same names are replaced."""
    script = scenario.script(size, seed)
    directory.mkdir(parents=True, exist_ok=True)
    waves = tuple(_write_wave(script, wave, directory) for wave in Wave)
    manifest = Manifest(
        format=FORMAT,
        scenario=scenario.name,
        title=scenario.title,
        size=scenario.mothers(size),
        seed=seed,
        token=script.token,
        records=sum(file.records for wave in waves for file in wave.files),
        waves=waves,
    )
    expected = expected_of(script, scenario.births.figures.scaled(manifest.size))
    _write_json(directory / EXPECTED, expected)
    _write_json(directory / MANIFEST, manifest)
    return manifest


def _write_wave(script: Script, wave: Wave, directory: Path) -> WaveFiles:
    groups: dict[tuple[str, str], list[bytes]] = {}
    for line in script.lines[wave]:
        groups.setdefault((line.source, line.topic), []).append(line.text)
    files = []
    name, why = _NAMES[wave]
    for (source, topic), lines in sorted(groups.items()):
        script.rng.shuffle(lines)
        path = f"{wave:d}-{name}/{source}.{topic}.jsonl"
        _write_lines(directory / path, lines)
        files.append(File(path, "events", source, len(lines), "shuffled"))
    if wave is Wave.OPENING and script.raw:
        path = f"{wave:d}-{name}/bad.raw.jsonl"
        _write_lines(directory / path, [_raw_line(record) for record in script.raw])
        files.append(File(path, "raw", "", len(script.raw), "shuffled"))
    return WaveFiles(int(wave), name, why, tuple(files))


def _raw_line(record: RawRecord) -> bytes:
    value = base64.b64encode(record.value).decode()
    return msgspec.json.encode(RawLine(record.topic, record.key, record.source, record.signature, record.reason, value))


def _write_lines(path: Path, lines: list[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(lines) + b"\n")


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
