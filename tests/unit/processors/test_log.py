"""All that stands in the log after a few stories, field by field: `log.txt`, from the stories of `log.yaml`.

After a meant change `python -m tests.unit.processors.test_log` writes `log.txt` anew; read what it changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from enum import Enum
from pathlib import Path

from ledger.model.account import Account
from processors.entries import DecisionEntry, TransferEntry
from processors.memory import World
from processors.outcome import Asked, Frozen
from tests.cases.test_cases import Case, check, read

STORIES = Path(__file__).with_name("log.yaml")
TOLD = Path(__file__).with_name("log.txt")
APART = frozenset({"subject", "line_id", "event", "policy_digest", "frozen", "asked", "dimensions", "won_by"})


def plain(value: object) -> str:
    """A value as a reader of a text would want it."""
    if isinstance(value, Asked):
        value = (value.name, value.verdict, value.reason, value.parameters, value.evidence)
    if isinstance(value, Mapping):
        value = tuple(value.items())
    if isinstance(value, tuple):
        return "(" + ", ".join(plain(each) for each in value) + ")"
    if isinstance(value, Enum):
        return value.name.lower()
    return f"{value.hex()[:12]} of {len(value)} bytes" if isinstance(value, bytes) else str(value)


def transfer(entry: TransferEntry) -> str:
    """One line a transfer."""
    draft = entry.draft
    words = [f"  {entry.leaf_no}. version {entry.version} leg {entry.leg} {plain(draft.step)} {draft.amount_minor}"]
    words += [f"from {account(draft.credit)} to {account(draft.debit)} on {draft.effective_date}"]
    words += [f"reverses {draft.reverses}"] if draft.reverses is not None else []
    return " ".join(words)


def account(told: Account) -> str:
    """What stands in an account's code, and its dimensions beside the code."""
    return f"{told.code} [{told.programme} {told.fund} {told.area} {told.cofog} {told.gfsm}]"


def decision(entry: DecisionEntry, world: World) -> Iterator[str]:
    """A few lines a decision; digests of packs are compared, not told: they change with every pack."""
    told = entry.decision
    names = {each.decision.subject: each.decision.event.id for each in world.latest().values()}
    own = {told.line_id: "its line", None: "no line"}.get(told.subject, "a subject of its own")
    yield f"{entry.leaf_no}. version {entry.version} on {told.event.id}, {own}, {plain(told.subject)}"
    for field in fields(told):
        value = getattr(told, field.name)
        if field.name not in APART and value not in ((), {}, None, ""):
            yield f"  {field.name}: {plain(value)}"
    yield f"  books: {plain(told.dimensions)}" if told.position else "  books: nothing posted"
    if told.won_by is not None:
        yield f"  won_by: {names[told.won_by]}"
    for asked in told.asked:
        yield f"  asked: {plain(asked)}"
    if told.frozen is not None:
        yield f"  frozen: {frozen(told.frozen)}"
    yield f"  posted: {plain(tuple((item.step, item.bank, item.open) for item in entry.posted))}"
    pack = world.policy.packs.get(told.benefit)
    yield (
        f"  by the digest of {told.benefit}"
        if pack is not None and told.policy_digest == pack.digest
        else "  by no pack"
    )


def frozen(told: Frozen) -> str:
    """What submission fixed."""
    fixed = (told.event_id, told.amount_minor, told.currency, told.submission_no, told.inputs_digest, told.evidence)
    return plain(fixed)


def log(case: Case) -> str:
    """The log of a story as text."""
    world = World(case.policy)
    for event in case.events:
        world.publish(event)
        world.decide()
    check(case, world)
    rows = [f"# {case.name}"]
    for transfers, entry in world.log:
        rows += [transfer(each) for each in transfers]
        rows += decision(entry, world)
    rows += [f"alarm {alarm.value} {plain(line)}" for alarm, line in world.alarms]
    return "\n".join(rows) + "\n"


def test_the_log_holds_every_field_as_it_is_told_here() -> None:
    told = "\n".join(log(case) for case in read(STORIES))
    assert told.splitlines() == TOLD.read_text().splitlines(), "if meant: python -m tests.unit.processors.test_log"


if __name__ == "__main__":
    TOLD.write_text("\n".join(log(case) for case in read(STORIES)))
