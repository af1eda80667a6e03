"""The version of a gradebook's tables: new ones are made, older ones upgraded, newer ones refused.

A change of `schema.py` needs a revision under `versions/` (`python -m grader.gradebook.migrations "what changed"` drafts it) and
`HEAD` set to it; a test compares both.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from grader.errors import InputError
from grader.gradebook import schema

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0002"
"""The revision that `schema.py` describes."""


def prepare(engine: Engine, where: Path, head: str = HEAD, scripts: Path | None = None) -> None:
    """Bring the tables to `head`. Alembic is imported only where there is something to upgrade.

    Raises: `InputError` for a gradebook of a newer version, of an unreleased older one, or of another program.
    """
    with engine.begin() as connection:
        held = _version(connection, where)
        if held == head:
            return
        if held is None:
            schema.metadata.create_all(connection)
            _stamp(connection)
            held = HEAD
        if held != head:
            _upgrade(connection, held, head, where, config(connection, scripts))


def config(connection: Connection, scripts: Path | None = None) -> Config:
    """Alembic's configuration for a connection."""
    from alembic.config import Config

    found = Config()
    found.set_main_option("script_location", str(scripts or Path(__file__).parent).replace("%", "%%"))
    found.set_main_option("path_separator", "os")
    found.attributes["connection"] = connection
    return found


def _version(connection: Connection, where: Path) -> str | None:
    """The revision that a database is at; None when it holds no tables, or today's without a version."""
    seen = inspect(connection)
    tables = set(seen.get_table_names())
    if "alembic_version" in tables:
        held: str | None = connection.execute(
            text("SELECT version_num FROM alembic_version")
        ).scalar_one_or_none()
        return held
    ours = {table.name: {column.name for column in table.columns} for table in schema.metadata.sorted_tables}
    for name in tables & set(ours):
        if {column["name"] for column in seen.get_columns(name)} != ours[name]:
            raise InputError(
                f"was not made by a released version of grader: its table `{name}` has other columns",
                path=where,
                remedy="grade the class again into a new gradebook",
            )
    return None


def _stamp(connection: Connection) -> None:
    connection.execute(
        text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    )
    once = "INSERT INTO alembic_version SELECT :head WHERE NOT EXISTS (SELECT 1 FROM alembic_version)"
    connection.execute(text(once), {"head": HEAD})


def _upgrade(connection: Connection, held: str, head: str, where: Path, configured: Config) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(configured).walk_revisions()}
    if held not in known:
        raise InputError(
            f"was written by a newer version of grader (its tables are at {held}, this version knows {head})",
            path=where,
            remedy="pip install --upgrade cnn-grader",
        )
    command.upgrade(configured, head)
