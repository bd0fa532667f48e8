"""Whatever a pack can ask has a sentence in both languages; what is missing is named."""

from string import Formatter

import pytest

from pipeline.policy_files import load
from processors.policy.predicates import PREDICATES
from processors.policy.terms import TERMS, Language, term
from processors.policy.words import PREDICATE_WORDS, Told, rule_in_words

BUILT_IN = {"in_force", "alive", "amount", "recognised", "any_of", "maximum"}
KHMER = range(0x1780, 0x1800)
LISTS = ("schemes", "conditions", "services", "traits", "payment_types", "categories")


def _named(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _is_khmer(text: str) -> bool:
    return any(ord(letter) in KHMER for letter in text)


def test_every_predicate_has_words_in_both_languages_and_no_other_has() -> None:
    wanted = {*PREDICATES, *BUILT_IN}
    missing = sorted(wanted - PREDICATE_WORDS.keys())
    assert missing == [], f"write a sentence in English and Khmer in processors/policy/words.py for: {missing}"
    assert sorted(PREDICATE_WORDS.keys() - wanted) == [], "sentences of predicates that are gone"
    for name, words in PREDICATE_WORDS.items():
        assert words.english.endswith("."), name
        assert words.khmer.endswith("។"), name
        assert _is_khmer(words.khmer), name


@pytest.mark.parametrize("name", sorted(PREDICATES))
def test_a_sentence_tells_every_parameter_and_no_other(name: str) -> None:
    told = PREDICATE_WORDS[name]
    assert _named(told.english) == _named(told.khmer) == set(PREDICATES[name].parameters)


def test_every_code_of_the_packs_has_words_in_both_languages() -> None:
    codes = load().commons.codes
    wanted = {(listed, code) for listed in LISTS for code in getattr(codes, listed)}
    wanted |= {("steps", step) for pack in load().packs.values() for step in (pack.entitlement.step,)}
    missing = sorted((listed, code) for listed, code in wanted if code not in TERMS[listed])
    assert missing == [], f"write words in English and Khmer in processors/policy/terms.py for: {missing}"
    for listed, terms in TERMS.items():
        for code, words in terms.items():
            assert words.english, (listed, code)
            assert _is_khmer(words.khmer), (listed, code)


def test_a_rule_is_told_with_its_parameters() -> None:
    levels: dict[str, Told] = {"levels": ["poor_1", "poor_2"]}
    assert rule_in_words("household_level_in", levels, Language.ENGLISH).endswith(
        "of one of these levels: poor level 1 or poor level 2."
    )
    assert "ក្រីក្រកម្រិត ១ ឬ ក្រីក្រកម្រិត ២" in rule_in_words("household_level_in", levels, Language.KHMER)
    weeks: dict[str, Told] = {
        "condition": "delivery",
        "measure": "gestation_weeks",
        "number": 26,
        "when_absent": "pass",
    }
    assert rule_in_words("measure_at_least", weeks, Language.ENGLISH) == (
        "Delivery: weeks of pregnancy must be at least 26 (where it is not told, it counts as met)."
    )


def test_what_has_no_words_is_told_by_its_name() -> None:
    assert rule_in_words("born_on_a", {"day": "monday"}, Language.KHMER) == "born_on_a: day monday."
    assert term("schemes", "nssf.sailor", Language.ENGLISH) == "nssf.sailor"


def test_what_an_overlay_changes_or_waives_is_said_after_the_rule() -> None:
    areas: dict[str, Told] = {"areas": ["phnom_penh", "rural"]}
    plain = rule_in_words("area_in", areas, Language.ENGLISH)
    waived = rule_in_words("area_in", {**areas, "waived_by": "flood_2030"}, Language.ENGLISH)
    asked = rule_in_words("area_in", {**areas, "by_overlay": "flood_2030"}, Language.ENGLISH)
    assert waived == f"{plain} Waived by the overlay flood_2030."
    assert asked == f"{plain} So asked by the overlay flood_2030."
    assert "flood_2030" in rule_in_words("area_in", {**areas, "waived_by": "flood_2030"}, Language.KHMER)
