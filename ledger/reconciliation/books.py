"""Identities of the books: debits equal credits, blocks form one chain, leaves are dense."""

from __future__ import annotations

from ledger.model.account import Family
from ledger.model.block import GENESIS_HASH
from ledger.reconciliation.identity import COUNT, Check, is_count

_SIDES = """
with debit as (
    select currency, sum(amount_minor) as amount from (
        select account.currency, amount_minor from transfer join account on account_no = debit_account
    ) as side group by currency
), credit as (
    select currency, sum(amount_minor) as amount from (
        select account.currency, amount_minor from transfer join account on account_no = credit_account
    ) as side group by currency
)
select '', currency, coalesce(debit.amount, 0), coalesce(credit.amount, 0)
from debit full join credit using (currency) order by currency
"""

_CURRENCIES = """
select '', transfer.currency, sum(amount_minor), coalesce(sum(amount_minor) filter (
    where debit.currency = transfer.currency and credit.currency = transfer.currency), 0)
from transfer left join account as debit on debit.account_no = debit_account
    left join account as credit on credit.account_no = credit_account
group by 2 order by 2
"""

# A reversal swaps the accounts of a transfer of the same subject and step, and takes back no more than it moved.
_REVERSALS = f"""
with back as (
    select reversal.reverses as leaf_no, sum(reversal.amount_minor) as amount, bool_and(
        original.subject = reversal.subject and original.step = reversal.step
        and original.debit_account = reversal.credit_account and original.credit_account = reversal.debit_account
        and original.reverses is null and original.leaf_no < reversal.leaf_no
    ) as linked
    from transfer as reversal left join transfer as original on original.leaf_no = reversal.reverses
    where reversal.reverses is not null group by reversal.reverses
)
select '', '{COUNT}', count(*), count(*) filter (where linked and back.amount <= transfer.amount_minor)
from back left join transfer using (leaf_no)
"""

_CHAIN = f"""
with linked as (
    select block_no, prev_hash, first_leaf,
        lag(hash, 1, decode('{GENESIS_HASH.hex()}', 'hex')) over chain as expected_hash,
        lag(first_leaf + leaf_count, 1, 0::bigint) over chain as expected_leaf,
        row_number() over chain as expected_no
    from block window chain as (order by block_no)
)
select '', '{COUNT}', count(*), count(*) filter (
    where block_no = expected_no and prev_hash = expected_hash and first_leaf = expected_leaf)
from linked
"""

_DENSE = f"""
with leaf as (
    select leaf_no, block_no from decision union all select leaf_no, block_no from transfer
    union all select leaf_no, block_no from log_entry
)
select '', '{COUNT}', (select coalesce(sum(leaf_count), 0) from block), count(distinct leaf.leaf_no) filter (
    where leaf.leaf_no >= first_leaf and leaf.leaf_no < first_leaf + leaf_count)
from leaf left join block using (block_no)
"""

# A policy counts from the block its activation names until the next one; blocks before the first are older than this.
_POLICY = f"""
with due as (
    select block.policy_digest as digest,
        (select v.digest from policy_activation v where v.first_block <= block_no order by activation_no desc limit 1)
        as active
    from block
)
select '', '{COUNT}', count(*), count(*) filter (where active is null or active = digest) from due
"""

_SUSPENSE = f"""
with balance as (
    select currency, coalesce((select sum(amount_minor) from transfer where credit_account = account_no), 0)
        - coalesce((select sum(amount_minor) from transfer where debit_account = account_no), 0) as amount
    from account where family = '{Family.SUSPENSE}'
)
select '', currency, sum(abs(amount)), 0 from balance group by currency order by currency
"""

BOOKS = (
    Check(
        "debits and credits",
        "sum of debits = sum of credits",
        "a transfer joins accounts of two currencies, or names an account that does not exist",
        _SIDES,
    ),
    Check(
        "currencies",
        "sum of transfers = sum of transfers between accounts of their currency",
        "a transfer joins accounts of two currencies, or names an account that does not exist",
        _CURRENCIES,
    ),
    Check(
        "reversals",
        "transfers reversed = transfers reversed rightly",
        "a reversal names no transfer, swaps other accounts, or takes back more than was moved",
        _REVERSALS,
    ),
    Check(
        "chain",
        "blocks = blocks that follow their predecessor in number, hash and leaves",
        "a block is missing or was put in: restore from a copy that verifies and tell the certification agency",
        _CHAIN,
    ),
    Check(
        "policy",
        "blocks = blocks decided by the policy in force",
        "a block carries another policy than was approved and activated: `spp policy history` shows which were when",
        _POLICY,
    ),
    Check(
        "leaves",
        "leaves announced by blocks = leaves found where their block says",
        "a decision or transfer is missing or was put in: restore from a copy that verifies",
        _DENSE,
    ),
    Check(
        "leaves, in all",
        "decisions + transfers + entries = leaves announced by blocks",
        "a leaf is outside every block",
        is_count(
            "select (select count(*) from decision) + (select count(*) from transfer)"
            " + (select count(*) from log_entry)",
            "select coalesce(sum(leaf_count), 0) from block",
        ),
    ),
)

_ENTRIES = f"""
select '', '{COUNT}', (select count(*) from (
    select 3 as kind, audit_no as ref from quarantine_audit union all select 4, activation_no from policy_activation
    union all select 5, digest_no from schema_digest union all select 6, key_no from signing_key
    union all select 7, event_no from period_event) as row),
    (select count(*) from log_entry)
    + (select count(distinct (kind, ref)) from awaiting_leaf where kind in (3, 4, 5, 6, 7))
"""

AT_REST = (
    Check(
        "entries",
        "audits, activations, schema digests, keys and periods = those in the log + those on their way",
        "a row was written and the trigger await_leaf did not tell the decider, or a row is missing",
        _ENTRIES,
    ),
    Check(
        "dirty marks",
        "entities waiting to be decided = 0",
        "the decider is still working or is down: `spp drain` waits for it, `spp status` shows it",
        is_count("select count(*) from mark", "0"),
    ),
    Check(
        "parked marks",
        "entities the decider had to set aside = 0",
        "a case failed in the decider: `spp parked list` and the log tell where; repair, then `spp parked retry`",
        is_count("select count(*) from parked_mark", "0"),
    ),
    Check(
        "unrelayed",
        "outbox rows not yet published = 0",
        "the relay is still working or is down: `spp drain` waits for it, `spp status` shows it",
        is_count("select count(*) from outbox", "0"),
    ),
    Check(
        "open submissions",
        "freeze orders outstanding = 0",
        "a submission waits for lines to be decided: look at parked and dirty marks",
        is_count("select coalesce(sum(outstanding), 0) from submission_open", "0"),
    ),
    Check(
        "suspense",
        "money in suspense = 0",
        "a bank told of money that belongs to no instruction, or to more than was instructed: find it in the trial "
        "balance under suspense and ask the bank",
        _SUSPENSE,
    ),
)
