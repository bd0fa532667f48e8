"""A certificate of the certifying agency: its lines, sums, officers' signatures, and that each line is in the log.

Shares nothing with the program that writes certificates; the form is told in docs/npca.md.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections import Counter
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.verify.codes import Code, FailureError
from ledger.verify.notes import SIGNATURE, Checkpoint, Trust, check_note, check_seen, read_key, unbase64
from ledger.verify.trees import leaf_hashes, root_from_path, root_of

Json = dict[str, Any]

_EXPONENTS = {"KHR": 0, "USD": 2}
_SUBMITTED = 6
"""The number of the state `submitted` in a decision's leaf."""
_ROLES = ("preparer", "reviewer", "approver")
_U16 = struct.Struct(">H")


class Officer(NamedTuple):
    """An officer as the auditor knows them; `until` is "" while they are appointed."""

    key: str
    roles: frozenset[str]
    since: str
    until: str


class Officers(NamedTuple):
    """Whom the auditor accepts, and from which sum (minor units) on how many approvers must sign."""

    by_name: dict[str, Officer]
    bands: list[tuple[str, int, int]]


def canonical(value: object) -> bytes:
    """The one way a certificate is written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_officers(text: str) -> Officers:
    """The officers of `spp npca officer list --json`, or MALFORMED."""
    try:
        told = json.loads(text)
        by_name = {
            one["name"]: Officer(one["key"], frozenset(one["roles"]), one["from"], one["until"] or "")
            for one in told["officers"]
        }
        bands = [
            (one["currency"], _minor(one["from"], one["currency"]), int(one["approvers"])) for one in told["bands"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise FailureError(Code.MALFORMED, f"the officers cannot be read ({type(error).__name__})") from None
    return Officers(by_name, bands)


def check_certificate(text: str, trust: Trust, officers: Officers) -> tuple[Checkpoint, Json]:
    """The checkpoint and the body of a certificate of which everything holds, else FailureError."""
    try:
        told = json.loads(text)
        body = told["body"]
        if canonical(told) != text.encode() or body["version"] != 1:
            raise FailureError(Code.MALFORMED, "a certificate is version 1 in canonical JSON")
        _check_lines(body)
        checkpoint = _check_log(body, trust)
        digest = hashlib.sha256(b"sp.certificate.1\0" + canonical(body)).hexdigest()
        if digest != told["digest"]:
            raise FailureError(Code.CERTIFICATE, f"the content has the digest {digest}, another one is stated")
        _check_signatures(body, digest, told["signatures"], officers)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error) as error:
        raise FailureError(
            Code.MALFORMED, f"a field is missing or not as it must be ({type(error).__name__})"
        ) from None
    return checkpoint, body


# -- lines -------------------------------------------------------------------------------------------------------------


def _check_lines(body: Json) -> None:
    """No line is missing or stands twice, and what is stated of them is their sum."""
    lines, others = body["lines"], body["open"]
    named = Counter(line["line_id"] for line in (*lines, *others))
    if len(lines) + len(others) != body["submitted"]["count"]:
        raise FailureError(
            Code.LINE_MISSING, f"{body['submitted']['count']} lines were submitted, not so many are told"
        )
    if any(count > 1 for count in named.values()) or not lines:
        raise FailureError(Code.LINE_MISSING, "a line stands twice, or none does")
    certified = [line["amount"] for line in lines if line["outcome"] == "certified"]
    refused = [line["submitted"] for line in lines if line["outcome"] == "refused"]
    if len(certified) + len(refused) != len(lines):
        raise FailureError(Code.CERTIFICATE, "a line is neither certified nor refused")
    for line in lines:
        _check_outcome(line)
    submitted = [line["submitted"] for line in (*lines, *others)]
    for name, amounts in (("submitted", submitted), ("certified", certified), ("refused", refused)):
        if body[name] != {"count": len(amounts), "totals": _totals(amounts)}:
            raise FailureError(Code.CERTIFICATE, f"the lines are not what is stated as {name}")
    if root_of(leaf_hashes([canonical(line) for line in lines])).hex() != body["lines_root"]:
        raise FailureError(Code.CERTIFICATE, "the lines are not those under the stated root")


def _check_outcome(line: Json) -> None:
    amount, submitted = line["amount"], line["submitted"]
    if line["outcome"] == "refused":
        if amount is not None or not line["reason"]:
            raise FailureError(
                Code.CERTIFICATE, f"line {line['line_id']} is refused, with an amount or without a reason"
            )
        return
    most, told = (_minor(one["amount"], one["currency"]) for one in (submitted, amount))
    if amount["currency"] != submitted["currency"] or not 0 < told <= most or (told < most and not line["reason"]):
        raise FailureError(Code.CERTIFICATE, f"line {line['line_id']} is certified for what it may not be")


def _minor(amount: str, currency: str) -> int:
    """Minor units of an amount as the contract writes it; ValueError for any other writing."""
    whole, _, rest = amount.partition(".")
    minor = int(whole + rest)
    digits = _EXPONENTS[currency]
    if minor < 0 or _written(minor, currency) != amount or len(rest) != digits:
        raise ValueError("no amount")
    return minor


def _written(minor: int, currency: str) -> str:
    digits = _EXPONENTS[currency]
    return str(minor) if digits == 0 else f"{minor // 10**digits}.{minor % 10**digits:0{digits}d}"


def _totals(amounts: list[Json]) -> list[Json]:
    sums: Counter[str] = Counter()
    for one in amounts:
        sums[one["currency"]] += _minor(one["amount"], one["currency"])
    return [{"amount": _written(sums[currency], currency), "currency": currency} for currency in sorted(sums)]


# -- the log -----------------------------------------------------------------------------------------------------------


def _check_log(body: Json, trust: Trust) -> Checkpoint:
    """Every line's leaf froze it like this, and lies under the signed and countersigned checkpoint."""
    told = check_note(body["checkpoint"], trust)
    check_seen(told, trust)
    for line in body["lines"]:
        leaf = unbase64(line["leaf"], "leaf")
        path = [unbase64(hash_, "path") for hash_ in line["path"]]
        if root_from_path(leaf_hashes([leaf])[0], line["leaf_no"], told.size, path) != told.root:
            raise FailureError(
                Code.INCLUSION, f"line {line['line_id']}: its leaf is not in the log of {told.size} leaves"
            )
        _check_leaf(body, line, leaf)
    return told


