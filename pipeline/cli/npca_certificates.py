"""`spp npca certificate|sign|officer`: preparing, signing and writing certificates, and who may."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import CommandError, ExitCode, Json, out, write_json, write_table

if TYPE_CHECKING:
    from pipeline.npca.tables import NpcaConnection
    from processors.npca.officers import Role
    from processors.policy.model import Policy

    Policies = dict[bytes, Policy]

certificates = typer.Typer(no_args_is_help=True, help="Prepare, list and write certificates.")
officers = typer.Typer(no_args_is_help=True, help="Officers, their keys, delegations, and bands of sums.")

Certificate = Annotated[str, typer.Argument(metavar="CERTIFICATE", help="As `spp npca certificate list` shows it.")]
KeyFile = Annotated[Path, typer.Option("--key", help="The officer's private key (PEM); it never leaves this machine.")]
RoleName = Annotated[str, typer.Option("--role", help="preparer, reviewer or approver.")]


@contextmanager
def _database() -> "Iterator[NpcaConnection]":
    from ledger.proof.keys import KeyFileError  # noqa: PLC0415 - cryptography, after a fast import
    from pipeline.npca.officers import OfficeError  # noqa: PLC0415
    from pipeline.npca.tables import connect, ensure_tables  # noqa: PLC0415
    from pipeline.settings import get_settings  # noqa: PLC0415

    with connect(get_settings().npca) as connection:
        ensure_tables(connection)
        try:
            yield connection
        except (OfficeError, KeyFileError) as error:
            raise CommandError(str(error)) from error


@certificates.command()
def prepare(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The operator.")],
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="The batch's id.")],
    *,
    number: Annotated[int, typer.Option(min=0, help="0 is the batch, 1 and up are its supplements.")] = 0,
    supersedes: Annotated[str, typer.Option(help="Make a certificate anew over the lines of this one.")] = "",
) -> None:
    """Make the draft over all lines found certified or refused; prints its id. Lines that wait or are asked about stay.

    The next certificate of the submission takes them.
    """
    from pipeline.npca.certifying import prepare as made  # noqa: PLC0415

    with _database() as connection:
        certificate_id = made(
            connection, source, batch, number, by=getpass.getuser(), now_us=_now_us(), supersedes=supersedes or None
        )
    out.print(certificate_id, markup=False)


@certificates.command("list")
def listed(*, json: Json = False) -> None:
    """List drafts and certificates with who signed."""
    with _database() as connection, connection.transaction():
        rows = connection.execute(
            "select d.certificate_id, s.source, s.batch_id, s.number, (select count(*) from draft_line l where"
            " l.certificate_id = d.certificate_id), coalesce((select string_agg(role || ' ' || officer, ', ' order by"
            " signature_no) from signature g where g.certificate_id = d.certificate_id), ''), case"
            " when u.by_id is not null then 'superseded by ' || u.by_id"
            " when c.certificate_id is not null then 'issued' else 'draft' end from draft d"
            " join submission s using (submission_no) left join certificate c using (certificate_id)"
            " left join superseded u using (certificate_id) order by d.at"
        ).fetchall()
    names = ("certificate", "source", "batch", "number", "lines", "signed", "state")
    if json:
        write_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    write_table(("certificate", "source", "batch", ">number", ">lines", "signed", "state"), rows)


@certificates.command()
def write(
    certificate: Certificate,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; must not exist.")],
) -> None:
    """Write an issued certificate as canonical JSON, for `spp-verify certificate`."""
    with _database() as connection, connection.transaction():
        row = connection.execute("select value from certificate where certificate_id = %s", (certificate,)).fetchone()
    if row is None:
        raise CommandError(f"{certificate} is not issued; `spp npca certificate list` shows who has to sign")
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(row[0])
    except OSError as error:
        raise CommandError(f"{file} cannot be written ({error.strerror})") from error
    out.print(f"{file}: {file.stat().st_size:,} bytes", markup=False)


def sign(
    certificate: Certificate,
    *,
    role: RoleName,
    key: KeyFile,
    name: Annotated[str, typer.Option("--as", help="Your name, as it is on record.")],
    behalf: Annotated[str, typer.Option("--for", help="Who delegated the role to you.")] = "",
) -> None:
    """Sign a draft over its exact lines. With the last signature the certificate is issued and its lines move."""
    from ledger.proof.keys import read_key_file  # noqa: PLC0415
    from pipeline.npca import certifying  # noqa: PLC0415
    from processors.npca.officers import Signed  # noqa: PLC0415

    with _database() as connection:
        signed = Signed(name, _role(role), behalf or None, _now_us())
        done = certifying.sign(connection, certificate, signed, read_key_file(key, name))
    state = "it is issued" if done else "others have to sign"
    out.print(f"{certificate} is signed by {name} as {role}; {state}.", markup=False)


@officers.command("key")
def make_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Without spaces, such as sok.dara.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key goes; must not exist.")],
) -> None:
    """Make an officer's key on the officer's own machine; prints the public half, which goes on record."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    from ledger.proof.keys import KeyFileError, read_key_file, write_key_file  # noqa: PLC0415

    try:
        write_key_file(file, Ed25519PrivateKey.generate())
        out.print(str(read_key_file(file, name).key), markup=False)
    except KeyFileError as error:
        raise CommandError(str(error)) from error


