"""A second, independent judge: pymerkle for trees and proofs, libsodium (PyNaCl) for signatures, nothing of ours."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from pymerkle import InmemoryTree, InvalidProof, verify_consistency, verify_inclusion
from pymerkle.proof import InclusionProof


def _signed(note: str, vkey: str) -> tuple[str, int, bytes] | None:
    """Origin, size and root of a note that this key signed, or None."""
    name, key_id, material = vkey.split("+", 2)
    data = base64.b64decode(material)
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    for line in lines.splitlines():
        dash, signer, encoded = line.split(" ")
        raw = base64.b64decode(encoded)
        if (dash, signer, raw[:4].hex()) != ("—", name, key_id):
            continue
        message, signature = text.encode(), raw[4:]
        if data[0] == 4:
            message = b"cosignature/v1\ntime %d\n" % int.from_bytes(signature[:8]) + message
            signature = signature[8:]
        try:
            VerifyKey(data[1:]).verify(message, signature)
        except BadSignatureError:
            return None
        origin, size, root, *_ = text.split("\n")
        return origin, int(size), base64.b64decode(root)
    return None


def _leaves(directory: Path) -> list[bytes]:
    """Every leaf of an export, in the order of the tiles' numbers."""
    files = [path for path in (directory / "tile" / "leaves").rglob("*") if path.is_file()]
    found: list[tuple[int, bytes]] = []
    for path in files:
        parts = path.relative_to(directory / "tile" / "leaves").parts
        digits = "".join(part.removeprefix("x").removesuffix(".p") for part in parts if part.startswith("x"))
        last = next(part for part in parts if not part.startswith("x"))
        number = int(digits + last.removesuffix(".p"))
        data, at, index = path.read_bytes(), 0, number * 256
        while at < len(data):
            length = int.from_bytes(data[at : at + 4])
            found.append((index, data[at + 4 : at + 4 + length]))
            at, index = at + 4 + length, index + 1
    return [leaf for _, leaf in sorted(found)]


def _keys(leaves: list[bytes], origin: str) -> list[tuple[int, bytes]] | None:
    """Leaf and public half of every key on record; None when one is not of this log or not endorsed by the last."""
    found: list[tuple[int, bytes]] = []
    for number, leaf in enumerate(leaves):
        if leaf[1] != 6:
            continue
        name_ends = 34 + int.from_bytes(leaf[30:34])
        key_ends = name_ends + 8 + int.from_bytes(leaf[name_ends + 4 : name_ends + 8])
        signature = leaf[key_ends + 4 : key_ends + 4 + int.from_bytes(leaf[key_ends : key_ends + 4])]
        if leaf[34:name_ends] != origin.encode():
            return None
        try:
            if found:
                VerifyKey(found[-1][1]).verify(b"key endorsement v1\n" + leaf[30:key_ends], signature)
        except (BadSignatureError, ValueError):
            return None
        found.append((number, leaf[name_ends + 8 : key_ends]))
    return found


def _newest_signed(note: str, keys: list[tuple[int, bytes]], log_keys: list[str]) -> bool:
    """Whether the newest key on record below the checkpoint's size signed it."""
    size = int(note.split("\n")[1])
    newest = [public for number, public in keys if number < size][-1:]
    by = [base64.b64decode(key.split("+", 2)[2])[1:] for key in log_keys if _signed(note, key) is not None]
    return all(public in by for public in newest)


def accepts_export(directory: Path, log_key: str | list[str], witness_key: str, seen: str | None = None) -> bool:
    """Whether checkpoints are signed, the head countersigned, and each is the tree over the leaves that are there."""
    log_keys = [log_key] if isinstance(log_key, str) else log_key
    head = (directory / "checkpoint").read_text()
    notes = [json.loads(line)["note"] for line in (directory / "checkpoints.jsonl").read_text().splitlines()]
    every = [head, *notes, *([seen] if seen else [])]
    told = [next((one for key in log_keys if (one := _signed(note, key))), None) for note in every]
    if _signed(head, witness_key) is None or any(one is None for one in told):
        return False
    leaves = _leaves(directory)
    keys = _keys(leaves, head.partition("\n")[0])
    if keys is None or not all(_newest_signed(note, keys, log_keys) for note in every):
        return False
    tree = InmemoryTree(algorithm="sha256")
    roots = {}
    sizes = {one[1] for one in told if one}
    for number, leaf in enumerate(leaves, 1):
        tree.append_entry(leaf)
        if number in sizes:
            roots[number] = tree.get_root()
    newest = max((one[1] for one in told if one), default=0)
    return (
        newest == len(leaves) and head in notes and all(one is not None and roots.get(one[1]) == one[2] for one in told)
    )


def accepts_bundle(bundle: str, log_key: str, witness_key: str) -> bool:
    """Whether the leaf of a bundle is in the tree of its signed and countersigned checkpoint."""
    proof, _, note = bundle.partition("\n\n")
    told = _signed(note, log_key)
    if told is None or _signed(note, witness_key) is None:
        return False
    _, extra, index, *hashes = proof.split("\n")
    leaf, at = base64.b64decode(extra.removeprefix("extra ")), int(index.removeprefix("index "))
    base = hashlib.sha256(b"\0" + leaf).digest()
    if at >= told[1]:
        return False
    same_shape = InmemoryTree(algorithm="sha256")
    for _ in range(told[1]):
        same_shape.append_entry(b"")
    rule = same_shape.prove_inclusion(at + 1).rule
    proof_ = InclusionProof("sha256", True, told[1], at + 1, rule, [base, *map(base64.b64decode, hashes)])
    try:
        verify_inclusion(base, told[2], proof_, index=at + 1, size=told[1])
    except InvalidProof:
        return False
    return True


def accepts_growth(old: tuple[int, bytes], new: tuple[int, bytes], leaves: list[bytes]) -> bool:
    """Whether pymerkle's own proof over these leaves leads from one (size, root) to the other."""
    tree = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        tree.append_entry(leaf)
    proof = tree.prove_consistency(old[0], new[0])
    try:
        verify_consistency(old[1], new[1], proof, prior_size=old[0], later_size=new[0])
    except InvalidProof:
        return False
    return True
