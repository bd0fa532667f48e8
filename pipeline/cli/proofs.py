"""`spp ledger export|prove|checkpoint|keys|rotate-key`: what an auditor takes away to check the books without us."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.proof import exporting
from ledger.proof.keys import KeyFileError, key_file, load_signer, record_key, write_key_file
from ledger.proof.note import NoteError, NoteSigner
from ledger.store.log import LogError, read_keys
from pipeline.cli.console import CommandError, ExitCode, Json, Steps, out, write_json, write_table
from pipeline.cli.ledger import open_ledger, open_lookup
from pipeline.settings import get_settings

_LINE_DIGITS = 32


def add_to(app: typer.Typer) -> None:
    """Give the commands to `spp ledger`."""
    app.command()(export)
    app.command()(prove)
    app.command()(checkpoint)
    app.command()(keys)
    app.command("rotate-key")(rotate_key)


def export(directory: Annotated[Path, typer.Argument(help="An empty or new directory.")]) -> None:
    """Write the books up to the newest countersigned checkpoint, for `spp-verify export`."""
    if directory.exists() and any(directory.iterdir()):
        raise CommandError(f"{directory} is not empty; name an empty or new directory", ExitCode.USAGE)
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with open_lookup() as cursor, Steps().step(f"Writing the books to {directory}") as advance:
            row = exporting.export(cursor, directory, lambda done, total: advance(done, total, "leaves"))
    except LogError as error:
        raise CommandError(str(error)) from error
    out.print(f"{row.size:,} leaves; check them with `spp-verify export {directory} --log-key …`.", markup=False)


def prove(
    line: Annotated[str, typer.Argument(help="A line id (32 hex digits): its newest decision is proved.")],
    *,
    version: Annotated[int | None, typer.Option(min=1, help="Another decision on the line.")] = None,
    leaf: Annotated[int | None, typer.Option(min=0, help="Prove this leaf; LINE may then be `-`.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here; else to standard output.")] = None,
) -> None:
    """Write one bundle: the leaf's bytes, its path, the signed and countersigned checkpoint (C2SP tlog-proof)."""
    with open_lookup() as cursor:
        if leaf is None:
            subject = _subject(line)
            cursor.execute(
                "select leaf_no from decision where subject = %s and (%s::int is null or version = %s)"
                " order by version desc limit 1",
                (subject, version, version),
            )
            found = cursor.fetchone()
            if found is None:
                raise CommandError(f"no decision on line {line}; `spp explain` finds lines")
            leaf = int(found[0])
        try:
            bundle = exporting.prove(cursor, leaf)
        except LogError as error:
            raise CommandError(str(error)) from error
    if output is None:
        typer.echo(bundle, nl=False)
    else:
        output.write_text(bundle)


def _subject(line: str) -> bytes:
    try:
        subject = bytes.fromhex(line)
    except ValueError:
        subject = b""
    if len(subject) * 2 != _LINE_DIGITS:
        raise CommandError(f"{line!r} is no line id: expected {_LINE_DIGITS} hex digits", ExitCode.USAGE)
    return subject


def checkpoint() -> None:
    """Print the newest countersigned checkpoint: keep it, and later books must agree with it."""
    try:
        with open_lookup() as cursor:
            typer.echo(exporting.newest(cursor)[1], nl=False)
    except LogError as error:
        raise CommandError(str(error)) from error


def keys(*, json: Json = False) -> None:
    """List the keys that ever signed the log, the newest last, and the witness's that countersigned it."""
    with open_lookup() as cursor:
        known = read_keys(cursor)
        cursor.execute("select distinct witness from cosignature order by 1")
        witnesses = [witness for (witness,) in cursor]
    if json:
        write_json({"log": [str(one.key) for one in known], "witnesses": witnesses})
        return
    rows = [("log", str(one.key)) for one in known] + [("witness", witness) for witness in witnesses]
    write_table(("of", "key"), rows)


def rotate_key(
    *,
    by: Annotated[str, typer.Option("--by", help="Who changes it.")],
    note: Annotated[str, typer.Option(help="Why.")] = "",
) -> None:
    """Make a new signing key, endorsed by the present one; it signs every checkpoint that covers its leaf.

    Tell the witness at once after: it countersigns only keys it was told of (`spp witness trust`).
    """
    directory = get_settings().log_keys_directory
    if not by.strip():
        raise CommandError("--by: say who changes the key", ExitCode.USAGE)
    try:
        with open_ledger("writer") as conn:
            before = load_signer(conn, directory)
            signer = NoteSigner(before.name, Ed25519PrivateKey.generate())
            write_key_file(key_file(directory, signer.key), signer.private)
            record_key(conn, signer, before, actor=by.strip(), os_user=getpass.getuser(), note=note)
    except (KeyFileError, NoteError) as error:
        raise CommandError(str(error)) from error
    out.print(str(signer.key), markup=False)
