"""Records that must end in quarantine: malformed bytes well signed, and good bytes unsigned or falsely signed.

Each forged request names a woman who is enrolled and whose delivery is verified, so that one let through would be paid
and show in the totals.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline.scenarios import country, rates
from pipeline.scenarios.figures.births import BIRTH_CASH, BIRTH_CASH_RIEL
from pipeline.scenarios.people import People
from pipeline.scenarios.script import RawRecord, Script, Signature, money

if TYPE_CHECKING:
    from collections.abc import Callable

    Event = dict[str, Any]

PAYMENT_TOPIC = "sp.payment.v1"
VERIFICATION_TOPIC = "sp.verification.v1"
OVERSIZE_BYTES = 70_000
"""More than the 64 KiB a record may have."""


def add(people: People) -> None:
    """Add a few of every kind to the script, and count them by the reason each must be quarantined for."""
    each = rates.DAMAGED.of(people.figures.mothers, least=1)
    for _ in range(each):
        for reason, damage in MALFORMED:
            value = damage(_request(people))
            people.script.raw.append(_record(people, value, Signature.OWN, reason))
        for reason, topic, signature in FORGED:
            event = _request(people)
            people.script.raw.append(_record(people, _encode(event), signature, reason, topic))
    people.rng.shuffle(people.script.raw)


def _request(people: People) -> Event:
    """A sound request of a woman who is due, but did not ask."""
    mother = people.mother()
    people.enrol(mother)
    people.verify(mother)
    at = people.request_time(mother)
    return {
        "specversion": "1.0",
        "id": people.script.next_id(),
        "source": "urn:sp:operator:nssf",
        "type": "kh.sp.payment.requested.v1",
        "time": at.isoformat(),
        "data": {
            "request_id": people.script.next_id(),
            "batch_id": f"{people.script.token}/{country.cycle_of(at)}/false",
            "benefit": BIRTH_CASH,
            "sp_id": mother.sp_id,
            "for": {"on": mother.delivered_on.isoformat()},
            "amount": money(BIRTH_CASH_RIEL),
            "payee": {
                "channel": "wallet",
                "provider": "wing",
                "account_ref": f"tok-{people.rng.getrandbits(64):016x}",
                "role": "self",
            },
        },
    }


def _record(people: People, value: bytes, signature: Signature, reason: str, topic: str = PAYMENT_TOPIC) -> RawRecord:
    return RawRecord("nssf", topic, people.script.next_id(), value, signature, reason)


def _encode(event: object) -> bytes:
    return msgspec.json.encode(event)


def _changed(**changes: object) -> Callable[[Event], bytes]:
    """The event with some envelope fields replaced; None takes a field away."""

    def damage(event: Event) -> bytes:
        merged = {**event, **changes}
        return _encode({name: value for name, value in merged.items() if value is not None})

    return damage


def _changed_data(**changes: object) -> Callable[[Event], bytes]:
    """The event with some fields of `data` replaced; `for_` stands for `for`."""

    def damage(event: Event) -> bytes:
        event = deepcopy(event)
        for name, value in changes.items():
            event["data"][name.rstrip("_")] = value
        return _encode(event)

    return damage


def _cut(event: Event) -> bytes:
    return _encode(event)[:-20]


def _not_text(event: Event) -> bytes:
    return _encode(event).replace(b"wing", b"w\xff\xfeg")


def _list(event: Event) -> bytes:
    return _encode([event])


def _repeated_key(event: Event) -> bytes:
    return _encode(event).replace(b'"benefit":', b'"benefit":"nssf.maternal.anc","benefit":')


def _oversize(event: Event) -> bytes:
    return _changed_data(note="x" * OVERSIZE_BYTES)(event)


MALFORMED: tuple[tuple[str, Callable[[Event], bytes]], ...] = (
    ("not_json", _cut),
    ("not_json", _not_text),
    ("not_an_event", _list),
    ("not_an_event", _changed(specversion=None)),
    ("too_large", _oversize),
    ("unknown_type", _changed(type="kh.sp.payment.guessed.v1")),
    ("schema", _changed(type="kh.sp.payee.changed.v1")),
    ("unknown_code", _changed_data(benefit="nssf.birth_bonus")),
    ("time_in_future", _changed(time="2199-01-01T08:00:00+07:00")),
    ("schema", _changed(priority="high")),
    ("schema", _changed(time="2018-02-03T08:00:00")),
    ("schema", _changed_data(note="please pay")),
    ("schema", _changed_data(sp_id="123")),
    ("schema", _changed_data(household_id="HH-1")),
    ("schema", _changed_data(for_={"on": "2018-02-30"})),
    ("schema", _changed_data(for_={"on": "1018-02-03"})),
    ("schema", _changed_data(for_={"month": "2018-02"})),
    ("schema", _changed_data(amount={"amount": 400000.0, "currency": "KHR"})),
    ("schema", _changed_data(amount={"amount": "0400000", "currency": "KHR"})),
    ("schema", _changed_data(amount={"amount": "1234567890123456", "currency": "KHR"})),
    ("schema", _changed_data(amount={"amount": "400000.50", "currency": "KHR"})),
    ("schema", _changed_data(request_id="R\x00")),
    ("schema", _repeated_key),
)
"""The reason and the damage done to a sound request. It is signed after the damage, so only the damage is wrong."""

FORGED: tuple[tuple[str, str, Signature], ...] = (
    ("unsigned", PAYMENT_TOPIC, Signature.NONE),
    ("bad_signature", PAYMENT_TOPIC, Signature.TAMPERED),
    ("bad_signature", PAYMENT_TOPIC, Signature.IMPOSTOR),
    ("unknown_key", PAYMENT_TOPIC, Signature.STRANGER),
    ("key_not_valid", PAYMENT_TOPIC, Signature.RETIRED),
    ("not_authorised", PAYMENT_TOPIC, Signature.BORROWED_HEF),
    ("not_authorised", PAYMENT_TOPIC, Signature.BORROWED_PMRS),
    ("wrong_topic", VERIFICATION_TOPIC, Signature.OWN),
)
"""The reason, the topic it is published on and how it is signed."""


def by_reason(script: Script) -> dict[str, int]:
    """How many records must be quarantined for each reason, conflicts among them."""
    counts: dict[str, int] = {"conflict": script.conflicting} if script.conflicting else {}
    for record in script.raw:
        counts[record.reason] = counts.get(record.reason, 0) + 1
    return dict(sorted(counts.items()))
