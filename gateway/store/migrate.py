"""The schema's versions, by Alembic, run from the program: an operator needs no other tool.

Alembic itself is imported only where there is something to migrate: it would take a sixth of every start.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from gateway.core.errors import StartError

HEAD = "0008"
"""The version that this program knows: that of the newest file in migrations/versions."""
SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(connection: Connection) -> str:
    """Bring the schema to this program's version, all in one transaction, and return that version.

    Raises StartError where a newer program has written it.
    """
    with connection.begin():
        if _version(connection) != HEAD:
            _run_alembic(connection)
    return HEAD


def _version(connection: Connection) -> str | None:
    """The version that the schema has; None where there is none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run_alembic(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = _version(connection)
    if current is not None and current not in known:
        raise StartError(f"store: its schema {current} is newer than this program's, {HEAD}: install a newer Relevo")
    command.upgrade(config, "head")
