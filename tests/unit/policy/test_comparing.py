"""What changes between two policies is told by benefit and date; what only looks different is no change."""

import re
from pathlib import Path

import pytest

from pipeline.policies.comparing import Change, Kind, compare
from pipeline.policy_files import load, read
from processors.policy.loader import parse
from processors.policy.model import Policy

FILES, POLICY = read(), load()
BIRTH, COMMON, ANC = "nssf.maternal.delivery.yaml", "common.yaml", "maternal.anc.yaml"


def edited(*edits: tuple[str, str, str], count: int = -1) -> Policy:
    files = dict(FILES)
    for file, old, new in edits:
        assert old in files[file]
        files[file] = files[file].replace(old, new, count)
    return parse(files)


def changes(*edits: tuple[str, str, str], count: int = -1) -> list[Change]:
    return compare(POLICY, edited(*edits, count=count))


def test_the_same_policy_has_no_changes() -> None:
    assert compare(POLICY, load()) == []


def test_layout_comments_and_the_way_of_writing_numbers_are_no_change() -> None:
    spaced = edited(
        (BIRTH, "unit: person", 'unit:   "person"   # who'),
        (BIRTH, "value: 400_000", "value: 400000"),
    )
    assert spaced.digest == POLICY.digest
    assert compare(POLICY, spaced) == []


def test_a_raised_figure_is_told_with_its_days() -> None:
    (first, *rest) = changes((BIRTH, "value: 400_000", "value: 500_000"))
    assert first == Change(
        benefit="nssf.maternal.delivery",
        kind=Kind.FIGURE,
        path="amount.values.value",
        since="2018-01-01",
        until="2023-08-01",
        old="400,000",
        new="500,000",
    )
    assert [change.since for change in rest] == ["2023-08-01", "2024-04-01"]


def test_a_new_date_is_told_against_what_held_before() -> None:
    text = FILES[BIRTH]
    last = text.index("    2024-04-01:")
    new = "    2026-01-01: {value: 500_000, unit: KHR/baby, status: unverified, references: [akp_2023]}\n"
    end = text.index("\n\n", last)
    later = parse({**FILES, BIRTH: text[: end + 1] + new + text[end + 1 :]})
    told = {change.kind: change for change in compare(POLICY, later)}
    assert {change.since for change in told.values()} == {"2026-01-01"}
    assert (told[Kind.FIGURE].old, told[Kind.FIGURE].new) == ("400,000", "500,000")
    back = {change.kind: change for change in compare(later, POLICY)}
    assert (back[Kind.FIGURE].old, back[Kind.FIGURE].new) == ("500,000", "400,000")


@pytest.mark.parametrize(
    ("edit", "kind", "said"),
    [
        ((BIRTH, "number: 26", "number: 28"), Kind.PARAMETER, ("26", "28")),
        ((BIRTH, "status: unverified", "status: confirmed"), Kind.STATUS, ("unverified", "confirmed")),
        ((COMMON, "    value: earliest", "    value: latest"), Kind.OTHER, ("earliest", "latest")),
        ((COMMON, "value: 300", "value: 301"), Kind.WINDOW, ("300", "301")),
        ((COMMON, "    opd: Outpatient", "    opd: Out-patient"), Kind.CODE_LIST, None),
        ((COMMON, "    basis: assumption", "    basis: assumption # no change"), None, None),
        ((BIRTH, "href: https://", "href: http://"), Kind.REFERENCE, None),
        ((BIRTH, "operator: nssf", "operator: nsaf"), Kind.OTHER, ("nssf", "nsaf")),
    ],
)
def test_each_kind_of_change_is_told(
    edit: tuple[str, str, str], kind: Kind | None, said: tuple[str, str] | None
) -> None:
    found = changes(edit, count=1)
    assert {change.kind for change in found} == ({kind} if kind else set())
    if said is not None:
        assert (found[0].old, found[0].new) == said


def test_a_rule_added_or_removed_is_told_as_a_rule() -> None:
    rule = re.compile(r"    - facility_not_private: \{\}\n(      .*\n)+")
    assert len(rule.findall(FILES[ANC])) == 2
    without = parse({**FILES, ANC: rule.sub("", FILES[ANC], count=1)})
    (removed,) = compare(POLICY, without)
    assert (removed.kind, removed.path, removed.new) == (Kind.RULE, "rules.facility_not_private", None)
    (added,) = compare(without, POLICY)
    assert (added.kind, added.old) == (Kind.RULE, None)
    assert added.new is not None


def test_a_benefit_that_comes_or_goes_is_told_by_its_title() -> None:
    without = parse({file: text for file, text in FILES.items() if file != "tvet.stipend.yaml"})
    (gone,) = compare(POLICY, without)
    assert (gone.benefit, gone.kind, gone.new) == ("tvet.stipend", Kind.BENEFIT, None)
    (come,) = compare(without, POLICY)
    assert (come.old, come.new) == (None, gone.old)


def test_a_change_of_an_overlay_is_told_from_its_first_day() -> None:
    text = (Path(__file__).resolve().parents[2] / "cases" / "overlays" / "policy" / "example.cash.yaml").read_text()
    name, figure = "example.cash.yaml", "figure: {value: 20_000"
    assert figure in text
    old = parse({**FILES, name: text})
    more = text.replace(figure, "figure: {value: 25_000").replace("until: 2024-12-31", "until: 2024-12-30")
    told = compare(old, parse({**FILES, name: more}))
    assert [(change.kind, change.since, change.old, change.new) for change in told] == [
        (Kind.FIGURE, "2024-09-01", "20,000", "25,000"),
        (Kind.OVERLAY, "2024-12-01", "2024-12-31", "2024-12-30"),
    ]


@pytest.mark.parametrize("file", sorted(FILES))
def test_any_edit_of_content_is_told(file: str) -> None:
    """Digest and comparison agree: what changes the one shows in the other."""
    edit = (file, "  en: ", "  en: New ") if file != COMMON else (file, "    poor: Member", "    poor: A member")
    assert changes(edit, count=1) != []
