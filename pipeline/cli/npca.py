"""`spp npca`: the certifying agency's process and the desk of its officers."""

import signal
import threading
from types import FrameType

import typer

from pipeline.cli.console import CommandError, Json, out, write_json, write_table

app = typer.Typer(no_args_is_help=True, help="Follow, review and certify as the certifying agency.")


@app.command()
def serve() -> None:
    """Follow the published log and submitted batches until SIGTERM or Ctrl-C: JSON logs on standard error."""
    from pipeline.errors import PipelineError  # noqa: PLC0415 - Kafka's client, which other commands need not
    from pipeline.logging import configure_logging  # noqa: PLC0415
    from pipeline.npca.service import Service  # noqa: PLC0415
    from pipeline.settings import get_settings  # noqa: PLC0415

    configure_logging()
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    try:
        Service(get_settings()).run(stop)
    except PipelineError as error:
        raise CommandError(str(error)) from error


@app.command()
def inbox(*, json: Json = False) -> None:
    """Show what is followed, what was refused of it, and the submitted batches."""
    from pipeline.npca.desk import read_inbox  # noqa: PLC0415 - psycopg, after a fast import
    from pipeline.npca.tables import connect, ensure_tables  # noqa: PLC0415
    from pipeline.settings import get_settings  # noqa: PLC0415

    with connect(get_settings().npca) as connection:
        ensure_tables(connection)
        told = read_inbox(connection)
    if json:
        write_json(told)
        return
    out.print(f"{told.leaves:,} leaves followed, {told.witnessed:,} of them witnessed", markup=False)
    for refused in told.refused:
        out.print(f"refused at {refused.size:,} leaves, {refused.kind}: {refused.detail}", markup=False, style="red")
    rows = [
        (row.source, row.batch_id, row.number, row.benefit, row.cycle, f"{row.lines:,}", row.totals)
        for row in told.batches
    ]
    write_table(("source", "batch", ">number", "benefit", "cycle", ">lines", "totals"), rows)
