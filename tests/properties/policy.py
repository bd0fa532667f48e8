"""The packaged policy with a few figures replaced, so that every benefit is paid and every limit is met in a story.

No figure put in here is official. What is `unset` gets an amount, limits that no small story could reach are lowered,
and two base transfers that followed each other get two months in common.
"""

from __future__ import annotations

from pipeline.policy_files import read
from processors.policy.loader import parse
from processors.policy.model import Policy

_UNSET = "status: unset"
_AREA = "    - {area_in: {areas: [rural]}, status: assumption, note: Made up for the properties.}\n"
_OVERLAY = """
overlays:
  more_in_one_province:
    kind: vertical
    from: 2024-03-01
    until: 2024-03-31
    areas: ["02"]
    status: assumption
    note: Made up for the properties.
    parts:
      household:
        figure: {value: 5_000, unit: KHR/household, status: assumption, note: Made up for the properties.}
  anywhere:
    kind: tweak
    from: 2024-03-01
    until: 2024-03-31
    areas: ["0205"]
    status: assumption
    note: Made up for the properties.
    waives: area_in
  more_households:
    kind: horizontal
    from: 2024-03-01
    until: 2024-03-31
    areas: [rural]
    status: assumption
    note: Made up for the properties.
    rule:
      household_level_in: {levels: [poor_1, poor_2, at_risk]}
      status: assumption
      note: Made up for the properties.
"""
_REPLACED: dict[str, tuple[tuple[str, str], ...]] = {
    "family.base": (
        (_UNSET, "value: 60_000\n      status: assumption"),
        ("2024-04-01:", "2024-02-01:"),
        ("rules:\n  2024-02-01:\n", "rules:\n  2024-02-01:\n" + _AREA),
    ),
    "family.elderly": ((_UNSET, "value: 20_000\n      status: assumption"),),
    "family.disability": ((_UNSET, "value: 20_000\n      status: assumption"),),
    "nssf.sickness_allowance": (
        (_UNSET, "value: 3\n        status: assumption"),
        ("value: 180", "value: 10"),
    ),
    "nssf.injury_allowance": (
        (_UNSET, "value: 2\n        status: assumption"),
        ("value: 180", "value: 10"),
    ),
    "nssf.maternity_allowance": (("count: 9, within: 9", "count: 3, within: 3"),),
    "maternal.anc": (("value: 4\n", "value: 2\n"),),
    "nssf.maternal.anc": (("value: 4\n", "value: 2\n"),),
    "maternal.pnc": (("value: 3\n", "value: 1\n"),),
    "nssf.maternal.pnc": (("value: 3\n", "value: 1\n"),),
}


def tried_policy() -> Policy:
    """The policy of all properties."""
    files = read()
    for benefit, changes in _REPLACED.items():
        name = f"{benefit}.yaml"
        for old, new in changes:
            assert old in files[name], f"{name} has no {old!r}: say in tests/properties/policy.py what to replace"
            files[name] = files[name].replace(old, new)
    files["family.base.yaml"] += _OVERLAY
    return parse(files)