@officers.command()
def appoint(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The public key, as `spp npca officer key` printed it.")],
    *,
    role: Annotated[list[str], typer.Option(help="preparer, reviewer, approver; several times for several.")],
    since: Annotated[str, typer.Option("--from", help="RFC 3339; from now on if not given.")] = "",
) -> None:
    """Put an officer on record with their key and roles. A name or key stands for one person ever."""
    from pipeline.npca import officers as office  # noqa: PLC0415

    with _database() as connection:
        begins = _time(since) if since else _now_us()
        name = office.appoint(connection, key, frozenset(map(_role, role)), begins, getpass.getuser())
    out.print(f"{name} is on record.", markup=False)


@officers.command()
def end(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    reason: Annotated[str, typer.Option(help="left, key_lost, revoked or another word.")],
    at: Annotated[str, typer.Option(help="RFC 3339; now if not given.")] = "",
) -> None:
    """End an officer's appointment at an instant: no signature of theirs from then on counts."""
    from pipeline.npca import officers as office  # noqa: PLC0415

    with _database() as connection:
        office.end(connection, name, _time(at) if at else _now_us(), reason, getpass.getuser())
    out.print(f"{name} signs no more.", markup=False)


@officers.command()
def delegate(
    by: Annotated[str, typer.Argument(metavar="BY")],
    to: Annotated[str, typer.Argument(metavar="TO")],
    *,
    role: RoleName,
    key: KeyFile,
    until: Annotated[str, typer.Option(help="RFC 3339.")],
    since: Annotated[str, typer.Option("--from", help="RFC 3339; now if not given.")] = "",
) -> None:
    """Let another officer sign for you in one role for some time, by your own key. Both names count as signing."""
    from ledger.proof.keys import read_key_file  # noqa: PLC0415
    from pipeline.npca import officers as office  # noqa: PLC0415
    from processors.npca.officers import Delegation  # noqa: PLC0415

    with _database() as connection:
        told = Delegation(by, to, _role(role), _time(since) if since else _now_us(), _time(until))
        office.delegate(connection, told, read_key_file(key, by))
    out.print(f"{to} may sign for {by} as {role} until {until}.", markup=False)


@officers.command()
def band(
    currency: Annotated[str, typer.Argument(metavar="CURRENCY")],
    amount: Annotated[str, typer.Argument(metavar="FROM", help="From this sum on, as 1000000000.")],
    approvers: Annotated[int, typer.Argument(min=1, help="How many approvers sign.")],
) -> None:
    """Ask for more approvers from a sum on. No official figure is known; without a band one approver signs."""
    from pipeline.npca import officers as office  # noqa: PLC0415
    from processors.npca.officers import Band  # noqa: PLC0415

    minor = minor_of("FROM", amount, currency)
    with _database() as connection:
        office.set_band(connection, Band(currency, minor, approvers), getpass.getuser())
    out.print(f"From {amount} {currency} on, {approvers} approvers sign.", markup=False)


@officers.command("list")
def list_officers(*, json: Json = False) -> None:
    """Show the officers on record; --json is what auditors give to `spp-verify certificate --officers`."""
    from pipeline.npca.officers import read_office, told  # noqa: PLC0415

    with _database() as connection:
        office = read_office(connection)
    if json:
        write_json(told(office))
        return
    rows = [
        (one.name, ", ".join(sorted(one.roles)), one.key, "ended" if one.ended_us else "")
        for one in office.officers.values()
    ]
    write_table(("officer", "roles", "key", ""), rows)


def minor_of(what: str, amount: str, currency: str) -> int:
    """The minor units of an amount as it is written on the wire."""
    import msgspec  # noqa: PLC0415

    from events.money import Money, to_minor  # noqa: PLC0415

    try:
        return to_minor(msgspec.convert({"amount": amount, "currency": currency}, Money))
    except ValueError as error:
        raise CommandError(f"{what}: {error}", ExitCode.USAGE) from error


def _role(name: str) -> "Role":
    from processors.npca.officers import Role  # noqa: PLC0415

    try:
        return Role(name)
    except ValueError as error:
        raise CommandError(f"--role: {name!r} is none of {', '.join(Role)}", ExitCode.USAGE) from error


def _time(text: str) -> int:
    from events.envelope import parse_time  # noqa: PLC0415

    found = parse_time(text)
    if found is None:
        raise CommandError(f"{text!r} is no RFC 3339 time with offset, as 2026-01-31T08:00:00+07:00", ExitCode.USAGE)
    return found


def _now_us() -> int:
    return time_ns() // 1_000
