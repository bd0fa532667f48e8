"""What tables are made of: columns by type, and the names of constraints."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    func,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

WORKING = {"append_only": False}
APPEND_ONLY = {"append_only": True}
SUMMED = {"append_only": True, "copied": False}
"""Made from other tables by a statement; what says `copied` False has no packer for COPY."""


def int2(name: str) -> Column[int]:
    """A smallint, never null."""
    return Column(name, SmallInteger, nullable=False, autoincrement=False)


def int4(name: str) -> Column[int]:
    """An integer, never null."""
    return Column(name, Integer, nullable=False, autoincrement=False)


def int8(name: str) -> Column[int]:
    """A bigint, never null; numbers are given by us unless it is a `serial`."""
    return Column(name, BigInteger, nullable=False, autoincrement=False)


def required_text(name: str) -> Column[str]:
    """A text, never null."""
    return Column(name, Text, nullable=False)


def bytea(name: str) -> Column[bytes]:
    """Bytes, never null."""
    return Column(name, LargeBinary, nullable=False)


def optional(name: str, kind: type[TypeEngine[Any]]) -> Column[Any]:
    """A column of any type that may be null."""
    return Column(name, kind, nullable=True)


def serial(name: str) -> Column[int]:
    """A number the database gives."""
    # CACHE 1 keeps numbers in the order they were asked for; nobody may set one.
    return Column(name, BigInteger, Identity(always=True, cache=1), nullable=False)


def now(name: str) -> Column[Any]:
    """When the row was written, by the database's clock."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())
