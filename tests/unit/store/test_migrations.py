"""The migrations make the very schema that the code declares."""

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gateway.core.errors import StartError
from gateway.store.engine_sqlite import writing_engine
from gateway.store.migrate import HEAD, SCRIPTS, upgrade
from gateway.store.schema import metadata


def declared(connection: Connection) -> dict[str, str]:
    """Every table and index with its SQL, white space and quotes aside."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    return {
        row.name: re.sub(r"[\\s\"]+", "", row.sql) for row in rows if not row.name.startswith(("alembic_", "sqlite_"))
    }


def test_the_migrated_schema_is_the_declared_one() -> None:
    migrated, created = writing_engine(":memory:").connect(), writing_engine(":memory:").connect()
    with migrated, created:
        upgrade(migrated)
        with migrated.begin(), created.begin():
            metadata.create_all(created)
            assert compare_metadata(MigrationContext.configure(migrated), metadata) == []
            assert declared(migrated) == declared(created)


def test_migrating_again_changes_nothing() -> None:
    with writing_engine(":memory:").connect() as connection:
        assert upgrade(connection) == upgrade(connection)


def test_a_newer_schema_is_refused() -> None:
    with writing_engine(":memory:").connect() as connection:
        upgrade(connection)
        with connection.begin():
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(StartError, match=r"9999.*newer"):
            upgrade(connection)


def test_the_version_that_the_program_knows_is_that_of_the_newest_file() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
