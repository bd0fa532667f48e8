"""Logs carry listed fields only: a protected fact has no way in."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from pipeline.logging import ALLOWED, configure_logging, get_logger


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logging(stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def said(stream: io.StringIO) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stream.getvalue().splitlines()[-1])
    return found


def test_what_is_not_listed_is_dropped_and_counted(lines: io.StringIO) -> None:
    get_logger("record").info("batch_recorded", accepted=3, sp_id="0000000001", value=b"{}", name="Sok")
    entry = said(lines)
    assert entry["accepted"] == 3
    assert entry["dropped"] == 3
    assert set(entry) <= set(ALLOWED)
    assert "0000000001" not in lines.getvalue()
    assert "Sok" not in lines.getvalue()


def test_a_listed_field_with_a_structure_in_it_is_dropped(lines: io.StringIO) -> None:
    get_logger("record").info("batch_recorded", reason={"sp_id": "0000000001"})
    assert "0000000001" not in lines.getvalue()


def test_an_error_is_told_by_type_and_place_not_by_text(lines: io.StringIO) -> None:
    def fail() -> None:
        raise ValueError("Key (sp_id)=(0000000001) already exists")

    try:
        fail()
    except ValueError as error:
        get_logger("record").error("admission_failed", exc_info=error)
    entry = said(lines)
    assert entry["error"] == "ValueError"
    assert entry["stack"][-1].endswith(" fail")
    assert "0000000001" not in lines.getvalue()


def test_a_library_speaks_without_its_arguments(lines: io.StringIO) -> None:
    logging.getLogger("aiokafka.consumer").warning("Could not decode %r", "0000000001")
    assert said(lines) == {**said(lines), "client": "aiokafka", "event": "Could not decode %r", "level": "warning"}
    assert "0000000001" not in lines.getvalue()


def test_chatter_of_libraries_is_left_out(lines: io.StringIO) -> None:
    logging.getLogger("kafka").info("Connected to %s", "somewhere")
    assert not lines.getvalue()
