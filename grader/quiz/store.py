"""The review log on disk: one SQLite file, rows only ever added, each safe before `append` returns.

    GRADER_HOME/quiz.db     table `log`, a row an `Entry`; triggers refuse UPDATE and DELETE

Write-ahead logging with synchronous=FULL: a process killed at any moment, or a machine that loses power, loses no row
that was appended. What is due and what is known is replayed from here (`grader.quiz.memory`) and stored nowhere.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader.errors import InputError
from grader.quiz.entry import Entry, Kind
from grader.quiz.rating import Rating

VERSION = 1
_COLUMNS = "kind, at, session, item, fingerprint, drawn, response, mark, rating, elapsed_s, refers, data"
_SCHEMA = f"""
CREATE TABLE log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ({", ".join(f"'{kind}'" for kind in Kind)})),
  at TEXT NOT NULL,
  session TEXT NOT NULL,
  item TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  drawn TEXT, response TEXT, mark TEXT,
  rating TEXT CHECK (rating IN ({", ".join(f"'{rating}'" for rating in Rating)})),
  elapsed_s REAL,
  refers INTEGER REFERENCES log (seq),
  data TEXT
) STRICT;
CREATE INDEX log_item ON log (item, seq);
CREATE INDEX log_session ON log (session, seq);
CREATE INDEX log_kind ON log (kind, seq);
CREATE TRIGGER log_keeps_rows BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_keeps_all BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
PRAGMA user_version = {VERSION};
"""


class ReviewLog:
    """The log in one file; made when it is missing. Several processes may use it at once."""

    def __init__(self, path: Path) -> None:
        """Open or make the log at `path`. Raises: InputError when the file cannot be used."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=10, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._prepare()
        except (sqlite3.Error, OSError) as wrong:
            raise InputError(
                f"cannot be used as a review log: {wrong}",
                path=path,
                remedy="set GRADER_HOME to a folder you can write to, or move the file away",
            ) from None

    def append(self, entry: Entry) -> Entry:
        """Add a row and return it with its number; when this returns, the row is on disk.

        Raises: InputError when it cannot be written (disk full, file locked for long).
        """
        marks = ", ".join("?" * 12)
        try:
            cursor = self._db.execute(f"INSERT INTO log ({_COLUMNS}) VALUES ({marks})", _row_of(entry))
        except sqlite3.Error as wrong:
            raise InputError(f"the answer could not be saved: {wrong}", path=self.path) from None
        return replace(entry, seq=int(cursor.lastrowid or 0))

    def entries(
        self,
        *,
        items: Iterable[str] | None = None,
        session: str | None = None,
        kinds: Iterable[Kind] | None = None,
        after: int = 0,
    ) -> Iterator[Entry]:
        """The rows in the order they were added, only those of `items`, `session` and `kinds` where these are given."""
        where, values = ["seq > ?"], [after]  # type: tuple[list[str], list[Any]]
        if items is not None:  # one JSON parameter: SQLite limits how many there may be
            where.append("item IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(items)))
        if session is not None:
            where.append("session = ?")
            values.append(session)
        if kinds is not None:
            where.append("kind IN (SELECT value FROM json_each(?))")
            values.append(json.dumps(list(kinds)))
        query = f"SELECT seq, {_COLUMNS} FROM log WHERE {' AND '.join(where)} ORDER BY seq"
        try:
            for row in self._db.execute(query, values):
                yield _entry_of(row)
        except (sqlite3.Error, ValueError) as wrong:
            raise InputError(f"the review log cannot be read: {wrong}", path=self.path) from None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        found = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if found > VERSION:
            raise sqlite3.DatabaseError(
                f"it is of version {found}, made by a newer grader; update the grader"
            )
        if found == VERSION:
            return
        # IMMEDIATE: of two processes that start at once, one makes the table and the other finds it.
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in _statements(_SCHEMA):
                    self._db.execute(statement)
            self._db.execute("COMMIT")
        except sqlite3.Error:
            self._db.execute("ROLLBACK")
            raise


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; `executescript` would end the transaction."""
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _row_of(entry: Entry) -> tuple[Any, ...]:
    if entry.at.utcoffset() is None:
        raise ValueError("times in the log are in UTC")
    return (
        entry.kind.value,
        entry.at.astimezone(UTC).isoformat(),
        entry.session,
        entry.item,
        entry.fingerprint,
        _json(entry.drawn),
        _json(entry.response),
        _json(entry.mark),
        entry.rating.value if entry.rating else None,
        entry.elapsed_s,
        entry.refers,
        _json(entry.data),
    )


def _entry_of(row: tuple[Any, ...]) -> Entry:
    seq, kind, at, session, item, fingerprint, drawn, response, mark, rating, elapsed_s, refers, data = row
    return Entry(
        kind=Kind(kind),
        at=datetime.fromisoformat(at),
        session=session,
        item=item,
        fingerprint=fingerprint,
        drawn=_read(drawn),
        response=_read(response),
        mark=_read(mark),
        rating=Rating(rating) if rating else None,
        elapsed_s=elapsed_s,
        refers=refers,
        data=_read(data),
        seq=seq,
    )


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=True)


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)
