"""Identities of the sums kept over spans of blocks: each is what its transfers, or the spans below it, come to."""

from __future__ import annotations

from ledger.model.span import FAN_OUT
from ledger.reconciliation.identity import COUNT, Check

_KEY = "span_no, debit_account, credit_account, step, reversal, effective_date"

_KEPT = f"""
with kept as (
    select level, {_KEY}, amount_minor, transfers from span_sum
), anew as (
    select 1 as level, (block_no - 1) / {FAN_OUT} as span_no, debit_account, credit_account, step,
        (reverses is not null)::int as reversal, effective_date, sum(amount_minor) as amount_minor,
        count(*) as transfers
    from transfer where (block_no - 1) / {FAN_OUT} <= (select max(span_no) from block_span where level = 1)
    group by 2, 3, 4, 5, 6, 7
    union all
    select below.level + 1, below.span_no / {FAN_OUT}, debit_account, credit_account, step, reversal, effective_date,
        sum(amount_minor), sum(below.transfers)
    from span_sum below
    where below.span_no / {FAN_OUT} <= (select max(span_no) from block_span b where b.level = below.level + 1)
    group by 1, 2, 3, 4, 5, 6, 7
)
select '', '{COUNT}', (select count(*) from kept) + (select count(*) from anew),
    2 * (select count(*) from kept join anew using (level, {_KEY}, amount_minor, transfers))
"""

_SPANS = f"""
select '', '{COUNT}', count(*), count(*) filter (where block.hash = last_hash)
from block_span left join block on block_no = (span_no + 1) * power({FAN_OUT}, level)::bigint
"""

SUMS = (
    Check(
        "sums of spans",
        "sums kept = sums made anew from the transfers",
        "a kept sum is not what its transfers come to, so reports may be wrong: the transfers and their proof count",
        _KEPT,
    ),
    Check(
        "spans",
        "spans summed = spans whose last block is the one they were summed at",
        "the books were rewritten after they were summed: restore from a copy that verifies",
        _SPANS,
    ),
)
