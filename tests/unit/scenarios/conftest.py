"""Small scenarios, written once a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.scenarios import files
from pipeline.scenarios.catalogue import SCENARIOS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session", params=sorted(SCENARIOS))
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name = str(request.param)
    directory = tmp_path_factory.mktemp(name)
    files.write(SCENARIOS[name], "small", 1, directory)
    return directory
