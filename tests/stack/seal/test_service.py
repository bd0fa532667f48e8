"""The role as it runs, and what an auditor takes away by commands."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from events.states import LineState
from ledger.proof.keys import key_file, write_key_file
from ledger.proof.note import parse_key, verify_note
from ledger.statements.snapshot import snapshot
from ledger.statements.trial_balance import trial_balance
from ledger.verify.codes import Code
from pipeline.errors import PipelineError
from pipeline.metrics import Metrics
from pipeline.seal import SealService
from pipeline.settings import Settings
from pipeline.witnessing import Witness
from tests.stack.ledger.samples import Bookkeeper
from tests.stack.seal.conftest import LOG, OF, Books

DEADLINE_SECONDS = 30.0
Spp = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def settings(books: Books, witness: Witness, tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    made = Settings(
        home=home, ledger_url=books.url, keys=home / "keys", witness=witness._url.removesuffix("/add-checkpoint"),
        witness_key=str(witness.key),
    )  # fmt: skip
    write_key_file(key_file(made.log_keys_directory, LOG.key), LOG.private)
    return made


@pytest.fixture
def sealing(settings: Settings) -> Iterator[SealService]:
    service, stop = SealService(settings, Metrics()), Event()
    thread = Thread(target=service.run, args=(stop,))
    thread.start()
    yield service
    stop.set()
    thread.join(DEADLINE_SECONDS)
    assert not thread.is_alive()


def until(books: Books, question: str) -> None:
    """Wait until the ledger answers yes."""
    pause = Event()
    for _ in range(int(DEADLINE_SECONDS / 0.05)):
        row = books.connection.execute(question).fetchone()
        books.connection.commit()
        if row == (True,):
            return
        pause.wait(0.05)
    raise AssertionError(question)


SEALED = (
    "select coalesce(max(size), 0) = (select coalesce(max(first_leaf + leaf_count), 0) from block) from cosignature"
)


@pytest.fixture
def spp(settings: Settings) -> Spp:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPP_")}
    environment |= {"SPP_HOME": str(settings.home), "SPP_LEDGER_URL": str(settings.ledger_url)}

    def call(*arguments: str, module: str = "pipeline.cli.main") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    return call


@pytest.mark.usefixtures("sealing")
def test_an_auditor_checks_what_commands_write(books: Books, witness: Witness, spp: Spp, tmp_path: Path) -> None:
    for _ in range(2):
        books.post(40)
        until(books, SEALED)
    keys = json.loads(spp("ledger", "keys", "--json").stdout)
    assert keys == {"log": [str(LOG.key)], "witnesses": [str(witness.key)]}
    trust = ("--log-key", keys["log"][0], "--witness-key", keys["witnesses"][0])
    kept = tmp_path / "kept"
    kept.write_text(spp("ledger", "checkpoint").stdout)
    assert spp("ledger", "export", str(tmp_path / "books")).returncode == 0
    assert spp("ledger", "prove", (7).to_bytes(16).hex(), "-o", str(tmp_path / "bundle")).returncode == 0
    newest = tmp_path / "newest"
    newest.write_text(spp("witness", "seen", str(tmp_path), "--note").stdout)
    for what in (
        ("export", tmp_path / "books"), ("bundle", tmp_path / "bundle"), ("checkpoint", kept), ("checkpoint", newest),
    ):  # fmt: skip
        seen = ("--seen", str(kept), "--seen", str(newest))
        done = spp(what[0], str(what[1]), *trust, *seen, module="ledger.verify.main")
        assert Code(done.returncode) is Code.GOOD, done.stderr
    told = spp("export", str(tmp_path / "books"), *trust, "--balances", module="ledger.verify.main").stdout
    with snapshot(books.url) as conn:
        expected = [
            (row.code, row.currency, str(row.debits_minor), str(row.credits_minor), str(row.balance_minor))
            for row in trial_balance(conn)
        ]
    assert [tuple(line.split("\t")) for line in told.splitlines() if "\t" in line] == expected
    assert len(expected) == 2
    assert spp("ledger", "export", str(tmp_path / "books")).returncode == 2
    assert spp("ledger", "prove", "ff" * 16).returncode == 1
    assert spp("ledger", "prove", "nonsense").returncode == 2


def test_a_new_key_is_endorsed_by_the_old_one_and_signs(books: Books, settings: Settings, spp: Spp) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from ledger.model.entry import endorsed
    from ledger.proof.keys import load_signer
    from ledger.store.log import read_keys

    assert spp("ledger", "rotate-key", "--by", "dara", "--note", "yearly").returncode == 0
    with books.connection.cursor(binary=True) as cursor:
        old, new = read_keys(cursor)
    assert (old.key, old.endorsement) == (LOG.key, None)
    assert new.endorsement is not None
    Ed25519PublicKey.from_public_bytes(old.key.public).verify(new.endorsement, endorsed(*new.key))
    assert load_signer(books.connection, settings.log_keys_directory).key == new.key
    assert books.connection.execute("select count(*) from awaiting_leaf where kind = 6").fetchone() == (2,)


@pytest.mark.usefixtures("sealing")
def test_a_running_sealer_changes_to_the_new_key_with_its_leaf(
    books: Books, witness: Witness, spp: Spp, tmp_path: Path
) -> None:
    books.note()
    books.post(3)
    until(books, SEALED)
    new = spp("ledger", "rotate-key", "--by", "dara", "--note", "yearly").stdout.strip()
    books.post(3)
    until(books, SEALED)  # on record, and no leaf yet: the old key signs
    spp("witness", "trust", str(tmp_path), new)
    books.note()
    until(books, SEALED)
    books.post(3)
    until(books, SEALED)
    key_at = books.connection.execute("select max(leaf_no) from log_entry where kind = 6").fetchone()
    notes = books.connection.execute("select size, note from checkpoint order by size").fetchall()
    assert key_at is not None
    assert len(notes) >= 4
    for size, note in notes:
        signed_by = [key for key in (LOG.key, parse_key(new)) if verify_note(note, [key])[1]]
        assert signed_by == [parse_key(new) if size > key_at[0] else LOG.key]
    assert spp("ledger", "export", str(tmp_path / "books")).returncode == 0
    check = ("export", str(tmp_path / "books"), "--witness-key", str(witness.key), "--log-key", new)
    assert Code(spp(*check, module="ledger.verify.main").returncode) is Code.UNKNOWN_KEY
    assert Code(spp(*check, "--log-key", str(LOG.key), module="ledger.verify.main").returncode) is Code.GOOD


def test_a_sealer_that_restarts_signs_with_the_key_of_the_newest_checkpoint_until_the_next_has_its_leaf(
    books: Books, settings: Settings, spp: Spp
) -> None:
    from ledger.proof.keys import load_signer

    books.note()
    books.seal()
    new = parse_key(spp("ledger", "rotate-key", "--by", "dara").stdout)
    size = books.sealer().size
    assert load_signer(books.connection, settings.log_keys_directory, size).key == LOG.key
    books.note()
    assert load_signer(books.connection, settings.log_keys_directory, size).key == LOG.key
    assert load_signer(books.connection, settings.log_keys_directory, size + 1).key == new


def test_without_its_key_or_with_changed_books_the_role_ends_and_says_why(books: Books, settings: Settings) -> None:
    import psycopg

    books.post()
    books.seal()
    with psycopg.connect(books.url) as conn:
        conn.execute("alter table transfer disable trigger user")
        conn.execute("update transfer set amount_minor = amount_minor + 1")
    with pytest.raises(PipelineError, match="not those signed"):
        SealService(settings, Metrics()).run(Event())
    key_file(settings.log_keys_directory, LOG.key).unlink()
    with pytest.raises(PipelineError, match="bring it back from its safe copy"):
        SealService(settings, Metrics()).run(Event())


def test_the_digest_of_the_catalogue_is_kept_when_it_changes(books: Books) -> None:
    import psycopg

    from ledger.store.catalogue import note_catalogue

    assert "triggers" in note_catalogue(books.connection)
    assert note_catalogue(books.connection) == []
    with psycopg.connect(books.url) as conn:
        conn.execute("alter table transfer disable trigger append_only_row")
    assert note_catalogue(books.connection) == ["triggers"]
    assert books.connection.execute("select count(*) from awaiting_leaf where kind = 5").fetchone() == (2,)


def test_a_digest_that_is_kept_from_becoming_a_leaf_is_told_again(books: Books) -> None:
    import psycopg

    from ledger.store.catalogue import note_catalogue

    note_catalogue(books.connection)
    books.note()
    with psycopg.connect(books.url) as conn:
        conn.execute("alter table transfer disable trigger append_only_row")
    for _ in range(2):
        assert note_catalogue(books.connection) == ["triggers"]
        books.connection.execute("delete from awaiting_leaf where kind = 5")
        books.connection.commit()
    assert note_catalogue(books.connection) == ["triggers"]
    books.note()
    assert note_catalogue(books.connection) == []
    assert books.connection.execute("select count(*) from log_entry where kind = 5").fetchone() == (2,)


def test_books_older_than_what_the_witness_saw_are_not_signed_when_the_role_starts(
    books: Books, settings: Settings, witness: Witness
) -> None:
    import psycopg

    for _ in range(2):
        books.post()
        books.seal()
    witness.take(books.sealer())
    with psycopg.connect(books.url) as conn:
        for table in ("transfer", "decision", "block", "checkpoint"):
            conn.execute(f"alter table {table} disable trigger user")
            conn.execute(f"delete from {table} where {'size > 2' if table == 'checkpoint' else 'block_no = 2'}")
    again = Bookkeeper(books.connection)  # goes on from there, as a decider would
    again._leaf, again._block = books.keeper._leaf - 2, 1
    row = books.connection.execute("select hash from block").fetchone()
    assert row is not None
    again._head = row[0]
    again.decide(b"n" * 16, LineState.APPROVED, 7, OF)
    again.post()
    with pytest.raises(PipelineError, match="older copy"):
        SealService(settings, Metrics()).run(Event())
    assert books.connection.execute("select max(size) from checkpoint").fetchone() == (2,)
