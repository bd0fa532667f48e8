"""A burst of records that are well signed and bad, from a source that nobody else needs."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from events.envelope import Event, encode
from events.outgoing import Outgoing, outgoing
from events.verification import ConditionVerified
from infra.faults.waiting import wait_until
from ledger.store import connect
from ledger.store.source_health import muted_sources
from pipeline.health import Limits

if TYPE_CHECKING:
    from infra.faults.load import Load
    from infra.faults.site import Site

SOURCE: Final = "mlvt"
"""Training, which no birth depends on."""
GOOD: Final = 5
_TIME = dt.datetime(2018, 5, 1, tzinfo=dt.UTC)


def burst(site: Site, load: Load) -> str:
    """Send bad records until the source is muted, then good ones; what was done, for a note."""
    bad = [_record(number, good=False) for number in range(Limits().poison * 3 // 2)]
    load.beside(SOURCE, bad)
    took = wait_until(lambda: _is_muted(site), 120, "the muting of a source that sends poison")
    good = [_record(len(bad) + number, good=True) for number in range(GOOD)]
    load.beside(SOURCE, good)
    return f"{len(bad):,} bad records; muted {took:.1f} s after the last; {GOOD} good ones held"


def _is_muted(site: Site) -> bool:
    with connect(site.ledger, "reader") as connection:
        return SOURCE in muted_sources(connection)


def _record(number: int, *, good: bool) -> Outgoing:
    data = ConditionVerified(f"{9_000_000_000 + number}", "attendance", "met", month="2018-04")
    event = Event(SOURCE, f"poison-{number}", "condition.verified", int(_TIME.timestamp()) * 1_000_000, data)
    value = encode(event)
    made = outgoing(event, value, {})
    return made if good else Outgoing(made.topic, made.key, value.replace(b'"outcome":"met"', b'"outcome":"maybe"'))
