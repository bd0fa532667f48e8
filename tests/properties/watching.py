"""What the stories of a property came to, for `--hypothesis-show-statistics`: nothing is asserted here."""

from __future__ import annotations

from hypothesis import event

from events.states import LineState
from ledger.model.rows import DecisionKind
from processors.memory import World

PAID = frozenset(
    {LineState.APPROVED, LineState.SUBMITTED, LineState.CERTIFIED, LineState.INSTRUCTED, LineState.SETTLED}
)


def watch(world: World) -> None:
    """Tell which benefits are paid, which states and reasons occur, and whether money is to come back."""
    for entry in world.latest().values():
        decision = entry.decision
        if decision.kind is not DecisionKind.DECIDED:
            if decision.kind is DecisionKind.RECOVERY_PROPOSED and decision.amount_minor:
                event("recovery proposed")
            continue
        event(f"state {decision.state.value}")
        if decision.state in PAID:
            event(f"paid {decision.benefit}")
        for reason in decision.reasons:
            event(f"reason {reason.value}")
