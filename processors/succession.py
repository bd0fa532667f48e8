"""Claims of a household and of those that take it over: it excludes its heirs, and they never each other.

What a household has it holds on itself; where one replaces another, rows of two sides are added on the ancestor: its
own claim takes the side `own`, what an heir holds for the same takes the side `heir`, through any number of
replacements. So one own claim and any number of heirs' claims refuse each other, and the heirs do not. It is so for
what is of a day on which the one had taken over from the other; before it both were households of their own. What was
paid to a household for a later day, before that was known, is what those have that took it over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors import households
from processors.outcome import Claim, ClaimKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from processors.view import View

OWN, HEIR = "own", "heir"


def whole(view: View, holder: bytes, group: str, key: str, day: date) -> list[Claim]:
    """A claim that only one line may hold, for a person or household that asks for something of `day`."""
    claims = [Claim(ClaimKind.KEY, holder, group, key)]
    if holder[:1] == households.HOUSEHOLD:
        claims += _inherited(view, holder, f"{group}:heirs", (f"{group}:heirs",), key, day)
    return claims


def one_side(
    view: View, holder: bytes, group: str, key: str, side: str, others: Iterable[str], day: date
) -> list[Claim]:
    """A claim of one side, which refuses those of the other sides.

    The other side may be of another day. So what a household was paid before it was known to have been taken over by
    `day` is held as what those have that took it over.
    """
    if holder[:1] != households.HOUSEHOLD:
        return [Claim(ClaimKind.SIDE, holder, group, key, side=side)]
    against = tuple(f"{group}:{other}" for other in others)
    claims: dict[Claim, None] = {}
    for having in (holder, *households.successors(view, holder, day)):
        claims[Claim(ClaimKind.SIDE, having, group, key, side=side)] = None
        claims.update(dict.fromkeys(_inherited(view, having, f"{group}:{side}", against, key, day)))
    return list(claims)


def _inherited(view: View, holder: bytes, own: str, against: tuple[str, ...], key: str, day: date) -> list[Claim]:
    """The rows by which `holder` excludes its heirs under `own`, and is excluded by its ancestors under `against`."""
    claims = [
        Claim(ClaimKind.SIDE, ancestor, group, key, side=HEIR)
        for ancestor in households.ancestors(view, holder, day)
        for group in against
    ]
    if households.has_heirs(view, holder):
        claims.append(Claim(ClaimKind.SIDE, holder, own, key, side=OWN))
    return claims
