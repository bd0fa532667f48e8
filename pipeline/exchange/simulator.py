"""A bank for tests and trials, with books of its own: takes our files, pays, and answers as banks do at their worst.

What becomes of a payment follows from the seed and its EndToEndId alone, so a run can be told again. Each call of
`day` is one day of the bank: it takes new files, finishes what it delayed, returns what it could not credit, and
writes pain.002, camt.054 and camt.053.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec

from events.money import from_minor
from pipeline.exchange.simulated_messages import Booking, Verdict, notification, report, statement
from processors.exchange import xml
from processors.exchange.fields import amount_minor

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENING_MINOR: Final = 10**12


class Fate(StrEnum):
    """What the bank does with a payment."""

    PAID = "paid"
    DELAYED = "delayed"
    """paid a day later"""
    REJECTED = "rejected"
    RETURNED = "returned"
    """paid, and back a day later: the account is closed"""
    UNCLAIMED = "unclaimed"
    """paid, and back a day later for good"""
    SILENT = "silent"
    """paid, and told a day later only"""
    LOST = "lost"
    """never carried out, and never answered until asked"""
    SHORT = "short"
    """paid one unit less"""
    OVER = "over"
    """paid one unit more"""


class Payment(msgspec.Struct):
    """One payment in the bank's books. `entries` are its bookings, each told by every statement from then on."""

    end_to_end: str
    amount_minor: int
    currency: str
    fate: Fate
    taken_on: int
    done: bool = False


class Books(msgspec.Struct):
    """What the bank remembers between days."""

    seed: str
    day: int = 0
    balance_minor: dict[str, int] = {}
    payments: dict[str, Payment] = {}
    files: list[str] = []
    bookings: list[Booking] = []
    numbered: int = 0

    def paid_minor(self) -> dict[str, int]:
        """What really left for each EndToEndId and did not come back, by the bank's own books."""
        net: dict[str, int] = {}
        for booking in self.bookings:
            if booking.end_to_end:
                sign = -1 if booking.credit else 1
                net[booking.end_to_end] = net.get(booking.end_to_end, 0) + sign * booking.amount_minor
        return net


