"""The closed list of sources. Inside the program a source is its code (`nssf`); on the wire `urn:sp:operator:nssf`."""

from __future__ import annotations

import re
from typing import Final

URN_PREFIX: Final = "urn:sp:operator:"
# The source of what the system itself publishes; no key is ever registered for it.
SYSTEM: Final = "spp"

SOURCES: Final[dict[str, str]] = {
    "idpoor": "Identification of Poor Households",
    "registry": "Social Protection Registry",
    "nsaf": "National Social Assistance Fund",
    "nssf": "National Social Security Fund",
    "hef": "Health Equity Fund operator",
    "pmrs": "health facilities",
    "moeys": "schools",
    "mlvt": "technical and vocational training",
    "mef": "Ministry of Economy and Finance",
    "treasury": "General Department of National Treasury",
    "nspc": "National Social Protection Council",
    "npca": "National Payment Certification Agency",
}
_BANK: Final = re.compile(r"bank\.[a-z0-9_]{1,35}\Z")
_URN: Final = re.compile(r"urn:sp:operator:([a-z0-9_.]{1,40})\Z")

_REQUESTS: Final = (
    "payment.requested",
    "payment.withdrawn",
    "payee.changed",
    "batch.declared",
    "cycle.closed",
    "fund.received",
)
_PERSONS: Final = ("person.enrolled", "person.withdrawn", "person.died", "event.retracted")
_CERTIFIER: Final = (
    "line.certified",
    "line.refused",
    "line.queried",
    "finding.recorded",
    "batch.certified",
    "certificate.superseded",
)
_PAYER: Final = (
    "instruction.accepted",
    "instruction.rejected",
    "payment.settled",
    "payment.returned",
    "statement.booked",
    "statement.closed",
)
# Who grants a budget does not spend it: an operator's key may tell of one only where its registry says so.
_TREASURER: Final = ("budget.allotted", "fund.received")
# What each source may publish unless its key says otherwise. Spelt out: `payment.*` would let an operator settle.
PERMISSIONS: Final[dict[str, tuple[str, ...]]] = {
    "idpoor": ("household.identified", "household.revoked", "event.retracted"),
    "registry": ("person.registered", "person.died", "person.merged", "event.retracted"),
    "nsaf": (*_PERSONS, "condition.verified", *_REQUESTS),
    "nssf": (*_PERSONS, "condition.verified", "contribution.recorded", "encounter.recorded", *_REQUESTS),
    "hef": (*_PERSONS, "encounter.recorded", "facility.registered", *_REQUESTS),
    "pmrs": ("facility.registered", "encounter.recorded", "condition.verified", "person.died", "event.retracted"),
    "moeys": (*_PERSONS, "condition.verified", *_REQUESTS),
    "mlvt": (*_PERSONS, "condition.verified", *_REQUESTS),
    "mef": _TREASURER,
    "treasury": (*_PAYER, *_TREASURER),
    "nspc": _TREASURER,
    "npca": _CERTIFIER,
}
_BANK_PERMISSIONS: Final = _PAYER
# The schemes (of enrolments) and benefit schemes (of requests) a source speaks for; a source not here: all.
SCHEMES: Final[dict[str, tuple[str, ...]]] = {
    "nssf": ("nssf", "nssf.worker", "nssf.public", "nssf.self_employed", "nssf.dependant", "hef"),
    "nsaf": ("nsaf", "family_package", "scholarship"),
    "moeys": ("scholarship",),
    "mlvt": ("tvet",),
    # Its members are due NSSF's birth cash too, so it may ask for that.
    "hef": ("hef", "nssf"),
}


def is_source(code: str) -> bool:
    """Whether `code` is on the list, or a bank's `bank.<code>`."""
    return code in SOURCES or _BANK.match(code) is not None


def to_urn(code: str) -> str:
    """The envelope `source` of a source's code."""
    return URN_PREFIX + code


def code_of(source: str) -> str | None:
    """The code in an envelope `source`, or None where it is not such a urn; the code need not be a known source."""
    found = _URN.match(source)
    return found.group(1) if found else None


def bare(source: str) -> str:
    """The code of a source written either way; for fields inside `data`, whose pattern is already checked."""
    return source.removeprefix(URN_PREFIX)


def permissions(code: str) -> tuple[str, ...]:
    """Types the source may publish by default; raises KeyError for what is no source."""
    return PERMISSIONS[code] if code in SOURCES or not is_source(code) else _BANK_PERMISSIONS
