"""Kafka's lock: complete, and nothing enters the class path that does not agree with it."""

from pathlib import Path

import pytest

from pipeline.local import jars
from pipeline.local.errors import LocalError
from pipeline.local.progress import Silent


def _only(monkeypatch: pytest.MonkeyPatch, sha256: str) -> jars.Jar:
    jar = jars.Jar("group", "thing", "1", sha256)
    monkeypatch.setattr(jars, "locked", lambda: [jar])
    return jar


def _downloads(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    def download(jar: jars.Jar, cache: Path) -> Path:
        cache.mkdir(exist_ok=True)
        path = cache / jar.filename
        path.write_bytes(content)
        return path

    monkeypatch.setattr(jars, "_download", download)


def test_the_lock_names_the_broker_and_has_no_doubles() -> None:
    locked = jars.locked()
    assert ("org.apache.kafka", "kafka_2.13", "4.3.1") in {(jar.group, jar.artifact, jar.version) for jar in locked}
    assert len({jar.filename for jar in locked}) == len(locked)


def test_a_jar_that_disagrees_with_the_lock_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _only(monkeypatch, "0" * 64)
    _downloads(monkeypatch, b"forged")
    with pytest.raises(LocalError, match="the lock says 0000"):
        jars.install(tmp_path / "jars", Silent())
    assert list((tmp_path / "jars").iterdir()) == []


def test_a_jar_that_agrees_is_taken_and_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = _only(monkeypatch, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
    _downloads(monkeypatch, b"x")
    jars.install(tmp_path / "jars", Silent())
    monkeypatch.delattr(jars, "_download")
    jars.install(tmp_path / "jars", Silent())
    assert jars.class_path(tmp_path / "jars") == str(tmp_path / "jars" / jar.filename)


def test_a_missing_jar_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="spp setup"):
        jars.class_path(tmp_path)
