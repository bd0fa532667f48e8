"""What all programmes of one scenario share: its script, and the facilities of the country."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from pipeline.scenarios import country
from pipeline.scenarios.script import CAMBODIA, space_of

if TYPE_CHECKING:
    from pipeline.scenarios.figures import Published
    from pipeline.scenarios.script import Script

LISTED_AT = datetime(2017, 6, 15, 9, tzinfo=CAMBODIA)
"""Before the first day of any scenario."""


class Programme(Protocol):
    """A programme in one period, told at any size from `least` on; `full` is the published one, in `unit`."""

    @property
    def unit(self) -> str:
        """What the size counts, such as `households`."""

    @property
    def full(self) -> int:
        """The published size."""

    @property
    def least(self) -> int:
        """The smallest size that shows every kind of case."""

    def published(self, size: int) -> tuple[Published, ...]:
        """The published figures beside those of a size, the most telling first."""

    def tell(self, field: Field, size: int) -> None:
        """Tell its events, and what must come of each request."""


class Field:
    """The script and the Ministry of Health's list of facilities, in proportion to `share` of the country's.

    `by_level`: public health centres (True) and hospitals (False).
    """

    def __init__(self, script: Script, share: float) -> None:
        self.script, self.rng = script, script.rng
        space = space_of(script.token)
        self.facilities = country.facilities(self.rng, space, share)
        self.private = country.private_facilities(self.rng, space, share)
        public = [one for found in self.facilities.values() for one in found]
        self.by_level = {wanted: [one for one in public if (one.level == "hc") == wanted] for wanted in (True, False)}
        for facility in public + self.private:
            data = {
                "facility_id": facility.facility_id,
                "level": facility.level,
                "commune": facility.commune,
                "schemes": ["hef", "nssf.worker"],
                "valid_from": "2010-01-01",
                "valid_until": None,
            }
            script.tell("pmrs", "facility.registered", LISTED_AT, data)
