"""Codes may begin and end: a record is held against the codes of the day on which its source recorded it."""

from datetime import UTC, datetime

import pytest

from pipeline.policy_files import read
from processors.policy.codes import codes
from processors.policy.loader import PolicyError, parse
from processors.policy.model import CodeLists

COMMON = "common.yaml"
LINE = "    incapacity: Incapacity to work, certified\n"


def _lists(written: str) -> CodeLists:
    files = read()
    assert LINE in files[COMMON]
    return codes(parse({**files, COMMON: files[COMMON].replace(LINE, written)}))


def _at(told: str) -> int:
    return int(datetime.fromisoformat(told).astimezone(UTC).timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("validity", "time", "known"),
    [
        ("from: 2023-08-01", "2023-07-31T23:59:59+07:00", False),
        ("from: 2023-08-01", "2023-07-31T17:00:00+00:00", True),
        ("from: 2023-08-01", "2031-01-01T00:00:00+07:00", True),
        ("until: 2023-08-01", "2023-08-01T23:59:59+07:00", True),
        ("until: 2023-08-01", "2023-08-01T17:00:00+00:00", False),
        ("until: 2023-08-01", "1999-01-01T00:00:00+07:00", True),
        ("from: 2023-08-01, until: 2023-08-01", "2023-08-01T12:00:00+07:00", True),
        ("from: 2023-08-01, until: 2023-08-01", "2023-08-02T00:00:00+07:00", False),
    ],
)
def test_a_code_is_known_on_its_days_in_cambodia(validity: str, time: str, known: bool) -> None:  # noqa: FBT001
    lists = _lists(f"    incapacity: {{title: Incapacity to work, {validity}}}\n")
    assert ("incapacity" in lists.at(_at(time)).conditions) is known
    assert "delivery" in lists.at(_at(time)).conditions
    assert "incapacity" in lists.conditions, "packs may name it whatever the day"


def test_lists_without_days_are_the_same_at_any_time() -> None:
    lists = _lists(LINE)
    assert lists.at(_at("1999-01-01T00:00:00+07:00")) is lists


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("{title: x, from: 2023-08-02, until: 2023-08-01}", "lies before"),
        ("{title: x}", "neither `from` nor `until`"),
        ("{from: 2023-08-01}", "`title` is missing"),
        ("{title: x, since: 2023-08-01}", "`since` is not known here"),
    ],
)
def test_days_that_make_no_sense_are_refused(written: str, what: str) -> None:
    with pytest.raises(PolicyError, match=what) as refused:
        _lists(f"    incapacity: {written}\n")
    assert refused.value.line > 1


def test_a_list_that_no_record_names_has_no_days() -> None:
    files = read()
    step = next(line for line in files[COMMON].splitlines(keepends=True) if line.startswith("    anc: "))
    dated = files[COMMON].replace(step, "    anc: {title: x, from: 2023-08-01}\n")
    with pytest.raises(PolicyError, match="codes of steps have no days"):
        parse({**files, COMMON: dated})
