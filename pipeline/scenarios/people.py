"""Mothers and the plain events about them: enrolment, verified delivery, request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.scenarios import country, rates
from pipeline.scenarios.figures.births import BIRTH_CASH, BIRTH_CASH_RIEL
from pipeline.scenarios.script import Wave, money

if TYPE_CHECKING:
    from pipeline.scenarios.country import Facility
    from pipeline.scenarios.field import Field
    from pipeline.scenarios.figures.births import BirthFigures

SCHEMES = ("nssf.worker", "nssf.self_employed", "hef")
SCHEME_WEIGHTS = (90, 3, 7)
"""Birth cash is for women of the formal and informal economy with an NSSF or HEF card; the shares are assumptions."""

WALLETS = ("wing",)
BANKS = ("acleda", "aba", "canadia", "ftb")


@dataclass(slots=True)
class Mother:
    """A woman and her delivery as it really was."""

    sp_id: str
    birth_date: str
    scheme: str
    enrolment_id: str
    province: str
    facility: Facility
    delivered_on: date
    babies: int
    weeks: int
    account_ref: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was made."""

    request_id: str
    event_id: str
    at: datetime
    cycle: str


class People:
    """Makes mothers and tells the plain events about them; the stories say what goes wrong."""

    def __init__(self, field: Field, figures: BirthFigures) -> None:
        self.script = field.script
        self.rng = field.rng
        self.figures = figures
        self.facilities = field.facilities
        self.private = field.private
        self._days = (figures.last_day - figures.first_day).days
        self._provinces = [code for code, _ in country.PROVINCES]
        self._weights = [weight for _, weight in country.PROVINCES]

    def sp_id(self) -> str:
        """Ten digits nobody has."""
        return self.script.sp_id()

    def mother(self, babies: int = 1, *, like: Mother | None = None) -> Mother:
        """A new mother somewhere in the period; `like` gives her the place and day of another."""
        rng = self.rng
        province = like.province if like else rng.choices(self._provinces, self._weights)[0]
        delivered_on = (
            like.delivered_on if like else self.figures.first_day + timedelta(days=rng.randint(0, self._days))
        )
        return Mother(
            sp_id=self.sp_id(),
            birth_date=self._birth_date(delivered_on.year),
            scheme=rng.choices(SCHEMES, SCHEME_WEIGHTS)[0],
            enrolment_id=self.script.next_id(),
            province=province,
            facility=rng.choice(self.facilities[province]),
            delivered_on=delivered_on,
            babies=babies,
            weeks=rng.randint(36, 41) if babies == 1 else rng.randint(32, 38),
            account_ref=f"tok-{rng.getrandbits(64):016x}",
        )

    def _birth_date(self, year: int) -> str:
        born = date(year - self.rng.randint(18, 42), self.rng.randint(1, 12), self.rng.randint(1, 28))
        return born.isoformat()[: self.rng.choices((10, 7, 4), (94, 2, 4))[0]]

    def enrol(
        self,
        mother: Mother,
        *,
        at: datetime | None = None,
        valid_until: date | None = None,
        sp_id: str | None = None,
        wave: Wave = Wave.OPENING,
    ) -> str:
        """Her enrolment since some years, as her scheme's operator recorded it."""
        since = mother.delivered_on - timedelta(days=self.rng.randint(200, 1_500))
        source = "hef" if mother.scheme == "hef" else "nssf"
        data = {
            "sp_id": sp_id or mother.sp_id,
            "scheme": mother.scheme,
            "enrolment_id": mother.enrolment_id if sp_id is None else self.script.next_id(),
            "birth_date": mother.birth_date,
            "sex": "F",
            "valid_from": since.isoformat(),
            "valid_until": valid_until.isoformat() if valid_until else None,
        }
        at = at or country.office_hour(self.rng, since + timedelta(days=self.rng.randint(0, 20)))
        return self.script.tell(source, "person.enrolled", at, data, wave)

    def verify(
        self,
        mother: Mother,
        *,
        at: datetime | None = None,
        on: date | None = None,
        outcome: str = "met",
        babies: int | None = None,
        stillborn: int | None = None,
        facility: Facility | None = None,
        wave: Wave = Wave.OPENING,
    ) -> str:
        """The facility's record of her delivery."""
        measure = {"babies": babies or mother.babies, "gestation_weeks": mother.weeks}
        if stillborn is not None:
            measure["stillborn"] = stillborn
        data = {
            "sp_id": mother.sp_id,
            "condition": "delivery",
            "on": (on or mother.delivered_on).isoformat(),
            "outcome": outcome,
            "measure": measure,
            "facility_id": (facility or mother.facility).facility_id,
        }
        at = at or country.office_hour(self.rng, mother.delivered_on + timedelta(days=self.rng.randint(0, 3)))
        return self.script.tell("pmrs", "condition.verified", at, data, wave)

    def request_time(self, mother: Mother) -> datetime:
        """When she comes to the branch: a few days to a month after the birth."""
        return country.office_hour(self.rng, mother.delivered_on + timedelta(days=self.rng.randint(4, 32)))

    def ask(
        self,
        mother: Mother,
        *,
        at: datetime | None = None,
        source: str = "nssf",
        benefit: str = BIRTH_CASH,
        amount_riel: int | None = None,
        sp_id: str | None = None,
        request_id: str | None = None,
        part: str | None = None,
        cycle: str | None = None,
        role: str = "self",
        wave: Wave = Wave.OPENING,
    ) -> Asked:
        """Her request through a branch of `source`; by default at the right figure, sometimes at none."""
        at = at or self.request_time(mother)
        own_cycle = cycle or country.cycle_of(at)
        told = amount_riel or mother.babies * BIRTH_CASH_RIEL
        silent = amount_riel is None and self.rng.random() < rates.NO_AMOUNT_TOLD.share
        declared = Wave.DECLARED if wave is Wave.OPENING else wave
        batch = self.script.batch(source, benefit, own_cycle, part or mother.province, declared)
        if request_id is None:  # a number used again does not count again
            batch.add(0 if silent else told)
            request_id = self.script.next_id()
        data: dict[str, object] = {
            "request_id": request_id,
            "batch_id": batch.batch_id,
            "benefit": benefit,
            "sp_id": sp_id or mother.sp_id,
            "for": {"on": mother.delivered_on.isoformat()},
            "cycle": own_cycle,
            "payee": self._payee(mother, role),
        }
        if not silent:
            data["amount"] = money(told)
        return Asked(request_id, self.script.tell(source, "payment.requested", at, data, wave), at, own_cycle)

    def _payee(self, mother: Mother, role: str) -> dict[str, str]:
        channel, provider = (
            ("wallet", self.rng.choice(WALLETS)) if self.rng.random() < 0.8 else ("bank", self.rng.choice(BANKS))
        )
        return {"channel": channel, "provider": provider, "account_ref": mother.account_ref, "role": role}

    def paid(self, mother: Mother) -> None:
        """Expect her request to end submitted for each of her babies."""
        self.script.expect_paid(BIRTH_CASH, mother.babies * BIRTH_CASH_RIEL)
