"""The packaged packs say what the published sources say."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.policy_files import load, read
from processors.policy.codes import codes
from processors.policy.loader import PolicyError, parse
from processors.policy.model import Figure, ForShape, Status, Unit

POLICY = load()
V1, V2, FAMILY_PACKAGE = date(2019, 6, 1), date(2023, 8, 1), date(2024, 4, 1)
STEPS = ("anc", "delivery", "pnc", "vaccination")
CARE = [f"{payer}.{service}" for payer in ("hef", "nssf") for service in ("opd", "emergency", "delivery")]
PUBLISHED = date(2022, 1, 1)
HOUSEHOLD_BENEFITS = {"family.base", "covid.cash", "flood.cash", "inflation.cash"}
GRADES = ("primary", "lower_secondary", "upper_secondary")


def figure(benefit: str, day: date) -> Figure:
    """The figure of a benefit whose amount is one figure."""
    (part,) = POLICY.packs[benefit].amount.parts
    table = part.tables.on(day)
    assert table is not None
    return table.figures[()]


def tariffs(benefit: str, day: date) -> dict[str, Figure]:
    """The figures of a benefit that is paid by the level of the facility."""
    (part,) = POLICY.packs[benefit].amount.parts
    table = part.tables.on(day)
    assert table is not None
    return {level: told for (level,), told in table.figures.items()}


def riel(benefit: str, day: date) -> int:
    value = figure(benefit, day).value
    assert value is not None
    return value


def most(benefit: str, day: date) -> tuple[tuple[str, ...], int]:
    maxima = POLICY.packs[benefit].entitlement.maximum
    assert maxima is not None
    found = maxima.on(day)
    assert found is not None
    return found.steps, found.count


def levels(benefit: str, day: date) -> object:
    found = POLICY.packs[benefit].rules.on(day)
    assert found is not None
    return next(dict(rule.parameters)["levels"] for rule in found if rule.name == "household_level_in")


def test_the_first_packs_are_there() -> None:
    maternal = {f"{prefix}maternal.{step}" for prefix in ("", "nssf.") for step in STEPS}
    assert set(POLICY.packs) >= maternal | {f"scholarship.{grade}" for grade in GRADES}


def test_version_1_of_maternal_cash_sums_to_760_000_for_one_baby() -> None:
    assert most("maternal.anc", V1) == (("anc",), 4)
    assert most("maternal.delivery", V1) == (("delivery",), 1)
    assert most("maternal.pnc", V1) == most("maternal.vaccination", V1) == (("pnc", "vaccination"), 10)
    assert riel("maternal.pnc", V1) == riel("maternal.vaccination", V1)
    total = 4 * riel("maternal.anc", V1) + riel("maternal.delivery", V1) + 10 * riel("maternal.pnc", V1)
    assert total == 760_000


@pytest.mark.parametrize("prefix", ["", "nssf."], ids=["NSAF", "NSSF"])
def test_version_2_of_maternal_cash_sums_to_1_520_000_for_one_baby(prefix: str) -> None:
    counts = {step: most(f"{prefix}maternal.{step}", V2)[1] for step in STEPS}
    assert counts == {"anc": 4, "delivery": 1, "pnc": 3, "vaccination": 7}
    assert sum(count * riel(f"{prefix}maternal.{step}", V2) for step, count in counts.items()) == 1_520_000


def test_birth_cash_of_2018_sums_to_the_published_total() -> None:
    assert figure("nssf.maternal.delivery", date(2018, 1, 1)).unit == "KHR/baby"
    assert 39_292 * riel("nssf.maternal.delivery", date(2018, 8, 31)) == 15_716_800_000


def test_scholarships_of_a_year_equal_those_of_2015() -> None:
    months = [date(2025, month, 1) for month in range(1, 13)]
    yearly = {grade: sum(riel(f"scholarship.{grade}", month) for month in months) for grade in GRADES}
    assert yearly == {"primary": 240_000, "lower_secondary": 240_000, "upper_secondary": 360_000}


def test_a_delivery_is_paid_by_birth_in_version_1_and_by_baby_in_version_2() -> None:
    told = figure("maternal.delivery", V1)
    assert (told.unit, figure("maternal.delivery", V2).unit) == ("KHR/birth", "KHR/baby")
    assert told.status is Status.ASSUMPTION
    assert told.note is not None


def test_versions_begin_on_their_days_and_not_before() -> None:
    for step in STEPS:
        assert POLICY.packs[f"maternal.{step}"].rules.on(date(2019, 5, 31)) is None
        assert levels(f"maternal.{step}", date(2023, 7, 31)) == ("poor_1", "poor_2", "priority")
        assert levels(f"maternal.{step}", V2) == ("poor_1", "poor_2")
    assert POLICY.packs["nssf.maternal.delivery"].rules.on(date(2017, 12, 31)) is None
    assert POLICY.packs["nssf.maternal.anc"].rules.on(date(2023, 7, 31)) is None
    assert POLICY.packs["scholarship.primary"].rules.on(date(2024, 11, 30)) is None


@pytest.mark.parametrize("benefit", [f"{prefix}maternal.{step}" for prefix in ("", "nssf.") for step in STEPS])
def test_since_the_family_package_the_amount_goes_on_unverified(benefit: str) -> None:
    before, after = figure(benefit, date(2024, 3, 31)), figure(benefit, FAMILY_PACKAGE)
    assert (before.status, after.status) == (Status.CONFIRMED, Status.UNVERIFIED)
    assert (before.value, before.unit) == (after.value, after.unit)


def test_the_two_operators_take_opposite_sides_of_each_step() -> None:
    for step in STEPS:
        (nsaf,) = POLICY.packs[f"maternal.{step}"].entitlement.exclusivity
        (nssf,) = POLICY.packs[f"nssf.maternal.{step}"].entitlement.exclusivity
        assert (nsaf.group, nsaf.side, nssf.group, nssf.side) == (nssf.group, "nsaf", nsaf.group, "nssf")
        assert nsaf.basis == nssf.basis == "assumption"


@pytest.mark.parametrize(
    ("benefit", "tariff"),
    [
        ("hef.opd", 4_000),
        ("nssf.opd", 6_000),
        ("hef.emergency", 20_000),
        ("nssf.emergency", 20_000),
        ("hef.delivery", 80_000),
        ("nssf.delivery", 80_000),
    ],
)
def test_a_health_centre_has_the_published_rate_and_says_that_no_start_date_is_shown(benefit: str, tariff: int) -> None:
    told = tariffs(benefit, PUBLISHED)["hc"]
    assert (told.value, told.unit, told.status) == (tariff, "KHR/episode", Status.CONFIRMED)
    assert "start date" in (told.note or "")
    before = tariffs(benefit, date(2021, 12, 31))["hc"]
    assert (before.value, before.status) == (None, Status.UNSET)


@pytest.mark.parametrize("benefit", CARE)
def test_no_rate_of_a_hospital_is_known(benefit: str) -> None:
    told = tariffs(benefit, date(2024, 3, 4))
    private = {"private"} if benefit.startswith("nssf") else set()
    assert told.keys() == {"hc", "cpa1", "cpa2", "cpa3", "national"} | private
    assert {figure.status for level, figure in told.items() if level != "hc"} == {Status.UNSET}


def test_one_payer_of_an_episode_is_our_assumption_and_says_so() -> None:
    for benefit in CARE:
        (row,) = POLICY.packs[benefit].entitlement.exclusivity
        assert (row.group, row.side, row.basis) == ("care_payer", benefit.split(".")[0], "assumption")


def test_nssf_certified_its_own_care_and_allowances_until_the_agency_did() -> None:
    allowances = ("nssf.maternity_allowance", "nssf.sickness_allowance", "nssf.injury_allowance")
    for benefit in (*CARE, *allowances):
        certifier = POLICY.packs[benefit].certifier
        before = "npca" if benefit.startswith("hef") else "nssf"
        assert certifier.on(date(2022, 12, 31)) == before
        assert certifier.on(date(2023, 1, 1)) == "npca"


def test_every_type_and_group_of_the_health_equity_fund_begins_on_its_day() -> None:
    rules = POLICY.packs["hef.opd"].rules
    days = [begins for begins, _ in rules.entries]
    assert days == [date(2018, 1, 1), date(2023, 6, 19), date(2023, 10, 24)]
    ways = [next(rule.ways for rule in found if rule.ways) for _, found in rules.entries if found is not None]
    asked = [[dict(predicate.parameters) for way in told for predicate in way] for told in ways]
    assert [any("at_risk" in str(each) for each in told) for told in asked] == [False, False, True]
    assert [any("entertainment_worker" in str(each) for each in told) for told in asked] == [False, True, True]


def test_codes_tell_admission_unit_shape_and_scheme() -> None:
    known = codes(POLICY)
    assert {benefit for benefit, unit in known.benefits.items() if unit is Unit.HOUSEHOLD} == HOUSEHOLD_BENEFITS
    assert known.shapes["maternal.anc"] is ForShape.ON
    assert known.shapes["scholarship.primary"] is ForShape.MONTH
    assert known.benefit_schemes["nssf.maternal.delivery"] == "nssf"
    assert {"nssf.worker", "hef", "tvet"} <= known.schemes
    assert {"anc_visit", "pregnancy_ended"} <= known.conditions
    assert known.services == {"opd", "emergency", "delivery", "ipd", "surgery"}
    assert known.traits == {"disability", "chronic_care", "pregnant"}
    assert "PATY-0000N09" in known.payment_types


def test_windows_keep_twins_together_and_siblings_apart() -> None:
    shared = POLICY.commons
    assert 60 <= shared.birth_window_days.at(V2) <= 180 - 30
    told = shared.figures["birth_window_days"].on(V2)
    assert told is not None
    assert told.status is Status.ASSUMPTION
    ranks = shared.source_order.at(V2)
    assert ranks["registry"] < ranks["pmrs"] < ranks["nsaf"]


def test_every_rule_tells_what_it_stands_on() -> None:
    for pack in POLICY.packs.values():
        for _, rules in pack.rules.entries:
            told = [rule.basis for entry in rules or () for rule in entry.told]
            assert all(basis is not None and (basis.references or basis.note) for basis in told)


def test_layout_and_comments_do_not_change_a_digest_and_content_does() -> None:
    files = read()
    name = "maternal.anc.yaml"
    spaced = {
        **files,
        name: "# a comment\n"
        + files[name].replace("unit: person", 'unit:   "person"   # who').replace("40_000", "40_000 "),
    }
    dearer = {**files, name: files[name].replace("40_000", "50_000")}
    assert parse(spaced).digest == POLICY.digest
    changed = parse(dearer)
    assert changed.digest != POLICY.digest
    different = {benefit for benefit, pack in changed.packs.items() if pack.digest != POLICY.packs[benefit].digest}
    assert different == {"maternal.anc"}


def test_a_change_of_the_commons_changes_every_digest() -> None:
    files = read()
    changed = parse({**files, "common.yaml": files["common.yaml"].replace("value: 300", "value: 301")})
    assert all(pack.digest != POLICY.packs[benefit].digest for benefit, pack in changed.packs.items())


def test_policy_is_read_from_a_directory(tmp_path: Path) -> None:
    for name, text in read().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "README.md").write_text("not policy", encoding="utf-8")
    assert load(tmp_path).digest == POLICY.digest
    (tmp_path / "maternal.anc.yaml").write_bytes(b"title: \xff")
    with pytest.raises(PolicyError, match=r"maternal.anc.yaml:0: the file cannot be read"):
        load(tmp_path)
    with pytest.raises(PolicyError, match="there is no such directory"):
        load(tmp_path / "elsewhere")
