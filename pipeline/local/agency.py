"""A database of the certifying agency's own in the embedded PostgreSQL, whose role sees nothing of the ledger."""

import secrets

import psycopg
from psycopg import sql

from pipeline.settings import Settings

ROLE = "npca"
DATABASE = "npca"


def prepare(settings: Settings) -> None:
    """Make the role and the database where they are missing, each closed to the other's role."""
    file = settings.npca_password_file
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(0o600)
        file.write_text(secrets.token_urlsafe(24))
    password = sql.Literal(file.read_text())
    role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
    with psycopg.connect(settings.ledger, autocommit=True) as connection:
        verb = "alter" if _exists(connection, "select 1 from pg_roles where rolname = %s", ROLE) else "create"
        connection.execute(sql.SQL(verb + " role {} login password {}").format(role, password))
        if not _exists(connection, "select 1 from pg_database where datname = %s", DATABASE):
            connection.execute(sql.SQL("create database {} owner {}").format(database, role))
            connection.execute(sql.SQL("revoke connect on database {} from public").format(database))
        own = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("revoke connect on database {} from public").format(own))


def _exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None
