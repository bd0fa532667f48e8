"""Certified lines in an exchange's tables, two finance officers, and a bank that answers."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from pipeline.exchange import handing, officers, releasing, running
from pipeline.exchange.database import ExchangeConnection
from pipeline.exchange.intake import Batch, Row, keep, places
from pipeline.exchange.officers import Officer
from processors.exchange.banks import Banks

EXAMPLES = Path(__file__).resolve().parents[3] / "processors" / "exchange" / "banks.yaml"
BANK = "bank.wing"
AMOUNT = 400_000
NOW_US = 1_767_600_000_000_000  # 5 January 2026, a Monday, 15:00 in Phnom Penh
LATER_US = NOW_US + 30 * 86_400 * 1_000_000


class Officers(NamedTuple):
    """Two persons' keys and where they are."""

    directory: Path
    known: dict[str, Officer]


def make_officers(directory: Path) -> Officers:
    """Two officers with keys."""
    for name in ("sok", "dara"):
        officers.make_officer(directory, name, NOW_US - 1)
    return Officers(directory, officers.read_officers(directory))


def line_id(number: int) -> str:
    return f"{number:032x}"


def certified(number: int, *, account: str | None = None, amount: int = AMOUNT) -> list[Row]:
    """What the exchange keeps of one certified line."""
    source, event, request = "nsaf", f"e{number}", f"r{number}"
    payee = ("wallet", "wing", account or f"token-{number}")
    return [
        Row("request", (source, event, bytes([number]) * 32, request, "family.base", "2026-01", *payee)),
        Row("ruling", ("npca", f"c{number}", line_id(number), amount, "KHR")),
        Row("line", (line_id(number), 3, "certified", source, event, request, amount, "KHR")),
    ]


def changed(number: int, *, at_us: int = NOW_US) -> Row:
    """Another account for a line's payee."""
    payee = ("wallet", "wing", f"other-{number}")
    return Row("payee_change", ("nsaf", f"p{number}", bytes([number]) * 32, f"r{number}", at_us, *payee))


def tell(connection: ExchangeConnection, rows: Iterable[Row]) -> None:
    """Have rows kept as if they had been followed."""
    start = places(connection, [("told", 0)])[("told", 0)]
    keep(connection, [Batch("told", 0, start, start + 1, list(rows))])


def pay(connection: ExchangeConnection, banks: Banks, people: Officers, now_us: int = NOW_US) -> dict[str, bytes]:
    """Propose what is due, have it released by both and made into files; returns the files by name."""
    running.propose(connection, banks, now_us)
    files = {}
    rows = connection.execute(
        "select run_no from run where withdrawn_us is null and run_no not in (select run_no from file) order by 1"
    ).fetchall()
    for (run_no,) in rows:
        release_by_both(connection, run_no, banks, people, now_us)
        made = handing.make_file(connection, run_no, people.known, banks, now_us)
        body = connection.execute("select body from file where message_id = %s", (made.message_id,)).fetchone()
        connection.execute("update file set handing_us = 1, handed_us = 1 where message_id = %s", (made.message_id,))
        assert body is not None
        files[f"{made.message_id}.xml"] = bytes(body[0])
    return files


def release_by_both(
    connection: ExchangeConnection, run_no: int, banks: Banks, people: Officers, now_us: int = NOW_US
) -> None:
    """Both officers release a run."""
    for key_id in people.known:
        run = running.read_run(connection, run_no)
        _, signature = officers.sign(people.directory, key_id, run.digest)
        releasing.release(connection, run_no, key_id, signature, people.known, banks, now_us)


def states(connection: ExchangeConnection) -> list[tuple[object, ...]]:
    """Every instruction with where it stands and its money, and what stands in suspense."""
    rows = connection.execute(
        "select line_id, attempt, state, final, out_minor, back_minor from instruction order by 1, 2"
    ).fetchall()
    rows += connection.execute(
        "select item, bank, why, amount_minor, currency, owner from suspense order by 1"
    ).fetchall()
    return rows


def parts(raw: bytes) -> list[bytes]:
    """A message split: one for each of its records, under the same header."""
    root = etree.fromstring(raw)
    names = ("Ntry", "TxInfAndSts")
    count = sum(1 for node in root.iter() if etree.QName(node).localname in names)
    found = []
    for kept in range(count):
        copy = etree.fromstring(raw)
        nodes = [node for node in copy.iter() if etree.QName(node).localname in names]
        for at, node in enumerate(nodes):
            if at != kept:
                node.getparent().remove(node)
        found.append(etree.tostring(copy))
    return found or [raw]
