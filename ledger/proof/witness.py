"""What a witness does (C2SP tlog-witness): it countersigns a log only where it grew from what was seen before.

Pure functions; who keeps what was seen is `witness_store`, who answers over HTTP is `pipeline.witness`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from ledger.proof.checkpoint import Checkpoint, parse_checkpoint, parse_hash, parse_size
from ledger.proof.note import NoteError, VerifierKey, split_note, verify_note
from ledger.proof.tree import MOST_PROOF_HASHES, verify_consistency

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Refusal(Enum):
    """Why a witness does not countersign; the value is the HTTP status."""

    MALFORMED = (400, "malformed")
    UNKNOWN_LOG = (404, "unknown_log")
    NOT_SIGNED = (403, "not_signed")
    ROLLBACK = (400, "rollback")
    """The old size is beyond the checkpoint: the log would shrink."""
    GAP = (409, "gap")
    """The old size is not what was seen last; the answer tells that one."""
    FORK = (409, "fork")
    """Two roots for one size."""
    INCONSISTENT = (422, "inconsistent")

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return self.value[0]


class RefusedError(Exception):
    """The witness does not countersign."""

    def __init__(self, refusal: Refusal, detail: str, seen_size: int = 0) -> None:
        super().__init__(detail)
        self.refusal, self.seen_size = refusal, seen_size


class Submitted(NamedTuple):
    """A request to countersign: the proof leads from `old_size` to the checkpoint of the note."""

    old_size: int
    proof: list[bytes]
    note: str
    text: str
    checkpoint: Checkpoint


def request_text(old_size: int, proof: Sequence[bytes], note: str) -> str:
    """The body of `add-checkpoint`."""
    # A checkpoint's root line is written the same way.
    hashes = [Checkpoint("", 0, hash_).text().split("\n")[2] for hash_ in proof]
    return "\n".join([f"old {old_size}", *hashes]) + "\n\n" + note


def parse_request(body: str) -> Submitted:
    """The request in the body of `add-checkpoint`. RefusedError when it is none."""
    head, _, note = body.partition("\n\n")
    first, *hashes = head.split("\n")
    try:
        if not first.startswith("old ") or len(hashes) > MOST_PROOF_HASHES:
            raise NoteError(f"expected `old SIZE` and at most {MOST_PROOF_HASHES} hashes")
        old_size = parse_size(first.removeprefix("old "))
        proof = [parse_hash(line) for line in hashes]
        text, _ = split_note(note)
        return Submitted(old_size, proof, note, text, parse_checkpoint(text))
    except NoteError as error:
        raise RefusedError(Refusal.MALFORMED, str(error)) from None


def judge(request: Submitted, logs: Mapping[str, Sequence[VerifierKey]], seen: Checkpoint | None) -> Checkpoint:
    """The checkpoint to countersign. `logs` are the keys of each known origin, `seen` what was countersigned last.

    RefusedError for a log or signature that is not known, a gap, a rollback, a fork, or a proof that does not hold.
    """
    told = request.checkpoint
    keys = logs.get(told.origin)
    if not keys:
        raise RefusedError(Refusal.UNKNOWN_LOG, f"no log {told.origin!r} is known here")
    try:
        _, signatures = verify_note(request.note, keys)
    except NoteError as error:
        raise RefusedError(Refusal.NOT_SIGNED, str(error)) from None
    if not signatures:
        raise RefusedError(Refusal.NOT_SIGNED, f"no known key of {told.origin!r} signed this checkpoint")
    if request.old_size > told.size:
        raise RefusedError(Refusal.ROLLBACK, f"{told.size} leaves are fewer than the {request.old_size} before")
    seen_size = seen.size if seen is not None else 0
    if request.old_size != seen_size:
        raise RefusedError(Refusal.GAP, f"{seen_size} leaves were seen last, not {request.old_size}", seen_size)
    if seen is None:
        if request.proof:
            raise RefusedError(Refusal.INCONSISTENT, "from nothing there is no proof")
        return told
    if told.size == seen.size and told.root != seen.root:
        raise RefusedError(Refusal.FORK, f"another root was seen for {seen.size} leaves", seen_size)
    if not verify_consistency(seen.size, told.size, seen.root, told.root, request.proof):
        raise RefusedError(Refusal.INCONSISTENT, f"{told.size} leaves do not begin with the {seen.size} seen before")
    return told
