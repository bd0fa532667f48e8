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
from pipeline.scenarios.people import space_of
from tests.unit.scenarios.reading import first_told, told

if TYPE_CHECKING:
    from pathlib import Path


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
    wanted = {"person.enrolled", "condition.verified", "payment.requested", "batch.declared", "cycle.closed"}
    odd = {"event.retracted", "payment.withdrawn", "person.merged", "person.died", "facility.registered"}
    assert wanted | odd <= kinds


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


def test_every_cycle_in_which_something_is_asked_is_closed_once(written: Path) -> None:
    asked, closed = set(), Counter[tuple[str, str, str]]()
    for line in first_told(written):
        data = line.line["data"]
        if line.kind == "payment.requested":
            asked.add((line.source, data["benefit"], data["cycle"]))
        elif line.kind == "cycle.closed":
            closed[line.source, data["benefit"], data["cycle"]] += 1
    assert set(closed) == asked
    assert set(closed.values()) == {1}


def test_times_are_told_in_cambodia(written: Path) -> None:
    assert all(line.line["time"].endswith("+07:00") for line in told(written))


@pytest.mark.parametrize(
    ("name", "mothers", "babies", "riel"),
    [("births-2018", 38_997, 39_292, 15_716_800_000), ("births-2022", 55_770, 56_173, 22_469_200_000)],
)
def test_the_full_size_meets_the_published_figures(name: str, mothers: int, babies: int, riel: int) -> None:
    figures = SCENARIOS[name].births.figures
    assert (figures.mothers, figures.babies, figures.amount_riel) == (mothers, babies, riel)
    script = SCENARIOS[name].script("full", 1)
    assert script.posted == {"nssf.maternal.delivery": [mothers, riel]}


def test_a_size_in_proportion_meets_its_own_figures(written: Path) -> None:
    expected = files.read_expected(written)
    (posted,) = expected.posted
    assert posted.lines == expected.published.mothers == 1_000
    assert posted.amount == expected.published.amount == str(expected.published.babies * 400_000)


@pytest.mark.parametrize("size", ["tiny", "199", "-1", "0", "1e3"])
def test_a_size_that_cannot_be_is_refused(size: str) -> None:
    with pytest.raises(ScenarioError, match="size"):
        SCENARIOS["births-2018"].mothers(size)


def test_scenarios_and_sizes_share_no_person() -> None:
    tokens = [scenario.token(size, 1) for scenario in SCENARIOS.values() for size in ("small", "full")]
    assert len({space_of(token) for token in tokens}) == len(tokens) == 4
