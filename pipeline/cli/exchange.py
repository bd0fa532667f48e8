"""`spp exchange`: runs of certified lines, released by two officers, written as files, and what the banks answer."""

import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from events.envelope import format_time
from events.money import from_minor
from pipeline.cli.console import CommandError, ExitCode, Json, out, write_json, write_table
from pipeline.errors import PipelineError
from pipeline.exchange import handing, officers, reading, releasing, running, status
from pipeline.exchange.database import ExchangeConnection, connect, ensure
from pipeline.exchange.simulator import Books, Fate, Simulator, parse_books, write_books
from pipeline.settings import Settings, get_settings
from processors.exchange.answers import AnswerError
from processors.exchange.banks import Banks, BanksError, read_banks
from processors.exchange.pain001 import FileError
from processors.exchange.table import Mapping, MappingError, read_mapping

app = typer.Typer(no_args_is_help=True, help="Pay certified lines: runs, release, files for banks, their answers.")

Bank = Annotated[str, typer.Option("--bank", help="The bank's source code, such as bank.wing or treasury.")]
RunNo = Annotated[int, typer.Argument(metavar="RUN", help="Number of a run.")]
_BANK = re.compile(r"treasury|bank\.[a-z0-9_]{1,35}")
_ASKED = "ask.csv"
EXAMPLES = Path(__file__).resolve().parents[2] / "processors" / "exchange" / "banks.yaml"


@app.command()
def officer(name: Annotated[str, typer.Argument(help="The person's name, letters, digits and _.")]) -> None:
    """Make a key of a finance officer for trying out. A real officer's private key is nobody else's."""
    with _faults():
        made = officers.make_officer(get_settings().exchange_directory, name, _now_us())
    out.print(f"{made.key_id}", markup=False)


@app.command()
def follow(
    *,
    once: Annotated[bool, typer.Option("--once", help="End when all that there is now is followed and sent.")] = False,
) -> None:
    """Follow certified lines and send settlement events, until SIGTERM or Ctrl-C."""
    from pipeline.exchange.following import serve  # noqa: PLC0415 - a Kafka client, which other commands need not
    from pipeline.logging import configure_logging  # noqa: PLC0415 - only a running process logs

    configure_logging()
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    settings = get_settings()
    with _faults():
        serve(settings, ensure(settings), stop, once=once)


@app.command()
def runs(
    *,
    propose: Annotated[bool, typer.Option("--propose", help="First put what is due into new runs.")] = False,
    json: Json = False,
) -> None:
    """List runs; with --propose make new ones of what is due, and say why other lines are held."""
    held: dict[str, int] = {}
    with _open() as (settings, connection):
        if propose:
            proposed = running.propose(connection, _banks(settings), _now_us())
            held = {hold.value: count for hold, count in sorted(proposed.held.items()) if count}
        found = status.read_runs(connection)
    if json:
        write_json({"runs": [{**row._asdict(), "total": _money(row.total_minor, row.currency)} for row in found],
                    "held": held})  # fmt: skip
        return
    write_table(
        (">run", "bank", "cycle", ">lines", ">payees", ">total", ">released by", "file"),
        [
            (row.run_no, row.bank, row.cycle, f"{row.lines:,}", f"{row.payees:,}",
             _money(row.total_minor, row.currency), f"{row.releases} of 2", row.message_id)
            for row in found
        ],
    )  # fmt: skip
    for reason, count in held.items():
        out.print(f"held: {count:,} {reason}", markup=False)


@app.command()
def withdraw(run: RunNo) -> None:
    """Give back a run's lines, as long as its file is not made."""
    with _open() as (_, connection):
        count = running.withdraw(connection, run, _now_us())
    out.print(f"Run {run} is withdrawn; its {count:,} lines are due again.", markup=False)


