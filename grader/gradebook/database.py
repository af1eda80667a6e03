"""Opening a gradebook's database: a SQLite file by path, PostgreSQL or any other by URL."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from grader.errors import GraderError, InputError, MachineError
from grader.gradebook.migrations import prepare


def open_database(where: str) -> Engine:
    """An engine whose tables are there and up to date.

    Raises: `InputError` when it is no gradebook, cannot be reached, or is newer than this program; `MachineError` when a
    driver is missing.
    """
    try:
        engine = create_engine(_url(where))
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _pragmas)
        prepare(engine, Path(shown(where)))
        return engine
    except ImportError as wrong:
        raise MachineError(
            f"no driver for this database: {wrong}", remedy="pip install 'cnn-grader[postgres]'"
        ) from None
    except GraderError:
        raise
    except SQLAlchemyError as wrong:
        place: dict[str, Any] = {"key": shown(where)} if "://" in where else {"path": Path(where)}
        raise InputError(f"is no gradebook: {reason(wrong)}", **place) from None


def insert_of(connection: Connection, table: Table) -> Any:
    """An insert that can say what to do where the row is there already: both databases spell it alike."""
    return _insert(connection.dialect.name, table)


@functools.cache
def _insert(dialect: str, table: Table) -> Any:
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def reason(wrong: BaseException) -> str:
    """The database's own words, in one line."""
    return str(getattr(wrong, "orig", None) or wrong).splitlines()[0]


def shown(where: str) -> str:
    """A path or URL as messages may show it: without its password."""
    if "://" not in where:
        return where
    scheme, _, rest = where.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{place}"


def _url(where: str) -> str:
    """PostgreSQL through psycopg 3, whichever of its spellings is given."""
    if "://" not in where:
        return f"sqlite:///{where}"
    scheme, _, rest = where.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else where


def _pragmas(connection: Any, _: object) -> None:
    """Write-ahead log; every commit reaches the disk before it counts."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
