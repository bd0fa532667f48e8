"""Settings come from variables, an empty one counts as unset, and a missing server is said with what to do."""

from pathlib import Path

import pytest

from pipeline.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SPP_{name.upper()}", raising=False)


def test_home_defaults_to_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings().home == Path(__file__).resolve().parents[3] / ".local"


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPP_HOME", "here")
    assert load_settings().home == tmp_path / "here"


def test_an_empty_variable_counts_as_unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPP_HOME", str(tmp_path))
    monkeypatch.setenv("SPP_KAFKA_BOOTSTRAP", "")
    with pytest.raises(SettingsError, match=r"`spp up`, or set SPP_KAFKA_BOOTSTRAP"):
        _ = load_settings().bootstrap


def test_given_servers_are_used_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPP_KAFKA_BOOTSTRAP", "one:9092,two:9092")
    monkeypatch.setenv("SPP_LEDGER_URL", "postgresql://u:p@db/x")
    settings = load_settings()
    assert (settings.bootstrap, settings.ledger) == ("one:9092,two:9092", "postgresql://u:p@db/x")
    assert "u:p" not in repr(settings)


def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPP_POSTGRES_PORT", "70000")
    with pytest.raises(SettingsError, match="SPP_POSTGRES_PORT"):
        load_settings()
