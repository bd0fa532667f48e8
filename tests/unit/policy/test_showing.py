"""What a policy officer is shown is everything the pack says is in force that day, with what it stands on."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.policies.telling import Entry, Shown, show
from pipeline.policy_files import load, read
from processors.policy.loader import parse
from processors.policy.terms import Language

POLICY = load()
V1, V2 = date(2019, 6, 1), date(2023, 8, 1)
BIRTH = "nssf.maternal.delivery"


def one(told: Shown, section: str, *path: str) -> Entry:
    (found,) = [entry for entry in told.entries if entry.section == section and entry.path == path]
    return found


def test_a_figure_is_told_with_unit_status_days_and_references() -> None:
    told = one(show(POLICY, BIRTH, V2), "amount", "values")
    assert (told.value, told.unit, told.status) == (400_000, "KHR/baby", "confirmed")
    assert (told.since, told.until) == ("2023-08-01", "2024-04-01")
    assert told.references
    assert told.references[0].title


def test_a_figure_of_another_day_is_not_told() -> None:
    assert one(show(POLICY, "maternal.delivery", V1), "amount", "values").unit == "KHR/birth"
    assert one(show(POLICY, "maternal.delivery", V2), "amount", "values").unit == "KHR/baby"


def test_rules_are_told_in_both_languages_with_parameters() -> None:
    rules = [entry for entry in show(POLICY, BIRTH, V2).entries if entry.section == "rules"]
    weeks = next(entry for entry in rules if entry.value == "measure_at_least")
    assert (weeks.unit, weeks.parameters["number"]) == ("weeks", 26)
    assert weeks.words.endswith("must be at least 26 (where it is not told, it counts as met).")
    khmer = show(POLICY, BIRTH, V2, Language.KHMER)
    assert "២៦" in one(khmer, "rules", weeks.path[0]).words or "26" in one(khmer, "rules", weeks.path[0]).words


@pytest.mark.parametrize("chosen", ["priority", "tolerance", "certifier"])
@pytest.mark.parametrize("benefit", sorted(POLICY.packs))
def test_what_is_chosen_keeps_what_it_stands_on(benefit: str, chosen: str) -> None:
    pack = POLICY.packs[benefit]
    day = pack.rules.entries[0][0]
    told = one(show(POLICY, benefit, day), chosen)
    basis = pack.bases[chosen].on(day)
    assert basis is not None
    assert (told.status, told.note) == (basis.status.value, basis.note)
    assert [reference.title for reference in told.references] == [reference.title for reference in basis.references]


@pytest.mark.parametrize("benefit", sorted(POLICY.packs))
def test_every_figure_in_force_is_told(benefit: str) -> None:
    """Held against the model, which was read by other means."""
    pack = POLICY.packs[benefit]
    for day in {begins for begins, _ in pack.rules.entries}:
        wanted = sorted(
            -1 if figure.value is None else figure.value
            for part in pack.amount.parts
            if (table := part.tables.on(day)) is not None
            for figure in table.figures.values()
        )
        if pack.amount.wage is not None:
            figures = (told.on(day) for told in pack.amount.wage.figures.values())
            wanted = sorted(-1 if it.value is None else it.value for it in figures if it is not None)
        told = [
            entry
            for entry in show(POLICY, benefit, day).entries
            if entry.section == "amount" and "who" not in entry.path
        ]
        found = [-1 if entry.value is None else entry.value for entry in told if entry.unit is not None]
        assert sorted(int(str(value)) for value in found) == wanted, day


@pytest.mark.parametrize("benefit", sorted(POLICY.packs))
def test_every_rule_in_force_is_told(benefit: str) -> None:
    pack = POLICY.packs[benefit]
    for day, rules in pack.rules.entries:
        wanted = [inner.name for rule in rules or () for inner in rule.told]
        told = [entry for entry in show(POLICY, benefit, day).entries if entry.section == "rules"]
        assert [entry.value for entry in told if entry.value is not None] == wanted
        assert all(entry.words for entry in told)


def test_a_benefit_that_is_not_in_force_says_so() -> None:
    assert not show(POLICY, "nssf.maternal.anc", date(2017, 1, 1)).in_force
    assert show(POLICY, "nssf.maternal.anc", V2).in_force


def test_what_all_share_is_told_by_day() -> None:
    files = read()
    common = files["common.yaml"].replace(
        "\n  month_reference_day",
        "\n    2025-01-01: {value: 500, unit: days, status: assumption, note: changed}\n  month_reference_day",
    )
    policy = parse({**files, "common.yaml": common})
    assert one(show(policy, BIRTH, date(2024, 12, 31)), "windows", "after_delivery_days").value == 730
    assert one(show(policy, BIRTH, date(2025, 1, 1)), "windows", "after_delivery_days").value == 500


def test_who_may_not_both_be_paid_says_whether_it_is_law() -> None:
    told = one(show(POLICY, BIRTH, V2), "exclusivity", "maternal_cash.delivery")
    assert told.status == "assumption"
    assert told.parameters["sides"] == ["nsaf", "nssf"]
    assert told.note


def test_rows_of_a_table_are_told_each_with_its_own_status() -> None:
    told = show(POLICY, "covid.cash", date(2020, 7, 1))
    rural = one(told, "amount", "parts", "vulnerable_member", "values", "rural", "poor_1")
    assert (rural.unit, rural.words) == ("KHR/member", "vulnerable member, rural areas, poor level 1")
    statuses = {entry.status for entry in told.entries if entry.path[:2] == ("parts", "vulnerable_member")}
    assert {"confirmed", "unverified"} <= statuses


def test_an_overlay_is_told_on_its_days_with_what_it_brings() -> None:
    example = Path(__file__).resolve().parents[2] / "cases" / "overlays" / "policy" / "example.cash.yaml"
    policy = parse({**read(), "example.cash.yaml": example.read_text()})

    def told(day: str) -> dict[tuple[str, ...], Entry]:
        shown = show(policy, "example.cash", date.fromisoformat(day))
        return {entry.path: entry for entry in shown.entries if entry.section == "overlays"}

    assert told("2024-08-31") == {}
    flood = told("2024-10-31")
    assert flood["flood_top_up",].parameters == {"kind": "vertical", "areas": ["02"]}
    assert (flood["flood_top_up",].since, flood["flood_top_up",].until) == ("2024-09-01", "2024-11-01")
    assert flood["flood_top_up", "parts", "child", "figure"].value == 5_000
    assert flood["flood_top_up", "parts", "child", "who", "1"].parameters == {"age_below": 5}
    assert flood["flood_reach", "rule"].words.endswith("poor level 1, poor level 2 or at risk.")
    assert told("2024-11-01") == {}
    assert told("2024-12-31")["open_areas",].parameters["waives"] == "area_in"
