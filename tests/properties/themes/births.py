"""Stories of births: deliveries, visits before and after, mothers, children, and who else brings them."""

from __future__ import annotations

from events.verification import ConditionVerified
from tests.properties.cast import CHILDREN, often, one_of
from tests.properties.facts import everybody_enrolled, home, household
from tests.properties.teller import Teller, Theme

# Within one birth window, at its edges, beyond it, and across the day on which the second version of the rules begins.
DELIVERIES = ("2023-09-10", "2023-09-12", "2023-07-25", "2024-01-08", "2024-01-09")
VISITS = ("2023-08-15", "2023-09-01", "2023-10-10", "2023-10-11", "2024-02-10", "2023-07-20")
CHANGES = ("2023-08-01", "2023-09-10", "2023-09-11", "2023-09-30")
STEP_OF = {"delivery": "delivery", "anc": "anc_visit", "pnc": "pnc_visit", "vaccination": "vaccination_visit"}
MATERNAL = {f"{prefix}{step}": told for prefix in ("maternal.", "nssf.maternal.") for step, told in STEP_OF.items()}
PRICES = {benefit: "400000" if told == "delivery" else "80000" for benefit, told in MATERNAL.items()}


def delivery(t: Teller, *, usual: bool = False) -> None:
    measures = ({"babies": 2}, {"stillborn": 1}, {"gestation_weeks": 25}, {"babies": 1})
    measure = t.draw(often({}, *measures))
    child = t.draw(one_of((None, None, *CHILDREN)))
    _told(t, "delivery", t.draw(one_of(DELIVERIES)), {"measure": measure or None, "child_sp_id": child}, usual=usual)


def visit(t: Teller, *, usual: bool = False) -> None:
    more: dict[str, object] = {
        "birth_on": t.draw(often(None, *DELIVERIES[:3])),
        "due_on": t.draw(often(None, *DELIVERIES[:3])),
        "child_sp_id": t.draw(often(None, *CHILDREN)),
    }
    _told(t, t.draw(one_of([*STEP_OF.values()][1:])), t.draw(one_of(VISITS)), more, usual=usual)


def _told(t: Teller, condition: str, day: str, more: dict[str, object], *, usual: bool) -> None:
    data = {
        "sp_id": t.draw(one_of(t.persons)),
        "condition": condition,
        "on": day,
        "outcome": "met" if usual else t.draw(often("met", "not_met")),
        "facility_id": t.draw(one_of((None, "F1"))),
    }
    t.tell(t.draw(one_of(("pmrs", "nssf", "hef"))), "condition.verified", data | more)


def loss(t: Teller) -> None:
    _told(t, "pregnancy_ended", t.draw(one_of(VISITS)), {}, usual=False)


def first_birth(t: Teller) -> None:
    delivery(t, usual=True)


def first_visit(t: Teller) -> None:
    visit(t, usual=True)


def ask(t: Teller) -> tuple[str, dict[str, object]]:
    """A birth or visit: mostly one that some evidence tells of, else any."""
    told = [data for data in t.told(ConditionVerified) if data.condition in STEP_OF.values()]
    if told and t.fits():
        known = t.draw(one_of(told))
        benefit = t.draw(one_of([name for name, condition in MATERNAL.items() if condition == known.condition]))
        sp_id, day = t.asked(known.sp_id, *t.persons), known.when
    else:
        benefit = t.draw(one_of([*MATERNAL]))
        days = DELIVERIES if MATERNAL[benefit] == "delivery" else VISITS
        sp_id, day = t.draw(one_of(t.persons)), t.draw(one_of(days))
    for_: dict[str, object] = {"on": day}
    if MATERNAL[benefit] != "delivery":
        for_ |= {"birth_on": t.asked(None, *DELIVERIES[:3]), "due_on": t.asked(None, *DELIVERIES[:3])}
    return benefit, {"sp_id": sp_id, "for": for_, "in_respect_of": t.draw(often(None, *CHILDREN))}


_PEOPLE = (home, everybody_enrolled)
_OTHERS = (household, loss)

BIRTHS = Theme(
    tuple(name for name in MATERNAL if name.endswith("delivery")),
    (*_PEOPLE, first_birth, first_birth),
    (*[delivery] * 4, household),
    ask,
    CHANGES,
    PRICES,
    schemes=("nssf.worker", "nssf.public"),
)
VISITED = Theme(
    tuple(MATERNAL),
    (*_PEOPLE, first_birth, first_visit, first_visit, first_visit),
    (delivery, *[visit] * 4, *_OTHERS),
    ask,
    CHANGES,
    PRICES,
    schemes=("nssf.worker", "hef"),
)
