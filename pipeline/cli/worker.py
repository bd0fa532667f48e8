"""`spp worker`: one process of the pipeline in the foreground, until SIGTERM or Ctrl-C."""

from typing import Annotated

import typer

from pipeline.cli.console import CommandError, ExitCode

Roles = Annotated[
    str, typer.Option("--roles", help="What this process does: record, decide, relay, seal, joined by commas.")
]
Port = Annotated[
    int | None,
    typer.Option("--metrics-port", min=0, max=65535, help="Serve Prometheus metrics here; 0 takes a free port."),
]


def worker(roles: Roles = "record,decide,relay", metrics_port: Port = None) -> None:
    """Run one worker: JSON logs on standard error; exit 0 when stopped, 1 when a role failed."""
    from pipeline.logging import configure_logging  # noqa: PLC0415 - only a worker logs
    from pipeline.settings import get_settings  # noqa: PLC0415
    from pipeline.worker import OUR_WORDS, Role, run_worker  # noqa: PLC0415

    try:
        chosen = frozenset(Role(name.strip()) for name in roles.split(",") if name.strip())
    except ValueError as error:
        raise CommandError(f"--roles: {error}; use record, decide, relay, seal", ExitCode.USAGE) from error
    if not chosen:
        raise CommandError("--roles names no role; use record, decide, relay, seal", ExitCode.USAGE)
    configure_logging()
    try:
        code = run_worker(get_settings(), chosen, metrics_port)
    except OUR_WORDS as error:
        raise CommandError(str(error)) from error
    raise typer.Exit(code)
