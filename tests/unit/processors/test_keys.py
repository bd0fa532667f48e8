"""Keys of entities: they are stored with every fact, so they are for ever what stands here."""

from hashlib import sha256

import pytest

from processors import entities
from tests.births import event


@pytest.mark.parametrize(
    ("key", "bytes_"),
    [
        (entities.person("0000000001"), b"P0000000001"),
        (entities.household("H1"), b"HH1"),
        (entities.facility("F1"), b"FF1"),
        (entities.batch("nssf", "B1"), b"Bnssf\0B1"),
        (entities.cycle("nssf", "family.base", "2024-05"), b"Cnssf\0family.base\0002024-05"),
        (entities.identity("nssf", "e1"), b"Enssf\0e1"),
        (entities.budget("state_budget", "flood_cash", 2023), b"Gstate_budget\0flood_cash\0002023"),
    ],
)
def test_a_key_is_a_letter_and_the_ids_of_the_contract(key: bytes, bytes_: bytes) -> None:
    assert key == bytes_


def test_a_line_is_keyed_by_its_line_id() -> None:
    assert entities.line("nssf", "N1") == b"L" + sha256(b"urn:sp:operator:nssf\0N1").digest()[:16]


@pytest.mark.parametrize(
    ("kind", "data", "homes"),
    [
        (
            "person.enrolled",
            {
                "sp_id": "0000000001", "scheme": "nssf.worker", "enrolment_id": "E1", "birth_date": "1990", "sex": "F",
                "valid_from": "2017-01-01", "valid_until": None,
            },
            (b"P0000000001", b"Nenrolled\0nssf\0nssf.worker\0E1"),
        ),
        (
            "person.withdrawn",
            {
                "sp_id": "0000000001", "scheme": "nssf.worker", "enrolment_id": "E1", "withdrawn_on": "2018-01-01",
                "reason": "left",
            },
            (b"P0000000001", b"Nwithdrawn\0nssf\0nssf.worker\0E1"),
        ),
        (
            "encounter.recorded",
            {
                "encounter_id": "C1", "sp_id": "0000000001", "facility_id": "F1", "service": "opd",
                "payment_type": "1", "started_on": "2024-03-04", "ended_on": None,
            },
            (b"P0000000001", b"Nencounter\0nssf\0C1"),
        ),
        ("person.merged", {"sp_id": "0000000002", "into": "0000000001", "merged_on": "2023-02-01"},
            (b"P0000000002", b"P0000000001")),
        ("cycle.closed", {"benefit": "family.base", "cycle": "2024-05"}, (b"Cnssf\0family.base\0002024-05",)),
        ("event.retracted", {"event": {"source": "urn:sp:operator:nssf", "id": "e1"}, "reason": "error"},
            (b"Enssf\0e1",)),
        ("payment.settled",
            {
                "instruction_id": 16 * "0a", "message_id": "M1", "amount": {"amount": "1", "currency": "KHR"},
                "bank_ref": "W1", "value_date": "2018-03-01",
            },
            (b"I" + 16 * b"\x0a",)),
        ("line.refused", {"line_id": 16 * "0b", "batch_id": "B1", "reason": "unsupported"}, (b"L" + 16 * b"\x0b",)),
        ("fund.received",
            {"fund": "hef_pool", "amount": {"amount": "1", "currency": "KHR"}, "bank_ref": "W1",
                "value_date": "2018-03-01"},
            (b"Uhef_pool",)),
        ("batch.certified",
            {"batch_id": "B1", "certificate_id": "K1", "count": 1, "totals": [], "checkpoint": "c"},
            (b"Knssf\0K1",)),
        ("statement.closed",
            {"account": "A1", "date": "2018-03-01", "opening": {"amount": "1", "currency": "KHR"},
                "closing": {"amount": "1", "currency": "KHR"}},
            (b"Anssf\0A1",)),
    ],
)  # fmt: skip
def test_an_event_belongs_to_what_its_own_bytes_name(
    kind: str, data: dict[str, object], homes: tuple[bytes, ...]
) -> None:
    assert entities.homes(event("nssf", kind, "told", "2024-03-05T08:00:00+07:00", data)) == homes
