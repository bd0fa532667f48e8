"""Checks every relative link of the documents: the file is there, and so is the heading after `#`.

Usage: python infra/setup/links.py ; exit 1 names each file, line and link that leads nowhere.
"""

import re
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import unquote

CHECKOUT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*(\S+)")
FENCE = re.compile(r"^\s*(```|~~~)")


def documents() -> list[Path]:
    """Every Markdown file that git knows or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [CHECKOUT / name for name in listed if (CHECKOUT / name).is_file()]


def prose(path: Path) -> list[tuple[int, str]]:
    """The numbered lines outside code."""
    lines, inside = [], False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if FENCE.match(line):
            inside = not inside
        elif not inside:
            lines.append((number, re.sub(r"`[^`]*`", lambda code: "x" * len(code[0]), line)))
    return lines


@cache
def anchors(path: Path) -> frozenset[str]:
    """The headings as a forge turns them into anchors."""
    found: dict[str, int] = {}
    names = set()
    inside = False
    for line in path.read_text().splitlines():
        if FENCE.match(line):
            inside = not inside
        if inside or not (heading := re.match(r"#{1,6}\s+(.*?)\s*#*$", line)):
            continue
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "").lower()
        name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        count = found.get(name, 0)
        found[name] = count + 1
        names.add(f"{name}-{count}" if count else name)
    return frozenset(names)


def broken(path: Path) -> list[str]:
    """What leads nowhere in one document."""
    wrong = []
    for number, line in prose(path):
        for match in LINK.finditer(line):
            target = match[1] or match[2]
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            place, _, anchor = unquote(target).partition("#")
            goal = (path.parent / place).resolve() if place else path
            where = f"{path.relative_to(CHECKOUT)}:{number}: {target}"
            if not goal.exists():
                wrong.append(f"{where}: no such file")
            elif anchor and goal.suffix == ".md" and anchor not in anchors(goal):
                wrong.append(f"{where}: no such heading")
    return wrong


def main() -> None:
    """Check all, print what is wrong."""
    files = documents()
    wrong = [line for path in files for line in broken(path)]
    print("\n".join([*wrong, f"{len(files)} documents, {len(wrong)} broken links"]))
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
