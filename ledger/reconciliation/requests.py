"""Identities of DECIDE: every request is in one state, and what is posted is what its state implies."""

from __future__ import annotations

from events.catalogue import TYPES
from events.states import STATE_NUMBERS, LineState
from ledger.model.account import TRANSIT_FAMILIES, Family
from ledger.model.step import BUDGET_COMMITTED, STATE_STEPS, Step
from ledger.reconciliation.identity import COUNT, Check, is_count
from ledger.statements.totals import LATEST


def _numbers(*states: LineState) -> str:
    return ", ".join(str(STATE_NUMBERS[state]) for state in states)


_REQUESTED = TYPES["payment.requested"].number
_FROZEN = (
    LineState.SUBMITTED,
    LineState.CERTIFIED,
    LineState.REFUSED,
    LineState.INSTRUCTED,
    LineState.SETTLED,
    LineState.RETURNED,
)
_CERTIFIED = (LineState.CERTIFIED, LineState.INSTRUCTED, LineState.SETTLED, LineState.RETURNED)
_FINISHED = (LineState.REJECTED, LineState.EXPIRED, LineState.WITHDRAWN, LineState.REFUSED, LineState.SETTLED)
_STANDING = tuple(state for state, steps in STATE_STEPS.items() if Step.RECOGNISE in steps)
_UNINSTRUCTED = tuple(state for state in _STANDING if Step.INSTRUCT not in STATE_STEPS[state])
_PAYING = f"{Step.PAY:d}, {Step.EXPENSE:d}, {Step.SPEND:d}"
_RETURNED = _numbers(LineState.RETURNED)

_IMPLIED_STEPS = ", ".join(
    f"({STATE_NUMBERS[state]}, {step:d})" for state, steps in STATE_STEPS.items() for step in steps
)

_POSTED = f"""
posted as (
    select subject, step, min(currency) as currency,
        sum(case when reverses is null then amount_minor else -amount_minor end) as amount
    from transfer where step <= {Step.SPEND:d} group by subject, step
)
"""

# Two states leave a choice: a return is final (nothing stands) or waits for re-issue; an instruction may be part paid.
_POSITIONS = f"""
{LATEST}, {_POSTED},
implied as (
    select subject, step, latest.currency, latest.state, latest.amount_minor::numeric as amount
    from latest join (values {_IMPLIED_STEPS}) as must (state, step) using (state)
    where latest.amount_minor <> 0
),
partly as (select subject, state, amount_minor from latest where state = {_numbers(LineState.INSTRUCTED)}),
standing as (select distinct subject from posted where amount <> 0),
compared as (
    select subject, step, coalesce(implied.currency, posted.currency) as currency,
        coalesce(posted.amount, 0) as stands,
        case
            when implied.state = {_RETURNED} and standing.subject is null then 0
            when step in ({_PAYING}) and posted.amount between 0 and partly.amount_minor then posted.amount
            else coalesce(implied.amount, 0)
        end as should
    from implied full join posted using (subject, step) left join partly using (subject)
        left join standing using (subject)
)
"""

_POSITION_COUNT = f"""
with {_POSITIONS}
select '', '{COUNT}', count(distinct subject), count(distinct subject) - count(distinct subject)
    filter (where stands <> should) from compared
"""

_POSITION_VALUE = f"with {_POSITIONS} select '', currency, sum(stands), sum(should) from compared group by 2 order by 2"

# Nothing of a final return stands, so what stands for returned lines is read from the postings.
_STANDS = """
select currency, sum(amount) as amount from (
    select currency, amount_minor::numeric as amount from latest
    where state in ({states}) and state <> {returned} and amount_minor is not null
    union all
    select posted.currency, posted.amount from posted join latest using (subject)
    where latest.state = {returned} and step = {recognise}
) as line group by currency
"""


def _compared(stands: str, states: tuple[LineState, ...]) -> str:
    should = _STANDS.format(states=_numbers(*states), returned=_RETURNED, recognise=int(Step.RECOGNISE))
    return f"""
with {LATEST}, {_POSTED}, stands as ({stands}), should as ({should})
select '', currency, coalesce(stands.amount, 0), coalesce(should.amount, 0)
from stands full join should using (currency) order by currency
"""


_PAYABLE = f"""
select currency, sum(amount) as amount from (
    select account.currency, amount_minor::numeric as amount from transfer
    join account on account_no = credit_account where family = '{Family.PAYABLE}'
    union all
    select account.currency, -amount_minor from transfer
    join account on account_no = debit_account where family = '{Family.PAYABLE}'
) as side group by currency
"""

