"""The simulated bank's messages: pain.002.001.10, camt.054.001.08 and camt.053.001.08."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import msgspec
from lxml import etree

from events.money import from_minor

_ACCOUNT = "EXAMPLE"
_ISO = "urn:iso:std:iso:20022:tech:xsd:"


class Booking(msgspec.Struct, frozen=True):
    """One booking of the bank; without `end_to_end` it is a fee."""

    ref: str
    end_to_end: str
    amount_minor: int
    currency: str
    credit: bool
    value_date: date
    reason: str = ""


class Verdict(NamedTuple):
    """What the bank says of a payment, or of the file `message_id`."""

    end_to_end: str
    status: str
    reason: str
    message_id: str = ""


def report(message_id: str, day: date, verdicts: Sequence[Verdict]) -> bytes:
    """A pain.002 with a word on each payment; a word on a whole file of ours comes first and alone."""
    root = etree.Element("Document", nsmap={None: f"{_ISO}pain.002.001.10"})
    top = etree.SubElement(root, "CstmrPmtStsRpt")
    _header(top, message_id, day)
    files = [one for one in verdicts[:1] if one.message_id]
    group = etree.SubElement(top, "OrgnlGrpInfAndSts")
    _text(group, "OrgnlMsgId", files[0].message_id if files else "NOTPROVIDED")
    _text(group, "OrgnlMsgNmId", "pain.001.001.09")
    if files:
        _text(group, "GrpSts", files[0].status)
        _reason(group, files[0].reason)
    block = etree.SubElement(top, "OrgnlPmtInfAndSts")
    _text(block, "OrgnlPmtInfId", "NOTPROVIDED")
    for one in verdicts:
        if one.end_to_end:
            transaction = etree.SubElement(block, "TxInfAndSts")
            _text(transaction, "OrgnlEndToEndId", one.end_to_end)
            _text(transaction, "TxSts", one.status)
            _reason(transaction, one.reason)
    return _bytes(root)


def notification(message_id: str, day: date, bookings: Sequence[Booking]) -> bytes:
    """A camt.054 that tells each booking as an entry of its own."""
    root = etree.Element("Document", nsmap={None: f"{_ISO}camt.054.001.08"})
    top = etree.SubElement(root, "BkToCstmrDbtCdtNtfctn")
    _header(top, message_id, day)
    part = etree.SubElement(top, "Ntfctn")
    _text(part, "Id", message_id)
    _text(part, "Acct/Id/Othr/Id", _ACCOUNT)
    for booking in bookings:
        _entry(part, booking, day)
    return _bytes(root)


def statement(message_id: str, day: date, bookings: Sequence[Booking], balances: tuple[str, str]) -> bytes:
    """A camt.053 of a day in one currency, with its opening and closing balance."""
    root = etree.Element("Document", nsmap={None: f"{_ISO}camt.053.001.08"})
    top = etree.SubElement(root, "BkToCstmrStmt")
    _header(top, message_id, day)
    part = etree.SubElement(top, "Stmt")
    _text(part, "Id", message_id)
    _text(part, "Acct/Id/Othr/Id", _ACCOUNT)
    for code, amount in zip(("OPBD", "CLBD"), balances, strict=True):
        balance = etree.SubElement(part, "Bal")
        _text(balance, "Tp/CdOrPrtry/Cd", code)
        etree.SubElement(balance, "Amt", Ccy=bookings[0].currency).text = amount
        _text(balance, "CdtDbtInd", "CRDT")
        _text(balance, "Dt/Dt", day.isoformat())
    for booking in bookings:
        _entry(part, booking, day)
    return _bytes(root)


def _header(top: etree._Element, message_id: str, day: date) -> None:
    header = etree.SubElement(top, "GrpHdr")
    _text(header, "MsgId", message_id)
    _text(header, "CreDtTm", f"{day.isoformat()}T18:00:00+07:00")


def _entry(part: etree._Element, booking: Booking, day: date) -> None:
    entry = etree.SubElement(part, "Ntry")
    amount = from_minor(booking.amount_minor, booking.currency).amount
    etree.SubElement(entry, "Amt", Ccy=booking.currency).text = amount
    _text(entry, "CdtDbtInd", "CRDT" if booking.credit else "DBIT")
    _text(entry, "Sts/Cd", "BOOK")
    _text(entry, "BookgDt/Dt", day.isoformat())
    _text(entry, "ValDt/Dt", booking.value_date.isoformat())
    _text(entry, "AcctSvcrRef", booking.ref)
    _text(entry, "BkTxCd/Prtry/Cd", "PAYMENT" if booking.end_to_end else "FEE")
    if booking.end_to_end:
        detail = etree.SubElement(etree.SubElement(entry, "NtryDtls"), "TxDtls")
        _text(detail, "Refs/EndToEndId", booking.end_to_end)
        etree.SubElement(detail, "Amt", Ccy=booking.currency).text = amount
        _text(detail, "CdtDbtInd", "CRDT" if booking.credit else "DBIT")
        if booking.reason:
            kind = "Cd" if len(booking.reason) == len("AC04") else "Prtry"
            _text(detail, f"RtrInf/Rsn/{kind}", booking.reason)


def _reason(node: etree._Element, reason: str) -> None:
    if reason:
        _text(node, "StsRsnInf/Rsn/Cd", reason)


def _text(node: etree._Element, path: str, text: str) -> None:
    at = node
    for name in path.split("/"):
        at = etree.SubElement(at, name)
    at.text = text


def _bytes(root: etree._Element) -> bytes:
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written
