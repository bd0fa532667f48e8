"""A ledger with its decider, and its books rebuilt in both ways."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pipeline.rebuild.difference import Difference
from pipeline.rebuild.replay import Advance
from pipeline.rebuild.run import from_inbox, from_journal
from tests.stack.conftest import fresh_ledger
from tests.stack.decide.conftest import Desk, json_logs

__all__ = ["json_logs"]


@contextmanager
def silent(_text: str) -> Iterator[Advance]:
    """Shows nothing."""
    yield lambda _done, _total, _what: None


class Rebuilding:
    """Rebuilds in databases that are gone afterwards."""

    def __init__(self, server: str, template: str) -> None:
        self.server, self.template = server, template

    def journal(self, url: str) -> list[Difference]:
        """What differs when the journal is decided again."""
        with fresh_ledger(self.server, self.template) as target:
            return from_journal(url, target, silent).differences

    def inbox(self, url: str, seed: int = 1) -> list[Difference]:
        """What differs when all facts are decided in another order."""
        with fresh_ledger(self.server, self.template) as target:
            return from_inbox(url, target, seed, silent).differences

    def same(self, url: str, *seeds: int) -> None:
        """Both ways lead to the original."""
        assert self.journal(url) == []
        for seed in seeds or (1,):
            found = self.inbox(url, seed)
            assert found == [], found[:3] + found[-3:]


@pytest.fixture(scope="session")
def rebuilding(database_server: str, ledger_template: str) -> Rebuilding:
    return Rebuilding(database_server, ledger_template)


@pytest.fixture
def desk(ledger_url: str) -> Iterator[Desk]:
    made = Desk(ledger_url)
    yield made
    made.close()
