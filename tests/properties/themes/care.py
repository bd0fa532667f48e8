"""Stories of care: one episode told by several sources under several ids, who covers whom, facilities known late."""

from __future__ import annotations

from events.verification import EncounterRecorded
from tests.properties.cast import FACILITIES, often, one_of
from tests.properties.facts import SINCE, enrol, facility, home, household, register
from tests.properties.teller import Teller, Theme
from tests.properties.themes.wages import contributed

SERVICES = ("opd", "emergency", "delivery")
COVERED = {f"{payer}.{service}": service for payer in ("hef", "nssf") for service in SERVICES}
TARIFFS = ("4000", "14000", "20000", "6000", "20000", "60000")
DAYS = ("2023-11-20", "2023-11-21")
IDS = ("C1", "C2", "C3")
POOR, OFFICIAL, WORKER, MEMBER = "PATY-0000N09", "PATY-00B003F", "PATY-0000G3E", "PATY-000K010"
HEF = {POOR, "PATY-00003LD", "PATY-00002NF"}
TYPES_OF_PAYMENT = (POOR, OFFICIAL, WORKER, MEMBER, "PATY-00003LD", "PATY-00002NF")


def encounter(t: Teller) -> None:
    """An encounter: a new one, another id for a known one, or a correction of it, also of whose it was."""
    known = t.told(EncounterRecorded)
    new: bool = not known or t.draw(often(False, True))
    same = None if new else t.draw(one_of(known))
    data = {
        "encounter_id": t.draw(one_of(IDS)),
        "sp_id": t.draw(often(same.sp_id, *t.persons) if same else one_of(t.persons)),
        "facility_id": same.facility_id if same else t.draw(often(*FACILITIES)),
        "service": same.service if same else t.draw(one_of(SERVICES)),
        "payment_type": t.draw(one_of(TYPES_OF_PAYMENT)),
        "started_on": same.started_on if same else t.draw(one_of(DAYS)),
        "ended_on": None,
    }
    t.tell(t.draw(one_of(("pmrs", "hef", "nssf"))), "encounter.recorded", data)


def both_tell(t: Teller) -> None:
    """One episode that both payers tell of, each by an id and with a payment type of its own."""
    sp_id, service, day = t.draw(one_of(t.persons)), t.draw(one_of(SERVICES)), t.draw(one_of(DAYS))
    data = {"sp_id": sp_id, "facility_id": "F1", "service": service, "started_on": day, "ended_on": None}
    t.tell("hef", "encounter.recorded", {**data, "encounter_id": "C1", "payment_type": POOR})
    t.tell("nssf", "encounter.recorded", {**data, "encounter_id": t.draw(one_of(IDS[1:])), "payment_type": MEMBER})


def health_centre(t: Teller) -> None:
    register(t, "F1")


def officials(t: Teller) -> None:
    for sp_id in t.persons:
        enrol(t, sp_id, "nssf.public", f"E{sp_id}")


def ask(t: Teller) -> tuple[str, dict[str, object]]:
    """An encounter: mostly one that was told of, by the payer whose type it has."""
    told = t.told(EncounterRecorded)
    if not told or not t.fits():
        return t.draw(one_of([*COVERED])), {
            "sp_id": t.draw(one_of(t.persons)),
            "for": {"encounter_id": t.draw(one_of(IDS))},
        }
    found = t.draw(one_of(told))
    payer = "hef" if found.payment_type in HEF else "nssf"
    asked: dict[str, object] = {"sp_id": t.asked(found.sp_id, *t.persons), "for": {"encounter_id": found.encounter_id}}
    return f"{payer}.{t.asked(found.service, *SERVICES)}", asked


CARE = Theme(
    tuple(COVERED),
    (home, health_centre, officials, both_tell, encounter),
    (*[encounter] * 5, facility, facility, household, contributed),
    ask,
    (SINCE, "2023-11-20", "2023-11-21"),
    dict(zip(COVERED, TARIFFS, strict=True)),
    schemes=("nssf.public", "nssf.worker", "hef"),
)
