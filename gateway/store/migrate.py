"""The schema's versions, by Alembic, run from the program: an operator needs no other tool."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gateway.core.errors import StartError

_SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(connection: Connection) -> str:
    """Bring the schema to this program's version, all in one transaction, and return that version.

    Raises StartError where a newer program has written it.
    """
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    head = str(scripts.get_current_head())
    with connection.begin():
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise StartError(
                f"store: its schema {current} is newer than this program's, {head}: install a newer Relevo"
            )
        if current != head:
            command.upgrade(config, "head")
    return head
