"""What would be decided now: the same as is decided when the file is published, and nothing is kept."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from events.envelope import Event, encode, format_time
from events.reasons import REASONS_BY_NUMBER
from events.states import STATES_BY_NUMBER
from pipeline.cli.console import CommandError
from tests.births import closed, declared, event, mother
from tests.stack.answers.conftest import Ask, Run
from tests.stack.answers.stories import KHR_400_000, requested
from tests.stack.decide.conftest import Desk

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file as `spp publish` takes it: these events, then these raw lines."""

    def to_file(events: Sequence[Event], *raw: bytes) -> str:
        lines = [
            msgspec.json.encode({"type": e.type, "id": e.id, "time": format_time(e.time_us), "data": e.data})
            for e in events
        ]
        file = tmp_path / "events.jsonl"
        file.write_bytes(b"\n".join((*lines, *raw)))
        return str(file)

    return to_file


def decided(desk: Desk, *events: Event) -> None:
    desk.publish(events)
    desk.decide()


def counts(desk: Desk) -> dict[str, Any]:
    tables = [
        name
        for (name,) in desk.rows(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
    ]
    return {
        name: desk.rows(f"select md5(coalesce(string_agg(t::text, ';' order by t::text), '')) from {name} t")
        for name in tables
    }


FILES = {
    "a mother nobody knew": [mother(2)[0], *mother(2)[2:3]],
    "the missing enrolment, told with another request": [mother(3)[0], requested("LATE", "0000000003")],
    "a birth asked for twice": [requested("AGAIN", "0000000001", time="2018-02-20T08:00:00+07:00")],
    "one asked earlier than the one that has it": [requested("EARLY", "0000000001", time="2018-02-01T08:00:00+07:00")],
    "too much asked for": [requested("MUCH", "0000000001", amount={"amount": "500000", "currency": "KHR"})],
    "a request id used again": [requested("N1", "0000000009", event_id="asked-n1-again")],
    "after the close": [closed("nssf"), requested("CLOSED", "0000000001", time="2018-02-21T08:00:00+07:00")],
    "evidence taken back": [
        requested("X", "0000000004"),
        event(
            "nssf", "event.retracted", "sorry", "2018-02-12T08:00:00+07:00",
            {"event": {"source": "nssf", "id": "enrolled-1"}, "reason": "error"},
        ),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_what_is_said_is_what_is_decided_when_it_is_published(desk: Desk, ask: Ask, write: Write, name: str) -> None:
    events = FILES[name]
    ours = [e for e in events if e.source == "nssf"]
    decided(desk, *mother(1)[:3], *mother(3)[1:3])
    told = ask("precheck", write(ours), "--as", "nssf", code=None)
    decided(desk, *ours)
    states = desk.rows(
        "select distinct on (subject) source, event_id, state, reasons, amount_minor from decision"
        " order by subject, version desc"
    )
    became = {(source, event_id): row for source, event_id, *row in states}
    requests = [e for e in ours if e.type == "payment.requested"]
    assert [answer["request_id"] for answer in told["requests"]] == [
        getattr(e.data, "request_id", "") for e in requests
    ]
    for request, answer in zip(requests, told["requests"], strict=True):
        state, reasons, amount = became[(request.source, request.id)]
        assert answer["state"] == STATES_BY_NUMBER[state].value
        assert [item["reason"] for item in answer["reasons"]] == [REASONS_BY_NUMBER[number] for number in reasons]
        assert answer["amount"] == (None if amount is None else {"amount": str(amount), "currency": "KHR"})
    changed = {row["request_id"]: row["after"] for row in told["changes"]}
    for (source, event_id), (state, _, _) in became.items():
        if (source, event_id) == ("nssf", "asked-1") and "N1" in changed:
            assert changed["N1"] == STATES_BY_NUMBER[state].value


def test_nothing_is_kept(desk: Desk, run: Run, write: Write) -> None:
    decided(desk, *mother(1))
    before = counts(desk)
    file = write([*mother(2)[::2], declared("nssf", "NB", 2, 800_000), closed("nssf")])
    assert "Nothing was kept." in run("precheck", file, "--as", "nssf", code=1).stdout
    assert counts(desk) == before


def test_who_would_win_and_whose_decision_would_change_is_told(desk: Desk, run: Run, ask: Ask, write: Write) -> None:
    decided(desk, *mother(1)[:3])
    file = write([requested("EARLY", "0000000001", time="2018-02-05T08:00:00+07:00")])
    told = ask("precheck", file, "--as", "nssf")
    assert told["requests"][0]["state"] == "approved"
    assert told["changes"] == [{"source": "nssf", "request_id": "N1", "before": "approved", "after": "rejected"}]
    file = write([requested("LATE", "0000000001", time="2018-02-15T08:00:00+07:00")])
    assert ask("precheck", file, "--as", "nssf", code=1)["requests"][0]["won_by"]["request_id"] == "N1"
    assert (
        "rejected          This entitlement has already been claimed"
        in run("precheck", file, "--as", "nssf", code=1).stdout
    )


def test_what_is_recorded_and_not_decided_yet_is_reckoned_in(desk: Desk, ask: Ask, write: Write) -> None:
    decided(desk, *mother(1)[:1])
    desk.publish(mother(1)[1:2])
    told = ask("precheck", write(mother(1)[2:3]), "--as", "nssf")
    assert (told["requests"][0]["state"], told["undecided"]) == ("approved", 1)


def test_a_complete_batch_is_told(desk: Desk, ask: Ask, write: Write) -> None:
    decided(desk, *mother(1)[:3])
    file = write([requested("TWO", "0000000002", amount=KHR_400_000), declared("nssf", "NB", 2, 800_000)])
    assert ask("precheck", file, "--as", "nssf", code=1)["batches"] == [
        {"source": "nssf", "batch_id": "NB", "known": 2, "declared": 2, "complete": True}
    ]


def test_a_request_recorded_already_is_told_as_it_stands(desk: Desk, ask: Ask, write: Write) -> None:
    decided(desk, *mother(1)[:3], declared("nssf", "NB", 1, 400_000))
    told = ask("precheck", write(mother(1)[2:3]), "--as", "nssf")
    assert [(row["new"], row["state"]) for row in told["requests"]] == [(False, "submitted")]


def test_bad_lines_are_named_with_the_reason_quarantine_would_give(
    desk: Desk, run: Run, ask: Ask, write: Write
) -> None:
    decided(desk, *mother(1))
    other_bytes = requested("N1", "0000000002", event_id="asked-1")
    unknown = requested("U", "0000000001", benefit="nssf.maternal.nothing")
    future = requested("F", "0000000001", time="2199-01-01T08:00:00+07:00")
    foreign = event(
        "registry", "person.died", "dead", "2018-03-01T08:00:00+07:00", {"sp_id": "0000000001", "died_on": "2018-02-28"}
    )
    scheme = event(
        "nssf", "person.enrolled", "school", "2018-03-01T08:00:00+07:00",
        {
            "sp_id": "0000000001", "scheme": "scholarship", "enrolment_id": "S", "birth_date": "1990", "sex": "F",
            "valid_from": "2018-01-01", "valid_until": None,
        },
    )  # fmt: skip
    household = event(
        "idpoor", "household.revoked", "r", "2018-03-01T08:00:00+07:00",
        {"household_id": "HH", "revoked_on": "2018-03-01", "reason": "moved"},
    )  # fmt: skip
    file = write([other_bytes, unknown, future, foreign, scheme, household], b"", b'{"type": 1}', b"nothing")
    told = ask("precheck", file, "--as", "nssf", code=3)
    assert [(bad["line"], bad["reason"], bad["field"]) for bad in told["bad"]] == [
        (1, "conflict", "id"),
        (2, "unknown_code", "data.benefit"),
        (3, "time_in_future", "time"),
        (5, "not_authorised", "data.scheme"),
        (6, "not_authorised", "type"),
        (8, "schema", "type"),
        (9, "not_json", ""),
    ]
    assert (
        "line 2, data.benefit: no policy pack lists the benefit" in run("precheck", file, "--as", "nssf", code=3).stderr
    )


def test_without_a_source_each_line_is_a_whole_event(desk: Desk, ask: Ask, write: Write) -> None:
    decided(desk, mother(1)[0])
    told = ask("precheck", write([], encode(mother(1)[1]), encode(mother(1)[2]), b"{}"), code=3)
    assert [row["state"] for row in told["requests"]] == ["approved"]
    assert [(bad["line"], bad["reason"]) for bad in told["bad"]] == [(3, "not_an_event")]


def test_a_file_that_cannot_be_read_is_wrong_usage(run: Run) -> None:
    with pytest.raises(CommandError, match="nowhere cannot be read"):
        run("precheck", "nowhere", "--as", "nssf")
