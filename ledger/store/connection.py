"""Connections under one of the three roles, and the upgrade that makes the roles and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import psycopg
import sqlalchemy
from psycopg.rows import TupleRow

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

LedgerConnection = psycopg.Connection[TupleRow]
LedgerCursor = psycopg.Cursor[TupleRow]

Role = Literal["owner", "writer", "reader"]

_DRIVER = "postgresql+psycopg://"
_PLAIN = ("postgresql://", "postgres://")


def _options(role: Role) -> str:
    # Set at start-up, so that RESET ROLE comes back to it. Planning native code costs more than these statements run.
    return f"-c role=spp_{role} -c jit=off -c timezone=UTC"


def driver_url(url: str) -> str:
    """`url` as SQLAlchemy wants it, with the driver named. Raises ValueError for another database."""
    if url.startswith(_DRIVER):
        return url
    for scheme in _PLAIN:
        if url.startswith(scheme):
            return _DRIVER + url.removeprefix(scheme)
    raise ValueError(f"ledger URL: expected postgresql://… or {_DRIVER}…, got a URL of {url.partition(':')[0]!r}")


def plain_url(url: str) -> str:
    """`url` as libpq wants it, without a driver."""
    return "postgresql://" + driver_url(url).removeprefix(_DRIVER)


def connect(url: str, role: Role) -> LedgerConnection:
    """A psycopg connection that acts as `role`: writer (grows the books), reader (reports) or owner (migrations).

    Not in autocommit; times are UTC. Raises psycopg.OperationalError when the server refuses, also when the roles are
    missing: `migrate` makes them.
    """
    return psycopg.connect(plain_url(url), options=_options(role), application_name=f"spp {role}")


def engine(url: str, role: Role = "reader") -> Engine:
    """A SQLAlchemy engine whose connections act as `role`."""
    return sqlalchemy.create_engine(driver_url(url), connect_args={"options": _options(role)})


def migrate(url: str) -> None:
    """Make what is missing: the roles (shared by the whole server), then the tables, to the latest version.

    Needs a user who may create roles, or who is a member of spp_owner, spp_writer and spp_reader already; raises
    PermissionError, saying what to do, for another. Safe to run twice and by several processes at once; one
    transaction, so it happens whole or not at all.
    """
    # Alembic takes a third of a second to import, which nobody but a set-up should pay.
    from ledger.store.migrations import upgrade  # noqa: PLC0415 - see above

    upgrade(driver_url(url))
