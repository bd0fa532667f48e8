"""Officers on record: who was appointed with which key, who ended, who delegated what, and the bands of sums."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from events.envelope import format_time
from events.money import from_minor
from ledger.proof.note import Algorithm, NoteError, parse_key
from pipeline.errors import PipelineError
from processors.npca.officers import Band, Delegation, Officer, Role, delegation_statement, holds

if TYPE_CHECKING:
    from ledger.proof.note import NoteSigner
    from pipeline.npca.tables import NpcaConnection


class OfficeError(PipelineError):
    """Something that the agency's rules about officers and certificates do not allow; the message says which."""


class Office(NamedTuple):
    """All that is on record about officers, by name."""

    officers: dict[str, Officer]
    delegations: list[Delegation]
    bands: list[Band]


def read_office(connection: NpcaConnection) -> Office:
    """The record as it stands."""
    with connection.transaction():
        officers = connection.execute(
            "select name, vkey, roles, from_us, ended_us from officer left join officer_end using (name) order by name"
        ).fetchall()
        delegations = connection.execute(
            "select by_name, to_name, role, from_us, until_us from delegation order by delegation_no"
        ).fetchall()
        bands = connection.execute(
            "select currency, from_minor, approvers from quorum_band order by band_no"
        ).fetchall()
    return Office(
        {row[0]: Officer(row[0], row[1], frozenset(map(Role, row[2])), row[3], row[4]) for row in officers},
        [Delegation(row[0], row[1], Role(row[2]), row[3], row[4]) for row in delegations],
        [Band._make(row) for row in bands],
    )


def appoint(connection: NpcaConnection, vkey: str, roles: frozenset[Role], from_us: int, by: str) -> str:
    """Put an officer on record under the name in the key. OfficeError when name or key was ever used."""
    try:
        key = parse_key(vkey)
    except NoteError as error:
        raise OfficeError(str(error)) from None
    if key.algorithm != Algorithm.ED25519 or not roles:
        raise OfficeError(f"{key.name}: expected a signing key (type 1) and at least one role")
    try:
        with connection.transaction():
            connection.execute(
                "insert into officer (name, vkey, roles, from_us, recorded_by) values (%s, %s, %s, %s, %s)",
                (key.name, str(key), sorted(role.value for role in roles), from_us, by),
            )
    except psycopg.errors.UniqueViolation:
        raise OfficeError(f"{key.name} is on record, or the key is: a name or key stands for one person ever") from None
    except psycopg.errors.CheckViolation:
        raise OfficeError(f"{key.name!r} is no name of an officer: at most 60 letters, no space, no +") from None
    return key.name


def end(connection: NpcaConnection, name: str, ended_us: int, reason: str, by: str) -> None:
    """End an officer's appointment; signatures from before stay. OfficeError for nobody, or somebody ended already."""
    try:
        with connection.transaction():
            connection.execute(
                "insert into officer_end (name, ended_us, reason, recorded_by) values (%s, %s, %s, %s)",
                (name, ended_us, reason, by),
            )
    except psycopg.errors.ForeignKeyViolation:
        raise OfficeError(f"no officer {name} is on record") from None
    except psycopg.errors.UniqueViolation:
        raise OfficeError(f"{name} ended already") from None


def delegate(connection: NpcaConnection, told: Delegation, signer: NoteSigner) -> None:
    """Put on record that an officer lets another sign; OfficeError unless the officer's own key signs it."""
    office = read_office(connection)
    by, to = office.officers.get(told.by), office.officers.get(told.to)
    if by is None or to is None or by == to:
        raise OfficeError(f"a delegation is from one officer on record to another, not from {told.by} to {told.to}")
    if by.key != str(signer.key):
        raise OfficeError(f"the key is not that of {told.by}")
    if told.role not in by.roles or not holds(by.from_us, by.ended_us, told.from_us):
        raise OfficeError(f"{told.by} is no {told.role} on that day, so nothing can be delegated")
    if told.until_us <= told.from_us:
        raise OfficeError("a delegation ends after it begins")
    signature = signer.private.sign(delegation_statement(told))
    with connection.transaction():
        connection.execute(
            "insert into delegation (by_name, to_name, role, from_us, until_us, signature)"
            " values (%s, %s, %s, %s, %s, %s)",
            (told.by, told.to, told.role.value, told.from_us, told.until_us, signature),
        )


def set_band(connection: NpcaConnection, band: Band, by: str) -> None:
    """From now on, sums of this size need so many approvers; bands are only added."""
    if band.from_minor < 0 or band.approvers < 1:
        raise OfficeError("a band begins at an amount of at least 0 and asks for at least one approver")
    with connection.transaction():
        connection.execute(
            "insert into quorum_band (currency, from_minor, approvers, recorded_by) values (%s, %s, %s, %s)",
            (*band, by),
        )


def told(office: Office) -> dict[str, object]:
    """The record as auditors take it (`spp-verify certificate --officers FILE`)."""
    return {
        "officers": [
            {
                "name": one.name,
                "key": one.key,
                "roles": sorted(role.value for role in one.roles),
                "from": format_time(one.from_us),
                "until": None if one.ended_us is None else format_time(one.ended_us),
            }
            for one in office.officers.values()
        ],
        "bands": [
            {
                "currency": one.currency,
                "from": from_minor(one.from_minor, one.currency).amount,
                "approvers": one.approvers,
            }
            for one in office.bands
        ],
    }


def delegation_told(connection: NpcaConnection, by: str, to: str, role: Role, at_us: int) -> dict[str, object]:
    """The signed delegation that lets one officer sign for another at an instant; LookupError when none does."""
    row = connection.execute(
        "select from_us, until_us, signature from delegation where (by_name, to_name, role) = (%s, %s, %s)"
        " and from_us <= %s and until_us > %s order by delegation_no limit 1",
        (by, to, role.value, at_us, at_us),
    ).fetchone()
    if row is None:
        raise LookupError(f"no delegation of {by} to {to} holds")
    return {
        "from": format_time(row[0]),
        "until": format_time(row[1]),
        "signature": b64encode(bytes(row[2])).decode(),
    }
