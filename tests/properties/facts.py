"""Facts of a story, drawn one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from hypothesis import strategies as st

from events.catalogue import TYPES
from events.enrolment import PersonMerged
from events.envelope import Event
from tests.properties.cast import (
    CHILDREN,
    DAY_US,
    DAYS,
    DELIVERIES,
    FIRST_US,
    GRADES,
    MONTHS,
    MOTHERS,
    PERSONS,
    VISITS,
    Focus,
    T,
    often,
    one_of,
)


class FactTeller:
    """Draws events one by one; ids sort in another order than they are drawn."""

    def __init__(self, draw: st.DrawFn, focus: Focus) -> None:
        self.draw, self.focus = draw, focus
        self.events: list[Event] = []
        self.persons = draw(st.lists(one_of(PERSONS), min_size=1, max_size=4, unique=True))
        self.births = draw(st.lists(one_of(DELIVERIES), min_size=1, max_size=3, unique=True))
        self.visits = draw(st.lists(one_of(VISITS), min_size=1, max_size=3, unique=True))
        self.plain = draw(st.booleans())

    def tell(self, source: str, name: str, data: Mapping[str, object]) -> Event:
        """Add one event of this source, recorded on a drawn day: requests mostly before the closes, facts on any."""
        days = {"payment.requested": (0, 4), "cycle.closed": (3, DAYS - 1)}.get(name, (0, DAYS - 1))
        day = self.draw(st.integers(*days))
        event_id = f"{self.draw(one_of('abc'))}{len(self.events)}"
        struct = msgspec.convert(dict(data), TYPES[name].struct, strict=False)
        event = Event(source, event_id, name, FIRST_US + day * DAY_US, struct)
        self.events.append(event)
        return event

    def asked(self, usual: T, *seldom: T) -> T:
        """In a plain story every request asks for what there is; else mostly."""
        return usual if self.plain else self.draw(often(usual, *seldom))

    def ground(self) -> None:
        """What most stories stand on: everybody poor, enrolled, and with evidence of what the story is about."""
        if self.draw(often(True, False)):
            self.household(usual=True)
        for sp_id in self.persons:
            if self.draw(often(True, False)):
                self.enrolment(usual=sp_id)
        for _ in range(self.draw(st.integers(1, 3))):
            self.condition(usual=True)

    def household(self, *, usual: bool = False) -> Event:
        draw = self.draw
        members = self.persons if usual else draw(st.lists(one_of(self.persons), min_size=1, max_size=3, unique=True))
        return self.tell(
            "idpoor",
            "household.identified",
            {
                "household_id": draw(one_of(("H1", "H2", "H3"))),
                "level": "poor_1" if usual else draw(often("poor_1", "poor_2", "at_risk")),
                "commune": "010201",
                "area": "rural",
                "card_number": "card-1",
                "valid_from": "2023-01-01" if usual else draw(one_of(("2023-01-01", "2023-09-11", "2024-12-15"))),
                "valid_until": "2030-12-31" if usual else draw(often("2030-12-31", "2023-09-30")),
                "members": [_member(number, sp_id) for number, sp_id in enumerate(members)],
                "replaces": draw(often((), ("H1",), ("H2",))),
            },
        )

    def revocation(self) -> Event:
        household, day = self.draw(one_of(("H1", "H2", "H3"))), self.draw(one_of(("2023-08-01", "2023-09-20")))
        return self.tell(
            "idpoor", "household.revoked", {"household_id": household, "revoked_on": day, "reason": "moved"}
        )

    def enrolment(self, usual: str | None = None) -> Event:
        draw = self.draw
        pupil = "school_attendance" in self.focus.conditions and draw(often(True, False))
        data: dict[str, object] = {
            "sp_id": usual or draw(one_of(self.persons)),
            "scheme": "scholarship" if pupil else "nssf.worker",
            "enrolment_id": f"E{usual}" if usual else draw(one_of(("E1", f"E{self.persons[0]}"))),
            "birth_date": "1995",
            "sex": "F",
            "valid_from": "2022-01-01" if usual else draw(often("2022-01-01", "2023-09-11")),
            "valid_until": None if usual else draw(often(None, "2023-09-11")),
            "principal": draw(often(None, *MOTHERS)),
        }
        if pupil:
            data["grade"] = draw(often(*GRADES))
        return self.tell(draw(one_of(("nssf", "moeys"))), "person.enrolled", data)

    def withdrawal_from_scheme(self) -> Event:
        draw = self.draw
        scheme, enrolment = draw(one_of(("nssf.worker", "scholarship"))), draw(one_of(("E1", f"E{self.persons[0]}")))
        data = {"sp_id": draw(one_of(self.persons)), "scheme": scheme, "enrolment_id": enrolment, "reason": "left"}
        return self.tell(
            "nssf", "person.withdrawn", {**data, "withdrawn_on": draw(one_of(("2023-09-01", "2024-12-15")))}
        )

    def condition(self, *, usual: bool = False) -> Event:
        draw = self.draw
        condition = draw(one_of(self.focus.conditions))
        data: dict[str, object] = {
            "sp_id": draw(one_of(self.persons)),
            "condition": condition,
            "outcome": "met" if usual else draw(often("met", "not_met")),
            "facility_id": draw(one_of((None, "F1"))),
        }
        if condition == "school_attendance":
            data["month"] = draw(one_of(MONTHS))
            data["measure"] = draw(often(None, {"attendance_percent": 79}, {"attendance_percent": 80}))
        elif condition == "delivery":
            data["on"] = draw(one_of(self.births))
            data["measure"] = draw(often(None, {"babies": 2}, {"stillborn": 1}, {"gestation_weeks": 25}, {"babies": 1}))
            data["child_sp_id"] = draw(one_of((None, None, *CHILDREN)))
        else:
            data["on"] = draw(one_of(self.visits))
            data["birth_on"] = draw(often(None, *self.births))
            data["due_on"] = draw(often(None, *self.births))
            data["child_sp_id"] = draw(often(None, *CHILDREN))
        return self.tell(draw(one_of(("pmrs", "nssf", "hef"))), "condition.verified", data)

    def death(self) -> Event:
        day = self.draw(one_of(("2023-09-10", "2024-12-20")))
        return self.tell("registry", "person.died", {"sp_id": self.draw(one_of(self.persons)), "died_on": day})

    def merge(self) -> Event:
        """A merge; every other one corrects one told before, if there is one."""
        before = [event.data.sp_id for event in self.events if isinstance(event.data, PersonMerged)]
        correct: bool = self.draw(st.booleans())
        usual = before if before and correct else self.persons
        retired = self.draw(one_of((*usual, CHILDREN[1])))
        kept = self.draw(one_of([sp_id for sp_id in PERSONS if sp_id != retired]))
        return self.tell("registry", "person.merged", {"sp_id": retired, "into": kept, "merged_on": "2024-12-01"})

    def facility(self) -> Event:
        data = {"facility_id": "F1", "level": self.draw(one_of(("private", "hc"))), "commune": "010201", "schemes": []}
        return self.tell("pmrs", "facility.registered", {**data, "valid_from": "2020-01-01", "valid_until": None})

    def fact(self) -> Event:
        kinds: list[Callable[[], Event]] = [*[self.household] * 3, *[self.enrolment] * 3, *[self.condition] * 6]
        kinds += [
            self.revocation,
            self.withdrawal_from_scheme,
            self.death,
            self.merge,
            self.merge,
            self.merge,
            self.facility,
            self.facility,
        ]
        tell: Callable[[], Event] = self.draw(one_of(kinds))
        return tell()


def _member(number: int, sp_id: str) -> dict[str, object]:
    return {
        "sp_id": sp_id,
        "member_no": number,
        "birth_date": "1995",
        "sex": "F",
        "head": number == 0,
        "traits": [],
    }
