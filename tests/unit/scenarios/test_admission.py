from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from events.keys import KeyRegistry
from events.lines import read_lines
from events.local_keys import local_signer, make_local_keys
from events.outgoing import signed_headers
from events.signing import Verifier
from events.topics import TOPICS
from ledger.store.records import Admitted
from pipeline.admission import Admission
from pipeline.policy_files import load
from pipeline.scenarios import files
from pipeline.scenarios.attacker import Attacker

if TYPE_CHECKING:
    from pathlib import Path

    from events.outgoing import Outgoing

NOW_US = 1_780_000_000_000_000


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("keys")
    make_local_keys(directory)
    return directory


@pytest.fixture(scope="module")
def admission(keys: Path) -> Admission:
    return Admission(Verifier(KeyRegistry.read(keys)), load().commons.codes)


def _verdict(admission: Admission, record: Outgoing, offset: int) -> str:
    headers = record.headers or ()
    judged = admission.admit(TOPICS[record.topic], 0, offset, NOW_US, record.key, record.value, headers)
    return "accepted" if isinstance(judged, Admitted) else judged.reason.value


def test_every_bad_record_is_refused_for_its_reason(written: Path, keys: Path, admission: Admission) -> None:
    attacker = Attacker(keys)
    raw = [file.path for wave in files.read_manifest(written).waves for file in wave.files if file.kind == "raw"]
    refused = Counter[str]()
    for path in raw:
        for offset, record in enumerate(files.read_raw(written / path)):
            reason = _verdict(admission, attacker.outgoing(record), offset)
            assert reason == record.reason, record.value[:400]
            refused[reason] += 1
    expected = files.read_expected(written).quarantined
    assert refused == {reason: count for reason, count in expected.items() if reason != "conflict"}
    assert len(expected) in {1, 14}
    assert len(expected) == 14 or not files.read_manifest(written).scenario.startswith("births")


def test_everything_else_is_admitted(written: Path, keys: Path, admission: Admission) -> None:
    for wave in files.read_manifest(written).waves:
        for file in wave.files:
            if file.kind == "raw":
                continue
            good, bad = read_lines((written / file.path).read_bytes().split(b"\n"), file.source)
            assert not bad
            assert len(good) == file.records
            signer = local_signer(keys, file.source)
            for offset, record in enumerate(good):
                signed = signed_headers(signer.key_id, signer.sign_one(record.value))
                judged = admission.admit(TOPICS[record.topic], 0, offset, NOW_US, record.key, record.value, signed)
                assert isinstance(judged, Admitted), judged
