"""The codes a record may carry, gathered from the packs and the commons; admission reads nothing else of policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.policy.model import CodeLists

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.policy.loader.commons import Lists
    from processors.policy.model import Pack, Policy


def code_lists(packs: Mapping[str, Pack], lists: Lists) -> CodeLists:
    """Benefits with their unit, `for` shape and scheme, and every list of the commons."""
    return CodeLists(
        benefits={benefit: pack.unit for benefit, pack in packs.items()},
        shapes={benefit: pack.shape for benefit, pack in packs.items()},
        benefit_schemes={benefit: pack.scheme for benefit, pack in packs.items()},
        schemes=frozenset(lists.of("schemes")),
        conditions=frozenset(lists.of("conditions")),
        services=frozenset(lists.of("services")),
        traits=frozenset(lists.of("traits")),
        categories=frozenset(lists.of("categories")),
        payment_types=frozenset(lists.payment_types),
    )


def codes(policy: Policy) -> CodeLists:
    """The codes admission checks a record against."""
    return policy.commons.codes
