"""The entry point `spp`. A command's module is imported only when it is called, so that `spp` answers at once."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Literal

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:  # typer carries its own click
    from typer._click.core import Command, Context

# name -> (module, attribute, one line of help). The attribute is a function or a typer app.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "setup": ("pipeline.cli.stack", "setup", "Fetch and prepare the local servers, start nothing."),
    "up": ("pipeline.cli.stack", "up", "Start Kafka, PostgreSQL and the workers in the background."),
    "down": ("pipeline.cli.stack", "down", "Stop what runs in the background."),
    "status": ("pipeline.cli.stack", "status", "Show what runs, and where."),
    "reset": ("pipeline.cli.stack", "reset", "Stop everything and remove all local data."),
    "run": ("pipeline.cli.run", "run", "Publish a scenario, wait for it, compare with the published figures."),
    "scenario": ("pipeline.cli.scenario", "app", "List scenarios, show the figures of one, write its event files."),
    "publish": ("pipeline.cli.publish", "publish", "Sign and publish your own events from JSON Lines."),
    "drain": ("pipeline.cli.drain", "drain", "Wait until all that was published is recorded, decided and relayed."),
    "explain": ("pipeline.cli.explain", "explain", "Say why a request was decided as it was, and what to do next."),
    "receipt": ("pipeline.cli.receipt", "receipt", "Print what a citizen or operator can keep of a decision."),
    "precheck": ("pipeline.cli.precheck", "precheck", "Say what would be decided on a file of events; keep nothing."),
    "case": ("pipeline.cli.case", "case", "Show all that is known, asked, decided and paid of a person or household."),
    "accesses": ("pipeline.cli.case", "accesses", "List who looked at whose case, when and why."),
    "batch": ("pipeline.cli.batch", "app", "Show how far a batch is."),
    "report": ("pipeline.cli.report", "app", "Totals, balances and statements of the ledger."),
    "reconcile": (
        "pipeline.cli.report",
        "reconcile",
        "Check that all figures agree; exit 1 unless all differences are zero.",
    ),
    "ledger": ("pipeline.cli.ledger_app", "app", "Write the books for other programs, prove them, rebuild them."),
    "period": ("pipeline.cli.period", "app", "Open, close and reopen periods of the books."),
    "policy": ("pipeline.cli.policy", "app", "Show, check, compare, try out, propose and approve policies."),
    "quarantine": ("pipeline.cli.quarantine", "app", "List, show, replay or discard refused records."),
    "parked": ("pipeline.cli.parked", "app", "List cases that failed in the decider, or have them decided again."),
    "exchange": ("pipeline.cli.exchange", "app", "Pay certified lines: runs, release, files for banks, their answers."),
    "witness": ("pipeline.cli.witness", "app", "Countersign the log for somebody who trusts nobody."),
    "npca": ("pipeline.cli.npca", "app", "Follow, review and certify as the certifying agency."),
    "worker": ("pipeline.cli.worker", "worker", "Run one worker in the foreground."),
}

# Errors that say that a server is not there.
SILENCE = (
    ("psycopg", "OperationalError"),
    ("sqlalchemy.exc", "OperationalError"),
    ("kafka.errors", "KafkaTimeoutError"),
    ("kafka.errors", "KafkaConnectionError"),
)


# Frames and colours are for a terminal; elsewhere help and errors of usage are plain text.
STYLE: Literal["rich"] | None = "rich" if sys.stdout.isatty() and sys.stderr.isatty() else None


class LazyGroup(TyperGroup):
    """Knows its commands by name; imports one when it is called."""

    def list_commands(self, ctx: "Context") -> list[str]:  # noqa: ARG002 - click's signature
        """In the order of the table: as one would use them."""
        return list(COMMANDS)

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":  # noqa: ARG002
        """A stand-in that carries the line of help."""
        if cmd_name not in COMMANDS:
            return None
        text = COMMANDS[cmd_name][2]
        return TyperCommand(cmd_name, help=text, short_help=text, rich_markup_mode=STYLE)

    def resolve_command(self, ctx: "Context", args: list[str]) -> "tuple[str | None, Command | None, list[str]]":
        """The real command."""
        if args and args[0] in COMMANDS:
            return args[0], _load(args[0]), args[1:]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="spp",
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=STYLE,
    help="Social-protection payments: operators' events in, adjudicated and posted to a ledger.",
)


@app.callback()
def root() -> None:
    """Hold the commands together; typer needs one function to build on."""


def main() -> None:
    """Run `spp`. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 partly done."""
    from pipeline.cli.console import CommandError, ExitCode, err  # noqa: PLC0415 - rich and msgspec, after a fast import
    from pipeline.local.errors import LocalError  # noqa: PLC0415
    from pipeline.settings import SettingsError  # noqa: PLC0415

    try:
        app()
    except CommandError as error:
        err.print(f"spp: {error}", style="red", markup=False)
        sys.exit(error.code)
    except (SettingsError, LocalError) as error:
        err.print(f"spp: {error}", style="red", markup=False)
        sys.exit(ExitCode.FAILED)
    except Exception as error:
        if not _is_silence(error):
            raise
        reason = str(error).strip().splitlines()[0]
        err.print(f"spp: a server does not answer: {reason}\n`spp status` shows the stack.", style="red", markup=False)
        sys.exit(ExitCode.FAILED)


def _is_silence(error: Exception) -> bool:
    """True if this is a database or broker that cannot be reached; looks only at what is imported already."""
    kinds = [getattr(sys.modules[module], name) for module, name in SILENCE if module in sys.modules]
    return isinstance(error, tuple(kinds))


def _load(name: str) -> "Command":
    module, attribute, _ = COMMANDS[name]
    found = getattr(import_module(module), attribute)
    loaded = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=STYLE)
    if isinstance(found, typer.Typer):
        loaded.add_typer(found, name=name)
        group = typer.main.get_group(loaded).commands[name]
        for command in getattr(group, "commands", {}).values():
            command.short_help = command.help.partition("\n\n")[0].replace("\n", " ") if command.help else None
        return group
    loaded.command(name)(found)
    return typer.main.get_command(loaded)


if __name__ == "__main__":
    main()
