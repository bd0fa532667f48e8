"""The house rules that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
MODULE_LINES = 400
FUNCTION_LINES = 70
LEFTOVERS = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|NotImplementedError")
# Places of one machine, and hosts that a lock file or a configuration would carry along.
PLACES = re.compile(
    r"/(?:home|root|Users)/\w|/[w]ork/\w|\bfiles\.pythonhosted\b|\bindex-url\s*[= ]\s*http|\brepo1?\.maven\b"
)
FORBIDDEN_NAMES = ("uv.lock", "pylock.toml", "package-lock.json", "pip.conf", ".env", "settings.xml")


def _files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for name in listed.stdout.splitlines() if (path := CHECKOUT / name).is_file()]


FILES = _files()
MODULES = [path for path in FILES if path.suffix == ".py"]


def _name(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_and_functions_are_short_and_finished(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MODULE_LINES
    if path != Path(__file__):
        assert LEFTOVERS.findall(text) == []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES, node.name


def test_no_file_names_a_registry_or_a_place_of_one_machine() -> None:
    wrong = []
    for path in FILES:
        if path == Path(__file__):
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        wrong += [f"{_name(path)}: {found}" for found in PLACES.findall(text)]
    assert wrong == []


def test_no_file_of_a_tool_is_committed() -> None:
    assert [_name(path) for path in FILES if path.name in FORBIDDEN_NAMES] == []


def test_every_pinned_requirement_carries_hashes_and_nothing_else() -> None:
    line = re.compile(
        r"^[a-z0-9][a-z0-9._-]*==[^ ]+(?: ; [^\\]+)? \\$|^    --hash=sha256:[0-9a-f]{64}(?: \\)?$", re.IGNORECASE
    )
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert [text for text in (CHECKOUT / name).read_text().splitlines() if not line.match(text)] == []


def test_the_development_set_has_the_versions_of_the_runtime_set() -> None:
    def pins(name: str) -> set[str]:
        return {line for line in (CHECKOUT / name).read_text().splitlines() if "==" in line}

    assert pins("requirements.txt") <= pins("requirements-dev.txt")
