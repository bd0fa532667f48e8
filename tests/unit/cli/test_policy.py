"""`spp policy` without any ledger: what an officer reads, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.policy_files import load, read

BIRTH = "nssf.maternal.delivery"


def spp(*arguments: str, home: Path, code: int = 0) -> str:
    """Standard output, or standard error of a command that fails, as a file would receive it."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", "policy", *arguments],
        env={"SPP_HOME": str(home), "PATH": "", "COLUMNS": "40", "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout if code in {0, 3} else done.stdout + done.stderr


def lines_after(text: str, heading: str) -> list[str]:
    lines = text.splitlines()
    start = lines.index(heading) + 1
    return lines[start : next((at for at in range(start, len(lines)) if not lines[at]), len(lines))]


def test_everything_in_force_is_shown_with_numbered_notes(tmp_path: Path) -> None:
    told = spp("show", BIRTH, "--on", "2023-08-01", home=tmp_path)
    assert "since no ledger runs here" in told
    (row,) = [line for line in lines_after(told, "Amount") if line.startswith("amount ")]
    assert row.split()[:4] == ["amount", "400,000", "KHR/baby", "confirmed"]
    assert "2023-08-01  2024-04-01  [1]" in row
    reference = lines_after(told, "References")[0]
    assert reference.startswith("  [1] Agence Kampuchea Presse")
    assert "https://" in reference
    assert any("Sources conflict: The press release tells" in note for note in lines_after(told, "Notes"))
    assert lines_after(told, "Rules, all of which must hold")[0].startswith("  The person, or the child's mother")
    certifier = lines_after(told, "Certifier")[-1]
    assert "npca" in certifier
    assert "our assumption" in certifier


def test_the_same_as_json_and_in_khmer(tmp_path: Path) -> None:
    told = json.loads(spp("show", BIRTH, "--on", "2023-08-01", "--lang", "km", "--json", home=tmp_path))
    assert told["policy_digest"] == load().digest.hex()
    rule = next(entry for entry in told["entries"] if entry.get("value") == "enrolled_in")
    assert any(0x1780 <= ord(letter) < 0x1800 for letter in rule["words"])


def test_a_day_without_rules_is_said_to_be_one(tmp_path: Path) -> None:
    assert "Not in force on 2017-12-31" in spp("show", BIRTH, "--on", "2017-12-31", home=tmp_path)


def test_every_benefit_is_listed(tmp_path: Path) -> None:
    told = json.loads(spp("list", "--on", "2024-12-01", "--json", home=tmp_path))
    assert [row["benefit"] for row in told["benefits"]] == sorted(load().packs)
    assert "asked by" in spp("list", home=tmp_path)


def test_a_check_ends_with_1_only_where_the_policy_does_not_load(tmp_path: Path) -> None:
    assert "it loads" in spp("check", home=tmp_path)
    packs = tmp_path / "packs"
    packs.mkdir()
    for name, text in read().items():
        (packs / name).write_text(text.replace("unit: person", "unit: persn"), encoding="utf-8")
    told = spp("check", str(packs), home=tmp_path, code=1)
    wrong = [name for name, text in read().items() if "unit: person" in text]
    assert [line.partition(":")[0] for line in told.splitlines()[: len(wrong)]] == sorted(wrong)
    assert "it does not load" in told
    assert "there is no such directory" in spp("check", str(tmp_path / "away"), home=tmp_path, code=1)


def test_what_differs_is_told(tmp_path: Path) -> None:
    packs = tmp_path / "packs"
    packs.mkdir()
    for name, text in read().items():
        (packs / name).write_text(text.replace("number: 26", "number: 27"), encoding="utf-8")
    told = spp("diff", "packaged", str(packs), home=tmp_path)
    (row,) = [line for line in told.splitlines() if line.startswith(BIRTH)]
    assert row.split()[-2:] == ["26", "27"]
    assert "Nothing changes" in spp("diff", "packaged", "packaged", home=tmp_path)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "maternal.delivry"), 2, "no pack of this benefit"),
        (("show", BIRTH, "--on", "2023-02-30"), 2, "no date"),
        (("diff", "packaged", "elsewhere"), 2, "no such policy"),
        (("diff", "in-force", "packaged"), 1, "spp up"),
        (("dry-run",), 1, "spp up"),
        (("history",), 1, "spp up"),
        (("propose", "packaged"), 2, "--by"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    told = spp(*arguments, home=tmp_path, code=code)
    assert said in told
    assert "Traceback" not in told
