from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from events.catalogue import TYPES
from events.topics import TOPICS
from pipeline.codes import check_codes
from pipeline.policy_files import load
from pipeline.scenarios import files
from pipeline.scenarios.catalogue import SCENARIOS, ScenarioError
from pipeline.scenarios.script import RESERVOIR_LINES, SPACE, Line, Reservoir, Script, Wave, space_of
from pipeline.scenarios.sinks import WINDOW_LINES, EventFile
from tests.unit.scenarios.reading import first_told, told

if TYPE_CHECKING:
    from pathlib import Path


PERSONS_A_UNIT_MAX = 10
"""SP-IDs given for one unit of a size, at most."""
UNITS_TOLD_MAX = 5_000
"""Full sizes above this are told in part only, to keep the tests short."""


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_the_same_seed_writes_the_same_bytes(written: Path, tmp_path: Path) -> None:
    name = files.read_manifest(written).scenario
    files.write(SCENARIOS[name], "small", 1, tmp_path)
    assert contents(tmp_path) == contents(written)


def test_another_seed_writes_other_events_and_expects_the_same_money(written: Path, tmp_path: Path) -> None:
    name = files.read_manifest(written).scenario
    files.write(SCENARIOS[name], "small", 2, tmp_path)
    assert files.read_expected(tmp_path).posted == files.read_expected(written).posted
    ours = {line.identity for line in told(tmp_path)}
    assert ours.isdisjoint({line.identity for line in told(written)})


def test_every_event_is_as_the_contract_says_and_on_its_topic(written: Path) -> None:
    codes = load().commons.codes
    kinds = set()
    for line in told(written):
        event = line.event()
        check_codes(event.data, codes)
        assert TOPICS[f"sp.{line.topic}.v1"].name in TYPES[line.kind].topics
        kinds.add(line.kind)
    assert {"payment.requested", "batch.declared", "facility.registered"} <= kinds
    if files.read_manifest(written).scenario.startswith("births"):
        odd = {"event.retracted", "payment.withdrawn", "person.merged", "person.died"}
        assert {"person.enrolled", "condition.verified"} | odd <= kinds


def test_the_records_are_counted_as_they_are_written(written: Path) -> None:
    expected = files.read_expected(written)
    manifest = files.read_manifest(written)
    seen: dict[tuple[str, str], dict[str, object]] = {}
    replays = conflicts = 0
    for line in told(written):
        if line.identity not in seen:
            seen[line.identity] = line.line
        elif seen[line.identity] == line.line:
            replays += 1
        else:
            conflicts += 1
    assert len(seen) == expected.records.accepted
    assert replays == expected.records.replayed > 0
    assert conflicts == expected.quarantined["conflict"] > 0
    assert manifest.records == expected.records.published
    assert expected.records.quarantined == sum(expected.quarantined.values())
    kinds = Counter(line.kind for line in first_told(written))
    assert dict(kinds) == expected.accepted_by_type


def test_control_totals_are_those_of_the_requests(written: Path) -> None:
    requests: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    declared: dict[tuple[str, str], dict[str, object]] = {}
    first: dict[tuple[str, str], str] = {}
    for line in sorted(first_told(written), key=lambda told_line: str(told_line.line["time"])):
        data = line.line["data"]
        if line.kind == "payment.requested":
            key = (line.source, data["request_id"])
            batch = first.setdefault(key, data["batch_id"])
            requests[line.source, batch].setdefault(
                data["request_id"], int(data.get("amount", {"amount": 0})["amount"])
            )
        elif line.kind == "batch.declared":
            declared[line.source, data["batch_id"]] = data
    assert declared.keys() == requests.keys()
    for key, data in declared.items():
        totals = data["totals"]
        assert isinstance(totals, list)
        assert data["count"] == len(requests[key])
        assert sum(int(total["amount"]) for total in totals) == sum(requests[key].values())