@app.command()
def release(run: RunNo, *, key: Annotated[str, typer.Option("--key", help="The officer's key id.")]) -> None:
    """Release a run as one officer. Two distinct persons are needed; each signs exactly what it pays."""
    with _open() as (settings, connection):
        directory = settings.exchange_directory
        paid = running.read_run(connection, run)
        _, signature = officers.sign(directory, key, paid.digest)
        known = officers.read_officers(directory)
        left = releasing.release(connection, run, key, signature, known, _banks(settings), _now_us())
    out.print(f"Run {run} is released by {key}; {left} more needed.", markup=False)


@app.command()
def write(run: RunNo) -> None:
    """Make the file of a released run (pain.001.001.09) and put it where the bank takes it, once."""
    with _open() as (settings, connection):
        directory = settings.exchange_directory
        known = officers.read_officers(directory)
        file = handing.make_file(connection, run, known, _banks(settings), _now_us())
        target = handing.hand_over(connection, file.message_id, directory / "out", _now_us())
    out.print(f"{target}\nto be carried out on {file.execute_on}; SHA-256 {file.sha256.hex()}", markup=False)


@app.command()
def read(
    files: Annotated[list[Path] | None, typer.Argument(help="Messages; default all in the bank's folder.")] = None,
    *,
    bank: Bank,
    mapping: Annotated[Path | None, typer.Option(help="Mapping file of a CSV statement.")] = None,
    json: Json = False,
) -> None:
    """Read a bank's messages: pain.002, camt.054, camt.053, or CSV with a mapping. Exit 3 when something was bad."""
    told = []
    with _open() as (settings, connection):
        folder = _folder(settings, "in", bank)
        columns = _mapping(mapping)
        banks = _banks(settings)
        for path in files or sorted(found for found in folder.glob("*") if found.is_file()):
            try:
                result = reading.read_answer(connection, bank, path.name, path.read_bytes(), banks, _now_us(), columns)
            except (AnswerError, OSError) as error:
                raise CommandError(f"{path}: {error}") from error
            told.append((path.name, result))
            if path.parent == folder:
                (folder / "read").mkdir(exist_ok=True)
                path.replace(folder / "read" / path.name)
    if json:
        write_json({"files": [{"name": name, **result._asdict()} for name, result in told]})
    else:
        write_table(
            ("file", "format", ">used", ">bad", ">events", ""),
            [(name, one.format, one.used, one.bad, one.events, "read before" if one.seen else one.fault)
             for name, one in told],
        )  # fmt: skip
    if any(one.bad or one.fault for _, one in told):
        raise typer.Exit(ExitCode.PARTLY)


@app.command()
def ask() -> None:
    """Write, for each bank, the instructions it has not answered in time: they are asked about, never sent again."""
    with _open() as (settings, connection):
        unknown = status.ask(connection, _banks(settings), _now_us())
        for bank, names in unknown.items():
            path = _folder(settings, "out", bank) / _ASKED
            path.write_text("\n".join(["instruction_id", *names]) + "\n")
            out.print(f"{path}: {len(names):,} to be asked about", markup=False)
    if not unknown:
        out.print("No bank is silent for longer than its days.", markup=False)


@app.command("status")
def status_(*, json: Json = False) -> None:
    """Instructions by state, money in suspense with its owner, and messages of which something was bad."""
    with _open() as (_, connection):
        states, suspense = status.read_states(connection), status.read_suspense(connection)
        faults = status.read_faults(connection)
    if json:
        write_json({
            "states": [row._asdict() for row in states],
            "suspense": [row._asdict() for row in suspense],
            "faults": [row._asdict() for row in faults],
        })  # fmt: skip
        return
    write_table(
        ("bank", "state", ">instructions", ">amount", ">out", ">back"),
        [
            (row.bank, row.state, f"{row.instructions:,}",
             *(_money(minor, row.currency) for minor in (row.amount_minor, row.out_minor, row.back_minor)))
            for row in states
        ],
    )  # fmt: skip
    if suspense:
        write_table(
            ("in suspense", "why", ">amount", "owner", "since"),
            [(row.item, row.why, _signed(row.amount_minor, row.currency), row.owner, format_time(row.since_us))
             for row in suspense],
        )  # fmt: skip
    if faults:
        write_table((">message", "bank", "name", ">bad", "fault"), faults)


