"""The policy in force: kept in the ledger, changed only by what one person proposed and another approved.

The policy a release comes with is the first one of a ledger that has none: number 1, approved by the release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.store import policies
from ledger.store.policies import Proposal
from pipeline.logging import get_logger
from pipeline.metrics import program_version
from pipeline.policy_files import load
from pipeline.settings import SettingsError
from processors.policy.codes import codes
from processors.policy.loader import PolicyError, parse

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.store.connection import LedgerConnection
    from pipeline.admission import Admission
    from processors.policy.model import Policy

_log = get_logger("policy")
_SHOWN = 12
"""Hex digits of a digest that a person is shown; enough to name a policy."""


class Active(NamedTuple):
    """The policy in force and the number of its activation."""

    activation_no: int
    proposal_no: int
    policy: Policy


def short(digest: bytes) -> str:
    """A digest as commands show and take it."""
    return digest.hex()[:_SHOWN]


def settle(conn: LedgerConnection, directory: Path | None) -> Active:
    """The policy in force for a worker that starts; a ledger that has none gets the packaged one.

    `directory` is the worker's own policy directory, if it was given one: SettingsError when it holds another policy
    than the ledger's, PolicyError when the stored one cannot be used by this program.
    """
    if policies.read_activation(conn) is None:
        packaged = load()
        policies.begin(conn, _release(packaged))
    found = read(conn)
    if found is None:
        raise RuntimeError("no policy is in force, though one was begun with")
    _check_directory(conn, directory, found.policy.digest)
    if directory is None and load().digest != found.policy.digest:
        _log.warning("packaged_policy_differs", policy=short(found.policy.digest))
    return found


def foresee(conn: LedgerConnection, directory: Path | None) -> str | None:
    """What whoever starts workers should know: that the program comes with another policy than the ledger's.

    Raises SettingsError where workers would refuse to start.
    """
    activation = policies.read_activation(conn)
    digest = load().digest if activation is None else activation.digest
    try:
        _check_directory(conn, directory, digest)
    except PolicyError as error:
        raise SettingsError(f"SPP_POLICY: {error}; `spp policy check` tells everything that is wrong") from error
    packaged = load().digest
    if directory is not None or packaged == digest:
        return None
    return (
        f"the ledger works by policy {short(digest)}, and this program comes with {short(packaged)}: "
        "`spp policy diff in-force packaged` tells what differs, `spp policy propose packaged --by NAME` proposes it"
    )


def refresh(conn: LedgerConnection, known: Active | None, directory: Path | None) -> Active:
    """The policy in force, read anew only if it is another than `known`; None is a worker that starts (`settle`)."""
    activation = policies.read_activation(conn)
    if known is None or activation is None:
        return settle(conn, directory)
    if activation.activation_no == known.activation_no:
        return known
    return Active(activation.activation_no, activation.proposal_no, stored(conn, activation.proposal_no))


def read(conn: LedgerConnection) -> Active | None:
    """The policy in force, or None in a ledger that no worker ever worked on."""
    activation = policies.read_activation(conn)
    if activation is None:
        return None
    policy = stored(conn, activation.proposal_no)
    return Active(activation.activation_no, activation.proposal_no, policy)


def current(conn: LedgerConnection) -> Policy:
    """The policy in force, or the packaged one, which will be the first, in a ledger that has none yet."""
    found = read(conn)
    return load() if found is None else found.policy


def stored(conn: LedgerConnection, proposal_no: int) -> Policy:
    """A policy of the ledger. PolicyError when its files are not what its digest says or this program cannot use."""
    told = policies.read_policy(conn, proposal_no)
    place = f"policy {short(told.digest)} of the ledger"
    try:
        policy = parse(told.files)
    except PolicyError as error:
        remedy = f"{error.remedy}; this program needs a policy that is written for it: propose and approve one"
        raise PolicyError(f"{place}, {error.file}", error.line, error.what, remedy) from error
    if policy.digest != told.digest:
        what = f"its files make {short(policy.digest)}: they were changed, or this program digests otherwise"
        raise PolicyError(place, 0, what, "Propose and approve the policy again, then restart")
    return policy


def adopt(conn: LedgerConnection) -> bool:
    """Bring a newly approved policy into force; called by the leader between two steps. Whether there was one.

    All cases with requests are marked in the same transaction; frozen lines keep what they have.
    """
    approved = policies.read_waiting(conn)
    if approved is None:
        return False
    policy = stored(conn, approved)
    cases = policies.activate(conn, approved)
    _log.info("policy_activated", policy=short(policy.digest), cases=cases)
    return True


class FollowedCodes:
    """Keeps the codes that admission knows those of the policy in force. Used by the thread that records."""

    def __init__(self, admission: Admission, active: Active) -> None:
        self._admission = admission
        self._known = active.activation_no

    def __call__(self, conn: LedgerConnection) -> None:
        """Take up a policy activated since; one question a batch."""
        activation = policies.read_activation(conn)
        if activation is None or activation.activation_no == self._known:
            return
        self._admission.use(codes(stored(conn, activation.proposal_no)))
        self._known = activation.activation_no
        _log.info("codes_followed", policy=short(activation.digest))


def _release(packaged: Policy) -> Proposal:
    return Proposal(
        digest=packaged.digest,
        base=None,
        files=packaged.files,
        summary="{}",
        proposed_by=f"release {program_version()}",
        os_user="spp",
        note="the policy this release came with; approved by the release",
    )


def _check_directory(conn: LedgerConnection, directory: Path | None, in_force: bytes) -> None:
    if directory is None:
        return
    own = load(directory)
    if own.digest == in_force:
        return
    approved = policies.read_waiting(conn)
    if approved is not None and policies.read_policy(conn, approved).digest == own.digest:
        return
    raise SettingsError(
        f"SPP_POLICY: {directory} holds policy {short(own.digest)}, but the ledger's is {short(in_force)}. "
        f"A policy is checked by a second person before it is used: `spp policy propose {directory} --by NAME`, then "
        f"`spp policy approve {short(own.digest)} --by ANOTHER`; or unset SPP_POLICY to work by the ledger's"
    )
