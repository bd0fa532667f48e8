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
    from collections.abc import Mapping

    from processors.policy.model import Pack

__all__ = ["COMMONS_FILE", "PolicyError", "parse"]

COMMONS_FILE = "common.yaml"
SUFFIX = ".yaml"


def parse(files: Mapping[str, str]) -> Policy:
    """The policy told by the texts of `common.yaml` and one file a benefit, named `<benefit>.yaml`.

    Raises PolicyError, naming file and line, at the first thing that is wrong; a policy loads whole or not at all.
    """
    if COMMONS_FILE not in files:
        raise PolicyError(COMMONS_FILE, 0, "the file is missing", "Every set of packs has one, for what they share")
    common = compose(COMMONS_FILE, files[COMMONS_FILE])
    lists = read_commons(common)
    shared = plain(common.node)
    packs: dict[str, Pack] = {}
    places: dict[str, Item] = {}
    for file in sorted(set(files) - {COMMONS_FILE}):
        item = compose(file, files[file])
        pack = read_pack(item, lists, pack_digest(plain(item.node), shared))
        _check_name(item, pack, packs)
        packs[pack.benefit] = pack
        places[pack.benefit] = item
    if not packs:
        raise PolicyError(COMMONS_FILE, 1, "no pack stands beside it", "Add one file a benefit, as maternal.anc.yaml")
    _check_groups(packs, places, lists, common)
    digest = policy_digest(((pack.benefit, pack.digest) for pack in packs.values()), shared)
    return Policy(packs, _commons(packs, lists), digest, dict(files))


def _check_name(item: Item, pack: Pack, known: Mapping[str, Pack]) -> None:
    if pack.benefit in known:
        raise item.error(f"benefit `{pack.benefit}` has a pack already", "Keep one file a benefit, with dated values")
    if item.file.rpartition("/")[2] != pack.benefit + SUFFIX:
        raise item.error(
            f"benefit `{pack.benefit}` does not stand in a file of its name", f"Rename to {pack.benefit}.yaml"
        )


def _check_groups(packs: Mapping[str, Pack], places: Mapping[str, Item], lists: Lists, common: Item) -> None:
    """Those who exclude each other must be of one unit, or a household and its member would never meet."""
    first: dict[str, Pack] = {}
    for benefit, pack in packs.items():
        for row in pack.entitlement.exclusivity:
            other = first.setdefault(row.group, pack)
            if other.unit is not pack.unit:
                units = f"{other.benefit} is per {other.unit}, {benefit} per {pack.unit}"
                what = f"exclusivity group `{row.group}` spans units: {units}"
                raise below(places[benefit], "entitlement", "exclusivity").error(what, "Use a group for each unit")
    for group in lists.groups:
        if group not in first:
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
