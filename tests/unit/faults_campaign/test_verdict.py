"""The verdict counts what is missing and what is too much; a row with either does not hold."""

from collections import Counter
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from events.outgoing import Outgoing
from events.reasons import Reason
from events.topics import INPUT_TOPICS
from infra.faults import effects, page
from infra.faults.campaign import Result
from infra.faults.effects import OnTopics
from infra.faults.rows import ROWS, chosen
from infra.faults.verdict import Verdict
from ledger.store.records import Admitted, Refused

TOPIC_NO = 3
TOPIC = next(topic.name for topic in INPUT_TOPICS if topic.number == TOPIC_NO)


class _Admission:
    """Takes `source/id/…`, refuses everything else."""

    def admit_all(self, _topic: Any, _partition: int, records: Iterable[Any]) -> tuple[list[Admitted], list[Refused]]:
        admitted, refused = [], []
        for record in records:
            parts = record.value.decode().split("/")
            if len(parts) == 3:
                admitted.append(SimpleNamespace(source=parts[0], event_id=parts[1], value=record.value))
            else:
                refused.append(SimpleNamespace(source="mlvt", reason=Reason.SCHEMA))
        return admitted, refused  # type: ignore[return-value]  # stand-ins with the fields that are read


def _topics(*values: bytes) -> OnTopics:
    return OnTopics({(TOPIC_NO, 0, at): SimpleNamespace(value=value) for at, value in enumerate(values)})


def _due(topics: OnTopics, owners: dict[tuple[str, str], effects.Spot], *muted: str) -> Counter[str]:
    due = effects.intake_due(topics, _Admission(), owners, muted)  # type: ignore[arg-type]  # the same shape
    return Counter(f"{effect[0]} {effect[-1] if effect[0] == 'refused' else effect[2]}" for effect in due.elements())


def _verdict(lost: int = 0, double: int = 0, wrong: tuple[str, ...] = ()) -> Verdict:
    return Verdict(10, 20, 20 - lost + double, _some(lost), _some(double), 0, Counter(), list(wrong))


def _some(count: int) -> Counter[effects.Effect]:
    return Counter({("decision", number): 1 for number in range(count)})


def test_a_record_confirmed_and_not_on_its_topic_is_lost_and_one_sent_twice_is_no_double() -> None:
    confirmed = [Outgoing(TOPIC, None, value) for value in (b"nssf/a/1", b"nssf/b/1")]
    due = effects.published_due(confirmed)
    assert (due - effects.published_found(_topics(b"nssf/a/1", b"nssf/a/1"))).total() == 1
    found = effects.published_found(_topics(b"nssf/a/1", b"nssf/a/1", b"nssf/b/1"))
    assert (due - found, found - due) == (Counter(), Counter())
    assert (effects.published_found(_topics(b"nssf/c/1")) - due).total() == 1


def test_an_identity_is_due_once_and_other_bytes_of_it_conflict() -> None:
    topics = _topics(b"nssf/a/1", b"nssf/a/1", b"nssf/a/2", b"bad")
    assert _due(topics, {("nssf", "a"): (TOPIC_NO, 0, 0)}) == {
        "accepted a": 1,
        "refused conflict": 1,
        "refused schema": 1,
    }
    assert _due(topics, {("nssf", "a"): (TOPIC_NO, 0, 2)}) == {
        "accepted a": 1,
        "refused conflict": 2,
        "refused schema": 1,
    }
    assert _due(topics, {})["accepted a"] == 1, "an identity that nobody took is due all the same"


def test_of_a_muted_source_the_reason_is_nobodys_promise() -> None:
    assert _due(_topics(b"bad"), {}, "mlvt") == {"refused bad or muted": 1}


def test_an_equal_message_sent_again_is_counted_and_other_bytes_are_too_much() -> None:
    once = OnTopics(messages=[("sp.ledger.v1", b"1", b"block")])
    again = OnTopics(messages=[*once.messages, *once.messages])
    assert effects.messages_found(again) == (effects.messages_found(once)[0], 1)
    other = OnTopics(messages=[*once.messages, ("sp.ledger.v1", b"1", b"other")])
    assert (effects.messages_found(other)[0] - effects.messages_found(once)[0]).total() == 1


@pytest.mark.parametrize("verdict", [_verdict(lost=1), _verdict(double=2), _verdict(wrong=("1 marks are left",))])
def test_a_row_with_anything_lost_double_or_wrong_does_not_hold_and_says_so(verdict: Verdict) -> None:
    result = Result(ROWS[1], verdict)
    assert not result.holds
    assert page.told(result)
    assert Result(ROWS[1], _verdict()).holds
    assert not Result(ROWS[1]).holds, "a row that was not run holds nothing"
    assert not Result(ROWS[1], _verdict(), failure="not recovered").holds


def test_the_figures_on_the_page_are_those_of_the_verdict() -> None:
    assert page._cells(Result(ROWS[1], _verdict(lost=2, double=3), [1.25])) == (
        ROWS[1].name, "10", "20", "21", "2", "3", "1.2",
    )  # fmt: skip


def test_rows_are_chosen_by_name_with_the_one_they_are_compared_with() -> None:
    assert [row.name for row in chosen(["kafka-kill"])] == ["none", "kafka-kill"]
    assert chosen([]) == list(ROWS)
    assert len({row.name for row in ROWS}) == len(ROWS)
    with pytest.raises(KeyError):
        chosen(["earthquake"])
