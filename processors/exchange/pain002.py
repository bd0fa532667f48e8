"""pain.002 (status report) of any version: what the bank says of instructions, or of a whole file of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processors.exchange import fields
from processors.exchange.answers import Answer, AnswerError, BadRecord, Fault, Status, Verdict
from processors.exchange.xml import all_of, first, needed, raw_of, text

if TYPE_CHECKING:
    from processors.exchange.xml import Element

# External payment transaction and group status codes. Money counts only where a movement tells it: ACSC says nothing
# more than that the bank took the instruction.
VERDICTS: Final = {
    **dict.fromkeys(("RCVD", "PDNG", "ACTC", "ACCP", "ACFC", "ACSP", "ACWC", "ACSC", "ACCC"), Verdict.ACCEPTED),
    **dict.fromkeys(("RJCT", "CANC"), Verdict.REJECTED),
}
MIXED: Final = "PART"
DUPLICATE_REASONS: Final = frozenset({"AM05", "DU01", "DU02", "DU03", "DU04", "DUPL"})
"""Reasons that refuse a second telling: the bank has the first, so this rejects nothing."""


def read(root: Element) -> Answer:
    """A whole report. A transaction that cannot be used is named and kept."""
    answer = Answer("pain.002")
    top = first(root, "CstmrPmtStsRpt")
    if top is None:
        raise AnswerError(Fault.MISSING, "CstmrPmtStsRpt", "the message's own element")
    answer.message_id = fields.reference(needed(top, "GrpHdr/MsgId"))
    answer.told_us = fields.instant_us(needed(top, "GrpHdr/CreDtTm"), "GrpHdr/CreDtTm")
    group = first(top, "OrgnlGrpInfAndSts")
    if group is not None and text(group, "GrpSts") not in {"", MIXED}:
        try:
            file_id = needed(group, "OrgnlMsgId")
            _add(answer, *_said(group, "GrpSts"), file_id=file_id)
        except AnswerError as error:
            answer.bad.append(BadRecord(f"OrgnlGrpInfAndSts/{error.place}", error.fault, error.expected, raw_of(group)))
    transactions = [*all_of(top, "OrgnlPmtInfAndSts/TxInfAndSts"), *all_of(top, "TxInfAndSts")]
    for number, transaction in enumerate(transactions, 1):
        try:
            instruction_id = fields.instruction(needed(transaction, "OrgnlEndToEndId"))
            if instruction_id is None:
                raise AnswerError(Fault.WRONG, "OrgnlEndToEndId", "an instruction of ours, 32 hexadecimal digits")
            _add(answer, *_said(transaction, "TxSts"), instruction_id=instruction_id)
        except AnswerError as error:
            place = f"TxInfAndSts[{number}]/{error.place}"
            answer.bad.append(BadRecord(place, error.fault, error.expected, raw_of(transaction)))
    return answer


def _said(node: Element, path: str) -> tuple[Verdict, str]:
    verdict = VERDICTS.get(needed(node, path))
    if verdict is None:
        raise AnswerError(Fault.WRONG, path, f"one of {', '.join(VERDICTS)}")
    said = text(node, "StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry")
    return verdict, fields.reason(said) if verdict is Verdict.REJECTED else ""


def _add(
    answer: Answer, verdict: Verdict, said: str, *, instruction_id: str | None = None, file_id: str | None = None
) -> None:
    if verdict is Verdict.REJECTED and said in DUPLICATE_REASONS:
        verdict, said = Verdict.ACCEPTED, ""
    answer.statuses.append(Status(verdict, said, answer.told_us, answer.message_id, instruction_id, file_id))
