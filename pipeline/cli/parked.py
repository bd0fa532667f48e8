"""`spp parked list|retry`: cases that failed in the decider, set aside with what they wait for."""

import typer

from ledger.store.parked import ParkedEntity, read_parked, retry_parked
from pipeline.cli.console import Json, out, write_json, write_table
from pipeline.cli.ledger import open_ledger

app = typer.Typer(no_args_is_help=True, help="List cases that failed in the decider, or have them decided again.")

_KINDS = {
    "P": "person",
    "H": "household",
    "L": "line",
    "B": "batch",
    "C": "cycle",
    "F": "facility",
    "I": "instruction",
    "E": "event",
    "K": "certificate",
    "A": "account",
}


@app.command("list")
def list_(*, json: Json = False) -> None:
    """Show what is set aside: whose facts they are, how many wait, since when, and where deciding failed."""
    with open_ledger("reader") as conn:
        found = read_parked(conn)
    if json:
        write_json({"parked": [_told(entity) for entity in found]})
        return
    rows = [
        (_kind(entity), _name(entity), f"{entity.marks:,}", f"{entity.since:%Y-%m-%d %H:%M:%S}", entity.error)
        for entity in found
    ]
    write_table(("entity", "id", ">marks", "since (UTC)", "error"), rows)


@app.command()
def retry(*, json: Json = False) -> None:
    """Give everything set aside back to the decider, after the fault is repaired. What fails again is parked again."""
    with open_ledger("writer") as conn:
        count = retry_parked(conn)
    if json:
        write_json({"retried": count})
    else:
        out.print(f"Given back to the decider: {count:,} marks. `spp drain` waits for them.", markup=False)


def _told(entity: ParkedEntity) -> dict[str, object]:
    return {
        "entity": _kind(entity),
        "id": _name(entity),
        "marks": entity.marks,
        "since": entity.since,
        "error": entity.error,
    }


def _kind(entity: ParkedEntity) -> str:
    return _KINDS.get(entity.key[:1].decode("ascii", "replace"), "unknown")


def _name(entity: ParkedEntity) -> str:
    """The contract's id: hex digits for a line or instruction, parts of other ids joined by a space."""
    name = entity.key[1:]
    return name.hex() if entity.key[:1] in {b"L", b"I"} else name.replace(b"\0", b" ").decode()
