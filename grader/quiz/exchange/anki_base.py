"""The database within an Anki deck, opened in memory, read-only, and for a bounded time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from grader.errors import InputError
from grader.quiz.exchange.build import MAX_ITEMS
from grader.quiz.exchange.secure import MAX_MEMBER, Archive

_MAX_STEPS = 20_000  # of 1,000 instructions each, about ten seconds
_SEPARATOR = "\x1f"
_OLDER = "export it from Anki with “Support older Anki versions” ticked"


@dataclass(frozen=True)
class Note:
    """One note: its type's name, whether that is a cloze type, field values by name, and tags."""

    kind: str
    is_cloze: bool
    fields: dict[str, str]
    tags: tuple[str, ...]


def notes_in(archive: Archive, name: str) -> list[Note]:
    """The notes of a deck, old and new layout. Raises: InputError when there is no database that can be read."""
    connection = sqlite3.connect(":memory:")
    with closing(connection):
        try:
            connection.deserialize(_database(archive, name))
            _restrict(connection)
            kinds = _kinds(connection)
            notes = list(_notes(connection, kinds))
        except (sqlite3.Error, ValueError, KeyError, TypeError, RecursionError) as wrong:
            raise InputError(f"the database in {name} cannot be read: {wrong}", remedy=_OLDER) from None
    if len(notes) > MAX_ITEMS:
        raise InputError(f"{name} has more than {MAX_ITEMS:,} notes", remedy="export fewer decks at once")
    return notes


def _database(archive: Archive, name: str) -> bytes:
    if "collection.anki21b" in archive.names:
        expand = _zstd()
        if expand is not None:
            return expand(archive.read("collection.anki21b"))
        if "collection.anki21" not in archive.names:
            raise InputError(
                f"{name} is packed with Zstandard, which this Python cannot unpack",
                remedy=f"{_OLDER}, or `pip install zstandard`",
            )
    for member in ("collection.anki21", "collection.anki2"):
        if member in archive.names:
            return archive.read(member)
    raise InputError(f"{name} holds no Anki collection", remedy="export a deck as .apkg")


def _zstd() -> Callable[[bytes], bytes] | None:
    """Unpacks Zstandard up to the bound, where a library for it is installed."""
    try:
        import zstandard  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None

    def expand(data: bytes) -> bytes:
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(data) as stream:
            whole: bytes = stream.read(MAX_MEMBER + 1)
        if len(whole) > MAX_MEMBER:
            raise InputError(
                f"the collection unpacks to more than {MAX_MEMBER:,} bytes: refused as a zip bomb"
            )
        return whole

    return expand


def _restrict(connection: sqlite3.Connection) -> None:
    """A stranger's database may hold views and triggers: nothing but reading tables is allowed, and not for ever."""
    allowed = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
    steps = iter(range(_MAX_STEPS))
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY
    )
    connection.set_progress_handler(lambda: next(steps, None) is None, 1000)


def _kinds(connection: sqlite3.Connection) -> dict[int, tuple[str, bool, list[str]]]:
    """Name, whether it is a cloze type, and field names of each note type, by its id."""
    row = connection.execute("SELECT models FROM col").fetchone()
    models = json.loads(row[0]) if row and row[0] else {}
    if models:
        return {int(key): _kind(model) for key, model in models.items()}
    names: dict[int, list[str]] = {}
    for kind, field in connection.execute("SELECT ntid, name FROM fields ORDER BY ntid, ord"):
        names.setdefault(kind, []).append(field)
    types = connection.execute("SELECT id, name FROM notetypes")
    return {key: (name, "cloze" in name.lower(), names.get(key, [])) for key, name in types}


def _kind(model: dict[str, Any]) -> tuple[str, bool, list[str]]:
    fields = sorted(model["flds"], key=lambda field: int(field["ord"]))
    return str(model["name"]), model.get("type") == 1, [str(field["name"]) for field in fields]


def _notes(connection: sqlite3.Connection, kinds: dict[int, tuple[str, bool, list[str]]]) -> Iterator[Note]:
    for kind, values, tags in connection.execute(
        f"SELECT mid, flds, tags FROM notes ORDER BY id LIMIT {MAX_ITEMS + 1}"
    ):
        name, is_cloze, fields = kinds.get(int(kind), ("", False, []))
        parts = str(values).split(_SEPARATOR)
        named = [*fields, *(f"Field {place}" for place in range(len(fields) + 1, len(parts) + 1))]
        yield Note(name, is_cloze, dict(zip(named, parts, strict=False)), tuple(str(tags).split()))
