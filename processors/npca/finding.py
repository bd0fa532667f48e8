"""What the desk review finds about one line: certified, refused, or asked about; always with a reason of a closed list.

A line is judged by itself, so one bad line never holds the others.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from events.payment import PaymentRequested
from events.reasons import Reason
from events.states import STATE_NUMBERS, LineState
from processors.calendar import local_date
from processors.npca import readjudicate
from processors.overlap import Beaten, Guard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from events.envelope import Event
    from ledger.model.rows import DecisionRow
    from processors.npca.readjudicate import Kin
    from processors.npca.submitted import Line
    from processors.outcome import Claim
    from processors.overlap import Bid
    from processors.policy.model import Policy


AGENCY: Final = "npca"
"""The source that the agency speaks as; packs name it as certifier."""


class Outcome(StrEnum):
    """What a line is to be. Queried is asked about first, and then one of the others."""

    CERTIFIED = "certified"
    REFUSED = "refused"
    QUERIED = "queried"
    LEFT = "left"
    """Another source certifies the benefit on that day; the line holds its claim like any other."""


class Ground(StrEnum):
    """Why. The first group refuses, the second asks; a person may also name a code of their own."""

    DUPLICATE = "duplicate"
    """Another line holds the same entitlement in the agency's own claims."""
    ANOTHER_CERTIFIES = "another_certifies"
    """By the pack the agency is not the certifier of the benefit on the day of the request."""
    WITHDRAWN = "withdrawn"
    """The operator took the request back after submission."""
    NOT_IN_LEDGER = "not_in_ledger"
    """The line's leaf is no decision that froze it like this."""
    CONTROL_TOTALS = "control_totals"
    POLICY_UNKNOWN = "policy_unknown"
    """The agency holds no pack of the digest the line was decided by."""
    REQUEST_DIFFERS = "request_differs"
    INPUTS_DIFFER = "inputs_differ"
    """The inputs' digest is not that of the frozen evidence."""
    EVIDENCE_RETRACTED = "evidence_retracted"
    NOT_REPRODUCED = "not_reproduced"
    """The rules on the frozen evidence do not approve the line, or pay another amount."""
    LATER_FACTS = "later_facts"
    """The frozen evidence alone supports the line; what relates its persons and households since then does not."""
    FIGURE_NOT_SET = "figure_not_set"
    REVIEW_FAILED = "review_failed"
    """Our own fault, met by this line: the others go on."""
    PREVAILS = "prevails"
    """By the policy it goes before a line that is held already; a person decides."""


class Finding(NamedTuple):
    """One line's outcome; `amount_minor` only when certified, at most what was submitted."""

    outcome: Outcome
    amount_minor: int | None
    reason: str | None


class Facts(NamedTuple):
    """What the agency holds for one line: its leaf's decision, the signed request and evidence, what relates them."""

    leaf: DecisionRow | None
    request: Event
    evidence: Sequence[Event]
    kin: Kin
    withdrawn: bool
    retracted: bool


def judge(line: Line, facts: Facts, policies: Mapping[bytes, Policy]) -> tuple[Finding, Bid | None]:
    """The finding on a line by itself, and what it asks to hold where the rules approve it (see `claimed`).

    `policies` are those the agency holds, by the digest of the line's pack.
    """
    if not in_ledger(line, facts.leaf):
        return _ask(Ground.NOT_IN_LEDGER)
    if facts.withdrawn:
        return Finding(Outcome.REFUSED, None, Ground.WITHDRAWN), None
    policy = policies.get(line.policy_digest)
    if policy is None or line.benefit not in policy.packs or policy.packs[line.benefit].digest != line.policy_digest:
        return _ask(Ground.POLICY_UNKNOWN)
    request = facts.request.data
    if not isinstance(request, PaymentRequested) or _told(facts.request, request) != (
        line.source, line.request_id, line.batch_id, line.benefit,
    ):  # fmt: skip
        return _ask(Ground.REQUEST_DIFFERS)
    finding, bid = _reviewed(line, facts, policy)
    if policy.packs[line.benefit].certifier.on(local_date(facts.request.time_us)) != AGENCY:
        return Finding(Outcome.LEFT, None, Ground.ANOTHER_CERTIFIES.value), bid
    return finding, bid


def _reviewed(line: Line, facts: Facts, policy: Policy) -> tuple[Finding, Bid | None]:
    close_us = readjudicate.closed_us(facts.request, facts.kin)
    known = readjudicate.horizon(facts.request, line.evidence, line.inputs_digest, close_us)
    if known is None:
        return _ask(Ground.INPUTS_DIFFER)
    if facts.retracted:
        return _ask(Ground.EVIDENCE_RETRACTED)
    until_us = known.until_us
    found = readjudicate.readjudicate(facts.request, facts.evidence, facts.kin, until_us, policy)
    if (found.amount_minor, found.currency) != (line.amount_minor, line.currency):
        alone = readjudicate.readjudicate(facts.request, facts.evidence, None, until_us, policy)
        same = (alone.amount_minor, alone.currency) == (line.amount_minor, line.currency)
        return _ask(Ground.LATER_FACTS if same else Ground.NOT_REPRODUCED)
    if any(figure.value is None or figure.status == "unset" for figure in line.figures):
        return _ask(Ground.FIGURE_NOT_SET)
    return Finding(Outcome.CERTIFIED, line.amount_minor, None), found.bid


def claimed(line: Line, bid: Bid, held: Iterable[Bid]) -> tuple[Finding, tuple[Claim, ...]]:
    """Hold a line against those before it, in their order, whoever asked for them and whenever; and what it takes."""
    guard = Guard()
    for before in held:
        guard.offer(before)
    taken = guard.offer(bid)
    if not isinstance(taken, Beaten):
        return Finding(Outcome.CERTIFIED, line.amount_minor, None), taken
    if taken.claim.group in bid.prevails:
        return _ask(Ground.PREVAILS)[0], ()
    reason = Ground.DUPLICATE.value if taken.reason is Reason.DUPLICATE_ENTITLEMENT else taken.reason.value
    return Finding(Outcome.REFUSED, None, reason), ()


def in_ledger(line: Line, leaf: DecisionRow | None) -> bool:
    """Whether the leaf is the decision that froze the line, for this amount, on these inputs."""
    return leaf is not None and (
        leaf.line_id, leaf.version, leaf.source, leaf.event_id, leaf.request_id, leaf.batch_id, leaf.benefit,
        leaf.state, leaf.amount_minor, leaf.currency, leaf.policy_digest, leaf.inputs_digest,
    ) == (
        line.line_id, line.version, line.source, line.event_id, line.request_id, line.batch_id, line.benefit,
        STATE_NUMBERS[LineState.SUBMITTED], line.amount_minor, line.currency, line.policy_digest, line.inputs_digest,
    )  # fmt: skip


def _told(event: Event, request: PaymentRequested) -> tuple[str, str, str, str]:
    return event.source, request.request_id, request.batch_id, request.benefit


def _ask(ground: Ground) -> tuple[Finding, None]:
    return Finding(Outcome.QUERIED, None, ground.value), None
