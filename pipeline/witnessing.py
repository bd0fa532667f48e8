"""The sealer's side of the witness: each checkpoint is taken to it with the proof that the log only grew."""

from __future__ import annotations

import urllib.error
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from ledger.proof.note import NoteError, verify_note
from ledger.proof.tree import Prover
from ledger.proof.witness import request_text
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from ledger.proof.note import Signature, VerifierKey
    from ledger.proof.sealer import Sealer

TIMEOUT_SECONDS = 10.0
_MOST_ANSWER_BYTES = 64 * 1024


class HistoryError(PipelineError):
    """The witness saw a history that these books do not hold: nothing may be signed."""


class WitnessAway(Exception):  # noqa: N818 - the name of what happened
    """No usable answer from the witness; it is asked again."""


class Answer(NamedTuple):
    """What the witness answered: an HTTP status and a text."""

    status: int
    text: str


class Witness:
    """One witness by its address and key. Used by one thread."""

    def __init__(self, url: str, key: VerifierKey) -> None:
        self._url = url.rstrip("/") + "/add-checkpoint"
        self.key = key
        self.size = 0
        """How many leaves it saw last, as far as is known here; it tells when it was another number."""

    def take(self, sealer: Sealer) -> Signature:
        """Have the newest checkpoint countersigned.

        HistoryError when the witness saw more than these books hold, or another history; WitnessAway when it cannot
        be reached, does not know the log, or answers with a signature that is not its own.
        """
        answer = self._ask(sealer)
        if answer.status == HTTPStatus.CONFLICT:
            told = int(answer.text) if answer.text.strip().isdigit() else -1
            if told > sealer.size:
                raise HistoryError(
                    f"the witness {self.key.name} saw {told} leaves of {sealer.origin}, these books hold {sealer.size}:"
                    " the database was brought back from an older copy. Nothing is signed; bring back what is missing"
                )
            if told == self.size:
                raise HistoryError(self._other(sealer, told))
            self.size = max(told, 0)
            answer = self._ask(sealer)
        if answer.status in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT}:
            raise HistoryError(self._other(sealer, self.size))
        if answer.status != HTTPStatus.OK:
            raise WitnessAway(f"{self.key.name} answered {answer.status}: {answer.text.strip()[:200]}")
        return self._accepted(sealer, answer.text)

    def _accepted(self, sealer: Sealer, lines: str) -> Signature:
        try:
            _, signatures = verify_note(sealer.newest() + lines, [self.key])
        except NoteError as error:
            raise WitnessAway(str(error)) from None
        if not signatures:
            raise WitnessAway(f"none of the signatures is that of {self.key}: is SPP_WITNESS_KEY right?")
        self.size = sealer.size
        return signatures[0]

    def _other(self, sealer: Sealer, size: int) -> str:
        return (
            f"the witness {self.key.name} saw another history of {sealer.origin} at {size} leaves than these books"
            " hold: they were changed, or a second copy of them is signed with the same key. Nothing is signed; find"
            " which copy is the true one"
        )

    def _ask(self, sealer: Sealer) -> Answer:
        proof = sealer.prove(lambda prover: _consistency(prover, self.size, sealer.size))
        body = request_text(self.size, proof, sealer.newest()).encode()
        request = urllib.request.Request(  # noqa: S310 - the scheme was looked at when the address was read
            self._url, body, {"Content-Type": "text/plain"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - likewise
                return Answer(response.status, response.read(_MOST_ANSWER_BYTES).decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(_MOST_ANSWER_BYTES).decode(errors="replace"))
        except (OSError, UnicodeDecodeError) as error:
            raise WitnessAway(f"{self._url} does not answer ({type(error).__name__})") from error


def _consistency(prover: Prover, old: int, size: int) -> list[bytes]:
    return prover.consistency(old, size) if old <= size else []
