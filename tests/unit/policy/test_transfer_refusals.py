"""Rounds, groups per round, members and overlays: whatever can be written wrongly is refused at its line."""

from pathlib import Path

import pytest

from pipeline.policy_files import read
from processors.policy.loader import PolicyError, parse

EXAMPLE = "example.cash.yaml"
FILES = read() | read(Path(__file__).parents[2] / "cases" / "overlays" / "policy")
COMMON, COVID, FLOOD, INFLATION = "common.yaml", "covid.cash.yaml", "flood.cash.yaml", "inflation.cash.yaml"
ELDERLY, ANC = "family.elderly.yaml", "maternal.anc.yaml"
SECOND = "    2: {day: 2023-04-10, status: confirmed, references: [directive_2022]}\n"
AREA = "    - area_in: {areas: [phnom_penh, rural]}\n"
DISABLED = "{trait: disability, status: assumption, note: *made_up}"
REACHED = "household_level_in: {levels: [poor_1, poor_2, at_risk]}"


@pytest.mark.parametrize(
    ("file", "old", "new", "what", "line"),
    [
        (INFLATION, SECOND, "", "round 3 stands where round 2 is expected", "3: {day"),
        (INFLATION, "day: 2023-04-10", "day: 2022-04-10", "not later than the one before", "2: {day"),
        (INFLATION, "event: round", "event: month", "`rounds` are told exactly where a round is paid", "event"),
        (INFLATION, "for: round", "for: month", "a request for month does not tell a round", "for"),
        (INFLATION, "side: inflation, round: 1}", "side: inflation, round: 4}", "round 4 is none", "- {group"),
        (INFLATION, "side: inflation, round: 1}", "side: inflation}", "`round` is told exactly", "- {group"),
        (COVID, "side: covid_cash}", "side: covid_cash, round: 1}", "`round` is told exactly", "- {group"),
        (COMMON, "prevails: flood", "prevails: floods", "not in the list of sides", "prevails"),
        (
            COMMON,
            "    sides: [family_package, covid_cash]\n",
            "    sides: [family_package, covid_cash]\n    prevails: covid_cash\n",
            "no side of a group per month can prevail",
            "prevails",
        ),
        (
            COVID,
            "        2024-01-01:\n          - age_below: 6",
            "        2024-01-01: null\n        2024-02-01:\n          - age_below: 6",
            "`who` is not told on 2024-01-01",
            "2020-06-01",
        ),
        (
            FLOOD,
            "KHR/member, status: confirmed, references: [ppp_flood]}\n        2023-03-01: null\n    vuln",
            "KHR/members, status: confirmed, references: [ppp_flood]}\n        2023-03-01: null\n    vuln",
            "`KHR/members` is no unit of this figure",
            "2022-12-01",
        ),
        (FLOOD, "unit: household", "unit: person", "a person has no members", "currency"),
        (ELDERLY, "unit: person", "unit: household", "`age_at_least` is asked of a household", "2024-04-01"),
        (ANC, "unit: person", "unit: household", "a household has no visit", "unit"),
        (COVID, "by: [area]", "by: [aera]", "`aera` is no dimension", "by"),
        (COVID, "rural: 80_000}", "village: 80_000}", "not in the list of areas", "table"),
        (EXAMPLE, "kind: vertical", "kind: sideways", "`sideways` is no overlaykind", "kind"),
        (EXAMPLE, "    kind: vertical\n", "", "`kind` is missing", "from"),
        (EXAMPLE, "until: 2024-10-31", "until: 2024-08-31", "lies before", "until"),
        (EXAMPLE, 'areas: ["02"]', 'areas: ["2"]', "`2` is no place", "areas"),
        (EXAMPLE, 'areas: ["02"]', "areas: [coast]", "`coast` is no place", "areas"),
        (EXAMPLE, "    waives: area_in", "    rule: area_in", "`rule` is not known here", "rule"),
        (EXAMPLE, "    waives: area_in", "    waives: area_out", "is not one rule of 2024-12-01", "waives"),
        (EXAMPLE, "until: 2024-12-31", "until: 2026-01-01", "not in force on 2026-01-01", "waives"),
        (EXAMPLE, REACHED, "household_level_in: {levels: [poor]}", "not in the list of levels", "household_level_in"),
        (EXAMPLE, "unit: KHR/member,", "unit: KHR/visit,", "no unit of this figure", "figure"),
        (EXAMPLE, "          - {age_below: 5,", "          - {age_under: 5,", "`age_under` is not known", "- {age"),
        (
            EXAMPLE,
            "    parts:\n      household:\n        figure",
            f"    parts:\n      household:\n        who:\n          - {DISABLED}\n        figure",
            "nothing is paid by member",
            "- {trait",
        ),
    ],
)
def test_what_is_wrong_is_refused_at_its_line(file: str, old: str, new: str, what: str, line: str) -> None:
    assert FILES[file].count(old) >= 1
    edited = FILES[file].replace(old, new, 1)
    with pytest.raises(PolicyError) as caught:
        parse({**FILES, file: edited})
    assert what in str(caught.value)
    assert caught.value.remedy
    assert caught.value.file == file
    assert edited.splitlines()[caught.value.line - 1].strip().startswith(line)


def test_what_is_replaced_or_waived_must_stand_once() -> None:
    twice = AREA + "      status: assumption\n      note: *made_up\n" + AREA.replace(", rural", "")
    with pytest.raises(PolicyError, match="`area_in` is not one rule of 2024-12-01"):
        parse({**FILES, EXAMPLE: FILES[EXAMPLE].replace(AREA, twice)})


def test_a_share_of_a_wage_has_no_parts_to_add_to() -> None:
    sickness = "nssf.sickness_allowance.yaml"
    text = FILES[EXAMPLE]
    vertical = text[text.index("overlays:") : text.index("  # More people")].replace("*made_up", "made up")
    with pytest.raises(PolicyError, match="no parts to add to"):
        parse({**FILES, sickness: FILES[sickness] + "\n" + vertical})
