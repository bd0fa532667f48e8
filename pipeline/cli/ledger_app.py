"""`spp ledger …`: the books for other programs and other eyes."""

import typer

from pipeline.cli import journal, proofs

app = typer.Typer(no_args_is_help=True, help="Write the books for other programs.")
journal.add_to(app)
proofs.add_to(app)


@app.callback()
def root() -> None:
    """Hold the commands together."""
