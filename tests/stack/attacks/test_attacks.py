"""Every attack is refused by PostgreSQL, or the auditor sees it. What was found is the page docs/attacks.md."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Final

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.errors import CheckViolation, InsufficientPrivilege, RestrictViolation, UniqueViolation

from events.reasons import Reason
from events.states import LineState
from ledger.model.account import Dimensions
from ledger.model.entry import EntryRow, encode_entry
from ledger.model.period import PeriodEvent, PeriodKind
from ledger.proof.keys import record_key
from ledger.proof.note import NoteSigner
from ledger.proof.sealer import Sealer
from ledger.proof.witness_store import WitnessStore
from ledger.store import connect, entries, periods, policies
from ledger.store.catalogue import note_catalogue, read_catalogue
from ledger.store.inbox import ensure_offsets, record_batch
from ledger.store.log import append_cosignature
from ledger.store.quarantine import discard
from ledger.verify.codes import SAYS, Code
from pipeline.local.postgres import binaries
from pipeline.witness import STORE_FILE, make_server, make_witness
from pipeline.witnessing import Witness
from tests.stack.attacks.catalogue import ATTACKS, Attack, Who
from tests.stack.ledger.samples import TOPIC_NO, Bookkeeper, admitted, refused

PAGE: Final = Path(__file__).parents[3] / "docs" / "attacks.md"
ORIGIN = "attacked/ledger"
LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.generate())
OF = Dimensions("nssf.maternal.delivery", "nssf", "nssf", "fund", "national", "10.4", "27.1", "KHR")
LOGINS = {Who.READER: "spp_reader", Who.WRITER: "spp_writer", Who.OWNER: "spp_owner"}
PASSWORD = "attacker"

REFUSALS = (InsufficientPrivilege, RestrictViolation, CheckViolation, UniqueViolation)
"""Anything else is a mistake of the attack, not a refusal."""

OUTCOMES: dict[Attack, str] = {}


@dataclass(frozen=True)
class Victim:
    """A sealed and countersigned ledger to copy, and what the auditor keeps of it."""

    server: str
    template: str
    witness_key: str
    kept: Path


@pytest.fixture(scope="module")
def victim(database_server: str, ledger_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    directory = tmp_path_factory.mktemp("victim")
    name = "victim"
    with psycopg.connect(f"{database_server}/postgres", autocommit=True) as server:
        server.execute(f"create database {name} template {ledger_template}")
        for role in LOGINS.values():
            server.execute(f"create role attacking_{role} login password '{PASSWORD}' in role {role}")
    key, note = _fill(f"{database_server}/{name}", directory)
    (directory / "kept").write_text(note)
    yield Victim(database_server, name, key, directory / "kept")
    with psycopg.connect(f"{database_server}/postgres", autocommit=True) as server:
        server.execute(f"drop database {name} with (force)")
        for role in LOGINS.values():
            server.execute(f"drop role attacking_{role}")


def _fill(url: str, directory: Path) -> tuple[str, str]:
    """Blocks of every kind of leaf, sealed in two checkpoints; returns the witness's key and the newest note."""
    witness_key = make_witness(directory, "attacked/witness").key
    WitnessStore(directory / STORE_FILE).trust(LOG.key)
    server = make_server(directory, "127.0.0.1", 0)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    witness = Witness(f"http://127.0.0.1:{server.server_port}", witness_key)
    with connect(url, "writer") as conn:
        ensure_offsets(conn, TOPIC_NO, 1)
        record_batch(conn, TOPIC_NO, 0, 0, 2, [admitted(0, "e1")], [refused(1, Reason.SCHEMA)])
        discard(conn, 1, actor="somebody", note="told by telephone")
        policies.begin(conn, policies.Proposal(bytes(32), None, {}, "{}", "release 1", "spp", ""))
        record_key(conn, LOG, None, actor="sokha", os_user="sokha", note="")
        note_catalogue(conn)
        opened = PeriodEvent(0, "2018", PeriodKind.OPENED, date(2018, 1, 1), date(2018, 12, 31))
        periods.ask(conn, opened, asked_by="sokha", os_user="sokha", note="")
        (asked,) = periods.read_rows(conn)
        periods.approve(conn, asked, approved_by="dara", os_user="dara", note="", last_event=0, trial_balance=None)
        keeper = Bookkeeper(conn)
        sealer = None
        for block in range(3):
            for line in range(60):
                keeper.decide((block * 60 + line).to_bytes(16), LineState.APPROVED, 400_000, OF)
            if block == 1:
                _take_entries(conn, keeper)
            keeper.post()
            if block:
                sealer = sealer or Sealer(conn, [LOG])
                assert sealer.seal(1) is not None
                line_ = witness.take(sealer).line
                with conn.cursor() as cursor:
                    append_cosignature(cursor, sealer.size, str(witness_key), line_, 1)
                conn.commit()
                note = sealer.newest() + line_
    server.shutdown()
    thread.join()
    server.server_close()
    return str(witness_key), note


