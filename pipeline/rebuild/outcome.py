"""What two ways to decide the same facts must end in: the last decision on each subject, live claims, net positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from events.reasons import REASONS_BY_NUMBER
from events.states import STATES_BY_NUMBER
from ledger.model.rows import DecisionKind
from pipeline.decide.body import to_history
from pipeline.rebuild.difference import AT_ONCE, Difference, Table, compare, merged, told
from pipeline.rebuild.tables import CLAIMS, FOLDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.store.connection import LedgerConnection

_LAST = """
select distinct on (subject) subject, kind, source, request_id, batch_id, benefit, version, state, reasons,
    amount_minor, currency, won_by, event_id, body
from decision order by subject, version desc
"""
_DECISIONS: Final = Table(
    "decision",
    _LAST,
    1,
    ("kind", "source", "event", "request", "batch", "benefit", "state", "reasons", "amount_minor", "currency", "won_by",
     "stands", "frozen"),
)  # fmt: skip
_POSITIONS: Final = Table(
    "net position",
    """
    select subject, code collate "C", sum(amount)::bigint from (
        select subject, debit_account as account_no, amount_minor as amount from transfer
        union all select subject, credit_account, -amount_minor from transfer
    ) as moved join account using (account_no) group by 1, 2 having sum(amount) <> 0 order by 1, 2
    """,
    2,
    ("amount_minor",),
)
_PARKED: Final = Table("parked", "select entity, count(*) from parked_mark group by 1 order by 1", 1, ("marks",))


def compare_outcome(original: LedgerConnection, rebuilt: LedgerConnection) -> Iterator[Difference]:
    """Every decision, claim, net position, state and line that is not the same."""
    yield from _decisions(original, rebuilt)
    for table in (*CLAIMS, _POSITIONS, *FOLDED, _PARKED):
        yield from compare(table, original, rebuilt)


def _decisions(original: LedgerConnection, rebuilt: LedgerConnection) -> Iterator[Difference]:
    for key, first, second in merged(_last(original), _last(rebuilt)):
        if first != second:
            yield told(_DECISIONS, key, first, second)


def _last(connection: LedgerConnection) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    """What stands decided of each subject.

    What was proposed or put into suspense once and taken back since is as if it never had been: whether it was depends
    on the order in which facts came.
    """
    with connection.cursor("compare_decisions", binary=True) as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(_LAST)
        for subject, kind, source, request_id, batch_id, benefit, *last in cursor:
            history = to_history(*last)
            if kind != DecisionKind.DECIDED and not history.amount_minor and not history.posted:
                continue
            frozen = history.frozen
            fixed = frozen and (
                frozen.event_id, frozen.amount_minor, frozen.currency, frozen.submission_no, frozen.policy_digest,
                frozen.area,
            )  # fmt: skip
            stands = sorted((int(step), bank, amount) for (step, bank), amount in history.stands.items())
            said = (
                kind, source, history.event_id, request_id, batch_id, benefit, str(STATES_BY_NUMBER[last[1]]),
                [str(REASONS_BY_NUMBER[number]) for number in last[2]], history.amount_minor, history.currency,
                history.won_by, stands, fixed,
            )  # fmt: skip
            yield (subject,), [said]
