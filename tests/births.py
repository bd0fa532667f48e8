"""A few mothers and what operators tell of them: small input for tests of the whole."""

from collections.abc import Mapping

from events.envelope import Event, decode_data, decode_head
from events.envelope import encode as encode_event
from events.sources import to_urn

__all__ = ["declared", "encode_event", "event", "mother"]


def event(source: str, kind: str, event_id: str, time: str, data: Mapping[str, object]) -> Event:
    """One event, read from its bytes as the contract says."""
    import msgspec

    return decode_data(
        decode_head(
            msgspec.json.encode(
                {
                    "specversion": "1.0",
                    "id": event_id,
                    "source": to_urn(source),
                    "type": f"kh.sp.{kind}.v1",
                    "time": time,
                    "data": data,
                }
            )
        )
    )


def mother(number: int, babies: int = 1) -> list[Event]:
    """An enrolled mother, her delivery, and two operators asking for the birth cash of it."""
    sp_id = f"{number:010d}"
    ask = {"benefit": "nssf.maternal.delivery", "sp_id": sp_id, "for": {"on": "2018-02-04"}, "cycle": "2018-02"}
    payee = {"channel": "wallet", "provider": "wing", "account_ref": f"token-{number}", "role": "self"}
    money = {"amount": str(400_000 * babies), "currency": "KHR"}
    return [
        event(
            "nssf", "person.enrolled", f"enrolled-{number}", "2018-01-05T08:00:00+07:00",
            {
                "sp_id": sp_id, "scheme": "nssf.worker", "enrolment_id": f"E{number}", "birth_date": "1990-01-01",
                "sex": "F", "valid_from": "2017-01-01", "valid_until": None,
            },
        ),
        event(
            "pmrs", "condition.verified", f"delivery-{number}", "2018-02-05T08:00:00+07:00",
            {
                "sp_id": sp_id, "condition": "delivery", "on": "2018-02-04", "outcome": "met",
                "measure": {"babies": babies, "gestation_weeks": 39}, "facility_id": "HC-1",
            },
        ),
        event(
            "nssf", "payment.requested", f"asked-{number}", "2018-02-10T08:00:00+07:00",
            {"request_id": f"N{number}", "batch_id": "NB", "amount": money, "payee": payee, **ask},
        ),
        event(
            "hef", "payment.requested", f"hef-asked-{number}", "2018-02-11T08:00:00+07:00",
            {"request_id": f"H{number}", "batch_id": "HB", "payee": payee, **ask},
        ),
    ]  # fmt: skip


def declared(source: str, batch_id: str, count: int, amount: int, time: str = "2018-02-12T08:00:00+07:00") -> Event:
    """The declaration of a batch of birth cash with its control totals."""
    totals = [{"amount": str(amount), "currency": "KHR"}] if amount else []
    return event(
        source, "batch.declared", f"declared-{batch_id}", time,
        {
            "batch_id": batch_id, "benefit": "nssf.maternal.delivery", "cycle": "2018-02", "count": count,
            "totals": totals,
        },
    )  # fmt: skip


def closed(source: str) -> Event:
    """The close of the payment cycle of `mother`'s requests."""
    return event(
        source, "cycle.closed", f"closed-{source}", "2018-02-20T08:00:00+07:00",
        {"benefit": "nssf.maternal.delivery", "cycle": "2018-02"},
    )  # fmt: skip
