"""`spp setup|up|down|status|reset`: the local stack."""

from typing import Annotated

import typer

from pipeline.cli.console import CommandError, ExitCode, Json, Steps, Yes, err, out, write_json, write_table
from pipeline.local import stack
from pipeline.settings import get_settings


def setup() -> None:
    """Fetch and prepare the local servers, start nothing."""
    settings = get_settings()
    stack.setup(settings, Steps())
    out.print(f"Ready in {settings.home}. Next: `make run`, or `spp up`.", markup=False)


def up(*, workers: Annotated[bool, typer.Option(help="Start the workers too, not only the servers.")] = True) -> None:
    """Start Kafka, PostgreSQL and the workers in the background; what runs already is left alone."""
    stack.up(get_settings(), Steps(), with_workers=workers)
    _show()


def down() -> None:
    """Stop what runs in the background."""
    stopped = stack.down(get_settings(), Steps())
    out.print(f"Stopped {', '.join(stopped)}." if stopped else "Nothing was running.", markup=False)


def status(*, json: Json = False) -> None:
    """Show what runs, and where. Exit 1 if a part of the stack is stopped."""
    parts = stack.status(get_settings())
    if json:
        write_json({"parts": parts})
    else:
        _show()
    if any(part.state == "stopped" for part in parts):
        raise typer.Exit(ExitCode.FAILED)


def reset(*, yes: Yes = False) -> None:
    """Stop everything and remove all local data: broker, ledger, logs. Keys and downloads stay."""
    settings = get_settings()
    if not yes:
        if not err.is_terminal:
            raise CommandError("`spp reset` removes all local data; say --yes to confirm", ExitCode.USAGE)
        typer.confirm(f"Remove all data in {settings.home}?", abort=True)
    stack.reset(settings, Steps())
    out.print("The local stack is empty.", markup=False)


def _show() -> None:
    parts = stack.status(get_settings())
    write_table(
        ("part", "state", ">pid", "address"), [(part.name, part.state, part.pid, part.address) for part in parts]
    )
