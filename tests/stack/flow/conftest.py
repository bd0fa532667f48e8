"""Real worker processes to kill, and a look into the ledger."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.stack.flow.support import Workers


@pytest.fixture
def workers(environment: dict[str, str], tmp_path: Path) -> Iterator[Workers]:
    found = Workers(environment, tmp_path)
    yield found
    for process in found.running:
        if process.poll() is None:
            found.kill(process)


@pytest.fixture
def query(ledger_url: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Rows of a statement, read anew each time."""
    with psycopg.connect(ledger_url, autocommit=True) as connection:

        def ask(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
            return connection.execute(statement, parameters).fetchall()

        yield ask