def _check_leaf(body: Json, line: Json, leaf: bytes) -> None:
    frozen = _Leaf(leaf)
    submitted = _minor(line["submitted"]["amount"], line["submitted"]["currency"])
    stated = (
        line["leaf_no"], line["line_id"], body["source"], line["request_id"], body["batch_id"], body["benefit"],
        _SUBMITTED, submitted, line["submitted"]["currency"],
    )  # fmt: skip
    if frozen.says() != stated:
        raise FailureError(
            Code.CERTIFICATE, f"line {line['line_id']}: leaf {line['leaf_no']} did not freeze it like this"
        )


class _Leaf:
    """A decision's leaf, read field after field."""

    def __init__(self, leaf: bytes) -> None:
        if leaf[:2] != b"\1\2":
            raise FailureError(Code.CERTIFICATE, "a leaf is no decision")
        self._leaf, self._at = leaf, 18

    def _octets(self) -> bytes:
        (length,) = _U16.unpack_from(self._leaf, self._at)
        self._at += 2 + length
        return self._leaf[self._at - length : self._at]

    def _optional(self) -> bytes:
        self._at += 1
        return self._octets() if self._leaf[self._at - 1] else b""

    def says(self) -> tuple[object, ...]:
        self._octets()
        line_id = self._optional().hex()
        self._at += 6
        source, _, request_id, batch_id, benefit = (self._octets().decode() for _ in range(5))
        (state,) = _U16.unpack_from(self._leaf, self._at)
        (reasons,) = _U16.unpack_from(self._leaf, self._at + 2)
        self._at += 4 + 2 * reasons
        amount = int.from_bytes(self._leaf[self._at + 1 : self._at + 9], signed=True) if self._leaf[self._at] else None
        self._at += 9 if self._leaf[self._at] else 1
        leaf_no = int.from_bytes(self._leaf[2:10])
        return leaf_no, line_id, source, request_id, batch_id, benefit, state, amount, self._optional().decode()


# -- officers ----------------------------------------------------------------------------------------------------------


def _check_signatures(body: Json, digest: str, signatures: list[Json], officers: Officers) -> None:
    """Each is of an officer the auditor knows, over this digest; all of distinct persons, and enough of them."""
    persons: set[str] = set()
    roles: Counter[str] = Counter()
    for one in signatures:
        who, behalf, role = one["officer"], one["on_behalf_of"], one["role"]
        officer, principal = officers.by_name.get(who), officers.by_name.get(behalf or who)
        at = _time(one["signed_at"])
        if officer is None or principal is None or officer.key != one["key"] or role not in principal.roles:
            raise FailureError(Code.OFFICER, f"{who} is no {role} you know, or signed with another key")
        if any(at < _time(each.since) or (each.until and at >= _time(each.until)) for each in (officer, principal)):
            raise FailureError(Code.OFFICER, f"{who} was not appointed when they signed")
        names = {who, *([behalf] if behalf else [])}
        if names & persons:
            raise FailureError(Code.OFFICER, f"{' and '.join(sorted(names & persons))} stand in two roles")
        persons |= names
        roles[role] += 1
        text = ["sp-certificate/v1", body["certificate_id"], digest, role, who, behalf or "-", one["signed_at"]]
        _check_signed(officer.key, text, one["signature"], f"the signature of {who} is not over this certificate")
        if behalf:
            _check_delegation(one, principal, at)
    needed = _approvers(body, officers)
    if any(roles[role] < 1 for role in _ROLES) or roles["approver"] < needed or set(roles) - set(_ROLES):
        raise FailureError(Code.OFFICER, f"a preparer, a reviewer and {needed} approvers must have signed")


def _check_delegation(one: Json, principal: Officer, at: datetime) -> None:
    told = one["delegation"]
    if not _time(told["from"]) <= at < _time(told["until"]):
        raise FailureError(Code.OFFICER, f"the delegation to {one['officer']} did not hold when they signed")
    text = ["sp-delegation/v1", one["on_behalf_of"], one["officer"], one["role"], told["from"], told["until"]]
    _check_signed(principal.key, text, told["signature"], f"{one['on_behalf_of']} did not sign this delegation")


def _approvers(body: Json, officers: Officers) -> int:
    sums = {one["currency"]: _minor(one["amount"], one["currency"]) for one in body["certified"]["totals"]}
    return max([1, *(approvers for currency, least, approvers in officers.bands if sums.get(currency, 0) >= least)])


def _check_signed(vkey: str, lines: list[str], signature: str, wrong: str) -> None:
    key = read_key(vkey)
    try:
        if key.kind != SIGNATURE:
            raise FailureError(Code.OFFICER, f"{key.name}: the key is none for signing")
        message = "".join(f"{line}\n" for line in lines).encode()
        Ed25519PublicKey.from_public_bytes(key.public).verify(unbase64(signature, "signature"), message)
    except InvalidSignature:
        raise FailureError(Code.OFFICER_SIGNATURE, wrong) from None


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time without offset")
    return found.astimezone(UTC)
