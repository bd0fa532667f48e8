"""`spp witness`: somebody else's process that countersigns the log, with a directory, key and memory of its own."""

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from ledger.proof.keys import KeyFileError
from ledger.proof.note import NoteError, VerifierKey, parse_key
from ledger.proof.witness_store import WitnessStore
from pipeline.cli.console import CommandError, Json, out, write_json, write_table
from pipeline.witness import STORE_FILE, load_witness, make_server, make_witness

app = typer.Typer(no_args_is_help=True, help="Countersign the log for somebody who trusts nobody.")

Directory = Annotated[Path, typer.Argument(help="Where the witness keeps its key and what it saw.")]


@app.command()
def create(
    directory: Directory, *, name: Annotated[str, typer.Option(help="Its name in signatures, such as npca.gov.kh/w1.")]
) -> None:
    """Make a witness: a new key and an empty memory. Prints its key, for those who will rely on it."""
    if any(letter.isspace() or letter == "+" for letter in name) or not name:
        raise CommandError(f"--name: {name!r} is no name of a key: no space and no +")
    out.print(str(make_witness(directory, name).key), markup=False)


@app.command()
def key(directory: Directory) -> None:
    """Print the witness's key."""
    try:
        out.print(str(load_witness(directory).key), markup=False)
    except KeyFileError as error:
        raise CommandError(f"{error}; `spp witness create` makes a witness") from error


@app.command()
def trust(
    directory: Directory, log_key: Annotated[str, typer.Argument(help="The log's key, from `spp ledger keys`.")]
) -> None:
    """Countersign the log of this key from now on. Take the key from its owner, not from the log."""
    found = _key(log_key)
    WitnessStore(directory / STORE_FILE).trust(found)
    out.print(f"Countersigning {found.name} from now on.", markup=False)


@app.command()
def distrust(
    directory: Directory, log_key: Annotated[str, typer.Argument(help="A key that another followed.")]
) -> None:
    """Countersign nothing more that only this key signed: the last step of a change of keys, or of a theft."""
    found = _key(log_key)
    if not WitnessStore(directory / STORE_FILE).distrust(found):
        raise CommandError(f"{found} is not trusted here; `spp witness seen` shows the logs that are countersigned")
    out.print(f"Nothing more is countersigned for the key {found.key_id.hex()} of {found.name}.", markup=False)


def _key(text: str) -> VerifierKey:
    try:
        return parse_key(text)
    except NoteError as error:
        raise CommandError(str(error)) from error


@app.command()
def seen(
    directory: Directory,
    *,
    note: Annotated[bool, typer.Option("--note", help="Print its note, for an auditor's `spp-verify --seen`.")] = False,
    json: Json = False,
) -> None:
    """Show the newest checkpoint that was countersigned of each log."""
    store = WitnessStore(directory / STORE_FILE)
    every = [(origin, store.last(origin)) for origin in sorted(store.logs())]
    if note:
        typer.echo("".join(last[1] for _, last in every if last), nl=False)
        return
    found = [(origin, last[0] if last else None) for origin, last in every]
    if json:
        write_json(
            {
                "logs": [
                    {"origin": origin, "size": told.size if told else 0, "root": told.root.hex() if told else None}
                    for origin, told in found
                ]
            }
        )
        return
    rows = [(origin, f"{told.size:,}" if told else "0", told.root.hex() if told else "") for origin, told in found]
    write_table(("log", ">leaves", "root"), rows)


@app.command()
def serve(
    directory: Directory,
    *,
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 0,
) -> None:
    """Answer requests (C2SP tlog-witness) until SIGTERM or Ctrl-C: POST /add-checkpoint."""
    from pipeline.logging import configure_logging, get_logger  # noqa: PLC0415 - only a running witness logs

    configure_logging()
    try:
        server = make_server(directory, address, port)
    except KeyFileError as error:
        raise CommandError(f"{error}; `spp witness create` makes a witness") from error
    except OSError as error:
        raise CommandError(f"--port: {address}:{port} cannot be listened on ({error.strerror})") from error

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown).start()  # it waits for the loop, which runs in this very thread

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    get_logger("witness").info("listening", port=server.server_port)
    with server:
        server.serve_forever(poll_interval=0.2)
