"""The checker of the documents' links finds what leads nowhere, and only that."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "infra" / "setup" / "links.py"
SPEC = importlib.util.spec_from_file_location("links", SCRIPT)
assert SPEC is not None
assert SPEC.loader is not None
links = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(links)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(links, "CHECKOUT", tmp_path)
    (tmp_path / "other.md").write_text("# The `spp` command, twice\n\n# The `spp` command, twice\n")
    return tmp_path / "page.md"


@pytest.mark.parametrize(
    "text",
    [
        "[a](other.md)",
        "[a](other.md#the-spp-command-twice-1)",
        "[here](#title)",
        "[away](https://example.org/x)",
        "`[code](nowhere.md)`",
        "```\n[code](nowhere.md)\n```",
        "[![a picture](other.md)](other.md)",
        "[kept]: other.md",
    ],
)
def test_a_good_link_passes(page: Path, text: str) -> None:
    page.write_text(f"# Title\n\n{text}\n")
    assert links.broken(page) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[a](gone.md)", "page.md:3: gone.md: no such file"),
        ("[a](other.md#gone)", "page.md:3: other.md#gone: no such heading"),
        ("[a](#gone)", "page.md:3: #gone: no such heading"),
        ("![a](gone.png)", "page.md:3: gone.png: no such file"),
        ("[kept]: gone.md", "page.md:3: gone.md: no such file"),
    ],
)
def test_a_broken_link_is_named_with_its_line(page: Path, text: str, found: str) -> None:
    page.write_text(f"# Title\n\n{text}\n")
    assert links.broken(page) == [found]
