from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.exchange.database import ExchangeConnection, connect, prepare
from processors.exchange.banks import Banks, read_banks
from tests.stack.exchange.world import EXAMPLES, Officers, make_officers


@pytest.fixture
def exchange_url(empty_database_url: str) -> str:
    """URL of a fresh exchange."""
    prepare(empty_database_url)
    return empty_database_url


@pytest.fixture
def exchange(exchange_url: str) -> Iterator[ExchangeConnection]:
    with connect(exchange_url) as connection:
        yield connection


@pytest.fixture(scope="session")
def banks() -> Banks:
    return read_banks(EXAMPLES.read_text())


@pytest.fixture
def officers(tmp_path: Path) -> Officers:
    return make_officers(tmp_path / "officers")
