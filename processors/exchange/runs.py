"""Payment runs: certified lines grouped by bank, currency and cycle, each payee's next to each other, and signed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from processors.exchange.banks import Banks
    from processors.exchange.payable import Due

RELEASES_NEEDED: Final = 2
"""Distinct finance officers who release a run (design: two persons)."""
_RELEASE: Final = b"social-protection-payments run release v1\0"


@dataclass(frozen=True, slots=True)
class Group:
    """What one run pays: one bank, one currency, one cycle; `dues` ordered by payee, then line."""

    bank: str
    currency: str
    cycle: str
    dues: Sequence[Due]

    @property
    def total_minor(self) -> int:
        """The sum of all amounts."""
        return sum(due.amount_minor for due in self.dues)

    @property
    def payees(self) -> int:
        """How many accounts are paid."""
        return len({(due.payee.provider, due.payee.account_ref) for due in self.dues})


def group(dues: Iterable[Due], banks: Banks) -> Iterator[Group]:
    """Runs of at most as many lines as the bank takes; a payee's lines stay in one run as long as they fit into one."""
    apart: defaultdict[tuple[str, str, str], list[Due]] = defaultdict(list)
    for due in dues:
        apart[(due.bank, due.currency, due.cycle)].append(due)
    for (bank, currency, cycle), found in sorted(apart.items()):
        found.sort(key=lambda due: (due.payee.provider, due.payee.account_ref, due.line_id))
        most = banks.by_code[bank].lines_max
        for part in _parts(found, most):
            yield Group(bank, currency, cycle, part)


def _parts(dues: list[Due], most: int) -> Iterator[list[Due]]:
    part: list[Due] = []
    payee: list[Due] = []
    for due in [*dues, None]:
        if due is not None and (not payee or _account(due) == _account(payee[0])):
            payee.append(due)
            continue
        if part and len(part) + len(payee) > most:
            yield part
            part = []
        part += payee
        while len(part) > most:
            yield part[:most]
            part = part[most:]
        payee = [due] if due is not None else []
    if part:
        yield part


def _account(due: Due) -> tuple[str, str]:
    return due.payee.provider, due.payee.account_ref


def digest(run_no: int, paid: Group) -> bytes:
    """SHA-256 of exactly what a run pays: to whom, how much, under which instruction, replacing which."""
    hashed = sha256(f"{run_no}\0{paid.bank}\0{paid.currency}\0{paid.cycle}\0{len(paid.dues)}\n".encode())
    for due in sorted(paid.dues, key=lambda one: one.instruction_id):
        payee = due.payee
        row = (
            due.instruction_id.hex(),
            due.line_id,
            str(due.attempt),
            str(due.amount_minor),
            payee.channel,
            payee.provider,
            payee.account_ref,
            (due.replaces or b"").hex(),
        )
        hashed.update("\0".join(row).encode() + b"\n")
    return hashed.digest()


def to_be_signed(run_digest: bytes, officer: str) -> bytes:
    """The bytes an officer signs to release a run: bound to the officer, so a signature cannot be told as another's."""
    return _RELEASE + run_digest + officer.encode()
