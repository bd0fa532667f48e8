"""`spp ledger …`: the books for other programs and other eyes."""

import typer

from pipeline.cli import journal, proofs, rebuild

app = typer.Typer(no_args_is_help=True, help="Write the books for other programs, prove them, rebuild them.")
journal.add_to(app)
proofs.add_to(app)
rebuild.add_to(app)


@app.callback()
def root() -> None:
    """Hold the commands together."""
