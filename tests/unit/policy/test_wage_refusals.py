"""Every way in which a wage, a leave or months of contribution can be written wrongly is refused at its line."""

import pytest

from pipeline.policy_files import read
from processors.policy.loader import PolicyError, parse

FILES = read()
MATERNITY, SICKNESS, ANC = "nssf.maternity_allowance.yaml", "nssf.sickness_allowance.yaml", "maternal.anc.yaml"
BIRTH = "nssf.maternal.delivery.yaml"
BIRTH_STEP = FILES[BIRTH][FILES[BIRTH].index("  step:") : FILES[BIRTH].index("amount:")]
NINE = "contributed_months: {schemes: [nssf.worker], branch: health_care, count: 9, within: 9, consecutive: yes}"
EITHER = "contributed_either: {schemes: [nssf.worker], branch: health_care, in_a_row: 2, count: 6, within: 12}"
ROUNDING = FILES[MATERNITY][FILES[MATERNITY].index("    rounding:") : FILES[MATERNITY].index("rules:")]
GROUP = "  exclusivity:\n    - {group: wage_replacement, side: maternity}\n"


def caught(file: str, old: str, new: str) -> tuple[str, str]:
    """What is refused when one place of a file is changed, and the line it is refused at."""
    assert FILES[file].count(old) >= 1
    edited = FILES[file].replace(old, new, 1)
    with pytest.raises(PolicyError) as found:
        parse({**FILES, file: edited})
    assert found.value.remedy
    assert found.value.file == file
    return str(found.value), edited.splitlines()[found.value.line - 1].strip()


@pytest.mark.parametrize(
    ("file", "old", "new", "what", "line"),
    [
        (MATERNITY, NINE, NINE.replace("yes", "maybe"), "neither yes nor no", "- contributed"),
        (MATERNITY, NINE, NINE.replace("count: 9", "count: 10"), "do not fit into `within`", "- contributed"),
        (MATERNITY, NINE, NINE.replace("count: 9", "count: 0"), "do not fit into `within`", "- contributed"),
        (MATERNITY, NINE, NINE.replace("within: 9", "within: 601"), "more than 600 months", "- contributed"),
        (MATERNITY, NINE, NINE.replace("health_care", "health"), "list of branches", "- contributed"),
        (MATERNITY, NINE, NINE.replace("[nssf.worker]", "[nssf]"), "list of schemes", "- contributed"),
        (SICKNESS, EITHER, EITHER.replace("in_a_row: 2", "in_a_row: 13"), "do not fit into", "- contributed"),
        (MATERNITY, "    branch: health_care", "    branch: health", "list of branches", "branch: health"),
        (MATERNITY, "    schemes: [nssf.worker]", "    schemes: [nssf]", "list of schemes", "schemes: [nssf]"),
        (MATERNITY, "value: 70\n", "value: 101\n", "above zero and at most 100", "value: 101"),
        (MATERNITY, "value: 90\n", "value: 0\n", "`days` must be above zero", "value: 0"),
        (MATERNITY, "value: 6\n", "value: 121\n", "above zero and at most 120", "value: 121"),
        (MATERNITY, "unit: days/month", "unit: days", "no unit of this figure", "unit: days"),
        (MATERNITY, ROUNDING, "\n", "`rounding` is missing", "schemes: [nssf.worker]"),
        (MATERNITY, "    days:\n", "    first_paid_day:\n", "no unit of this figure", "unit: days"),
        (SICKNESS, "    first_paid_day:\n", "    days:\n", "no unit of this figure", "unit: day of the spell"),
        (MATERNITY, "for: on\n", "for: from+until\n", "a fixed number of days are paid", "for: from+until"),
        (SICKNESS, "for: from+until\n", "for: on\n", "the asked days are paid", "for: on"),
        (MATERNITY, GROUP, "", "holds its days in no group", "event: leave"),
        (MATERNITY, "step: maternity", "step: sickness", "`sickness` is no step of a birth", "event: leave"),
        (BIRTH, BIRTH_STEP, "  step: anc\n  evidence: delivery\n", "`anc` is no step of a birth", "event: birth"),
        (MATERNITY, "side: maternity}", "side: motherhood}", "sides of wage_replacement", "- {group"),
        (MATERNITY, "event: leave", "event: birth", "has no days that a group per leave could hold", "- {group"),
        (ANC, "  values:\n", "  wage: {}\n  values:\n", "a leave, and nothing else, is paid by", "currency: KHR"),
        (SICKNESS, "unit: days/12 months", "unit: payments/birth", "no unit of this figure", "unit: payments/birth"),
        (SICKNESS, "steps: [sickness]", "steps: [injury]", "the pack's own step `sickness`", "steps: [injury]"),
        (SICKNESS, "value: 180", "value: 0", "must be a number above zero", "steps: [sickness]"),
        (MATERNITY, "rules:\n  2018-01-01:", "rules:\n  2017-01-01:", "`amount` is not told from", "currency: KHR"),
        (MATERNITY, "rules:\n  2018-01-01:", "rules:\n  2019-01-01:", "before any rule holds", "currency: KHR"),
    ],
)
def test_what_is_wrong_is_refused_at_its_line(file: str, old: str, new: str, what: str, line: str) -> None:
    message, told = caught(file, old, new)
    assert what in message
    assert told.startswith(line)


def test_days_told_twice_are_refused() -> None:
    first = "    first_paid_day:\n      2018-01-01: {value: 2, unit: day of the spell, status: assumption, note: x}\n"
    message, _ = caught(MATERNITY, "    days:\n", f"{first}    days:\n")
    assert "`days` and `first_paid_day` stand together" in message


def test_a_figure_that_ends_while_the_rules_hold_is_refused() -> None:
    message, told = caught(MATERNITY, "\nrules:", "      2024-01-01: null\n\nrules:")
    assert "`amount` is not told from 2024-01-01" in message
    assert told == "currency: KHR"


def test_days_are_held_in_known_groups_only() -> None:
    files = {name: text.replace("wage_replacement", "lost_wages") for name, text in FILES.items()}
    with pytest.raises(PolicyError, match="no group of days is called `lost_wages`"):
        parse(files)
