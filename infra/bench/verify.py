"""`python -m infra.bench.verify`: how many leaves a second `spp-verify` checks on one core, of an export and a dump."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TextIO

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.merkle import leaf_hash
from infra.bench.made import LEAVES_A_LINE, Maker
from ledger.model.block import BlockHeader
from ledger.model.rows import DecisionRow, TransferRow
from ledger.proof.checkpoint import Checkpoint, block_line
from ledger.proof.exporting import Files
from ledger.proof.note import NoteSigner
from ledger.proof.tree import TILE_WIDTH, Tree
from ledger.verify.dump import check_dump
from ledger.verify.export import check_export
from ledger.verify.notes import Trust, read_key
from pipeline.cli.console import Json, out, write_json

GOAL_PER_SECOND = 150_000
ORIGIN = "bench/ledger"


@dataclass(frozen=True, slots=True)
class Checked:
    """What one way to check took; `seconds` are those of the processor."""

    leaves: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Leaves a second on one core."""
        return self.leaves / self.seconds


def main(
    *,
    leaves: Annotated[int, typer.Option(min=1_000, help="About how many leaves; a dump takes 2 kB of memory each.")] = (
        500_000
    ),
    json: Json = False,
) -> None:
    """Make books, check them as an export and as a dump. Exit 1 when an export is checked too slowly."""
    with TemporaryDirectory(prefix="spp-bench-") as name:
        directory = Path(name)
        trust = write(directory, max(1, leaves // LEAVES_A_LINE))
        gc.disable()  # as `spp-verify` does
        found = {
            "export": clocked(lambda: check_export(directory / "books", trust)[0].size),
            "dump": clocked(lambda: check_dump(directory / "books.sql", trust)[0].size),
        }
    if json:
        write_json({what: {"leaves": one.leaves, "per_second": round(one.per_second)} for what, one in found.items()})
    else:
        for what, one in found.items():
            out.print(f"{what}: {one.leaves:,} leaves in {one.seconds:.2f} s of one core, {one.per_second:,.0f}/s")
    if found["export"].per_second < GOAL_PER_SECOND:
        raise typer.Exit(1)


def clocked(check: Callable[[], int]) -> Checked:
    """Run it; what others do on the machine meanwhile does not count."""
    began = time.process_time()
    leaves = check()
    return Checked(leaves, time.process_time() - began)


def write(directory: Path, lines: int) -> Trust:
    """The same books as an export in `books` and a dump in `books.sql`; returns the key that signed them."""
    signer = NoteSigner(ORIGIN, Ed25519PrivateKey.generate())
    files, maker, tree = Files(directory / "books"), Maker(lines), Tree()
    tables: dict[str, list[str]] = {"transfer": [], "decision": [], "block": [], "tile": []}
    blocks, waiting, note = [], list[bytes](), ""
    for made in maker.blocks():
        waiting += made.leaves
        whole = len(waiting) // TILE_WIDTH * TILE_WIDTH
        files.add(waiting[:whole])
        del waiting[:whole]
        for tile in tree.extend([leaf_hash(leaf) for leaf in made.leaves]):
            tables["tile"].append(_copied((tile.level, tile.idx, tile.hashes)))
        values = {name: getattr(made.header, name) for name in BlockHeader.__slots__} | {"hash": made.hash}
        blocks.append({name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()})
        tables["block"].append(_copied(values.values()))
        tables["transfer"] += map(_copied, made.transfers)
        tables["decision"] += map(_copied, made.decisions)
        note = _signed(signer, tree, block_line(made.header.block_no, made.hash))
    files.add(waiting)
    files.finish()
    _write_rest(directory / "books", blocks, note)
    tables["checkpoint"] = [_copied((tree.size, 0, note))]
    tables["account"] = [_copied((number, account.code)) for account, number in maker.accounts.items()]
    with (directory / "books.sql").open("w", encoding="utf-8") as dump:
        _dump(dump, tables)
    return Trust([read_key(str(signer.key))], [], [])


def _signed(signer: NoteSigner, tree: Tree, block: str) -> str:
    text = Checkpoint(signer.name, tree.size, tree.root(), block).text()
    return text + "\n" + signer.sign(text)


def _write_rest(books: Path, blocks: Iterable[dict[str, object]], note: str) -> None:
    (books / "blocks.jsonl").write_text("".join(json.dumps(block) + "\n" for block in blocks), encoding="utf-8")
    (books / "checkpoints.jsonl").write_text(json.dumps({"note": note}) + "\n", encoding="utf-8")
    (books / "checkpoint").write_text(note, encoding="utf-8")


COLUMNS = {
    "transfer": TransferRow._fields,
    "decision": DecisionRow._fields,
    "block": (*BlockHeader.__slots__, "hash"),
    "tile": ("level", "idx", "hashes"),
    "checkpoint": ("size", "prev_size", "note"),
    "account": ("account_no", "code"),
}


def _dump(file: TextIO, tables: dict[str, list[str]]) -> None:
    """As pg_dump writes plain SQL."""
    for name, rows in tables.items():
        file.write(f"COPY public.{name} ({', '.join(COLUMNS[name])}) FROM stdin;\n")
        file.writelines(rows)
        file.write("\\.\n\n")


def _copied(row: Iterable[object]) -> str:
    return "\t".join(map(_field, row)) + "\n"


def _field(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    if isinstance(value, tuple):
        return "{" + ",".join(map(str, value)) + "}"
    return value.isoformat() if isinstance(value, date) else str(value).replace("\\", "\\\\").replace("\n", "\\n")


if __name__ == "__main__":
    typer.run(main)