@app.command()
def simulate(
    *,
    bank: Bank,
    seed: Annotated[str, typer.Option(help="What the bank does follows from it.")] = "1",
    days: Annotated[int, typer.Option(min=1, max=100, help="How many days it works.")] = 1,
    fates: Annotated[
        str, typer.Option(help="Of a hundred payments, as rejected=5,returned=5; the rest are paid.")
    ] = "",
    fee: Annotated[int, typer.Option(min=0, help="Fee a day, minor units.")] = 0,
    loses: Annotated[bool, typer.Option("--loses-files", help="It loses every third file.")] = False,
) -> None:
    """Be a bank for trying out: take our files, keep books, answer. It never touches the exchange's database."""
    settings = get_settings()
    directory = settings.exchange_directory / "simulator"
    directory.mkdir(parents=True, exist_ok=True)
    books_file, taken = directory / f"{bank}.json", directory / bank
    taken.mkdir(exist_ok=True)
    books = parse_books(books_file.read_bytes()) if books_file.is_file() else Books(seed)
    simulator = Simulator(bank, books, _fates(fates), fee, loses)
    waiting, inbox = _folder(settings, "out", bank), _folder(settings, "in", bank)
    for _ in range(days):
        paths = sorted(waiting.glob("*.xml"))
        asked = (waiting / _ASKED).read_text().split()[1:] if (waiting / _ASKED).is_file() else []
        messages = list(simulator.day({path.name: path.read_bytes() for path in paths}, tuple(asked)))
        for name, raw in messages:
            (inbox / name).write_bytes(raw)
        books_file.write_bytes(write_books(books))
        for path in paths:
            path.replace(taken / path.name)
        (waiting / _ASKED).unlink(missing_ok=True)
        out.print(f"day {books.day}: took {len(paths)} files, wrote {len(messages)} messages", markup=False)


@contextmanager
def _open() -> Iterator[tuple[Settings, ExchangeConnection]]:
    settings = get_settings()
    with _faults(), connect(ensure(settings)) as connection:
        yield settings, connection


@contextmanager
def _faults() -> Iterator[None]:
    """Errors with a message for a person end the command with it."""
    try:
        yield
    except (PipelineError, BanksError, FileError, MappingError) as error:
        raise CommandError(str(error)) from error


def _banks(settings: Settings) -> Banks:
    path = settings.exchange_banks or EXAMPLES
    try:
        return read_banks(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"SPP_EXCHANGE_BANKS: {path} cannot be read ({error.strerror})") from error


def _mapping(path: Path | None) -> Mapping | None:
    try:
        return None if path is None else read_mapping(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"--mapping: {path} cannot be read ({error.strerror})") from error


def _folder(settings: Settings, way: str, bank: str) -> Path:
    if _BANK.fullmatch(bank) is None:
        raise CommandError(f"--bank: {bank!r} is no source that answers for accounts: treasury, or bank.<code>")
    folder = settings.exchange_directory / way / bank
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _fates(text: str) -> dict[Fate, int]:
    found: dict[Fate, int] = {}
    for part in filter(None, text.split(",")):
        name, _, weight = part.partition("=")
        if name not in set(Fate) or not weight.isdigit():
            raise CommandError(f"--fates: expected {', '.join(Fate)} with a number, as rejected=5")
        found[Fate(name)] = int(weight)
    return found


def _money(minor: int, currency: str) -> str:
    return f"{from_minor(minor, currency).amount} {currency}"


def _signed(minor: int, currency: str) -> str:
    return ("-" if minor < 0 else "") + _money(abs(minor), currency)


def _now_us() -> int:
    return time.time_ns() // 1000
