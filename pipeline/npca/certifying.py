"""Certificates: prepared over exact lines, signed by officers one after the other, issued with the last signature.

Issuing is one transaction with the rulings and the events that move the lines; nothing of it is ever changed.
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from events.certification import BatchCertified, CertificateSuperseded, LineCertified, LineRefused
from events.envelope import Event, encode, format_time
from events.money import from_minor
from ledger.proof.note import parse_key
from pipeline.npca.holding import release
from pipeline.npca.intake import decode_line
from pipeline.npca.log import Kind, Log, leaves_of
from pipeline.npca.officers import OfficeError, delegation_told, read_office
from pipeline.npca.reviewing import recheck
from processors.npca import certificate
from processors.npca.certificate import Ruled
from processors.npca.finding import AGENCY, Outcome
from processors.npca.officers import Role, Signed, approvers_needed, complete, statement, unfit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from events.shapes import Shape
    from ledger.proof.note import NoteSigner
    from pipeline.npca.tables import NpcaConnection, NpcaCursor

_LOCK: Final = 7_304_203
"""Certificates are prepared and signed one after the other."""


class Submitted(NamedTuple):
    """The submission a certificate is of."""

    submission_no: int
    source: str
    batch_id: str
    number: int
    benefit: str
    cycle: str


def prepare(
    connection: NpcaConnection, source: str, batch_id: str, number: int, *, by: str, now_us: int, supersedes: str | None
) -> str:
    """Make the draft of a certificate over all lines of a submission that are found certified or refused.

    With `supersedes` over the lines of an issued certificate, again as they were ruled. Returns its id. OfficeError
    when nothing can be certified, or the history followed was refused.
    """
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        _history_holds(cursor)
        batch = _submission(cursor, source, batch_id, number)
        recheck(cursor, batch.submission_no)
        found = _findings(cursor, batch.submission_no, supersedes)
        if not found:
            raise OfficeError(f"{source} {batch_id} number {number}: no line is ready; see `spp npca inbox`")
        log, lines = _proved(cursor, found)
        others = _others(cursor, batch.submission_no, {one.line.line_id for one in lines})
        told = certificate.Batch(*batch[1:], others)
        certificate_id = _next_id(cursor, batch)
        body = certificate.make_body(certificate_id, supersedes, told, lines, log, now_us)
        cursor.execute(
            "insert into draft (certificate_id, submission_no, supersedes, digest, body, size, prepared_by)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            (certificate_id, batch.submission_no, supersedes, certificate.digest(body),
             certificate.canonical(body).decode(), log.size, by),
        )  # fmt: skip
        cursor.executemany(
            "insert into draft_line values (%s, %s, %s)",
            [(certificate_id, line_id, row[0]) for line_id, row in found.items()],
        )
    return certificate_id


def _history_holds(cursor: NpcaCursor) -> None:
    row = cursor.execute(
        "select kind, detail from refusal where kind = any(%s) limit 1", ([kind.value for kind in Kind],)
    ).fetchone()
    if row is not None:
        raise OfficeError(f"the published history was refused ({row[0]}: {row[1]}); nothing is certified on it")


def _submission(cursor: NpcaCursor, source: str, batch_id: str, number: int) -> Submitted:
    row = cursor.execute(
        "select submission_no, source, batch_id, number, benefit, cycle from submission"
        " where (source, batch_id, number) = (%s, %s, %s)",
        (source, batch_id, number),
    ).fetchone()
    if row is None:
        raise OfficeError(f"no submission {number} of batch {batch_id} of {source} was received")
    return Submitted._make(row)


_Found = tuple[int, str, int | None, str | None, bytes]


def _findings(cursor: NpcaCursor, submission_no: int, supersedes: str | None) -> dict[bytes, _Found]:
    """The latest finding of each line to be ruled: its number, outcome, amount, reason, and the line as kept."""
    if supersedes is None:
        cursor.execute(
            "select distinct on (l.line_id) l.line_id, f.finding_no, f.outcome, f.amount_minor, f.reason, l.told"
            " from line l join finding f using (line_id) where l.submission_no = %s"
            " and not exists (select from ruled r where r.line_id = l.line_id) order by l.line_id, f.finding_no desc",
            (submission_no,),
        )
    else:
        _supersedable(cursor, supersedes)
        cursor.execute(
            "select l.line_id, f.finding_no, f.outcome, f.amount_minor, f.reason, l.told from draft_line d"
            " join finding f using (finding_no) join line l on l.line_id = d.line_id"
            " where d.certificate_id = %s and l.submission_no = %s",
            (supersedes, submission_no),
        )
    return {
        bytes(row[0]): (row[1], row[2], row[3], row[4], bytes(row[5]))
        for row in cursor.fetchall()
        if row[2] in {Outcome.CERTIFIED, Outcome.REFUSED}
    }


def _supersedable(cursor: NpcaCursor, certificate_id: str) -> None:
    row = cursor.execute(
        "select exists (select from certificate where certificate_id = %(id)s),"
        " exists (select from superseded where certificate_id = %(id)s)",
        {"id": certificate_id},
    ).fetchone()
    if row is None or not row[0] or row[1]:
        raise OfficeError(f"{certificate_id} was not issued, or is superseded already")


def _proved(cursor: NpcaCursor, found: dict[bytes, _Found]) -> tuple[certificate.Log, list[Ruled]]:
    """The lines with their leaves and paths under the newest checkpoint the witness countersigned."""
    lines = {line_id: decode_line(row[4]) for line_id, row in found.items()}
    row = cursor.execute("select origin, size, root, note from witnessed order by size desc limit 1").fetchone()
    if row is None or row[1] <= max(line.leaf_no for line in lines.values()):
        raise OfficeError("no checkpoint that the agency's witness countersigned covers these lines yet; try again")
    log = certificate.Log(row[0], row[1], bytes(row[2]), row[3])
    leaves = leaves_of(cursor, [line.leaf_no for line in lines.values()])
    prover = Log(cursor).prover(cursor)
    ruled = []
    for line_id, (_, outcome, amount_minor, reason, _) in found.items():
        line = lines[line_id]
        path = prover.inclusion(line.leaf_no, log.size)
        ruled.append(Ruled(line, Outcome(outcome), amount_minor, reason, leaves[line.leaf_no], path))
    return log, ruled


def _others(cursor: NpcaCursor, submission_no: int, ruled: set[bytes]) -> dict[str, tuple[int, str]]:
    """The other lines of the submission: not found yet, asked about, or ruled by another certificate."""
    rows = cursor.execute(
        "select line_id, amount_minor, currency from line where submission_no = %s", (submission_no,)
    ).fetchall()
    return {bytes(row[0]).hex(): (row[1], row[2]) for row in rows if bytes(row[0]) not in ruled}


def _next_id(cursor: NpcaCursor, batch: Submitted) -> str:
    name = sha256(f"{batch.source}\0{batch.batch_id}\0{batch.number}".encode()).hexdigest()[:16]
    row = cursor.execute("select count(*) from draft where submission_no = %s", (batch.submission_no,)).fetchone()
    return f"C{name}-{(row[0] if row else 0) + 1}"


# -- signing -----------------------------------------------------------------------------------------------------------


def sign(connection: NpcaConnection, certificate_id: str, signing: Signed, signer: NoteSigner) -> bool:
    """Add an officer's signature; True when it was the last one that was needed and the certificate is issued.

    Everything is looked at again: the lines' findings, the sums, the bands, the officers. OfficeError when one of
    them does not allow it.
    """
    office = read_office(connection)
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        _history_holds(cursor)
        cursor.execute("select submission_no from draft where certificate_id = %s", (certificate_id,))
        for (submission_no,) in cursor.fetchall():
            recheck(cursor, submission_no)
        body, digest = _draft(cursor, certificate_id)
        before = _signatures(cursor, certificate_id)
        approvers = approvers_needed(office.bands, _certified(cursor, certificate_id))
        wrong = unfit(signing, before, office.officers, office.delegations, approvers)
        if wrong is not None:
            raise OfficeError(f"{signing.officer} may not sign {certificate_id} as {signing.role}: {wrong}")
        text = statement(certificate_id, digest, signing)
        signature = signer.private.sign(text)
        if not _signed_by(office.officers[signing.officer].key, signature, text):
            raise OfficeError(f"the key is not that of {signing.officer}")
        cursor.execute(
            "insert into signature (certificate_id, officer, role, on_behalf_of, signed_us, signature)"
            " values (%s, %s, %s, %s, %s, %s)",
            (certificate_id, signing.officer, signing.role.value, signing.on_behalf_of, signing.signed_us, signature),
        )
        if not complete([*before, signing], approvers):
            return False
        _issue(connection, cursor, certificate_id, body, digest, signing.signed_us)
    return True


def _draft(cursor: NpcaCursor, certificate_id: str) -> tuple[certificate.Told, bytes]:
    """The body and its digest, found to say what the findings say now. OfficeError when it cannot be signed."""
    row = cursor.execute(
        "select body, digest, exists (select from certificate c where c.certificate_id = d.certificate_id)"
        " from draft d where certificate_id = %s",
        (certificate_id,),
    ).fetchone()
    if row is None or row[2]:
        raise OfficeError(f"there is no draft {certificate_id}, or it is issued; see `spp npca certificate list`")
    body: certificate.Told = json.loads(row[0])
    if certificate.digest(body) != bytes(row[1]):
        raise OfficeError(f"the draft {certificate_id} was changed since it was prepared; prepare it anew")
    stale = cursor.execute(
        "select l.line_id from draft_line l join draft d using (certificate_id) where certificate_id = %s and ("
        " (d.supersedes is null and exists (select from ruled r where r.line_id = l.line_id)) or exists"
        " (select from finding f where f.line_id = l.line_id and f.finding_no > l.finding_no)) limit 1",
        (certificate_id,),
    ).fetchone()
    if stale is not None:
        raise OfficeError(f"line {bytes(stale[0]).hex()} was found otherwise since; prepare the certificate anew")
    return body, bytes(row[1])


def _certified(cursor: NpcaCursor, certificate_id: str) -> dict[str, int]:
    rows = cursor.execute(
        "select l.currency, sum(f.amount_minor)::bigint from draft_line d join finding f using (finding_no)"
        " join line l on l.line_id = d.line_id where d.certificate_id = %s and f.outcome = 'certified' group by 1",
        (certificate_id,),
    ).fetchall()
    return {row[0]: row[1] for row in rows}


def _signatures(cursor: NpcaCursor, certificate_id: str) -> list[Signed]:
    rows = cursor.execute(
        "select officer, role, on_behalf_of, signed_us from signature where certificate_id = %s order by signature_no",
        (certificate_id,),
    ).fetchall()
    return [Signed(row[0], Role(row[1]), row[2], row[3]) for row in rows]


def _signed_by(vkey: str, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(parse_key(vkey).public).verify(signature, text)
    except InvalidSignature:
        return False
    return True


# -- issuing -----------------------------------------------------------------------------------------------------------


def _issue(
    connection: NpcaConnection,
    cursor: NpcaCursor,
    certificate_id: str,
    body: certificate.Told,
    digest: bytes,
    now_us: int,
) -> None:
    value = {"body": body, "digest": digest.hex(), "signatures": _told(connection, cursor, certificate_id)}
    cursor.execute(
        "insert into certificate (certificate_id, value) values (%s, %s)",
        (certificate_id, certificate.canonical(value).decode()),
    )
    row = cursor.execute("select supersedes from draft where certificate_id = %s", (certificate_id,)).fetchone()
    supersedes = row[0] if row is not None else None
    events: list[tuple[str, str, Shape]] = []
    if supersedes is None:
        events += _rule(cursor, certificate_id)
    else:
        cursor.execute("insert into superseded values (%s, %s)", (supersedes, certificate_id))
        told = CertificateSuperseded(supersedes, certificate_id)
        events.append(("certificate.superseded", f"{supersedes}.superseded", told))
    events.append(("batch.certified", f"{certificate_id}.batch", _batch(cursor, certificate_id)))
    cursor.executemany(
        "insert into outbox (value) values (%s)",
        [(encode(Event(AGENCY, event_id, kind, now_us, data)),) for kind, event_id, data in events],
    )


def _told(connection: NpcaConnection, cursor: NpcaCursor, certificate_id: str) -> list[dict[str, object]]:
    rows = cursor.execute(
        "select officer, role, on_behalf_of, signed_us, signature, vkey from signature join officer on name = officer"
        " where certificate_id = %s order by signature_no",
        (certificate_id,),
    ).fetchall()
    return [
        {
            "officer": row[0],
            "role": row[1],
            "on_behalf_of": row[2],
            "delegation": None if row[2] is None else delegation_told(connection, row[2], row[0], Role(row[1]), row[3]),
            "signed_at": format_time(row[3]),
            "key": row[5],
            "signature": b64encode(bytes(row[4])).decode(),
        }
        for row in rows
    ]


def _rule(cursor: NpcaCursor, certificate_id: str) -> Sequence[tuple[str, str, Shape]]:
    """Rule the lines, each once, and let go of what refused ones held; the events that move them."""
    rows = cursor.execute(
        "select d.line_id, f.outcome, f.amount_minor, f.reason, l.currency, s.batch_id from draft_line d"
        " join finding f using (finding_no) join line l on l.line_id = d.line_id"
        " join submission s using (submission_no) where certificate_id = %s order by l.leaf_no",
        (certificate_id,),
    ).fetchall()
    events: list[tuple[str, str, Shape]] = []
    for line_id, outcome, amount_minor, reason, currency, batch_id in rows:
        name = bytes(line_id).hex()
        if outcome == Outcome.CERTIFIED:
            amount = from_minor(amount_minor, currency)
            data: Shape = LineCertified(name, batch_id, amount, certificate_id, reason)
            events.append(("line.certified", f"{name}.certified", data))
        else:
            release(cursor, bytes(line_id))
            events.append(("line.refused", f"{name}.refused", LineRefused(name, batch_id, reason)))
    cursor.executemany("insert into ruled values (%s, %s)", [(row[0], certificate_id) for row in rows])
    return events


def _batch(cursor: NpcaCursor, certificate_id: str) -> BatchCertified:
    row = cursor.execute(
        "select s.batch_id, w.size, w.root from draft join submission s using (submission_no)"
        " join witnessed w using (size) where certificate_id = %s",
        (certificate_id,),
    ).fetchone()
    if row is None:
        raise OfficeError(f"the checkpoint of {certificate_id} is not on record")
    sums = _certified(cursor, certificate_id)
    count = cursor.execute(
        "select count(*) from draft_line join finding using (finding_no)"
        " where certificate_id = %s and outcome = 'certified'",
        (certificate_id,),
    ).fetchone()
    return BatchCertified(
        batch_id=row[0],
        certificate_id=certificate_id,
        count=count[0] if count else 0,
        totals=tuple(from_minor(sums[currency], currency) for currency in sorted(sums)),
        checkpoint=f"{row[1]}:{bytes(row[2]).hex()}",
    )
