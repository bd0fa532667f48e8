"""Receipts: the latest decision on a subject, where it stands in the ledger, and one page of text about it."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from events.envelope import format_time
from events.merkle import leaf_hash
from events.outcomes import PaymentDecided, RecoveryProposed
from events.reasons import REASONS, REASONS_BY_NUMBER
from events.receipt import (
    RECEIPT_TYPE,
    Receipt,
    ReceiptEvidence,
    ReceiptFigure,
    ReceiptReason,
    ReceiptTitle,
)
from events.sources import bare, to_urn
from events.states import STATES_BY_NUMBER
from ledger.model.leaf import encode_decision
from ledger.model.rows import DecisionKind
from ledger.statements.history import blocks_of
from pipeline.answers.explaining import result_of
from pipeline.answers.telling import figure_in_words, moment, source_in_words
from pipeline.decide.body import decode_body
from pipeline.messages import decided, recovery_proposed
from processors.outcome import FigureUsed
from processors.policy.terms import Language, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.model.rows import DecisionRow
    from ledger.store.connection import LedgerCursor
    from pipeline.answers.policies import Policies

WIDTH = 100
_LABEL_WIDTH = 18


class Issued(NamedTuple):
    """A receipt with what its page needs besides: the decision's row and when its block was recorded."""

    receipt: Receipt
    row: DecisionRow
    recorded_us: int


def issue(cursor: LedgerCursor, policies: Policies, history: list[DecisionRow]) -> Issued:
    """The receipt of the latest of these decisions on one subject, which stand by version.

    Rules are not asked anew of a frozen line, so its figures are those it was last decided on.
    """
    row = history[-1]
    bodies = [decode_body(told.body) for told in history]
    asked = next((body for body in reversed(bodies) if body.asked), bodies[-1])
    block = blocks_of(cursor, [row.block_no])[row.block_no]
    pack = policies.of_block(row.block_no).packs.get(row.benefit)
    is_recovery = row.kind == DecisionKind.RECOVERY_PROPOSED
    data: PaymentDecided | RecoveryProposed = recovery_proposed(row) if is_recovery else decided(row)
    receipt = Receipt(
        type=RECEIPT_TYPE,
        kind="recovery_proposed" if is_recovery else "decided",
        source=data.source,
        request_id=row.request_id,
        event_id=row.event_id,
        batch_id=row.batch_id,
        benefit=row.benefit,
        title=ReceiptTitle(*((row.benefit, row.benefit) if pack is None else (pack.english, pack.khmer))),
        version=row.version,
        state=STATES_BY_NUMBER[row.state],
        reasons=tuple(
            ReceiptReason(reason, REASONS[reason].english, REASONS[reason].khmer)
            for reason in (REASONS_BY_NUMBER[number] for number in row.reasons)
        ),
        figures=tuple(
            ReceiptFigure(figure.name, figure.unit, figure.status, figure.reference, figure.times, figure.value)
            for figure in asked.figures
        ),
        evidence=tuple(ReceiptEvidence(to_urn(source), event_id) for source, event_id in bodies[-1].evidence),
        policy_digest=data.policy_digest,
        inputs_digest=data.inputs_digest,
        decided_at=format_time(block.recorded_us),
        block_no=row.block_no,
        block_hash=block.hash.hex(),
        leaf_no=row.leaf_no,
        leaf_hash=leaf_hash(encode_decision(row)).hex(),
        line_id=data.line_id,
        amount=data.amount,
        won_by=data.won_by,
    )
    return Issued(receipt, row, block.recorded_us)


# -- the page ----------------------------------------------------------------------------------------------------------

