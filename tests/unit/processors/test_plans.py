"""What each step of a few stories plans besides decisions: `plans.txt`, from the stories of `log.yaml`.

After a meant change `python -m tests.unit.processors.test_plans` writes `plans.txt` anew; read what it changed.
"""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from processors.desk import Plan
from processors.memory import World
from tests.cases.test_cases import Case, read

STORIES = Path(__file__).with_name("log.yaml")
TOLD = Path(__file__).with_name("plans.txt")
APART = frozenset({"states", "decisions"})


class Watched(World):
    """A world that remembers what its steps planned."""

    plans: list[Plan]

    def _write(self, plan: Plan) -> None:
        self.plans.append(plan)
        super()._write(plan)


def plain(value: object) -> str:
    """A value as a reader of a text would want it; entities by their letter and name."""
    if isinstance(value, bytes):
        name = value[1:] if value[:1] in {b"P", b"H", b"C", b"B", b"F", b"N"} else b""
        return value[:1].decode() + " " + name.replace(b"\0", b" ").decode() if name.isascii() and name else value.hex()
    if isinstance(value, tuple | list):
        return "(" + ", ".join(plain(each) for each in value) + ")"
    return str(value)


def rows(plan: Plan) -> Iterator[str]:
    """A line for each thing planned; what has no order is sorted."""
    for field in fields(plan):
        value = getattr(plan, field.name)
        if field.name in APART or not value:
            continue
        if isinstance(value, int):
            yield f"  {field.name}: {value}"
        else:
            each = [plain(item) for item in value]
            yield from (f"  {field.name}: {item}" for item in (sorted(each) if isinstance(value, set) else each))
    yield f"  states: {plain(sorted(plan.states))}"


def plans(case: Case) -> str:
    """The plans of a story: after each of its events, then of all of it at once."""
    world = Watched(case.policy)
    world.plans = []
    for event in case.events:
        world.publish(event)
        world.decide()
    at_once = Watched(case.policy)
    at_once.plans = []
    for event in case.events:
        at_once.publish(event)
    at_once.decide()
    told = [f"# {case.name}"]
    for plan in (*world.plans, *at_once.plans):
        told += ["step", *rows(plan)]
    return "\n".join(told) + "\n"


def test_every_step_plans_what_is_told_here() -> None:
    told = "\n".join(plans(case) for case in read(STORIES))
    assert told.splitlines() == TOLD.read_text().splitlines(), "if meant: python -m tests.unit.processors.test_plans"


if __name__ == "__main__":
    TOLD.write_text("\n".join(plans(case) for case in read(STORIES)))
