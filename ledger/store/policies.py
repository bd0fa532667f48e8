"""The policies a ledger was given: proposed by one person, approved by another, activated in a block.

A digest is 32 bytes over the content of the files; what a policy says is the processors' business.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from psycopg.errors import CheckViolation, UniqueViolation

from ledger.store import books_writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from ledger.store.connection import LedgerConnection

_LOCK = 7_304_113
"""Proposals, approvals and activations go one after the other."""


class PolicyStepError(Exception):
    """What was asked for cannot be done to this policy; the message says why and what to do."""


class Stored(NamedTuple):
    """A policy as it was stored: its files as text by name, and the person who proposed it."""

    proposal_no: int
    digest: bytes
    files: dict[str, str]
    proposed_by: str


class Activation(NamedTuple):
    """The policy in force: from `first_block` on, blocks carry its digest."""

    activation_no: int
    proposal_no: int
    digest: bytes


class Entry(NamedTuple):
    """One proposal and what became of it; what did not happen yet is None. Times are UTC."""

    proposal_no: int
    digest: bytes
    base: bytes | None
    summary: str
    note: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    activation_no: int | None
    activated_at: datetime | None
    first_block: int | None


class Proposal(NamedTuple):
    """What is stored of a proposal. `base` is the policy in force it was compared with; `summary` is JSON."""

    digest: bytes
    base: bytes | None
    files: Mapping[str, str]
    summary: str
    proposed_by: str
    os_user: str
    note: str


def read_activation(conn: LedgerConnection) -> Activation | None:
    """The policy in force, or None in a ledger that was given none yet."""
    with conn.transaction():
        row = conn.execute(
            "select activation_no, proposal_no, digest from policy_activation order by activation_no desc limit 1",
            binary=True,
        ).fetchone()
    return None if row is None else Activation(*row)


def read_waiting(conn: LedgerConnection) -> int | None:
    """The number of the newest approved proposal if it did not come into force yet; an older one never will."""
    with conn.transaction():
        row = conn.execute(
            "select proposal_no from (select * from policy_approval order by approval_no desc limit 1) as newest"
            " where not exists (select from policy_activation v where v.proposal_no = newest.proposal_no)"
        ).fetchone()
    return None if row is None else int(row[0])


def read_policy(conn: LedgerConnection, proposal_no: int) -> Stored:
    """One stored policy. Raises LookupError when there is none of this number."""
    with conn.transaction():
        row = conn.execute(
            "select proposal_no, digest, files, proposed_by from policy_proposal where proposal_no = %s",
            (proposal_no,),
            binary=True,
        ).fetchone()
    if row is None:
        raise LookupError(f"no policy was stored under number {proposal_no}; `spp policy history` shows them")
    return Stored(row[0], row[1], msgspec.json.decode(row[2], type=dict[str, str]), row[3])


def find(conn: LedgerConnection, digest: str) -> list[Entry]:
    """The proposals whose digest begins with these hex digits, newest first."""
    return [entry for entry in list_policies(conn) if entry.digest.hex().startswith(digest.lower())]


def list_policies(conn: LedgerConnection) -> list[Entry]:
    """Every proposal, newest first."""
    with conn.transaction():
        rows = conn.execute(
            "select p.proposal_no, p.digest, p.base, p.summary, p.note, p.proposed_by, p.at,"
            " coalesce(a.approved_by, v.approved_by), coalesce(a.at, v.at), v.activation_no, v.at, v.first_block"
            " from policy_proposal p left join policy_approval a using (proposal_no)"
            " left join policy_activation v using (proposal_no) order by proposal_no desc",
            binary=True,
        )
        return [Entry._make(row) for row in rows]


def propose(conn: LedgerConnection, proposal: Proposal) -> int:
    """Keep a proposal; committed when this returns its number."""
    with _one_at_a_time(conn):
        return _propose(conn, proposal)


def approve(conn: LedgerConnection, entry: Entry, *, approved_by: str, os_user: str, note: str) -> None:
    """Keep the agreement of a second person; the decider takes the policy up between two steps.

    Raises PolicyStepError when it is approved already, when another policy came into force since it was proposed (what
    was checked is not what would change), or when the database refuses the person.
    """
    try:
        with _one_at_a_time(conn):
            _check_current(conn, entry)
            conn.execute(
                "insert into policy_approval (proposal_no, approved_by, os_user, note) values (%s, %s, %s, %s)",
                (entry.proposal_no, approved_by, os_user, note),
            )
    except UniqueViolation:
        raise PolicyStepError(f"policy {entry.digest.hex()[:12]} is approved already") from None
    except CheckViolation as error:
        told = (error.diag.message_primary or "").removeprefix("policy approval refused: ")
        raise PolicyStepError(f"policy {entry.digest.hex()[:12]}: {told}; another person has to agree") from None


def begin(conn: LedgerConnection, proposal: Proposal) -> int:
    """The policy a release came with becomes number 1 of a ledger that has none; returns its proposal's number.

    Safe for several processes at once: the first one does it, the others find it done.
    """
    with _one_at_a_time(conn):
        known = read_activation(conn)
        if known is not None:
            return known.proposal_no
        proposal_no = _propose(conn, proposal)
        _activate(conn, 1, proposal_no)
        return proposal_no


def activate(conn: LedgerConnection, proposal_no: int) -> int:
    """Bring an approved policy into force from the next block on; returns how many cases are marked for it.

    Called by the leader between two steps. Raises psycopg's CheckViolation when the proposal is not approved.
    """
    with _one_at_a_time(conn):
        known = read_activation(conn)
        return _activate(conn, known.activation_no + 1 if known is not None else 1, proposal_no)


@contextmanager
def _one_at_a_time(conn: LedgerConnection) -> Iterator[None]:
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        yield


def _propose(conn: LedgerConnection, told: Proposal) -> int:
    row = conn.execute(
        "insert into policy_proposal (digest, base, files, summary, proposed_by, os_user, note)"
        " values (%s, %s, %s, %s, %s, %s, %s) returning proposal_no",
        (
            told.digest,
            told.base,
            msgspec.json.encode(dict(told.files), order="sorted").decode(),
            told.summary,
            told.proposed_by,
            told.os_user,
            told.note,
        ),
    ).fetchone()
    if row is None:
        raise RuntimeError("the proposal was not kept: the insert into policy_proposal returned no number")
    return int(row[0])


def _check_current(conn: LedgerConnection, entry: Entry) -> None:
    known = read_activation(conn)
    if known is not None and entry.base != known.digest:
        raise PolicyStepError(
            f"policy {entry.digest.hex()[:12]} was compared with a policy that is in force no more; propose it again, "
            f"so that what is approved is what changes"
        )


def _activate(conn: LedgerConnection, activation_no: int, proposal_no: int) -> int:
    with conn.cursor() as cursor:
        cursor.execute(
            "insert into policy_activation (activation_no, proposal_no, digest, proposed_by, approved_by, first_block)"
            " select %s, proposal_no, digest, proposed_by, coalesce(approved_by, proposed_by),"
            " coalesce((select max(block_no) from block), 0) + 1"
            " from policy_proposal left join policy_approval using (proposal_no) where proposal_no = %s",
            (activation_no, proposal_no),
        )
        return books_writer.mark_everything(cursor)