_LABELS: Mapping[str, Words] = {
    "head": Words("Receipt of a decision", "បង្កាន់ដៃនៃការសម្រេច"),
    "request": Words("Request", "សំណើ"),
    "benefit": Words("Benefit", "អត្ថប្រយោជន៍"),
    "result": Words("Decision", "ការសម្រេច"),
    "why": Words("Why", "មូលហេតុ"),
    "won_by": Words("Line that has it", "បន្ទាត់ដែលទទួលបាន"),
    "figure": Words("Figure", "តួលេខ"),
    "evidence": Words("Evidence", "ភស្តុតាង"),
    "line": Words("Line", "បន្ទាត់"),
    "version": Words("Version", "កំណែ"),
    "decided": Words("Decided", "ថ្ងៃសម្រេច"),
    "place": Words("In the ledger", "ក្នុងបញ្ជី"),
    "place_told": Words("leaf {leaf} of block {block}", "សន្លឹកទី {leaf} នៃប្លុកទី {block}"),
    "leaf_hash": Words("Leaf hash", "ហាសសន្លឹក"),
    "block_hash": Words("Block hash", "ហាសប្លុក"),
    "policy": Words("Policy pack", "កញ្ចប់គោលនយោបាយ"),
    "inputs": Words("Inputs", "ទិន្នន័យចូល"),
    "keep": Words(
        "Keep this page. With the request and the line it names, anybody can ask why: spp explain. The hashes prove "
        "that this decision stands in the published ledger and was not changed since.",
        "សូមរក្សាទុកទំព័រនេះ។ ដោយមានលេខសំណើ និងលេខបន្ទាត់ អ្នកណាក៏អាចសួរមូលហេតុបាន៖ spp explain។ ហាសទាំងនេះបញ្ជាក់ថា "
        "ការសម្រេចនេះមាននៅក្នុងបញ្ជីដែលបានផ្សព្វផ្សាយ ហើយមិនត្រូវបានផ្លាស់ប្តូរទេ។",
    ),
}


def page(issued: Issued, language: Language) -> list[str]:
    """The receipt as one page of text, at most a hundred letters wide; hashes stay whole on their lines."""
    receipt = issued.receipt
    told: list[tuple[str, str]] = [
        ("request", f"{receipt.request_id}, {source_in_words(bare(receipt.source), language)}"),
        ("benefit", f"{Words(receipt.title.english, receipt.title.khmer).told(language)} ({receipt.benefit})"),
        ("result", result_of(issued.row, language)),
        *(("why", f"{_sentence(reason, language)} ({reason.reason})") for reason in receipt.reasons),
        *((("won_by", receipt.won_by),) if receipt.won_by is not None else ()),
        *(("figure", f"{_figure(figure, language)}: {figure.reference}") for figure in receipt.figures),
        ("evidence", ", ".join(f"{bare(item.source)}/{item.id}" for item in receipt.evidence) or "–"),
        *((("line", receipt.line_id),) if receipt.line_id is not None else ()),
        ("version", str(receipt.version)),
        ("decided", moment(issued.recorded_us)),
        ("place", _LABELS["place_told"].told(language).format(leaf=receipt.leaf_no, block=receipt.block_no)),
        ("leaf_hash", receipt.leaf_hash),
        ("block_hash", receipt.block_hash),
        ("policy", receipt.policy_digest),
        ("inputs", receipt.inputs_digest),
    ]
    lines = [_LABELS["head"].told(language), ""]
    for name, text in told:
        lines += _row(_LABELS[name].told(language), text)
    return [*lines, "", *wrap(_LABELS["keep"].told(language), WIDTH)]


def _row(label: str, text: str) -> list[str]:
    first, *rest = wrap(text, WIDTH - _LABEL_WIDTH, break_long_words=False) or [""]
    # Khmer vowels stand over, under or around their letter and take no room of their own.
    room = " " * max(1, _LABEL_WIDTH - cell_len(label))
    return [f"{label}{room}{first}", *(" " * _LABEL_WIDTH + line for line in rest)]


def _sentence(reason: ReceiptReason, language: Language) -> str:
    return Words(reason.english, reason.khmer).told(language)


def _figure(figure: ReceiptFigure, language: Language) -> str:
    used = FigureUsed(figure.name, figure.value, figure.unit, figure.status, figure.reference, figure.times)
    return figure_in_words(used, language)
