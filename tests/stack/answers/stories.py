"""Requests beyond `tests.births`: of any source and time, and what certifiers and banks say of them."""

from events.envelope import Event
from events.identity import instruction_id_hex, line_id
from events.sources import to_urn
from tests.births import event

DELIVERY = {"benefit": "nssf.maternal.delivery", "for": {"on": "2018-02-04"}, "cycle": "2018-02"}
PAYEE = {"channel": "wallet", "provider": "wing", "account_ref": "token", "role": "self"}
KHR_400_000 = {"amount": "400000", "currency": "KHR"}


def line_of(source: str, request_id: str) -> str:
    return line_id(to_urn(source), request_id).hex()


def requested(
    request_id: str,
    sp_id: str,
    *,
    source: str = "nssf",
    time: str = "2018-02-10T08:00:00+07:00",
    event_id: str = "",
    **more: object,
) -> Event:
    """A request for the birth cash of the delivery that `tests.births.mother` tells."""
    data = {"request_id": request_id, "batch_id": "NB", "sp_id": sp_id, "payee": PAYEE, **DELIVERY, **more}
    return event(source, "payment.requested", event_id or f"asked-{request_id}", time, data)


def certified(request_id: str, source: str = "nssf") -> Event:
    line = line_of(source, request_id)
    data = {"line_id": line, "batch_id": "NB", "certificate_id": "C1", "amount": KHR_400_000}
    return event("npca", "line.certified", f"certified-{request_id}", "2018-03-01T08:00:00+07:00", data)


def settled(request_id: str, source: str = "nssf") -> Event:
    instruction = instruction_id_hex(line_of(source, request_id), 1)
    data = {
        "instruction_id": instruction, "message_id": "M1", "amount": KHR_400_000, "bank_ref": f"W-{request_id}",
        "value_date": "2018-03-05",
    }  # fmt: skip
    return event("bank.wing", "payment.settled", f"settled-{request_id}", "2018-03-05T18:00:00+07:00", data)
