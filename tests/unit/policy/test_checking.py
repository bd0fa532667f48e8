"""A check tells everything that is wrong, file by file, and what of a good policy should be looked at."""

from pipeline.policies.checking import Warned, check
from pipeline.policy_files import read
from processors.policy.loader import parse, problems
from processors.policy.model import Status

FILES = read()
BIRTH, ANC, COMMON = "nssf.maternal.delivery.yaml", "maternal.anc.yaml", "common.yaml"


def edited(**edits: tuple[str, str]) -> dict[str, str]:
    files = dict(FILES)
    for file, (old, new) in edits.items():
        assert old in files[file]
        files[file] = files[file].replace(old, new)
    return files


def line_of(files: dict[str, str], file: str, text: str) -> int:
    return next(at for at, line in enumerate(files[file].splitlines(), 1) if text in line)


def test_the_packaged_policy_has_no_problems() -> None:
    assert problems(FILES) == []
    assert check(FILES).problems == ()


def test_what_is_wrong_in_several_files_is_told_at_once() -> None:
    files = edited(**{BIRTH: ("unit: person", "unit: persn"), ANC: ("value: 40_000", "value: lots")})
    told = check(files).problems
    assert [(problem.file, problem.line) for problem in told] == [
        (ANC, line_of(files, ANC, "value: lots")),
        (BIRTH, line_of(files, BIRTH, "unit: persn")),
    ]
    assert all(problem.what and problem.remedy for problem in told)


def test_packs_are_still_read_as_yaml_when_the_commons_are_wrong() -> None:
    files = edited(**{COMMON: ("windows:", "widows:"), ANC: ("title:", "title: [")})
    assert {problem.file for problem in check(files).problems} == {COMMON, ANC}


def test_a_group_that_only_a_broken_pack_uses_is_not_called_unused() -> None:
    benefits = [file for file in FILES if "group: scholarship_grade" in FILES[file]]
    files = edited(**dict.fromkeys(benefits, ("unit: person", "unit: persn")))
    assert {problem.file for problem in check(files).problems} == set(benefits)


def test_no_file_at_all_is_one_problem() -> None:
    (problem,) = check({}).problems
    assert (problem.file, problem.line) == (COMMON, 0)


def test_every_figure_that_is_not_well_known_is_warned_of() -> None:
    policy = parse(FILES)
    warned = {(warning.file, warning.kind) for warning in check(FILES).warnings}
    for benefit, pack in policy.packs.items():
        known = {figure.status for _, _, figure in pack.amount.figures}
        for status, kind in ((Status.UNSET, Warned.UNSET), (Status.UNVERIFIED, Warned.UNVERIFIED)):
            assert status not in known or (f"{benefit}.yaml", kind) in warned
        assert (f"{benefit}.yaml", Warned.ASSUMPTION) in warned, "no source ranks the payers"


def test_a_warning_names_the_line_and_what_the_file_says() -> None:
    files = edited(**{ANC: ("status: unverified", "status: unverified\n      conflict: A newspaper tells 300,000.")})
    told = [warning for warning in check(files).warnings if warning.file == ANC]
    conflict = next(warning for warning in told if warning.kind is Warned.CONFLICT)
    assert conflict.note == "A newspaper tells 300,000."
    assert conflict.path.startswith("amount.values.2024-04-01")
    assert conflict.line < line_of(files, ANC, "conflict:")
    assert any(warning.kind is Warned.UNVERIFIED and warning.line == conflict.line for warning in told)


def test_a_conflict_without_a_source_is_refused() -> None:
    files = edited(**{COMMON: ("    status: assumption\n    note: >-\n      The first day", "    status: assumption\n    conflict: x\n    note: >-\n      The first day")})  # fmt: skip  # noqa: E501
    (problem,) = check(files).problems
    assert problem.file == COMMON
    assert "`conflict`" in problem.what
