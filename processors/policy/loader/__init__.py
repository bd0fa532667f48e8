"""Loading policy: from the text of YAML files to values, or an error that names file and line.

Nothing here reads a disk; `pipeline.policy_files` does. The form of the files is told in `packs/README.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.policy.codes import code_lists
from processors.policy.loader.commons import Lists, read_commons
from processors.policy.loader.digest import pack_digest, policy_digest
from processors.policy.loader.errors import PolicyError
from processors.policy.loader.nodes import Item, below, compose, plain
from processors.policy.loader.pack import read_pack
from processors.policy.model import Commons, Dated, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.policy.model import Pack

__all__ = ["COMMONS_FILE", "PolicyError", "parse", "problems"]

COMMONS_FILE = "common.yaml"
SUFFIX = ".yaml"


def parse(files: Mapping[str, str]) -> Policy:
    """The policy told by the texts of `common.yaml` and one file a benefit, named `<benefit>.yaml`.

    Raises PolicyError, naming file and line, at the first thing that is wrong; a policy loads whole or not at all.
    """
    return _parse(files, _fail)


def problems(files: Mapping[str, str]) -> list[PolicyError]:
    """What is wrong with these files: the first thing of each file, and what they make wrong together.

    Nothing can be said of packs whose `common.yaml` is wrong, beyond whether they are YAML.
    """
    found: list[PolicyError] = []
    try:
        _parse(files, found.append)
    except PolicyError as error:
        found.append(error)
        for file in sorted(set(files) - {error.file}):
            try:
                compose(file, files[file])
            except PolicyError as other:
                found.append(other)
    return list({(error.file, error.line, error.what): error for error in found}.values())


def _fail(error: PolicyError) -> None:
    raise error


def _parse(files: Mapping[str, str], report: Callable[[PolicyError], None]) -> Policy:
    """The policy; `report` hears of what is wrong with one pack, which is then left out if it returns."""
    if COMMONS_FILE not in files:
        raise PolicyError(COMMONS_FILE, 0, "the file is missing", "Every set of packs has one, for what they share")
    common = compose(COMMONS_FILE, files[COMMONS_FILE])
    lists = read_commons(common)
    shared = plain(common.node)
    packs: dict[str, Pack] = {}
    places: dict[str, Item] = {}
    wrong = 0
    for file in sorted(set(files) - {COMMONS_FILE}):
        try:
            item = compose(file, files[file])
            pack = read_pack(item, lists, pack_digest(plain(item.node), shared))
            _check_name(item, pack, packs)
        except PolicyError as error:
            report(error)
            wrong += 1
            continue
        packs[pack.benefit] = pack
        places[pack.benefit] = item
    if not packs and not wrong:
        raise PolicyError(COMMONS_FILE, 1, "no pack stands beside it", "Add one file a benefit, as maternal.anc.yaml")
    _check_groups(packs, places, lists, None if wrong else common)
    digest = policy_digest(((pack.benefit, pack.digest) for pack in packs.values()), shared)
    return Policy(packs, _commons(packs, lists), digest, dict(files))


def _check_name(item: Item, pack: Pack, known: Mapping[str, Pack]) -> None:
    if pack.benefit in known:
        raise item.error(f"benefit `{pack.benefit}` has a pack already", "Keep one file a benefit, with dated values")
    if item.file.rpartition("/")[2] != pack.benefit + SUFFIX:
        raise item.error(
            f"benefit `{pack.benefit}` does not stand in a file of its name", f"Rename to {pack.benefit}.yaml"
        )


def _check_groups(packs: Mapping[str, Pack], places: Mapping[str, Item], lists: Lists, common: Item | None) -> None:
    """Those who exclude each other must be of one unit, or a household and its member would never meet.

    With `common`, every group must also be used; without it some packs are left out.
    """
    first: dict[str, Pack] = {}
    for benefit, pack in packs.items():
        for row in pack.entitlement.exclusivity:
            other = first.setdefault(row.group, pack)
            if other.unit is not pack.unit:
                units = f"{other.benefit} is per {other.unit}, {benefit} per {pack.unit}"
                what = f"exclusivity group `{row.group}` spans units: {units}"
                raise below(places[benefit], "entitlement", "exclusivity").error(what, "Use a group for each unit")
    for group in lists.groups if common is not None else ():
        if common is not None and group not in first:
            place = below(common, "exclusivity", group)
            raise place.error(f"exclusivity group `{group}` is used by no pack", "Remove it, or name it in a pack")


def _commons(packs: Mapping[str, Pack], lists: Lists) -> Commons:
    return Commons(
        source_order=lists.sources,
        birth_window_days=_numbers(lists, "birth_window_days"),
        pregnancy_days=_numbers(lists, "pregnancy_days"),
        after_delivery_days=_numbers(lists, "after_delivery_days"),
        month_reference_day=_numbers(lists, "month_reference_day"),
        incomplete_birth_date=lists.incomplete_birth_date,
        codes=code_lists(packs, lists),
        figures=lists.windows,
    )


def _numbers(lists: Lists, name: str) -> Dated[int]:
    entries = lists.windows[name].entries
    return Dated(tuple((begins, figure.value if figure is not None else None) for begins, figure in entries))
