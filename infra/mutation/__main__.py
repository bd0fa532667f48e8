"""`python -m infra.mutation`: mutate the rules, write docs/mutation.md; exit 1 when a survivor is not explained."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from infra.mutation import explained, results
from infra.mutation.copy import CHECKOUT, COPIES, prepare
from infra.mutation.page import page, unexplained
from infra.mutation.scope import PARTS

PAGE = CHECKOUT / "docs" / "mutation.md"
EVERY_SECONDS = 10.0
_PROGRESS = re.compile(r"(\d+)/(\d+) .*🎉 (\d+)")


def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(PARTS)}; all when left out.")] = None,
    *,
    again: Annotated[
        bool, typer.Option(help="Try only what was not killed, or was changed, since the last run.")
    ] = False,
    only: Annotated[bool, typer.Option(help="Run nothing: write the page from the last results.")] = False,
    children: Annotated[int, typer.Option(min=1, help="How many mutants are tried at once.")] = 2,
) -> None:
    """Mutate the rules and write the page. Exit 1 when a survivor is not explained, 2 when a run breaks off."""
    chosen = parts or list(PARTS)
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: no part; there are {', '.join(PARTS)}")
    if not only:
        for name in chosen:
            _run(name, children, again=again)
    by_part = {name: results.modules(COPIES / name) for name in PARTS}
    found = [module for modules in by_part.values() for module in modules]
    found.sort(key=lambda module: module.name)
    reasons = explained.read()
    PAGE.write_text(page(found, reasons, [name for name in PARTS if not by_part[name]]), encoding="utf-8")
    _write_changes()
    left = unexplained(found, reasons)
    for function, count in left.items():
        print(f"{function}: {count} of its survivors are not explained")
    print(f"docs/mutation.md is written; every change that survived is in {COPIES.relative_to(CHECKOUT)}/survivors.txt")
    if left:
        raise typer.Exit(1)


def _run(name: str, children: int, *, again: bool) -> None:
    """Run mutmut over one part, with a line of progress now and then; its whole output is kept beside the copy."""
    copy = prepare(name, PARTS[name], again=again)
    log = copy / "mutmut.log"
    mutmut = Path(sys.executable).with_name("mutmut")
    command = [str(mutmut), "run", "--max-children", str(children)]
    begun = told = time.monotonic()
    print(f"{name}: making mutants and checking their types", flush=True)
    with (
        log.open("w", encoding="utf-8") as kept,
        subprocess.Popen(command, cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as mutants,
    ):
        for line in mutants.stdout or ():
            kept.write(line)
            progress = _PROGRESS.search(line)
            if progress and time.monotonic() - told > EVERY_SECONDS:
                told = time.monotonic()
                done, total, killed = progress.groups()
                print(f"{name}: {done} of {total}, {killed} killed, {told - begun:.0f} s", flush=True)
    if mutants.returncode:
        print(f"mutate: {name} broke off; see {log.relative_to(CHECKOUT)}")
        raise typer.Exit(2)


def _write_changes() -> None:
    rows = []
    for name in PARTS:
        copy = COPIES / name
        for module in results.modules(copy):
            for function, mutant, lines in results.changes(copy, module):
                rows += [f"{function}  ({mutant.rpartition('__mutmut_')[2]})", *lines, ""]
    (COPIES / "survivors.txt").write_text("\n".join(rows), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
