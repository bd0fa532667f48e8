"""Signed notes and cosignatures, against the examples that C2SP publishes and against forgeries."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.note import Algorithm, NoteError, NoteSigner, VerifierKey, parse_key, split_note, verify_note

LOG = NoteSigner("log.example/books", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = NoteSigner(
    "witness.example/w", Ed25519PrivateKey.from_private_bytes(b"w" * 32), Algorithm.COSIGNATURE_ED25519
)
TOLD = Checkpoint("log.example/books", 20_852_163, bytes(range(32)))
NOTE = TOLD.text() + "\n" + LOG.sign(TOLD.text())

# The verifier key of the Go checksum database, as the Go toolchain carries it.
GO_SUM = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"


def test_a_key_that_others_published_reads_and_writes_the_same() -> None:
    key = parse_key(GO_SUM)
    assert (key.name, key.algorithm, key.key_id.hex()) == ("sum.golang.org", 1, "033de0ae")
    assert str(key) == GO_SUM


@pytest.mark.parametrize(
    "text",
    ["", "name", "name+033de0ae", GO_SUM.replace("033de0ae", "033de0af"), GO_SUM[:-4], GO_SUM + "?", "a b+" + GO_SUM],
)
def test_a_key_that_is_mistyped_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_key(text)


def test_a_note_verifies_with_its_key_and_says_its_checkpoint() -> None:
    text, (signature,) = verify_note(NOTE, [LOG.key])
    assert parse_checkpoint(text) == TOLD
    assert (signature.key, signature.seconds) == (LOG.key, None)


def test_a_cosignature_carries_its_time() -> None:
    note = NOTE + WITNESS.cosign(TOLD.text(), 1_679_315_147)
    _, signatures = verify_note(note, [LOG.key, WITNESS.key])
    assert [(one.key.name, one.seconds) for one in signatures] == [
        ("log.example/books", None),
        ("witness.example/w", 1_679_315_147),
    ]


def test_an_unknown_key_is_passed_over() -> None:
    other = NoteSigner("log.example/books", Ed25519PrivateKey.generate())
    assert verify_note(NOTE, [other.key])[1] == []
    assert len(verify_note(NOTE + other.sign(TOLD.text()), [LOG.key])[1]) == 1


def test_a_signature_over_another_text_is_a_forgery() -> None:
    forged = NOTE.replace("20852163", "20852164")
    with pytest.raises(NoteError, match="not that of this text"):
        verify_note(forged, [LOG.key])


def test_a_cosignature_does_not_pass_for_a_signature() -> None:
    as_log = VerifierKey(WITNESS.name, Algorithm.ED25519, WITNESS.key.public)
    note = TOLD.text() + "\n" + WITNESS.cosign(TOLD.text(), 1)
    assert verify_note(note, [as_log])[1] == []


def test_a_changed_time_is_a_forgery() -> None:
    import base64

    line = WITNESS.cosign(TOLD.text(), 1)
    data = bytearray(base64.b64decode(line.rstrip().rpartition(" ")[2]))
    data[11] ^= 1
    forged = line.rpartition(" ")[0] + " " + base64.b64encode(bytes(data)).decode() + "\n"
    with pytest.raises(NoteError, match="not that of this text"):
        verify_note(NOTE + forged, [WITNESS.key])


@pytest.mark.parametrize("note", ["", "text\n", "text\n\n", "text\n\nno dash\n", NOTE.rstrip("\n")])
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        split_note(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "o\n01\nAAAA\n",
        "o\n-1\nAAAA\n",
        "o\n1\nAAAA\n",
        f"\n1\n{'A' * 43}=\n",
        f"o\n9223372036854775808\n{'A' * 43}=\n",
        f"o\n١\n{'A' * 43}=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(text)
