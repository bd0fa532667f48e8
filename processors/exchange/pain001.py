"""pain.001.001.09: one file a run, one transaction an instruction, control sums, checked against the ISO schema.

No name leaves the exchange: a payee is its account at its provider. An amount is whole riel, or dollars with cents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from lxml import etree

from events.money import from_minor

if TYPE_CHECKING:
    from processors.exchange.banks import Bank
    from processors.exchange.runs import Group

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
SCHEMA_FILE: Final = "pain.001.001.09.xsd"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class FileError(ValueError):
    """A file of ours that the schema refuses; the message names the rule, never a value."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself; `made_us` in microseconds since the epoch, UTC."""

    message_id: str
    made_us: int
    execute_on: date
    initiator: str


def write(head: Header, paid: Group, bank: Bank) -> bytes:
    """The file's bytes, the same for the same arguments. Raises FileError where the schema refuses it."""
    document = etree.Element("Document", nsmap={None: NAMESPACE})
    top = etree.SubElement(document, "CstmrCdtTrfInitn")
    count, total = str(len(paid.dues)), _decimal(paid.total_minor, paid.currency)
    made = _EPOCH + timedelta(microseconds=head.made_us)
    group = etree.SubElement(top, "GrpHdr")
    _texts(group, ("MsgId", head.message_id), ("CreDtTm", made.strftime("%Y-%m-%dT%H:%M:%SZ")))
    _texts(group, ("NbOfTxs", count), ("CtrlSum", total), ("InitgPty/Nm", head.initiator))
    block = etree.SubElement(top, "PmtInf")
    _texts(block, ("PmtInfId", head.message_id), ("PmtMtd", "TRF"), ("BtchBookg", "false"))
    _texts(block, ("NbOfTxs", count), ("CtrlSum", total), ("ReqdExctnDt/Dt", head.execute_on.isoformat()))
    _texts(block, ("Dbtr/Nm", head.initiator), ("DbtrAcct/Id/Othr/Id", bank.account[paid.currency]))
    _texts(block.find("DbtrAcct"), ("Ccy", paid.currency))
    _texts(block, ("DbtrAgt/FinInstnId/Othr/Id", bank.agent))
    for due in paid.dues:
        transaction = etree.SubElement(block, "CdtTrfTxInf")
        name = due.instruction_id.hex()
        _texts(transaction, ("PmtId/InstrId", name))
        _texts(transaction.find("PmtId"), ("EndToEndId", name))
        amount = etree.SubElement(etree.SubElement(transaction, "Amt"), "InstdAmt", Ccy=due.currency)
        amount.text = _decimal(due.amount_minor, due.currency)
        _texts(transaction, ("CdtrAgt/FinInstnId/Othr/Id", due.payee.provider))
        _texts(transaction, ("CdtrAcct/Id/Othr/Id", due.payee.account_ref))
    # Made without a namespace on each name, it gets the document's when it is written and read.
    raw: bytes = etree.tostring(document, xml_declaration=True, encoding="UTF-8")
    check(raw)
    return raw


def check(raw: bytes) -> None:
    """Hold a file against the ISO schema; raises FileError naming line and rule."""
    schema = _schema()
    if not schema.validate(etree.fromstring(raw)):
        found = schema.error_log[0]
        raise FileError(f"the file breaks {SCHEMA_FILE} at {found.path}: rule {found.type_name}")


def _texts(node: etree._Element, *rows: tuple[str, str]) -> None:
    """Append each row: a path of new elements, the last with the text."""
    for path, text in rows:
        at = node
        for name in path.split("/"):
            at = etree.SubElement(at, name)
        at.text = text


def _decimal(amount_minor: int, currency: str) -> str:
    return from_minor(amount_minor, currency).amount


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    raw = (resources.files("processors.exchange") / SCHEMA_FILE).read_bytes()
    return etree.XMLSchema(etree.fromstring(raw))
