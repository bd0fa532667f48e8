"""Every way in which a policy file can be wrong is refused, naming the file and the line."""

from typing import NamedTuple

import pytest

from pipeline.policy_files import read
from processors.policy.loader import PolicyError, parse

FILES = read()
ANC = "maternal.anc.yaml"
DELIVERY = "maternal.delivery.yaml"
BIRTH = "nssf.maternal.delivery.yaml"
PRIMARY = "scholarship.primary.yaml"
OPD = "hef.opd.yaml"
COMMON = "common.yaml"


class Slip(NamedTuple):
    """One edit of a file that loads; `at` is a text of the line the error must name, `what` a part of its message."""

    name: str
    file: str
    old: str
    new: str
    at: str
    what: str


WAYS = "    - any_of: [*poor, [*other_type]]\n"
LEVELS = "household_level_in: {levels: [poor_1, poor_2, priority]}"
GESTATION = "measure_at_least: {condition: delivery, measure: gestation_weeks, number: 26, when_absent: pass}"
SLIPS = (
    Slip(
        "a key nobody knows", ANC, "unit: person", "unit: person\ncolour: blue", "colour", "`colour` is not known here"
    ),
    Slip("a key written wrongly", ANC, "scheme: nsaf", "sheme: nsaf", "sheme", "Did you mean `scheme`?"),
    Slip("a key inside a figure", ANC, "value: 40_000", "valeu: 40_000", "valeu", "Did you mean `value`?"),
    Slip("a key twice", ANC, "unit: person", "unit: person\nunit: household", "unit: household", "`unit` stands twice"),
    Slip("a key missing", ANC, "scheme: nsaf\n", "", "benefit: maternal.anc", "`scheme` is missing"),
    Slip("a date twice", ANC, "    2024-04-01:", "    2023-08-01:", "    2023-08-01:#last", "stands twice"),
    Slip("a date out of order", ANC, "    2024-04-01:", "    2022-01-01:", "2022-01-01", "the two would hold at once"),
    Slip("a date that does not exist", ANC, "    2024-04-01:", "    2024-02-30:", "2024-02-30", "is no date"),
    Slip("a date of another form", ANC, "    2024-04-01:", "    2024-4-1:", "2024-4-1", "is no date"),
    Slip(
        "an end of nothing",
        ANC,
        "priority:",
        "priority:\n  2019-01-01: null",
        "2019-01-01: null",
        "nothing is in force",
    ),
    Slip(
        "a predicate nobody knows",
        ANC,
        "evidence_met:",
        "evidence_mat:",
        "evidence_mat",
        "Did you mean `evidence_met`?",
    ),
    Slip(
        "two predicates in one rule",
        ANC,
        LEVELS,
        f"{LEVELS}\n      facility_not_private: {{}}",
        LEVELS,
        "one predicate",
    ),
    Slip("a parameter missing", ANC, LEVELS, "household_level_in: {}", "household_level_in", "`levels` is missing"),
    Slip(
        "a parameter too many",
        ANC,
        "facility_not_private: {}",
        "facility_not_private: {a: 1}",
        "{a: 1}",
        "no parameters",
    ),
    Slip(
        "one code for a list",
        ANC,
        LEVELS,
        "household_level_in: {levels: poor_1}",
        "levels: poor_1}",
        "a list is expected",
    ),
    Slip(
        "a list for one code",
        ANC,
        "condition: anc_visit}",
        "condition: [anc_visit]}",
        "[anc_visit]",
        "a text is expected",
    ),
    Slip("words for a number", BIRTH, "number: 26", "number: many", "number: many", "is no whole number"),
    Slip(
        "silence about absence", BIRTH, "when_absent: pass", "when_absent: maybe", "maybe", "says nothing about absence"
    ),
    Slip("a level nobody knows", ANC, "poor_2, priority]", "poor_3, priority]", "poor_3", "not in the list of levels"),
    Slip(
        "a condition nobody knows", ANC, "{condition: anc_visit}", "{condition: anc}", "{condition: anc}", "conditions"
    ),
    Slip("evidence nobody knows", ANC, "evidence: anc_visit", "evidence: anc", "evidence: anc", "list of conditions"),
    Slip("a scheme nobody knows", ANC, "scheme: nsaf", "scheme: nsfa", "nsfa", "list of benefit_schemes"),
    Slip("an enrolment nobody knows", BIRTH, "[nssf.worker,", "[nssf.workers,", "nssf.workers", "list of schemes"),
    Slip("a grade nobody knows", PRIMARY, "grade: primary", "grade: primry", "grade: primry", "list of grades"),
    Slip("a measure nobody knows", BIRTH, "measure: gestation_weeks", "measure: weeks", "measure: weeks", "measures"),
    Slip("no code at all", ANC, "scheme: nsaf", "scheme: NSAF!", "NSAF!", "is no code"),
    Slip("a code that is too long", ANC, "benefit: maternal.anc", f"benefit: {'a' * 41}", "aaaa", "is no code"),
    Slip("a figure without a unit", ANC, "      unit: KHR/visit\n", "", "value: 40_000", "`unit` is missing"),
    Slip("a unit of something else", ANC, "KHR/visit", "KHR/month", "KHR/month", "is no unit of this figure"),
    Slip("a rule's number without a unit", BIRTH, "      unit: weeks\n", "", GESTATION, "`unit` is missing"),
    Slip("a unit without a number", ANC, f"{LEVELS}\n", f"{LEVELS}\n      unit: weeks\n", "unit: weeks", "has no unit"),
    Slip(
        "a figure without references",
        ANC,
        "      value: 40_000\n      unit: KHR/visit\n      status: confirmed\n      references: [ppp_mothers]\n",
        "      value: 40_000\n      unit: KHR/visit\n      status: confirmed\n",
        "value: 40_000",
        "`references` is missing",
    ),
    Slip(
        "a reference nobody wrote", ANC, "[ppp_mothers]", "[ppp_fathers]", "[ppp_fathers]", "not among the references"
    ),
    Slip(
        "a reference nobody cites",
        ANC,
        "references:\n  ppp",
        "references:\n  idle: {title: x}\n  ppp",
        "idle",
        "nowhere",
    ),
    Slip(
        "an assumption without a note",
        DELIVERY,
        "status: assumption\n      note: No",
        "status: assumption #",
        "stillborn",
        "`note`",
    ),
    Slip("a status nobody knows", ANC, "status: unverified", "status: rumour", "rumour", "is no status"),
    Slip("a figure set and unset", ANC, "status: unverified", "status: unset", "value: 80_000#last", "has no value"),
    Slip("a figure without its value", ANC, "      value: 40_000\n", "", "unit: KHR/visit", "`value` is missing"),
    Slip("an amount with a point", ANC, "40_000", "40000.0", "40000.0", "is no whole number"),
    Slip("an amount in powers", ANC, "40_000", "4e4", "4e4", "is no whole number"),
    Slip("an amount below zero", ANC, "40_000", "-40000", "-40000", "is no whole number"),
    Slip("a currency nobody knows", ANC, "currency: KHR", "currency: THB", "THB", "no currency of the contract"),
    Slip(
        "a group nobody knows", ANC, "group: maternal_cash.anc", "group: maternal.cash", "maternal.cash", "exclusivity"
    ),
    Slip("a side nobody knows", ANC, "side: nsaf", "side: hef", "side: hef", "sides of maternal_cash.anc"),
    Slip("a maximum of other steps", ANC, "steps: [anc]", "steps: [pnc]", "steps: [pnc]", "the pack's own step `anc`"),
    Slip("no evidence for a visit", ANC, "  evidence: anc_visit\n", "", "event: visit", "`evidence` is missing"),
    Slip("a certifier nobody knows", ANC, "value: npca", "value: ncpa", "ncpa", "Did you mean `npca`?"),
    Slip(
        "a tolerance without currency", ANC, "unit: KHR\n", "unit: percent\n", "unit: percent", "no unit of this figure"
    ),
    Slip("a class nobody knows", ANC, "cofog: 10.4.0", "cofog: 10.4", "cofog: 10.4", "is no COFOG code"),
    Slip(
        "rules without an amount",
        ANC,
        "rules:\n  2019-06-01",
        "rules:\n  2019-01-01",
        "currency: KHR",
        "is not told from",
    ),
    Slip(
        "an amount without rules",
        ANC,
        "rules:\n  2019-06-01",
        "rules:\n  2020-01-01",
        "currency: KHR",
        "before any rule",
    ),
    Slip(
        "a text for a mapping",
        DELIVERY,
        "- {group: maternal_cash.delivery, side: nsaf}",
        "- maternal_cash.delivery",
        "- maternal_cash.delivery",
        "lines are expected",
    ),
    Slip(
        "a payment type nobody knows", OPD, "[PATY-0000N09]", "[PATY-0000N90]", "PATY-0000N90", "list of payment_types"
    ),
    Slip("a payer nobody knows", OPD, "payer: hef", "payer: hfe", "payer: hfe", "list of benefit_schemes"),
    Slip("a service nobody knows", OPD, "services: [opd]", "services: [ipo]", "services: [ipo]", "list of services"),
    Slip("a facility's level nobody knows", OPD, "[hc, cpa1,", "[hc, cpa4,", "cpa4", "list of facility_levels"),
    Slip("a category nobody knows", OPD, "- deminer", "- deminers", "- deminers", "list of categories"),
    Slip(
        "a condition for an episode",
        OPD,
        "  step: opd",
        "  step: opd\n  evidence: delivery",
        "evidence: delivery",
        "proved by its encounter",
    ),
    Slip(
        "a maximum of episodes",
        OPD,
        "  step: opd",
        "  step: opd\n  maximum: {2018-01-01: null}",
        "maximum:",
        "a maximum counts within",
    ),
    Slip(
        "a value under what is unset",
        OPD,
        "hc: &unknown {status: unset, note: *earlier}",
        "hc: 4_000\n            private: &unknown {status: unset, note: *earlier}",
        "hc: 4_000",
        "exactly when",
    ),
    Slip(
        "ways with a basis of their own",
        OPD,
        "    - any_of:\n        - &poor",
        "    - note: why\n      any_of:\n        - &poor",
        "note: why",
        "stands beside note",
    ),
    Slip(
        "one way only",
        OPD,
        "    - any_of:\n        - *poor\n        - &others",
        "    - any_of: [*poor]\n    - any_of:\n        - *poor\n        - &others",
        "[*poor]",
        "one way only",
    ),
    Slip(
        "a way twice",
        OPD,
        "        - *poor\n        - &others",
        "        - *poor\n        - *poor\n        - &others",
        "&poor",
        "same way stands twice",
    ),
    Slip(
        "a way that is no list",
        OPD,
        "        - *poor\n        - &others",
        "        - all\n        - &others",
        "- all",
        "a list is expected",
    ),
    Slip(
        "a way that asks the same twice",
        OPD,
        "        - *poor\n        - &others",
        "        - [*other_type, *other_type]\n        - &others",
        "other_type",
        "stands twice",
    ),
    Slip(
        "ways within a way",
        OPD,
        "        - *poor\n        - &others",
        "        - - any_of: [*poor, *poor]\n        - &others",
        "any_of: [*poor, *poor]",
        "stands inside another",
    ),
    Slip(
        "ways that are asked twice",
        OPD,
        "    - any_of:\n        - *poor\n        - &others",
        f"{WAYS}{WAYS}    - any_of:\n        - *poor\n        - &others",
        "- any_of: [*poor, [*other_type]]#last",
        "the same `any_of` stands twice",
    ),
    Slip("broken YAML", ANC, "unit: person", "unit: [person", "for: on", "this is no YAML"),
    Slip(
        "a file of another name",
        ANC,
        "benefit: maternal.anc",
        "benefit: maternal.enc",
        "maternal.enc",
        "file of its name",
    ),
    Slip("a source not ranked", COMMON, "    - treasury\n", "", "- registry", "no place for treasury"),
    Slip("a source ranked twice", COMMON, "    - treasury\n", "    - registry\n", "- registry#last", "stands twice"),
    Slip("a source nobody knows", COMMON, "    - treasury\n", "    - tresury\n", "tresury", "Did you mean `treasury`?"),
    Slip("a window of nothing", COMMON, "value: 120", "value: 0", "value: 0", "above zero"),
    Slip("a window of years", COMMON, "    unit: days", "    unit: years", "unit: years", "no unit of this figure"),
    Slip("a day some months lack", COMMON, "value: 1\n", "value: 31\n", "value: 31", "not every month"),
    Slip("a group with one side", COMMON, "sides: [nsaf, nssf]", "sides: [nsaf]", "[nsaf]", "two different sides"),
    Slip("a law without its text", COMMON, "basis: assumption", "basis: law", "per: birth", "`references` is missing"),
    Slip(
        "a group of no pack",
        COMMON,
        "  scholarship_grade:",
        "  grades:",
        "side: lower_secondary",
        "list of exclusivity",
    ),
)


