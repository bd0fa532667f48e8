"""The verifier runs with Python and `cryptography` alone, stays short enough to read, and its page tells its codes."""

import re
import subprocess
import sys
from pathlib import Path

from ledger.verify.codes import SAYS, Code

ROOM = Path(__file__).parents[3]


def test_nothing_but_cryptography_is_loaded() -> None:
    script = "import sys, ledger.verify.main; print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOM).stdout
    ours = {name for name in loaded.split() if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert ours <= {"ledger", "cryptography", "cffi"} | _of_the_environment()


def _of_the_environment() -> set[str]:
    """What Python loads here before anything is asked for, as hooks of installed packages."""
    script = "import sys; print(' '.join({name.partition('.')[0] for name in sys.modules}))"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


def test_it_can_be_read_in_an_hour() -> None:
    lines = {path.stem: len(path.read_text().splitlines()) for path in (ROOM / "ledger" / "verify").glob("*.py")}
    assert lines.pop("certificate") < 300
    assert sum(lines.values()) < 1_100


def test_every_code_has_a_sentence_and_a_row_on_the_page_of_its_subject() -> None:
    assert set(SAYS) == set(Code)
    found: dict[str, str] = {}
    for page in ("auditors", "npca"):
        found |= dict(re.findall(r"^\| (\d+) \| (.+) \|$", (ROOM / "docs" / f"{page}.md").read_text(), re.MULTILINE))
    assert found.keys() == {str(code.value) for code in Code if code is not Code.GOOD}
    books = [code for code in Code if Code.GOOD < code < Code.CERTIFICATE]
    assert {code: found[str(code.value)] for code in books} == {code: SAYS[code] for code in books}
