"""`spp npca`: the certifying agency's process, and what its officers see and decide line by line."""

import getpass
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli import npca_certificates
from pipeline.cli.console import CommandError, ExitCode, Json, out, write_json, write_table

if TYPE_CHECKING:
    from pipeline.npca.tables import NpcaConnection

app = typer.Typer(no_args_is_help=True, help="Follow, review and certify as the certifying agency.")
app.add_typer(npca_certificates.certificates, name="certificate")
app.add_typer(npca_certificates.officers, name="officer")
app.command()(npca_certificates.sign)

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="The operator, such as nssf.")]
Batch = Annotated[str, typer.Argument(metavar="BATCH", help="The batch's id.")]
Port = Annotated[
    int | None,
    typer.Option("--metrics-port", min=0, max=65535, help="Serve Prometheus metrics here; 0 takes a free port."),
]
Number = Annotated[int, typer.Option(min=0, help="0 is the batch, 1 and up are its supplements.")]


@contextmanager
def _database() -> "Iterator[NpcaConnection]":
    from pipeline.npca.officers import OfficeError  # noqa: PLC0415 - psycopg, after a fast import
    from pipeline.npca.tables import connect, ensure_tables  # noqa: PLC0415
    from pipeline.settings import get_settings  # noqa: PLC0415

    with connect(get_settings().npca) as connection:
        ensure_tables(connection)
        try:
            yield connection
        except OfficeError as error:
            raise CommandError(str(error)) from error


@app.command()
def serve(metrics_port: Port = None) -> None:
    """Follow the published log, review submitted batches, publish what was found, until SIGTERM or Ctrl-C."""
    from pipeline.errors import PipelineError  # noqa: PLC0415 - Kafka's client, which other commands need not
    from pipeline.logging import configure_logging, get_logger  # noqa: PLC0415
    from pipeline.metrics import Metrics  # noqa: PLC0415
    from pipeline.npca.service import Service  # noqa: PLC0415
    from pipeline.settings import get_settings  # noqa: PLC0415

    configure_logging()
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    try:
        settings, metrics = get_settings(), Metrics()
        if metrics_port is not None:
            port = metrics.serve(metrics_port, settings.metrics_address)
            get_logger("npca").info("metrics", port=port)
        Service(settings, metrics).run(stop)
    except PipelineError as error:
        raise CommandError(str(error)) from error


@app.command()
def inbox(
    *, every: Annotated[bool, typer.Option("--all", help="Batches that are done, too.")] = False, json: Json = False
) -> None:
    """Show how far the log is followed, what was refused of it, and the batches that have lines to be ruled."""
    from pipeline.npca.desk import read_inbox  # noqa: PLC0415

    with _database() as connection:
        told = read_inbox(connection)
    if not every:
        told = told._replace(batches=[row for row in told.batches if row.ruled + row.left < row.lines])
    if json:
        write_json(told._asdict() | {"refused": [one._asdict() for one in told.refused],
                                     "batches": [one._asdict() for one in told.batches]})  # fmt: skip
        return
    out.print(f"{told.leaves:,} leaves followed, {told.witnessed:,} of them witnessed", markup=False)
    if strange := told.not_certified_here:
        out.print(
            f"{len(strange):,} lines are certified in the ledger and not here: {', '.join(strange[:5])} …", style="red"
        )
    for refused in told.refused:
        out.print(f"refused at {refused.size:,} leaves, {refused.kind}: {refused.detail}", markup=False, style="red")
    headings = (
        "source", "batch", ">number", "benefit", "cycle", ">lines", "totals", ">waiting", ">certified", ">refused",
        ">queried", ">left", ">ruled",
    )  # fmt: skip
    write_table(headings, told.batches)


@app.command()
def review(
    source: Source,
    batch: Batch,
    *,
    number: Number = 0,
    line: Annotated[str, typer.Option(help="Decide this line by hand; with --as and --reason.")] = "",
    ruling: Annotated[
        Literal["certified", "refused"] | None, typer.Option("--as", help="What the line is to be.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, as a code such as paid_elsewhere.")] = "",
    amount: Annotated[str, typer.Option(help="Certify for less than was submitted, as 400000.")] = "",
    json: Json = False,
) -> None:
    """Show the lines of a submission with what was found, or decide one by hand. Nothing counts before it is signed."""
    from pipeline.npca.desk import certify, read_lines, refuse  # noqa: PLC0415

    with _database() as connection:
        told = {one.line_id: one for one in read_lines(connection, source, batch, number)}
        if line:
            if line not in told or ruling is None or not reason:
                raise CommandError("--line names a line of this submission, with --as and --reason", ExitCode.USAGE)
            _check_code(reason)
            if ruling == "refused":
                refuse(connection, bytes.fromhex(line), reason, getpass.getuser())
            else:
                minor = (
                    npca_certificates.minor_of("--amount", amount, told[line].currency)
                    if amount
                    else told[line].amount_minor
                )
                certify(connection, _policies(connection), bytes.fromhex(line), minor, reason, getpass.getuser())
            told = {one.line_id: one for one in read_lines(connection, source, batch, number)}
    rows = list(told.values()) if not line else [told[line]]
    if json:
        write_json([row._asdict() for row in rows])
        return
    headings = (
        "line", "request", ">leaf", ">submitted", "currency", "found", ">certified", "reason", "by", "certificate",
    )  # fmt: skip
    write_table(headings, rows)


@app.command()
def query(
    line: Annotated[str, typer.Argument(metavar="LINE", help="A line to ask about; without it open queries.")] = "",
    *,
    reason: Annotated[str, typer.Option(help="What is asked, as a code such as payee_unclear.")] = "",
    json: Json = False,
) -> None:
    """Ask the operator about a line, or list what was asked and is open, with its age."""
    from pipeline.npca import desk  # noqa: PLC0415

    with _database() as connection:
        if line:
            _check_code(reason)
            try:
                line_id = bytes.fromhex(line)
            except ValueError as error:
                raise CommandError(f"{line!r} is no line: expected 32 hexadecimal digits", ExitCode.USAGE) from error
            desk.query(connection, line_id, reason, getpass.getuser())
        rows = desk.read_queries(connection)
    if json:
        write_json([row._asdict() for row in rows])
        return
    write_table(("source", "batch", "line", "reason", ">days"), rows)


def _check_code(reason: str) -> None:
    import re  # noqa: PLC0415

    if not re.fullmatch(r"[a-z0-9_.]{1,40}", reason):
        raise CommandError(f"--reason: {reason!r} is no code: 1 to 40 of a-z 0-9 _ .", ExitCode.USAGE)


def _policies(connection: "NpcaConnection") -> "npca_certificates.Policies":
    from pipeline.npca.policies import held_policies  # noqa: PLC0415
    from pipeline.policy_files import load  # noqa: PLC0415
    from pipeline.settings import get_settings  # noqa: PLC0415

    return held_policies(connection, load(get_settings().policy))
