"""`spp receipt`: what a citizen or operator can keep of a decision, as a page or as canonical JSON."""

from typing import Annotated

import typer

from events.receipt import canonical
from pipeline.answers.finding import histories
from pipeline.answers.policies import Policies
from pipeline.answers.receipts import issue, page
from pipeline.cli.console import CommandError, ExitCode, out
from pipeline.cli.explain import Lang, Name, Source, not_decided
from pipeline.cli.ledger import open_lookup
from processors.policy.terms import Language


def receipt(
    name: Name,
    source: Source = None,
    lang: Lang = Language.ENGLISH,
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Canonical JSON, one receipt a line, to keep and compare.")
    ] = False,
    text: Annotated[bool, typer.Option("--text", help="One page of text; the default.")] = False,
) -> None:
    """Print the receipt of the latest decision on a request: what was decided, on what, and where it stands."""
    if json and text:
        raise CommandError("--json and --text exclude each other", ExitCode.USAGE)
    with open_lookup() as cursor:
        found = histories(cursor, name, source)
        if not found:
            raise CommandError(not_decided(name))
        policies = Policies(cursor)
        issued = [issue(cursor, policies, history) for history in found]
    for at, one in enumerate(issued):
        if json:
            typer.echo(canonical(one.receipt))
            continue
        if at:
            out.print()
        for line in page(one, lang):
            out.print(line, markup=False)
