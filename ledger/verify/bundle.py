"""One leaf with its proof (C2SP tlog-proof): leaf, path, signed checkpoint."""

from __future__ import annotations

from ledger.verify.books import DECISION, KINDS, TRANSFER, VERSION, account_name, read_decision, read_transfer
from ledger.verify.codes import Code, FailureError
from ledger.verify.notes import Checkpoint, Trust, check_note, check_seen, read_number, unbase64
from ledger.verify.trees import leaf_hashes, root_from_path

HEAD = "c2sp.org/tlog-proof@v1"


def check_bundle(text: str, trust: Trust) -> tuple[Checkpoint, bytes]:
    """The checkpoint and the leaf of a bundle, found to be in the log."""
    proof, _, note = text.partition("\n\n")
    lines = proof.split("\n")
    shape = len(lines) >= 3 and lines[0] == HEAD and lines[1].startswith("extra ") and lines[2].startswith("index ")
    if not shape:
        raise FailureError(Code.MALFORMED, f"a bundle begins with {HEAD!r}, extra, index")
    number = read_number(lines[2].removeprefix("index "), "index of a bundle")
    leaf = unbase64(lines[1].removeprefix("extra "), "leaf")
    path = [unbase64(line, "path") for line in lines[3:]]
    told = check_note(note, trust)
    root = root_from_path(leaf_hashes([leaf])[0], number, told.size, path)
    if root != told.root:
        raise FailureError(Code.INCLUSION, f"leaf {number} is not in the log of {told.size} leaves")
    if len(leaf) < 18 or leaf[0] != VERSION or leaf[1] not in KINDS or int.from_bytes(leaf[2:10]) != number:
        raise FailureError(Code.NUMBERING, f"leaf {number} carries another number, or is of no known kind")
    check_seen(told, trust)
    return told, leaf


def describe(leaf: bytes) -> list[str]:
    """What a leaf says, in a few lines."""
    said = [f"{KINDS[leaf[1]]}, leaf {int.from_bytes(leaf[2:10])}, block {int.from_bytes(leaf[10:18])}"]
    if leaf[1] == TRANSFER:
        row = read_transfer(leaf)
        said.append(f"{row.amount_minor} minor units of {row.currency}, step {row.step}, of {row.subject.hex()}")
        said.append(f"debit {account_name(row.debit)}, credit {account_name(row.credit)}")
    elif leaf[1] == DECISION:
        subject, version, at = read_decision(leaf)
        said.append(f"of {subject.hex()}, version {version}")
        texts, at = [], at + 2
        for _ in range(5):
            length = int.from_bytes(leaf[at : at + 2])
            texts.append(leaf[at + 2 : at + 2 + length].decode())
            at += 2 + length
        said.append("source {}, event {}, request {}, batch {}, benefit {}".format(*texts))
        said.append(f"state {int.from_bytes(leaf[at : at + 2])}")
    return said
