"""What `spp-verify` prints of books that hold."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from ledger.model.entry import EntryKind, EntryRow, SchemaRow, schema_body
from ledger.verify.codes import Code
from tests.unit.verify import second
from tests.unit.verify.world import LOG, WITNESS, decision, honest


def test_both_accept_a_checkpoint_that_the_witness_did_not_see_yet(tmp_path: Path) -> None:
    world = honest()
    world.post([decision(world.size, len(world.blocks) + 1, 900)])
    world.sign(witnessed=False)
    world.write(tmp_path, head=-2)
    trust = ("--log-key", str(LOG.key), "--witness-key", str(WITNESS.key))
    command = [sys.executable, "-m", "ledger.verify.main", "export", str(tmp_path), *trust]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert Code(done.returncode) is Code.GOOD, done.stderr
    assert f"countersigned up to {world.size - 1}, 1 more signed only\n" in done.stdout
    assert second.accepts_export(tmp_path, str(LOG.key), str(WITNESS.key))


def test_what_the_catalogue_said_since_the_last_visit_is_printed(tmp_path: Path) -> None:
    world = honest(20)
    for at in (1, 2, 3):
        row = SchemaRow(bytes([at]) * 32, 9, "{}", 1)
        world.post([EntryRow(world.size, len(world.blocks) + 1, EntryKind.SCHEMA_DIGEST, at, schema_body(row))])
        (tmp_path / f"kept{at}").write_text(world.sign())
    world.write(tmp_path / "books")

    def printed(*seen: str) -> list[tuple[str, str]]:
        command = [sys.executable, "-m", "ledger.verify.main", "export", str(tmp_path / "books")]
        command += ["--log-key", str(LOG.key), *(text for name in seen for text in ("--seen", str(tmp_path / name)))]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return re.findall(r"^leaf (\d+): the database's catalogue has the digest (\w+)$", done.stdout, re.MULTILINE)

    told = [(str(world.size - 4 + at), f"0{at}" * 32) for at in (1, 2, 3)]
    assert printed() == told
    assert printed("kept3", "kept1") == told[1:]
    assert printed("kept3") == []