def _line_of(text: str, marker: str) -> int:
    """The line of the first place of a marker, or of the last when it ends in `#last`."""
    wanted = marker.removesuffix("#last")
    at = text.rindex(wanted) if marker.endswith("#last") else text.index(wanted)
    return text.count("\n", 0, at) + 1


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_what_is_wrong_is_refused_with_file_and_line(slip: Slip) -> None:
    edited = FILES[slip.file].replace(slip.old, slip.new, 1)
    assert edited != FILES[slip.file]
    with pytest.raises(PolicyError) as caught:
        parse({**FILES, slip.file: edited})
    assert slip.what in str(caught.value)
    assert caught.value.remedy
    if caught.value.file == slip.file:
        assert caught.value.line == _line_of(edited, slip.at)
    else:
        assert _line_of(FILES[caught.value.file], slip.at) == caught.value.line


def test_an_exclusivity_group_cannot_span_units() -> None:
    base = "family.base.yaml"
    person = FILES[base].replace("unit: household", "unit: person")
    with pytest.raises(PolicyError, match="spans units") as caught:
        parse({**FILES, base: person})
    assert (caught.value.file, caught.value.line) == (base, _line_of(person, "- {group"))


def test_a_group_no_pack_uses_is_refused() -> None:
    used = {name: text for name, text in FILES.items() if not name.startswith("scholarship")}
    with pytest.raises(PolicyError, match="`scholarship_grade` is used by no pack") as caught:
        parse(used)
    assert caught.value.line == _line_of(FILES[COMMON], "  scholarship_grade:") + 1


def test_a_benefit_has_one_file() -> None:
    with pytest.raises(PolicyError, match="has a pack already") as caught:
        parse({**FILES, f"more/{ANC}": FILES[ANC]})
    assert (caught.value.file, caught.value.line) == (f"more/{ANC}", 1)


@pytest.mark.parametrize("text", ["", "# only a comment\n"], ids=["nothing", "a comment"])
def test_an_empty_file_is_refused(text: str) -> None:
    with pytest.raises(PolicyError, match="the file is empty"):
        parse({**FILES, ANC: text})


def test_packs_need_their_commons_and_commons_need_packs() -> None:
    with pytest.raises(PolicyError, match=r"common.yaml:0: the file is missing"):
        parse({ANC: FILES[ANC]})
    with pytest.raises(PolicyError, match="no pack stands beside it"):
        parse({COMMON: FILES[COMMON]})
