"""One linear history of the schema, run by Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy
from alembic import command
from alembic.config import Config
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from ledger.store.migrations.guard import guard

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

ROLES = ("spp_owner", "spp_writer", "spp_reader")

# Any fixed number: holds back a second upgrade of the same database until the first is through.
_UPGRADE_LOCK = 7_304_110_001

_ADVICE = """\
this user may not prepare the ledger's roles. Give a user who may create roles and owns the database, or let an
administrator do it once: create roles spp_owner, spp_writer and spp_reader (nologin), grant them to this user, and
`grant usage, create on schema public to spp_owner; grant usage on schema public to spp_writer, spp_reader`"""

_CREATE_ROLE = """
do $$ begin create role {role} nologin; exception when duplicate_object or unique_violation then null; end $$
"""


def _ensure_roles(connection: Connection) -> None:
    # A role's creator is a member without the right to become it, which PostgreSQL 15 does not tell apart.
    (version,) = connection.execute(text("select current_setting('server_version_num')::int")).one()
    member = "set" if version >= 160_000 else "member"
    for role in ROLES:
        if connection.scalar(text("select true from pg_roles where rolname = :role"), {"role": role}) is None:
            connection.execute(text(_CREATE_ROLE.format(role=role)))
        if not connection.scalar(text(f"select pg_has_role(current_user, :role, '{member}')"), {"role": role}):
            connection.execute(text(f"grant {role} to current_user"))
    if not connection.scalar(text("select has_schema_privilege('spp_owner', 'public', 'create')")):
        connection.execute(text("grant usage, create on schema public to spp_owner"))
    if not connection.scalar(text("select has_schema_privilege('spp_reader', 'public', 'usage')")):
        connection.execute(text("grant usage on schema public to spp_writer, spp_reader"))


def upgrade(url: str) -> None:
    """Bring the database at `url` (a SQLAlchemy URL) to the latest version.

    Raises PermissionError, saying what to do, when the user may not prepare the roles.
    """
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            try:
                _ensure_roles(connection)
            except ProgrammingError as error:
                if not isinstance(error.orig, InsufficientPrivilege):
                    raise
                raise PermissionError(f"{_ADVICE} ({error.orig.diag.message_primary})") from error
            connection.execute(text("set local role spp_owner"))
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            guard(connection)
    finally:
        engine.dispose()
