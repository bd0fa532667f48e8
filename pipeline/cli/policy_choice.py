"""Which policy a command means: the one in force, the packaged one, a directory, or one the ledger keeps by digest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ledger.store import policies
from pipeline.active_policy import read, short, stored
from pipeline.cli.console import CommandError, ExitCode
from pipeline.cli.ledger import open_ledger
from pipeline.policy_files import load
from pipeline.settings import SettingsError, get_settings
from processors.policy.loader import PolicyError

if TYPE_CHECKING:
    from processors.policy.model import Policy

PACKAGED, IN_FORCE = "packaged", "in-force"
NAMES = f"a directory, the first digits of a digest, `{PACKAGED}` or `{IN_FORCE}`"
_DIGEST = re.compile(r"[0-9a-f]{6,64}")


class Chosen(NamedTuple):
    """A policy and how it is called to a person."""

    policy: Policy
    label: str


def choose(name: str | None) -> Chosen:
    """The policy of a name (`NAMES`); without one that in force, or the packaged one where no ledger runs.

    Raises CommandError for another name and for files that are wrong.
    """
    try:
        return _choose(name)
    except PolicyError as error:
        raise CommandError(f"{error}\n`spp policy check` tells everything that is wrong") from error


def directory(given: Path | None) -> Path | None:
    """The directory of a proposal: the one given, else SPP_POLICY; None stands for the packaged policy."""
    return get_settings().policy if given is None or (str(given) == PACKAGED and not given.is_dir()) else given


def from_directory(given: Path | None) -> Policy:
    """The policy of a directory, as `directory` finds it. Raises CommandError for files that are wrong."""
    try:
        return load(directory(given))
    except PolicyError as error:
        raise CommandError(f"{error}\n`spp policy check` tells everything that is wrong") from error


def _choose(name: str | None) -> Chosen:
    if name is None or name == IN_FORCE:
        return _in_force(required=name is not None)
    if name == PACKAGED:
        return _packaged("")
    if (place := Path(name)).is_dir():
        policy = load(place)
        return Chosen(policy, f"policy {short(policy.digest)} of {name}")
    if _DIGEST.fullmatch(name.lower()):
        return _by_digest(name)
    raise CommandError(f"{name}: no such policy; name {NAMES}", ExitCode.USAGE)


def _packaged(why: str) -> Chosen:
    policy = load()
    return Chosen(policy, f"{PACKAGED} policy {short(policy.digest)}{why}")


def _in_force(*, required: bool) -> Chosen:
    try:
        get_settings().ledger  # noqa: B018 - asking says whether a ledger runs
    except SettingsError:
        if required:
            raise
        return _packaged(", since no ledger runs here")
    with open_ledger("reader") as connection:
        found = read(connection)
    if found is None:
        return _packaged(", the first one of this ledger")
    return Chosen(found.policy, f"policy {short(found.policy.digest)} in force, number {found.activation_no}")


def _by_digest(name: str) -> Chosen:
    with open_ledger("reader") as connection:
        found = policies.find(connection, name)
        if len({entry.digest for entry in found}) > 1:
            raise CommandError(f"{name}: {len(found)} policies begin so; give more digits", ExitCode.USAGE)
        if found:
            return Chosen(stored(connection, found[0].proposal_no), f"policy {short(found[0].digest)}")
    raise CommandError(f"{name}: the ledger knows no policy of this digest; `spp policy history` shows them")
