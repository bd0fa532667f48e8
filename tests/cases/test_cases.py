"""The cases of the YAML files beside this one: events in, decisions and money out. Their form is told in README.md."""

import random
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from events.catalogue import TYPES
from events.envelope import Event, parse_time
from events.identity import instruction_id, line_id
from events.payment import PaymentRequested
from events.reasons import REASONS, Kind, Reason
from events.sources import is_source, to_urn
from events.states import LineState
from ledger.model.rows import DecisionKind
from pipeline.policy_files import load
from pipeline.policy_files import read as read_files
from processors.calendar import first_of_month, months_before
from processors.memory import World
from processors.policy.loader import parse
from processors.policy.model import Policy
from processors.policy.terms import TERMS

POLICY = load()
HERE = Path(__file__).parent
PERSONS = frozenset({"sp_id", "into", "principal", "child_sp_id", "in_respect_of"})
FOR = frozenset({"on", "month", "round", "number", "birth_on", "due_on", "encounter_id", "from", "until"})
MEASURES = frozenset({"babies", "stillborn", "gestation_weeks", "attendance_percent", "degree_percent"})
SHOWN_AS_CREDIT = frozenset({"payable", "clearing", "cash", "suspense", "budget:available"})
ALWAYS_TOLD = frozenset({"payable", "clearing", "cash", "expense", "suspense"})
FREEZING = "batch.declared"
PARTS = frozenset({"name", "given", "then", "money", "recoveries", "claims"})
PAYMENT_TYPES = {words.english: code for code, words in TERMS["payment_types"].items()}
PAYEE = {"channel": "wallet", "provider": "wing", "account_ref": "token-1", "role": "self"}
FACILITY = {"channel": "facility", "provider": "treasury", "account_ref": "token-2", "role": "facility"}
DEFAULTS: dict[str, dict[str, object]] = {
    "household.identified": {
        "household_id": "H1",
        "commune": "010201",
        "area": "rural",
        "card_number": "card-1",
        "valid_until": "2030-12-31",
    },
    "household.revoked": {"household_id": "H1", "reason": "fraud"},
    "person.enrolled": {"birth_date": "1995", "sex": "F", "valid_until": None},
    "person.withdrawn": {"reason": "left"},
    "person.registered": {"birth_date": "1995", "sex": "F", "aliases": []},
    "facility.registered": {"commune": "010201", "schemes": [], "valid_until": None},
    "condition.verified": {"outcome": "met"},
    "encounter.recorded": {"facility_id": "health_centre", "ended_on": None},
    "contribution.recorded": {"scheme": "nssf.worker", "branch": "health_care", "contributory_wage": "1_000_000"},
    "payment.requested": {"payee": PAYEE},
    "payment.withdrawn": {"reason": "error"},
    "line.certified": {"certificate_id": "certificate-1"},
    "line.refused": {"reason": "unsupported"},
    "payment.settled": {"message_id": "message-1"},
    "payment.returned": {"message_id": "message-1"},
    "payee.changed": {"payee": PAYEE, "reason": "account_closed"},
    "instruction.rejected": {"message_id": "message-1", "reason": "AC04"},
    "event.retracted": {"reason": "error"},
}
"""What a case need not say of an event."""


@dataclass
class Case:
    """One case as read: events in the order they arrive, and what must come of each request."""

    name: str
    policy: Policy
    events: list[Event] = field(default_factory=list)
    then: dict[str, str] = field(default_factory=dict)
    money: dict[str, str] = field(default_factory=dict)
    recoveries: dict[str, str] = field(default_factory=dict)
    claims: dict[str, list[str]] | None = None
    persons: dict[str, str] = field(default_factory=dict)


