"""camt.053 (statement) and camt.054 (notification) of any version: entries become movements, each by its reference.

A movement's reference is the bank's own (`AcctSvcrRef`) of the transaction, else of the entry; an entry that tells
several without one each gives them the entry's and their EndToEndId. So the same movement told by both is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.exchange import fields
from processors.exchange.answers import Answer, AnswerError, BadRecord, Balance, Direction, Fault, Movement
from processors.exchange.xml import all_of, first, needed, raw_of, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.exchange.xml import Element

_REPORTS = {"camt.053": "BkToCstmrStmt", "camt.054": "BkToCstmrDbtCdtNtfctn"}
_PARTS = {"camt.053": "Stmt", "camt.054": "Ntfctn"}
_DIRECTIONS = {"DBIT": Direction.DEBIT, "CRDT": Direction.CREDIT}
BOOKED = "BOOK"


def read(root: Element, name: str, reasons: Mapping[str, str]) -> Answer:
    """A whole message; a bad entry is named and kept. `reasons`: the bank's own words for reasons of the contract."""
    answer = Answer(name)
    top = first(root, _REPORTS[name])
    if top is None:
        raise AnswerError(Fault.MISSING, _REPORTS[name], "the message's own element")
    answer.message_id = fields.reference(needed(top, "GrpHdr/MsgId"))
    answer.told_us = fields.instant_us(needed(top, "GrpHdr/CreDtTm"), "GrpHdr/CreDtTm")
    for part_no, part in enumerate(all_of(top, _PARTS[name]), 1):
        _part(part, f"{_PARTS[name]}[{part_no}]", answer, reasons)
    return answer


def _part(part: Element, where: str, answer: Answer, reasons: Mapping[str, str]) -> None:
    account = fields.reference(text(part, "Acct/Id/Othr/Id", "Acct/Id/IBAN") or "unnamed")
    for entry_no, entry in enumerate(all_of(part, "Ntry"), 1):
        try:
            if text(entry, "Sts/Cd", "Sts") == BOOKED:
                answer.movements += _entry(entry, account, answer, reasons)
        except AnswerError as error:
            _keep(answer, entry, f"{where}/Ntry[{entry_no}]/{error.place}", error)
    if answer.format == "camt.053":
        try:
            _balances(part, account, answer)
        except AnswerError as error:
            _keep(answer, part, f"{where}/{error.place}", error)


def _keep(answer: Answer, node: Element, place: str, error: AnswerError) -> None:
    answer.bad.append(BadRecord(place, error.fault, error.expected, raw_of(node)))


def _entry(entry: Element, account: str, answer: Answer, reasons: Mapping[str, str]) -> list[Movement]:
    """The movements of one booked entry: those its details tell, else itself."""
    amount, currency = _amount(entry, "Amt")
    direction = _DIRECTIONS.get(needed(entry, "CdtDbtInd"))
    if direction is None:
        raise AnswerError(Fault.WRONG, "CdtDbtInd", "CRDT or DBIT")
    own = text(entry, "AcctSvcrRef")
    value_date = fields.day(needed(entry, "ValDt/Dt", "ValDt/DtTm", "BookgDt/Dt", "BookgDt/DtTm"), "ValDt")
    details = list(all_of(entry, "NtryDtls/TxDtls"))
    told: list[Movement] = []
    for detail in details or [entry]:
        end_to_end = text(detail, "Refs/EndToEndId")
        part, unit = _amount(detail, "Amt") if first(detail, "Amt") is not None else (amount, currency)
        ref = text(detail, "Refs/AcctSvcrRef")
        parts = (ref,) if ref else (own,) if len(details) < 2 else (own, end_to_end)
        if not (ref or own) or not parts[-1]:
            raise AnswerError(Fault.MISSING, "AcctSvcrRef", "the bank's reference of the movement")
        said = text(detail, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")
        told.append(
            Movement(
                bank_ref=fields.reference(*parts),
                entry_ref=fields.reference(own or ref),
                direction=direction,
                amount_minor=part,
                currency=unit,
                value_date=value_date,
                told_us=answer.told_us,
                message_id=answer.message_id,
                account=account,
                instruction_id=fields.instruction(end_to_end),
                reason=reasons.get(said, said) if direction is Direction.CREDIT else "",
            )
        )
    if sum(movement.amount_minor for movement in told) != amount or {one.currency for one in told} != {currency}:
        raise AnswerError(Fault.SUM_DIFFERS, "NtryDtls", "details that add up to the entry's amount")
    if len({movement.bank_ref for movement in told}) != len(told):
        raise AnswerError(Fault.WRONG, "NtryDtls", "a reference of its own for each transaction")
    return told


def _amount(node: Element, path: str, least: int = 1) -> tuple[int, str]:
    found = first(node, path)
    if found is None:
        raise AnswerError(Fault.MISSING, path, "an amount")
    currency = found.get("Ccy", "")
    return fields.amount_minor((found.text or "").strip(), currency, path, least), currency


def _balances(part: Element, account: str, answer: Answer) -> None:
    """Opening and closing booked balance of the statement's day, where both are told."""
    found: dict[str, tuple[int, str]] = {}
    day = None
    for balance in all_of(part, "Bal"):
        kind = text(balance, "Tp/CdOrPrtry/Cd")
        if kind not in {"OPBD", "CLBD"}:
            continue
        amount, currency = _amount(balance, "Amt", least=0)
        if amount and text(balance, "CdtDbtInd") != "CRDT":
            raise AnswerError(Fault.WRONG, "Bal/CdtDbtInd", "a balance that is not overdrawn")
        found[kind] = amount, currency
        if kind == "CLBD":
            day = fields.day(needed(balance, "Dt/Dt", "Dt/DtTm"), "Bal/Dt")
    if len(found) == 2 and day is not None and found["OPBD"][1] == found["CLBD"][1]:
        currency = found["CLBD"][1]
        answer.balances.append(
            Balance(account, day, currency, found["OPBD"][0], found["CLBD"][0], answer.told_us)
        )  # fmt: skip
