"""The banks file: what the exchange must know of each bank, with the status and source of it."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Final, Literal

import msgspec
import yaml
from msgspec import Meta

from events.money import CURRENCIES
from events.sources import is_source
from processors.exchange.days import WorkingDays

_TEXT_35 = Annotated[str, Meta(min_length=1, max_length=35)]
_ACCOUNT = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:/-]{1,34}\Z")]


class BanksError(ValueError):
    """The banks file cannot be used; the message names the field and what it may say."""


class Bank(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bank, wallet or the treasury. `cut_off` and `answer_days` null: unset, and nothing is written for it.

    `account` is our own account there, for each currency; `answer_days` are working days after which silence is asked
    about; `reasons` are its own words for reasons of the contract, such as `unclaimed`.
    """

    account: dict[str, _ACCOUNT]
    agent: _TEXT_35
    owner: Annotated[str, Meta(pattern=r"^[a-z0-9_.]{1,40}\Z")]
    status: Literal["agreed", "example", "unset"]
    reference: str
    cut_off: time | None = None
    answer_days: Annotated[int, Meta(ge=1, le=30)] | None = None
    lines_max: Annotated[int, Meta(ge=1, le=100_000)] = 20_000
    reasons: dict[str, str] = {}


class _Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reference: str


class _Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    closed: dict[date, _Change] = {}
    opened: dict[date, _Change] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    initiator: _TEXT_35
    certifiers: tuple[str, ...]
    banks: dict[str, Bank]
    calendar: _Calendar = _Calendar()


class Banks:
    """All banks by source code, who certifies, and the calendar they work by."""

    def __init__(self, file: _File) -> None:
        self.initiator: Final = file.initiator
        self.certifiers: Final = frozenset(file.certifiers)
        self.by_code: Final = dict(file.banks)
        self.days: Final = WorkingDays(frozenset(file.calendar.closed), frozenset(file.calendar.opened))

    def usable(self, code: str, currency: str) -> bool:
        """Whether a run may be made for a bank in a currency: all that is needed of it is set."""
        bank = self.by_code.get(code)
        return (
            bank is not None
            and bank.status != "unset"
            and currency in bank.account
            and bank.cut_off is not None
            and bank.answer_days is not None
        )


def read_banks(text: str) -> Banks:
    """A banks file in YAML. Raises BanksError."""
    try:
        file = msgspec.convert(yaml.safe_load(text), _File, strict=False)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise BanksError(f"the banks file cannot be used: {error}") from None
    for code, bank in file.banks.items():
        if not is_source(code):
            raise BanksError(f"banks.{code}: expected a source of the contract: treasury, or bank.<code>")
        if not bank.reference.strip():
            raise BanksError(f"banks.{code}.reference: expected where this was agreed, or why it is an example")
        if unknown := set(bank.account) - set(CURRENCIES):
            raise BanksError(f"banks.{code}.account: {', '.join(sorted(unknown))} is no currency of the contract")
    return Banks(file)