class Reader:
    """Turns the short form into events: names of persons into SP-IDs, names of requests into lines."""

    def __init__(self) -> None:
        self.persons: dict[str, str] = {}
        self.ids: dict[str, tuple[str, str]] = {}
        self.count = 0

    def events(self, told: dict[str, dict[str, Any]]) -> list[Event]:
        """One line of a case; `months: 2023-01..2023-09` stands for one event a month."""
        ((headline, short),) = told.items()
        if "months" not in short:
            return [self.event(told)]
        first, last = short["months"].split("..")
        end = first_of_month(last)
        months = [month for month in months_before(end, 24) if month >= first_of_month(first)]
        each = {key: value for key, value in short.items() if key not in {"months", "as"}}
        found = []
        for text in (f"{month:%Y-%m}" for month in (*months, end)):
            named = {"as": f"{short['as']}-{text}"} if "as" in short else {}
            found.append(self.event({headline: {**each, **named, "month": text}}))
        return found

    def event(self, told: dict[str, dict[str, Any]]) -> Event:
        ((headline, short),) = told.items()
        when, source, name = headline.split()
        assert is_source(source), f"{headline}: no source of the contract"
        self.count += 1
        time_us = parse_time(f"{when}:00+07:00" if "T" in when else f"{when}T09:00:00+07:00")
        assert time_us is not None, f"{headline}: no time"
        data = {**DEFAULTS.get(name, {}), **short}
        event_id = str(data.pop("as", f"event-{self.count}"))
        data = self._filled(name, source, event_id, when[:7], self._named(data))
        struct = msgspec.convert(data, TYPES[name].struct, strict=False)
        if isinstance(struct, PaymentRequested):
            self.ids[event_id] = (source, struct.request_id)
        else:
            self.ids.setdefault(event_id, (source, event_id))
        return Event(source, event_id, name, time_us, struct)

    def _named(self, data: dict[str, Any]) -> dict[str, Any]:
        return {key: self._person(value) if key in PERSONS else value for key, value in data.items()}

    def _person(self, name: str) -> str:
        return self.persons.setdefault(name, f"{len(self.persons) + 1:010d}")

    def _filled(self, name: str, source: str, event_id: str, month: str, data: dict[str, Any]) -> dict[str, Any]:
        if name == "payment.requested":
            data["for"] = {key: data.pop(key) for key in FOR & data.keys()}
            if "encounter_id" in data["for"] and data["payee"] is PAYEE:
                data["payee"] = FACILITY
            data = {"request_id": event_id, "batch_id": f"{data['benefit']}-{month}", **data}
        elif name in {"condition.verified", "encounter.recorded", "contribution.recorded"}:
            data = self._evidence(name, event_id, data)
        elif name == "household.identified":
            data["members"] = [self._member(number, member) for number, member in enumerate(data["members"], start=1)]
        elif name in {"person.enrolled", "person.withdrawn"}:
            data.setdefault("enrolment_id", f"{data['scheme']}-{data['sp_id']}")
        elif name == FREEZING:
            data = {"batch_id": f"{data['benefit']}-{month}", "cycle": month, **data}
            data["totals"] = [_money(data["totals"])] if "totals" in data else []
        elif name == "event.retracted":
            data["event"] = {"source": source, "id": data.pop("of")}
        if "line" in data:
            data |= self._line(name, data.pop("line"), int(data.pop("attempt", "1")))
        if "amount" in data:
            data["amount"] = _money(data["amount"])
        return data

    def _evidence(self, name: str, event_id: str, data: dict[str, Any]) -> dict[str, Any]:
        if name == "encounter.recorded":
            return {"encounter_id": event_id, **data, "payment_type": PAYMENT_TYPES[data["payment_type"]]}
        if name == "contribution.recorded":
            return {"paid_on": f"{data['month']}-15", **data, "contributory_wage": _money(data["contributory_wage"])}
        told = {key: data.pop(key) for key in MEASURES & data.keys()}
        return data | ({"measure": told} if told else {})

    def _member(self, number: int, told: str | dict[str, Any]) -> dict[str, object]:
        usual: dict[str, object] = {
            "sp_id": None,
            "member_no": number,
            "birth_date": "1995",
            "sex": "F",
            "head": number == 1,
            "traits": [],
        }
        named = {"sp_id": told} if isinstance(told, str) else told
        return usual | self._named(named)

    def _line(self, name: str, request: str, attempt: int) -> dict[str, str]:
        source, request_id = self.ids[request]
        line = line_id(to_urn(source), request_id).hex()
        if name.startswith("line."):
            return {"line_id": line, "batch_id": "any"}
        return {"instruction_id": instruction_id(line, attempt).hex()}


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount.replace("_", ""), "currency": "KHR"}


def _policy_beside(directory: Path) -> Policy:
    """The packaged policy, with the packs that a directory of cases has for itself."""
    own = directory / "policy"
    return parse({**read_files(), **read_files(own)}) if own.is_dir() else POLICY


def read(path: Path) -> list[Case]:
    """The cases of a file. Everything is read as text, so that `on` is a word and a date stays as written."""
    cases = []
    policy = _policy_beside(path.parent)
    for told in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader):
        assert set(told) <= PARTS, f"{path.name}: {told.get('name')}"
        reader = Reader()
        events = [event for item in told["given"] for event in reader.events(item)]
        requests = {event.id for event in events if event.type == "payment.requested"}
        assert set(told["then"]) == requests, f"{told['name']}: `then` must name every request and nothing else"
        cases.append(
            Case(
                told["name"], policy, events, told["then"], told.get("money") or {}, told.get("recoveries") or {},
                told.get("claims"), reader.persons,
            )
        )  # fmt: skip
    return cases


FILES = [*sorted(HERE.glob("*.yaml")), *sorted(HERE.glob("*/*.yaml"))]
CASES = {f"{path.stem}: {case.name}": case for path in FILES for case in read(path)}
TOLD = [text for case in CASES.values() for text in case.then.values()]