def test_every_cycle_in_which_nothing_is_left_waiting_is_closed_once(written: Path) -> None:
    asked, closed = set(), Counter[tuple[str, str, str]]()
    for line in first_told(written):
        data = line.line["data"]
        if line.kind == "payment.requested":
            asked.add((line.source, data["benefit"], data["cycle"]))
        elif line.kind == "cycle.closed":
            closed[line.source, data["benefit"], data["cycle"]] += 1
    waiting = {row.benefit for row in files.read_expected(written).decisions if row.state == "pended"}
    assert {key for key in asked if key[1] not in waiting} <= set(closed) <= asked
    assert set(closed.values()) <= {1}


def test_times_are_told_in_cambodia(written: Path) -> None:
    assert all(line.line["time"].endswith("+07:00") for line in told(written))


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("size", ["small", "full"])
def test_the_requests_told_come_to_what_the_rule_gives(name: str, size: str) -> None:
    programme, quantity = SCENARIOS[name].programme, SCENARIOS[name].quantity(size)
    quantity = min(quantity, UNITS_TOLD_MAX)
    script = SCENARIOS[name].tell(str(quantity), 1, Nowhere())
    for figure in programme.published(quantity):
        if figure.measure != "told":
            posted = [script.posted.get(benefit, [0, 0])[figure.measure == "amount"] for benefit in figure.benefits]
            assert sum(posted) == figure.rule, figure.name


@pytest.mark.parametrize("name", SCENARIOS)
def test_at_full_size_each_difference_from_a_published_figure_is_known_and_told(name: str) -> None:
    programme = SCENARIOS[name].programme
    for figure in programme.published(programme.full):
        if figure.published is not None:
            assert figure.rule - figure.published == figure.difference, figure.name
            assert figure.source.title
            assert figure.source.href.startswith("http")
            assert figure.note or not figure.difference
        assert figure.note or figure.status == "confirmed", figure.name


@pytest.mark.parametrize(
    ("name", "riel"),
    [("births-2018", 15_716_800_000), ("births-2022", 22_469_200_000)],
)
def test_the_full_size_comes_to_the_riel_by_the_rule(name: str, riel: int) -> None:
    programme = SCENARIOS[name].programme
    assert programme.published(programme.full)[0].rule == riel


@pytest.mark.parametrize("size", ["tiny", "1", "-1", "0", "1e3"])
def test_a_size_that_cannot_be_is_refused(size: str) -> None:
    for scenario in SCENARIOS.values():
        with pytest.raises(ScenarioError, match="size"):
            scenario.quantity(size)


def test_scenarios_and_sizes_share_no_person() -> None:
    spaces: list[int] = []
    for scenario in SCENARIOS.values():
        for size in dict.fromkeys(scenario.quantity(size) for size in ("small", "medium", "full")):
            first = space_of(scenario.token(str(size), 1))
            millions = 1 + PERSONS_A_UNIT_MAX * size // SPACE
            spaces += [(first + number) % 10_000 for number in range(millions)]
    assert len(set(spaces)) == len(spaces)
    assert not {1000, 2000} & set(spaces), "the examples of docs/example have these"


def test_a_sample_keeps_its_size_whatever_comes() -> None:
    kept = Reservoir(Script("sample", Nowhere()).rng)
    for number in range(3 * RESERVOIR_LINES):
        kept.offer(Line("nssf", "payment", str(number), b""))
    assert len({line.event_id for line in kept.lines}) == RESERVOIR_LINES
    assert any(int(line.event_id) >= 2 * RESERVOIR_LINES for line in kept.lines)


def test_a_file_larger_than_its_window_is_shuffled_and_whole(tmp_path: Path) -> None:
    file = EventFile(tmp_path / "one.jsonl", Script("sample", Nowhere()).rng)
    lines = [str(number).encode() for number in range(2 * WINDOW_LINES)]
    for line in lines:
        file.add(line)
    file.close()
    found = (tmp_path / "one.jsonl").read_bytes().splitlines()
    assert sorted(found) == sorted(lines)
    assert found != lines
    assert file.records == len(lines)


class Nowhere:
    """A sink that keeps nothing."""

    def put(self, _wave: Wave, _line: Line) -> None:
        """Let it go."""
