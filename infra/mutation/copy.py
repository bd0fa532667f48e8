"""A copy of the checkout in which mutmut may write; results of earlier runs are kept where a function is as it was."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.mutation.scope import Part

CHECKOUT = Path(__file__).resolve().parents[2]
COPIES = CHECKOUT / ".local" / "mutation"
TAKEN = ("events", "ledger", "processors", "pipeline", "infra", "tests", "README.md", "pyproject.toml")
KILLED = frozenset({1, 3})
# The gates' own types, but that mutmut marks what it writes with bare `type: ignore` and repeats each `__init__`.
TYPES = """\
[mypy]
python_version = 3.11
strict = true
warn_unused_ignores = false
warn_unreachable = true
enable_error_code = redundant-expr, truthy-bool
disable_error_code = no-redef
namespace_packages = true
explicit_package_bases = true
"""


def _listed() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *TAKEN]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.splitlines() if (CHECKOUT / name).is_file()]


def _settings(part: Part) -> str:
    command = [sys.executable, "-m", "mypy", "--config-file", "../types.ini", "--output", "json", "processors"]
    told: dict[str, object] = {
        "source_paths": ["processors"],
        "only_mutate": list(part.modules),
        "also_copy": [name for name in TAKEN if name not in {"processors", "pyproject.toml"}],
        "pytest_add_cli_args_test_selection": list(part.tests),
        "pytest_add_cli_args": ["-p", "infra.mutation.choosing", "-p", "no:cacheprovider", "--no-header", "-q"],
        "type_check_command": command,
    }
    rows = "".join(f"{name} = {json.dumps(value)}\n" for name, value in told.items())
    return f"\n[tool.mutmut]\nuse_setproctitle = false\n{rows}"


def prepare(name: str, part: Part, *, again: bool) -> Path:
    """The copy for a part, as the work tree is now. With `again` what was killed before stays killed."""
    home = COPIES / name
    if not again:
        shutil.rmtree(home, ignore_errors=True)
    listed = _listed()
    for path in [path for path in home.glob("*/**/*.py") if path.relative_to(home).parts[0] != "mutants"]:
        if str(path.relative_to(home)) not in listed:
            path.unlink()
    for file in listed:
        _put(home / file, (CHECKOUT / file).read_bytes())
    _put(home / "pyproject.toml", (CHECKOUT / "pyproject.toml").read_bytes() + _settings(part).encode())
    _put(home / "types.ini", TYPES.encode())
    _forget(home / "mutants", part)
    return home


def _put(path: Path, content: bytes) -> None:
    """Write what is new: mutmut makes the mutants of a file anew when it is younger than they are."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _forget(mutants: Path, part: Part) -> None:
    """Forget which test meets which function and every mutant that was not killed; tests and packs come anew."""
    (mutants / "mutmut-stats.json").unlink(missing_ok=True)
    shutil.rmtree(mutants / "tests", ignore_errors=True)
    for pack in mutants.glob("processors/**/*.yaml"):
        pack.unlink()
    for path in mutants.glob("processors/**/*.meta"):
        module = str(path.relative_to(mutants)).removesuffix(".meta")
        if not (CHECKOUT / module).is_file() or not any(fnmatch(module, name) for name in part.modules):
            path.unlink()
            continue
        told = json.loads(path.read_text())
        codes = told["exit_code_by_key"]
        told["exit_code_by_key"] = {key: code if code in KILLED else None for key, code in codes.items()}
        path.write_text(json.dumps(told))
