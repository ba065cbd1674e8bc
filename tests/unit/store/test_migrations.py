"""The migrations make the very schema that the code declares."""

import re
from dataclasses import replace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gateway.core.errors import StartError
from gateway.core.ticket import Attachment
from gateway.store.bulk import insert
from gateway.store.cases import load_messages, load_tickets
from gateway.store.engine_sqlite import writing_engine
from gateway.store.migrate import HEAD, SCRIPTS, upgrade
from gateway.store.rows import attachments_values
from gateway.store.schema import attachments, metadata
from gateway.store.sheets import load
from gateway.store.transaction import Transaction

_A_TICKET = """
    INSERT INTO tickets (id, reference, channel, subject, received_at, policy, hedge_at, due_at,
                         priority, metadata, state, waiting_since)
    VALUES ('t1', '4829157360', 'web', 'Correo', 1, 'default', 2, 5, 1, '{}', 'waiting', 1)
"""
"""As every version could write it."""


def declared(connection: Connection) -> dict[str, str]:
    """Every table and index with its SQL, white space and quotes aside."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    return {
        row.name: re.sub(r"[\s\"]+", "", row.sql) for row in rows if not row.name.startswith(("alembic_", "sqlite_"))
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


def test_the_first_schema_with_data_gets_room_for_attachments() -> None:
    with writing_engine(":memory:").connect() as connection:
        with connection.begin():
            migrate_to(connection, "0001")
            connection.execute(text(_A_TICKET))
            connection.execute(
                text(
                    "INSERT INTO messages (id, ticket_id, number, direction, channel, body, at) "
                    "VALUES ('m1', 't1', 1, 'inbound', 'web', 'No va.', 1)"
                )
            )
        upgrade(connection)
        with connection.begin():
            (message,) = load_messages(connection, ["t1"])["t1"]
            assert (message.body, message.attachments) == ("No va.", ())
            picture = Attachment("a.png", "image/png", 1, "a" * 64)
            rows = attachments_values([replace(message, attachments=(picture,))])
            insert(connection, attachments, rows)
            assert load_messages(connection, ["t1"])["t1"][0].attachments == (picture,)


def test_a_ticket_from_before_mails_is_answered_on_its_page() -> None:
    with writing_engine(":memory:").connect() as connection:
        with connection.begin():
            migrate_to(connection, "0005")
            connection.execute(text(_A_TICKET))
        upgrade(connection)
        with connection.begin():
            ticket = load_tickets(connection, ["t1"])["t1"]
            assert (ticket.reference, ticket.answer_by) == ("4829157360", None)


def test_a_ticket_and_a_copy_from_before_calls_are_neither_held_nor_to_be_recorded() -> None:
    with writing_engine(":memory:").connect() as connection:
        with connection.begin():
            migrate_to(connection, "0007")
            connection.execute(text(_A_TICKET))
            connection.execute(
                text(
                    "INSERT INTO handoffs (id, ticket_id, provider, policy, priority, state, started_at, attempts, "
                    "messages_sent, superseded) VALUES ('h1', 't1', 'acme', 'default', 1, 'accepted', 1, 1, 1, 0)"
                )
            )
        upgrade(connection)
        with connection.begin():
            sheet = load(Transaction(connection), ["t1"])["t1"]
            assert (sheet.standing.held_until, sheet.copies["h1"].to_record) == (None, False)


def migrate_to(connection: Connection, version: str) -> None:
    """As a program of that version left it."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS))
    command.upgrade(config, version)
