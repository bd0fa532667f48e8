"""The witness: it countersigns only what grew from what it saw, and keeps it before it answers."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events import merkle
from ledger.proof.checkpoint import Checkpoint
from ledger.proof.note import Algorithm, NoteSigner, verify_note
from ledger.proof.tree import Prover, Tree
from ledger.proof.witness import Refusal, RefusedError, parse_request, request_text
from ledger.proof.witness_store import WitnessStore

ORIGIN = "log.example/books"
STRANGER = NoteSigner(ORIGIN, Ed25519PrivateKey.generate())
ELSEWHERE = NoteSigner("log.example/other", Ed25519PrivateKey.generate())
LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.generate())
OWN = NoteSigner("witness.example/w", Ed25519PrivateKey.generate(), Algorithm.COSIGNATURE_ED25519)
HONEST = [merkle.leaf_hash(b"%d" % number) for number in range(200)]
FORKED = [*HONEST[:100], *(merkle.leaf_hash(b"other %d" % number) for number in range(100))]


class Edge:
    """A log below 256 leaves: one tile in hand."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.tree = Tree()
        self.tree.extend(leaves)

    def hashes(self, level: int, index: int) -> Sequence[bytes]:
        assert (level, index) == (0, 0)
        return self.tree.edge[0]


def body(old: int, size: int, leaves: Sequence[bytes] = HONEST, signer: NoteSigner = LOG) -> str:
    prover = Prover(Edge(leaves))
    text = Checkpoint(signer.name, size, prover.root(size)).text()
    proof = prover.consistency(old, size) if old <= size else []
    return request_text(old, proof, text + "\n" + signer.sign(text))


@pytest.fixture
def store(tmp_path: Path) -> WitnessStore:
    made = WitnessStore(tmp_path / "witness.db")
    made.trust(LOG.key)
    return made


def ask(store: WitnessStore, request: str) -> str:
    return store.countersign(parse_request(request), OWN, 1_700_000_000)


def refused(store: WitnessStore, request: str) -> tuple[Refusal, int]:
    with pytest.raises(RefusedError) as error:
        ask(store, request)
    return error.value.refusal, error.value.seen_size


def test_a_log_that_grows_is_countersigned(store: WitnessStore) -> None:
    for old, size in ((0, 0), (0, 1), (1, 7), (7, 7), (7, 130), (130, 200)):
        request = parse_request(body(old, size))
        line = ask(store, body(old, size))
        _, signatures = verify_note(request.note + line, [LOG.key, OWN.key])
        assert len(signatures) == 2
        last = store.last(ORIGIN)
        assert last is not None
        assert last[0] == request.checkpoint


def test_a_key_that_another_followed_gets_nothing_countersigned_any_more(store: WitnessStore) -> None:
    ask(store, body(0, 3))
    follower = NoteSigner(LOG.name, Ed25519PrivateKey.generate())
    store.trust(follower.key)
    assert store.distrust(LOG.key)
    assert not store.distrust(LOG.key)
    assert refused(store, body(3, 5)) == (Refusal.NOT_SIGNED, 0)
    ask(store, body(3, 5, signer=follower))


def test_what_was_seen_survives_the_process(store: WitnessStore, tmp_path: Path) -> None:
    ask(store, body(0, 150))
    assert refused(WitnessStore(tmp_path / "witness.db"), body(0, 150)) == (Refusal.GAP, 150)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (body(100, 120), (Refusal.GAP, 150)),
        (body(0, 120), (Refusal.GAP, 150)),
        (body(160, 180), (Refusal.GAP, 150)),
        (body(150, 120), (Refusal.ROLLBACK, 0)),
        (body(150, 150, FORKED), (Refusal.FORK, 150)),
        (body(150, 170, FORKED), (Refusal.INCONSISTENT, 0)),
        (body(150, 170, signer=STRANGER), (Refusal.NOT_SIGNED, 0)),
        (body(150, 170).replace("\n170\n", "\n171\n"), (Refusal.NOT_SIGNED, 0)),
        (body(150, 170, signer=ELSEWHERE), (Refusal.UNKNOWN_LOG, 0)),
    ],
    ids=["older", "from nothing", "gap", "rollback", "fork", "forked since", "stranger's key", "forged", "other log"],
)
def test_what_does_not_grow_from_what_was_seen_is_refused(
    store: WitnessStore, request_: str, expected: tuple[Refusal, int]
) -> None:
    ask(store, body(0, 150))
    assert refused(store, request_) == expected
    last = store.last(ORIGIN)
    assert last is not None
    assert last[0].size == 150


def note_of(request: str) -> str:
    return request.partition("\n\n")[2]


@pytest.mark.parametrize(
    "request_",
    [
        "",
        "old 1",
        "old 01\n\n" + note_of(body(0, 1)),
        f"old {'9' * 5_000}\n\n" + note_of(body(0, 1)),
        "old 1\nAAAA\n\n" + note_of(body(0, 1)),
        f"old 1\n{'é' * 44}\n\n" + note_of(body(0, 1)),
        body(0, 1) + "x",
        body(0, 1).replace("\n1\n", f"\n{'9' * 5_000}\n"),
    ],
)
def test_what_is_no_request_is_refused(request_: str) -> None:
    with pytest.raises(RefusedError) as error:
        parse_request(request_)
    assert error.value.refusal is Refusal.MALFORMED


def test_a_signature_that_is_no_base64_is_refused(store: WitnessStore) -> None:
    told = body(0, 1)
    assert refused(store, f"{told.rstrip()[:-4]}éééé\n") == (Refusal.NOT_SIGNED, 0)


def test_a_request_has_at_most_63_hashes() -> None:
    with pytest.raises(RefusedError):
        parse_request(request_text(1, [bytes(32)] * 64, body(0, 2).partition("\n\n")[2]))


def test_of_two_histories_at_once_one_is_countersigned(store: WitnessStore) -> None:
    ask(store, body(0, 100))

    def outcome(request: str) -> bool:
        try:
            ask(store, request)
        except RefusedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(outcome, [body(100, 170), body(100, 170, FORKED)] * 8))
    last = store.last(ORIGIN)
    assert last is not None
    assert last[0].root in {Prover(Edge(leaves)).root(170) for leaves in (HONEST, FORKED)}
    assert granted.count(True) == 1


def test_a_witness_that_cannot_keep_it_does_not_answer(store: WitnessStore, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "witness.db") as db:
        db.execute("create trigger full_disk before insert on seen begin select raise(abort, 'disk full'); end")
    with pytest.raises(sqlite3.Error):
        ask(store, body(0, 10))
    assert store.last(ORIGIN) is None
