"""`spp-verify`: is this what was signed and countersigned, and do the books hold? Offline, one exit code a failure."""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path

from ledger.verify.books import Books, account_name
from ledger.verify.bundle import check_bundle, describe
from ledger.verify.certificate import check_certificate, read_officers
from ledger.verify.codes import SAYS, Code, FailureError, read_text
from ledger.verify.dump import check_dump
from ledger.verify.export import check_export
from ledger.verify.notes import Checkpoint, Trust, check_note, check_seen, read_checkpoint, read_key


def _keys(given: list[str]) -> list[str]:
    """Keys as given, or the lines of files that hold them."""
    return [
        line
        for text in given
        for line in (read_text(Path(text)).splitlines() if Path(text).is_file() else [text])
        if line.strip()
    ]


def _parser() -> argparse.ArgumentParser:
    codes = "\n".join(f"  {code.value:3d}  {says}" for code, says in SAYS.items())
    parser = argparse.ArgumentParser(
        prog="spp-verify", description=__doc__, epilog=f"exit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("what", choices=("bundle", "checkpoint", "export", "dump", "certificate"))
    parser.add_argument("paths", nargs="+", help="files; for `export` a directory, for `dump` plain SQL of pg_dump")
    parser.add_argument(
        "--log-key", action="append", default=[], required=True, help="key of the log, or a file of keys"
    )
    parser.add_argument("--witness-key", action="append", default=[], help="ask for a countersignature of this witness")
    parser.add_argument("--seen", action="append", default=[], help="a checkpoint you kept from before")
    parser.add_argument("--officers", help="for `certificate`: the officers you know (spp npca officer list --json)")
    parser.add_argument("--balances", action="store_true", help="print the balance of every account")
    return parser


def main() -> None:
    """Check what the arguments name; exits with a code of `codes.Code`."""
    asked = _parser().parse_args()
    gc.disable()  # rows form no cycles, and looking for some takes a sixth of the time of a dump
    try:
        seen = [read_checkpoint(read_text(Path(path)).rpartition("\n\n")[0] + "\n") for path in asked.seen]
        trust = Trust(
            [read_key(text) for text in _keys(asked.log_key)],
            [read_key(text) for text in _keys(asked.witness_key)],
            seen,
        )
        for path in asked.paths:
            if asked.what == "certificate":
                _check_certificate(path, trust, asked.officers)
            else:
                _check(asked.what, path, trust, balances=asked.balances)
    except FailureError as failure:
        sys.stderr.write(f"spp-verify: {failure.code.name}: {failure}. {SAYS[failure.code].capitalize()}.\n")
        sys.exit(failure.code)


def _check(what: str, path: str, trust: Trust, *, balances: bool) -> None:
    if what == "bundle":
        told, leaf = check_bundle(read_text(Path(path)), trust)
        sys.stdout.write("\n".join([f"{path}: in the log", *describe(leaf), *_checkpoint(told, trust)]) + "\n")
    elif what == "checkpoint":
        told = check_note(read_text(Path(path)), trust)
        check_seen(told, trust)
        if (seen := max((one.size for one in trust.seen), default=0)) > told.size:
            raise FailureError(Code.TRUNCATED, f"{path}: {seen} leaves were seen before")
        sys.stdout.write("\n".join([f"{path}: good", *_checkpoint(told, trust)]) + "\n")
    else:
        told, books = check_export(Path(path), trust) if what == "export" else check_dump(Path(path), trust)
        said = [f"{path}: {books.size} leaves hold", *_checkpoint(told, trust)]
        if trust.witnesses and books.size > told.size:
            said.append(f"countersigned up to {told.size}, {books.size - told.size} more signed only")
        since = min((one.size for one in trust.seen), default=0)
        told_since = [(leaf_no, digest.hex()) for leaf_no, digest in books.schemas if leaf_no >= since]
        said += [f"leaf {leaf_no}: the database's catalogue has the digest {digest}" for leaf_no, digest in told_since]
        sys.stdout.write("\n".join(said) + "\n")
        if balances:
            _print_balances(books)


def _check_certificate(path: str, trust: Trust, officers: str | None) -> None:
    if officers is None or not trust.witnesses:
        raise FailureError(Code.USAGE, "a certificate is checked with --officers and --witness-key")
    told, body = check_certificate(read_text(Path(path)), trust, read_officers(read_text(Path(officers))))
    sums = ", ".join(f"{one['amount']} {one['currency']}" for one in body["certified"]["totals"])
    said = [f"{path}: certificate {body['certificate_id']} of {body['source']} {body['batch_id']} holds"]
    said.append(f"{body['certified']['count']} lines certified ({sums}), {body['refused']['count']} refused")
    unsure = sorted({f"{one['name']} ({one['status']})" for one in body["figures"] if one["status"] != "confirmed"})
    said += [f"rests on figures that are not confirmed: {', '.join(unsure)}"] if unsure else []
    sys.stdout.write("\n".join([*said, *_checkpoint(told, trust)]) + "\n")


def _checkpoint(told: Checkpoint, trust: Trust) -> list[str]:
    by = f", countersigned by {' or '.join(key.name for key in trust.witnesses)}" if trust.witnesses else ""
    return [f"log {told.origin}, {told.size} leaves, root {told.root.hex()}{by}"]


def _print_balances(books: Books) -> None:
    for (account, currency), (debits, credits_) in sorted(
        books.balances.items(), key=lambda one: account_name(one[0][0])
    ):
        sys.stdout.write(f"{account_name(account)}\t{currency}\t{debits}\t{credits_}\t{debits - credits_}\n")


if __name__ == "__main__":
    main()