@dataclass(slots=True)
class Simulator:
    """One bank. `weights` say how many of a hundred payments have which fate; the rest are paid."""

    bank: str
    books: Books
    weights: dict[Fate, int] = field(default_factory=dict)
    fee_minor: int = 0
    losing: bool = False
    """Whether it loses every third file whole."""
    first_day: date = date(2026, 1, 5)

    def day(self, files: dict[str, bytes], asked: tuple[str, ...] = ()) -> Iterator[tuple[str, bytes]]:
        """A day: our files by name, the EndToEndIds we ask about; yields the bank's messages by name."""
        books = self.books
        books.day += 1
        verdicts: list[Verdict] = []
        before = len(books.bookings)
        for name, raw in sorted(files.items()):
            verdicts += self._take(name, raw)
        for payment in books.payments.values():
            verdicts += self._go_on(payment, asked=payment.end_to_end in asked)
        verdicts += [Verdict(name, "RJCT", "NOOR") for name in asked if name not in books.payments]
        today = books.bookings[before:]
        if self.fee_minor and any(not one.credit for one in today):
            for currency in sorted({one.currency for one in today}):
                self._book("", self.fee_minor, currency, credit=False)
        yield from self._messages(verdicts, books.bookings[before:])

    def _take(self, name: str, raw: bytes) -> list[Verdict]:
        """New payments of a file. A file that came before is refused as a duplicate, as ISO 20022 asks."""
        books = self.books
        root = xml.parse(raw)
        message_id = xml.needed(root, "CstmrCdtTrfInitn/GrpHdr/MsgId")
        if message_id in books.files:
            return [Verdict("", "RJCT", "AM05", message_id)]
        books.files.append(message_id)
        if self.losing and self._drawn(name) % 3 == 0:
            return []
        for node in xml.all_of(root, "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf"):
            end_to_end = xml.needed(node, "PmtId/EndToEndId")
            amount = xml.first(node, "Amt/InstdAmt")
            if amount is None:
                continue
            currency = amount.get("Ccy", "")
            minor = amount_minor(amount.text or "", currency, "Amt")
            books.payments[end_to_end] = Payment(end_to_end, minor, currency, self.fate(end_to_end), books.day)
        return [Verdict("", "ACTC", "", message_id)]

    def fate(self, end_to_end: str) -> Fate:
        """What becomes of a payment."""
        drawn = self._drawn(end_to_end) % 100
        for fate, weight in self.weights.items():
            if drawn < weight:
                return fate
            drawn -= weight
        return Fate.PAID

    def _drawn(self, name: str) -> int:
        return int.from_bytes(sha256(f"{self.books.seed}\0{name}".encode()).digest()[:4])

    def _go_on(self, payment: Payment, *, asked: bool) -> list[Verdict]:
        """What the bank does with a payment today."""
        if payment.done:
            return []
        fate, first, name = payment.fate, payment.taken_on == self.books.day, payment.end_to_end
        if fate is Fate.LOST:
            payment.done = asked
            return [Verdict(name, "RJCT", "NOOR")] if asked else []
        if fate is Fate.REJECTED:
            payment.done = True
            return [Verdict(name, "RJCT", "AC01")]
        if fate in {Fate.DELAYED, Fate.SILENT} and first:
            return [Verdict(name, "PDNG", "")] if fate is Fate.DELAYED else []
        if fate in {Fate.RETURNED, Fate.UNCLAIMED} and not first:
            payment.done = True
            reason = "UNCLAIMED" if fate is Fate.UNCLAIMED else "AC04"
            self._book(name, payment.amount_minor, payment.currency, credit=True, reason=reason)
            return []
        wrong = {Fate.SHORT: -1, Fate.OVER: 1}.get(fate, 0)
        if payment.amount_minor + wrong > 0:
            self._book(name, payment.amount_minor + wrong, payment.currency, credit=False)
        payment.done = fate not in {Fate.RETURNED, Fate.UNCLAIMED}
        return [Verdict(name, "ACSC", "")]

    def _book(self, end_to_end: str, minor: int, currency: str, *, credit: bool, reason: str = "") -> None:
        books = self.books
        books.numbered += 1
        balance = books.balance_minor.setdefault(currency, OPENING_MINOR)
        books.balance_minor[currency] = balance + (minor if credit else -minor)
        value_date = self.first_day + timedelta(days=books.day)
        ref = f"{self.bank}-{books.day}-{books.numbered}"
        books.bookings.append(Booking(ref, end_to_end, minor, currency, credit, value_date, reason))

    def _messages(self, verdicts: list[Verdict], today: list[Booking]) -> Iterator[tuple[str, bytes]]:
        """The day's messages: the notification and the statement tell the same movements."""
        at = self.first_day + timedelta(days=self.books.day)
        stem = f"{self.bank}-{self.books.day}"
        told = [[one] for one in verdicts if one.message_id]
        told += [payments] if (payments := [one for one in verdicts if not one.message_id]) else []
        for number, part in enumerate(told):
            yield f"{stem}-{number}-pain002.xml", report(f"{stem}-R{number}", at, part)
        for currency in sorted({one.currency for one in today}):
            booked = [one for one in today if one.currency == currency]
            yield f"{stem}-{currency}-camt054.xml", notification(f"{stem}-{currency}-N", at, booked)
            closing = self.books.balance_minor[currency]
            opening = closing + sum(-one.amount_minor if one.credit else one.amount_minor for one in booked)
            balances = from_minor(opening, currency).amount, from_minor(closing, currency).amount
            yield f"{stem}-{currency}-camt053.xml", statement(f"{stem}-{currency}-S", at, booked, balances)


def parse_books(raw: bytes) -> Books:
    """Books as `write_books` wrote them."""
    return msgspec.json.decode(raw, type=Books)


def write_books(books: Books) -> bytes:
    """Books as JSON."""
    return msgspec.json.encode(books)
