"""A source that sends too much we cannot use is muted; all failing at once is our own fault."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from events.reasons import Reason
from ledger.store.records import Admitted, Refused
from pipeline import health as module
from pipeline.errors import OwnFaultError
from pipeline.health import Limits, SourceHealth
from pipeline.metrics import Metrics

LIMITS = Limits(poison=10, window_us=1_000, mute_us=500, stop_sources=3, stop_records=6)


@pytest.fixture
def muted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What the database holds."""
    stored: dict[str, int] = {}
    monkeypatch.setattr(module, "mute_source", lambda _connection, source, until: stored.update({source: until}))
    monkeypatch.setattr(module, "muted_sources", lambda _connection: dict(stored))
    return stored


def refused(source: str | None, at: int = 0, reason: Reason = Reason.SCHEMA, field: str = "data") -> Refused:
    return Refused(1, 0, 0, at, source, None, reason, field, "", None, b"", b"")


def admitted(source: str, at: int = 0) -> Admitted:
    return Admitted(0, source, "e", 1, 0, at, "k", b"", b"", ())


def observe(health: SourceHealth, good: Sequence[Admitted], bad: Sequence[Refused]) -> None:
    health.observe(cast("Any", None), good, bad)


def test_a_source_over_its_limit_is_muted_for_a_while(muted: dict[str, int]) -> None:
    health = SourceHealth(Metrics(), LIMITS)
    observe(health, [], [refused("nssf", at=5)] * 9)
    assert not health.muted("nssf", 6)
    observe(health, [], [refused("nssf", at=7)])
    assert health.muted("nssf", 8)
    assert not health.muted("nsaf", 8)
    assert not health.muted("nssf", 507)
    assert muted == {"nssf": 507}


def test_a_source_with_more_good_than_bad_is_not_muted(muted: dict[str, int]) -> None:
    health = SourceHealth(Metrics(), LIMITS)
    observe(health, [admitted("nssf")] * 20, [refused("nssf")] * 15)
    assert muted == {}


def test_a_window_that_is_over_is_forgotten(muted: dict[str, int]) -> None:
    health = SourceHealth(Metrics(), LIMITS)
    observe(health, [], [refused("nssf", at=0)] * 9)
    observe(health, [], [refused("nssf", at=1_000)] * 9)
    assert muted == {}


def test_what_nobody_signed_mutes_nobody(muted: dict[str, int]) -> None:
    health = SourceHealth(Metrics(), LIMITS)
    observe(health, [], [refused(None)] * 50)
    assert muted == {}


def test_codes_and_types_we_do_not_list_yet_are_not_poison(muted: dict[str, int]) -> None:
    health = SourceHealth(Metrics(), LIMITS)
    observe(health, [], [refused("nssf", reason=Reason.UNKNOWN_CODE), refused("nssf", reason=Reason.UNKNOWN_TYPE)] * 9)
    assert muted == {}


def test_what_muting_holds_back_does_not_prolong_it(muted: dict[str, int]) -> None:
    health = SourceHealth(Metrics(), LIMITS)
    observe(health, [], [refused("nssf", reason=Reason.NOT_AUTHORISED, field=module.MUTED_FIELD)] * 50)
    assert muted == {}


def test_a_muting_by_another_worker_is_learnt(muted: dict[str, int]) -> None:
    muted["hef"] = 900
    health = SourceHealth(Metrics(), LIMITS, clock=lambda: 0.0)
    observe(health, [admitted("nssf")], [])
    assert health.muted("hef", 899)


def test_recording_stops_when_all_sources_fail() -> None:
    health = SourceHealth(Metrics(), LIMITS)
    health.require_sane([], [refused("nssf"), refused("nsaf")])
    health.require_sane([], [refused("nssf"), refused("nsaf")])
    with pytest.raises(OwnFaultError, match="3 sources"):
        health.require_sane([], [refused("nssf"), refused("hef", reason=Reason.UNKNOWN_TYPE)])


def test_two_bad_sources_or_one_good_record_stop_nothing() -> None:
    health = SourceHealth(Metrics(), LIMITS)
    health.require_sane([], [refused("nssf"), refused("nsaf"), refused(None)] * 50)
    health.require_sane([admitted("idpoor")], [refused("hef")] * 50)
    health.require_sane([], [refused("nssf"), refused("nsaf"), refused(None)] * 50)