_TRANSIT = f"""
with {LATEST},
transit as (
    select account_no, currency from account
    where family in ({", ".join(f"'{family}'" for family in TRANSIT_FAMILIES)})
        or (family = '{Family.BUDGET}' and qualifier = '{BUDGET_COMMITTED}')
),
finished as (select subject from latest where state in ({_numbers(*_FINISHED)})),
left_over as (
    select currency, subject, account_no, sum(amount) as amount from (
        select subject, debit_account as account_no, amount_minor::numeric as amount from transfer
        union all
        select subject, credit_account, -amount_minor from transfer
    ) as side join transit using (account_no) join finished using (subject) group by 1, 2, 3
)
select '', currency, sum(abs(amount)), 0 from left_over group by currency order by currency
"""

_ASKED = f"""
with {LATEST}
select '', line.currency, sum(line.amount_minor),
    coalesce(sum(line.amount_minor) filter (where latest.subject is not null), 0)
from line left join latest on latest.subject = line.line_id
where line.currency is not null group by 2 order by 2
"""

_POSITION_HINT = (
    "the decision and the transfers of a subject disagree: `spp explain LINE` shows the decision, its block names the "
    "decide transaction"
)

REQUESTS = (
    Check(
        "requests",
        "requests accepted = requests decided, in whatever state",
        "a request has no decision: its marks are waiting or parked (see `dirty marks`, `parked marks`)",
        is_count(
            f"select count(*) from inbox where type_no = {_REQUESTED}",
            "select count(distinct subject) from decision where kind = 1",
        ),
    ),
    Check(
        "lines",
        "lines = sum of lines over states",
        "a line has no decision, or a decision has no line",
        is_count(
            "select count(*) from line",
            f"with {LATEST} select count(*) from latest where line_id is not null",
        ),
    ),
    Check("lines, as asked", "amounts asked = sum of amounts asked over states", "a line has no decision", _ASKED),
    Check("positions", "what stands posted = what the latest decision implies", _POSITION_HINT, _POSITION_COUNT),
    Check("positions", "what stands posted = what the latest decision implies", _POSITION_HINT, _POSITION_VALUE),
    Check(
        "recognised",
        "recognised net of reversals = amounts of lines approved or beyond",
        _POSITION_HINT,
        _compared(
            f"select currency, sum(amount) as amount from posted where step = {Step.RECOGNISE:d} group by currency",
            _STANDING,
        ),
    ),
    Check(
        "payable",
        "balance of the payable accounts = amounts of lines approved and not instructed",
        _POSITION_HINT,
        _compared(_PAYABLE, _UNINSTRUCTED),
    ),
    Check(
        "transit accounts",
        "what finished requests left on commitment, payable, clearing and committed budget = 0",
        "a finished request was posted in part: compare its transfers with the steps of its state",
        _TRANSIT,
    ),
)

_EVER = "select count(distinct line_id) from decision where kind = 1 and state in ({states})"
_NOW = f"with {LATEST} select count(*) from latest where state in ({{states}})"

SUBMISSIONS = (
    Check(
        "submission lines",
        "lines of submissions = lines whose submission and freezing decision are found",
        "a submission line names no submission, or a decision that is not of its line or did not freeze it",
        is_count(
            "select count(*) from submission_line",
            "select count(*) from submission_line join submission using (submission_no)"
            " join decision on leaf_no = decision_leaf and decision.line_id = submission_line.line_id"
            f" where state in ({_numbers(*_FROZEN)})",
        ),
    ),
    Check(
        "lines submitted",
        "lines ever submitted = lines in submissions",
        "a line was frozen outside a submission, or announced without being frozen",
        is_count(_EVER.format(states=_numbers(*_FROZEN)), "select count(distinct line_id) from submission_line"),
    ),
    Check(
        "frozen lines",
        "submitted = certified + refused + open",
        "a frozen line fell back to an earlier state",
        is_count("select count(distinct line_id) from submission_line", _NOW.format(states=_numbers(*_FROZEN))),
    ),
    Check(
        "certified lines",
        "certified = settled + returned + in flight",
        "a certified line fell back to an earlier state",
        is_count(_EVER.format(states=_numbers(*_CERTIFIED)), _NOW.format(states=_numbers(*_CERTIFIED))),
    ),
)
