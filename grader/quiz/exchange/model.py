"""What goes in and out of an exchange: banks, pictures, and the list of what a format could not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from grader.quiz.model import AnyItem, Bank

Pictures = Callable[[str], bytes | None]
"""The bytes of a picture by its path in the bank; None when there is none that may be read."""


@dataclass(frozen=True)
class Packing:
    """What a writer needs besides the bank: its pictures, and the time that is written into archives (UTC)."""

    pictures: Pictures
    now: datetime


@dataclass(frozen=True)
class Loss:
    """Something an item had, or a foreign question had, that did not come along.

    `key` is the item's key without list positions (`options.not_chosen`), or empty where there is no such key.
    """

    item: str
    key: str
    what: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.item, self.key, self.what) if part)


@dataclass(frozen=True)
class Exported:
    """A file in another format, and what of the bank it does not hold."""

    data: bytes
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True)
class Imported:
    """What a file in another format held.

    `comments` are the author's remarks by the id of the item they stood before; `drafts` the ids of items whose key
    points were only guessed from the answer; `pictures` bytes by path relative to the bank.
    """

    title: str
    items: tuple[AnyItem, ...]
    losses: tuple[Loss, ...] = ()
    comments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drafts: frozenset[str] = frozenset()
    pictures: Mapping[str, bytes] = field(default_factory=dict)


Reader = Callable[[bytes, str], Imported]
"""Reads a file's bytes; the second argument is the file's name, for titles and messages. Raises: InputError."""

Writer = Callable[[Bank, Packing], Exported]


@dataclass(frozen=True)
class Format:
    """One row of the table of formats."""

    name: str
    suffix: str
    about: str
    read: Reader | None = None
    write: Writer | None = None
