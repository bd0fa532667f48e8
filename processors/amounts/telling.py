"""What a table of figures is told by: the area or level of the household, the level of the facility."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.inquiry import Inquiry
    from processors.policy.model import Dimension
    from processors.policy.predicates import Outcome


TOLD_BY: Mapping[Dimension, Callable[[Inquiry], str | Outcome]] = {}
"""The one catalogue: the value of each dimension, or what is missing to tell it."""