def decided(world: World, kind: DecisionKind) -> dict[str, str]:
    """The latest decision on each request by the id of its event, in the words of a case."""
    event_of = {entry.decision.subject: entry.decision.event.id for entry in world.latest().values()}
    found = {}
    for entry in world.latest().values():
        decision = entry.decision
        if decision.kind is not kind or (kind is DecisionKind.RECOVERY_PROPOSED and not decision.amount_minor):
            continue
        words = [decision.state.value] if kind is DecisionKind.DECIDED else []
        words += [str(decision.amount_minor)] if decision.amount_minor is not None else []
        words += [reason.value for reason in decision.reasons]
        words += [f"won_by {event_of[decision.won_by]}"] if decision.won_by is not None else []
        found[decision.event.id] = " ".join(words)
    return found


def written(told: dict[str, str]) -> dict[str, str]:
    """The decisions of a case in the same words: digits without `_`, single spaces."""
    return {name: " ".join(re.sub(r"(?<=\d)_(?=\d)", "", text).split()) for name, text in told.items()}


def balances(world: World) -> dict[str, int]:
    """What stands in each family of accounts, positive on the side where it usually stands."""
    sums: dict[str, int] = defaultdict(int)
    for code, amount_minor in world.balances().items():
        family = code.split("/")[0]
        family = family if family.startswith("budget") else family.split(":")[0]
        sums[family] += -amount_minor if family in SHOWN_AS_CREDIT else amount_minor
    return {family: amount for family, amount in sums.items() if amount}


def held(case: Case, world: World) -> dict[str, list[str]]:
    """The claims each request holds: what the tables hold a second time, in the words of a case."""
    names = {f"P{sp_id}".encode(): name for name, sp_id in case.persons.items()}
    event_of = {entry.decision.subject: entry.decision.event.id for entry in world.latest().values()}
    found: dict[str, list[str]] = {}
    for line, claim in world.live_claims():
        holder = names.get(claim.holder) or claim.holder[1:].decode()
        words = [claim.kind.value, holder, claim.group, claim.key]
        words += [claim.side] if claim.side else []
        words += [f"{claim.since} until {claim.until}"] if claim.since or claim.until else []
        found.setdefault(event_of[line], []).append(" ".join(words))
    return {name: sorted(claims) for name, claims in found.items()}


def check(case: Case, world: World) -> None:
    assert decided(world, DecisionKind.DECIDED) == written(case.then)
    assert decided(world, DecisionKind.RECOVERY_PROPOSED) == written(case.recoveries)
    stands = balances(world)
    expected = {family: int(amount.replace("_", "")) for family, amount in case.money.items()}
    told = {family: amount for family, amount in stands.items() if family in ALWAYS_TOLD | expected.keys()}
    assert told == expected
    if case.claims is not None:
        assert held(case, world) == {name: sorted(claims) for name, claims in case.claims.items()}


@pytest.mark.parametrize("name", CASES, ids=list(CASES))
def test_case(name: str) -> None:
    world = World(CASES[name].policy)
    for event in CASES[name].events:
        world.publish(event)
        world.decide()
    check(CASES[name], world)


SUBMITS_NOTHING = [name for name, case in CASES.items() if all(event.type != FREEZING for event in case.events)]


@pytest.mark.parametrize("name", SUBMITS_NOTHING, ids=SUBMITS_NOTHING)
def test_what_nobody_submitted_does_not_depend_on_order(name: str) -> None:
    events = CASES[name].events
    shuffled = random.Random(name).sample(events, len(events))  # noqa: S311 - the same order on every run
    for order in (events[::-1], shuffled, [*shuffled, *events]):
        world = World(CASES[name].policy)
        for event in order:
            world.publish(event)
        world.decide(at_once=3)
        check(CASES[name], world)


NOT_YET_REACHED = frozenset(
    {
        Reason.AWARD_MISSING,
        Reason.ON_HOLD,
    }
)
"""Reasons that no rule can give."""


@pytest.mark.parametrize("reason", [reason for reason, told in REASONS.items() if told.kind is not Kind.QUARANTINED])
def test_every_reason_the_packs_can_give_has_a_case(reason: Reason) -> None:
    assert any(reason.value in text.split() for text in TOLD) == (reason not in NOT_YET_REACHED)


@pytest.mark.parametrize("benefit", sorted(POLICY.packs))
def test_every_benefit_has_a_case_in_which_it_is_paid_or_in_which_its_unset_figure_is_waited_for(benefit: str) -> None:
    told = [
        case.then[event.id].split()
        for case in CASES.values()
        for event in case.events
        if isinstance(event.data, PaymentRequested) and event.data.benefit == benefit
    ]
    paid = any(words[0] == LineState.APPROVED.value for words in told)
    waits = any(Reason.AMOUNT_NOT_SET.value in words for words in told)
    assert paid or waits


def test_every_state_in_which_a_line_can_rest_has_a_case() -> None:
    passed_through = {LineState.CERTIFIED.value}
    assert {text.split()[0] for text in TOLD} == {state.value for state in LineState} - passed_through
