from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from alembic.script import ScriptDirectory

from ledger.store import connect, engine, migrate, migrations
from ledger.store.schema import metadata

SCHEMA_QUERIES = {
    "constraints": """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
        where connamespace = 'public'::regnamespace and conrelid <> 'alembic_version'::regclass order by 1, 2, 3
    """,
    "indexes": """
        select tablename, indexname, indexdef from pg_indexes
        where schemaname = 'public' and tablename <> 'alembic_version' order by 1, 2
    """,
    "columns": """
        select table_name, column_name, ordinal_position, data_type, udt_name, is_nullable, column_default,
            is_identity, identity_generation
        from information_schema.columns where table_schema = 'public' and table_name <> 'alembic_version' order by 1, 3
    """,
    "tables": """
        select relname, reloptions from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'alembic_version' order by 1
    """,
    "sequences": "select sequencename, cache_size from pg_sequences where schemaname = 'public' order by 1",
}


def schema_of(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with connect(url, "owner") as conn:
        return {part: conn.execute(query).fetchall() for part, query in SCHEMA_QUERIES.items()}


def test_the_migrations_make_the_tables_of_the_schema(ledger_url: str, empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as conn:
        conn.execute("create table alembic_version (version_num text)")
        conn.execute("grant create on schema public to spp_owner")
    metadata.create_all(owner := engine(empty_database_url, "owner"))
    owner.dispose()
    migrated, described = schema_of(ledger_url), schema_of(empty_database_url)
    for part in SCHEMA_QUERIES:
        assert migrated[part] == described[part]


def test_the_history_is_one_line() -> None:
    scripts = ScriptDirectory(migrations.__path__[0])
    assert len(scripts.get_heads()) == 1
    assert all(not script.is_merge_point and not script.is_branch_point for script in scripts.walk_revisions())


def test_several_processes_may_migrate_at_once_and_again(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [empty_database_url] * 4))
    migrate(empty_database_url.replace("postgresql://", "postgresql+psycopg://"))
    with connect(empty_database_url, "reader") as conn:
        assert conn.execute("select count(*) from inbox").fetchone() == (0,)


def test_a_failed_migration_leaves_nothing_behind(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as conn:
        conn.execute("create table outbox (in_the_way int)")
    with pytest.raises(Exception, match='relation "outbox" already exists'):
        migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as conn:
        tables = conn.execute("select relname from pg_class where relnamespace = 'public'::regnamespace").fetchall()
    assert tables == [("outbox",)]


def test_a_user_who_is_no_superuser_prepares_its_own_database(empty_database_url: str) -> None:
    """The roles are the whole server's: here others have made them, and an administrator has given them to the user."""
    with psycopg.connect(empty_database_url) as conn:
        conn.execute("create role plain_user login password 'plain'")
        conn.execute(f"grant connect on database {conn.info.dbname} to plain_user")
    url = as_plain_user(empty_database_url)
    try:
        with pytest.raises(PermissionError, match="let an\\nadministrator do it once"):
            migrate(url)
        with psycopg.connect(empty_database_url) as conn:
            conn.execute("grant spp_owner, spp_writer, spp_reader to plain_user")
            conn.execute("grant usage, create on schema public to spp_owner")
        migrate(url)
        with connect(url, "writer") as writer:
            assert writer.execute("select current_user, session_user").fetchone() == ("spp_writer", "plain_user")
    finally:
        with psycopg.connect(empty_database_url) as conn:
            conn.execute("revoke spp_owner, spp_writer, spp_reader from plain_user")
            conn.execute("drop owned by plain_user")
            conn.execute("drop role plain_user")


def as_plain_user(url: str) -> str:
    """`url` with the plain user."""
    return "postgresql://plain_user:plain@" + url.rpartition("@")[2]