def _take_entries(conn: psycopg.Connection[tuple[object, ...]], keeper: Bookkeeper) -> None:
    """The rows that wait for their leaf go into the block in hand."""
    with conn.cursor(binary=True) as cursor:
        told = entries.take_awaiting(cursor, entries.read_awaiting(cursor))
        for kind, ref, body in told:
            row = EntryRow(keeper._next_leaf(), keeper._block + 1, kind, ref, body)
            cursor.execute("insert into log_entry values (%s, %s, %s, %s, %s)", row)
            keeper.extra[row.leaf_no] = encode_entry(row)
    conn.commit()


@pytest.fixture
def attacked(victim: Victim) -> Iterator[str]:
    """A fresh copy of the victim."""
    with psycopg.connect(f"{victim.server}/postgres", autocommit=True) as server:
        server.execute(f"create database attacked template {victim.template}")
    yield f"{victim.server}/attacked"
    with psycopg.connect(f"{victim.server}/postgres", autocommit=True) as server:
        server.execute("drop database attacked with (force)")


def _login(url: str, who: Who) -> str:
    if who is Who.SUPERUSER:
        return url
    return f"postgresql://attacking_{LOGINS[who]}:{PASSWORD}@" + url.rpartition("@")[2]


def _attack(url: str, attack: Attack) -> str | None:
    """PostgreSQL's refusal, or None when everything went through."""
    with psycopg.connect(_login(url, attack.who), autocommit=True) as conn:
        if attack.who is not Who.SUPERUSER:
            conn.execute(f"set role {LOGINS[attack.who]}")
        for statement in attack.statements:
            try:
                conn.execute(statement)
            except REFUSALS as error:
                return type(error).__name__
    return None


def _verify(url: str, victim: Victim, directory: Path) -> Code:
    """What the auditor's program says to a dump."""
    dump = directory / "dump.sql"
    done = subprocess.run([binaries() / "pg_dump", url, "-f", dump], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "ledger.verify.main", "dump", str(dump), "--log-key", str(LOG.key)]
    command += ["--witness-key", victim.witness_key, "--seen", str(victim.kept)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in said.stderr, said.stderr
    return Code(said.returncode)


def _changed_sections(url: str) -> list[str]:
    """The sections of the catalogue that differ from the digest that stands in the log."""
    with psycopg.connect(url) as conn:
        return note_catalogue(conn)


def _is_told(url: str) -> bool:
    """That the books were not silently made to say something else: they verify, and the catalogue is as logged."""
    with psycopg.connect(url) as conn:
        row = conn.execute("select digest from schema_digest order by digest_no desc limit 1").fetchone()
        return row == (read_catalogue(conn).digest,)


def test_the_victim_verifies(victim: Victim, attacked: str, tmp_path: Path) -> None:
    assert _verify(attacked, victim, tmp_path) is Code.GOOD
    assert _is_told(attacked)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.who}: {attack.tells}")
def test_every_attack_is_refused_or_seen(victim: Victim, attacked: str, attack: Attack, tmp_path: Path) -> None:
    refusal = _attack(attacked, attack)
    if refusal is not None:
        # What went through before the refusal must not have changed anything either.
        assert _verify(attacked, victim, tmp_path) is Code.GOOD
        if attack.who is not Who.SUPERUSER:
            assert _is_told(attacked)
        OUTCOMES[attack] = f"closed: `{refusal}`"
        return
    found = _verify(attacked, victim, tmp_path)
    if found is not Code.GOOD:
        OUTCOMES[attack] = f"detected: {found.name} ({found.value}), {SAYS[found]}"
        return
    changed = _changed_sections(attacked)
    assert changed, "the attack went through and nobody saw it"
    OUTCOMES[attack] = f"detected: the next leaf tells that {', '.join(changed)} changed"


def test_the_page_is_what_this_run_found() -> None:
    """Run the whole module. `python -m infra.attacks` writes the page anew."""
    if len(OUTCOMES) < len(ATTACKS):
        pytest.skip("only some attacks were run, or one was neither refused nor seen")
    page = _page()
    if os.environ.get("WRITE_ATTACKS"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page


def _page() -> str:
    closed = sum(outcome.startswith("closed") for outcome in OUTCOMES.values())
    lines = [
        "# Attacks on the books",
        "",
        "Written by a run of `python -m infra.attacks`; do not edit. Each attack is carried out on a sealed and",
        "countersigned ledger, as a user who may take that role. It is **closed** when PostgreSQL refuses it, and",
        "**detected** when it goes through and `spp-verify dump` fails for an auditor who kept one checkpoint, or the",
        "next leaf of the log tells that the catalogue changed, which `spp-verify` prints: the auditor must ask why.",
        "",
        f"{len(OUTCOMES)} attacks: {closed} closed, {len(OUTCOMES) - closed} detected, 0 open.",
        "",
        "| as | attack | outcome |",
        "|---|---|---|",
    ]
    lines += [f"| {attack.who} | {attack.tells} | {outcome} |" for attack, outcome in OUTCOMES.items()]
    return "\n".join(lines) + "\n"
