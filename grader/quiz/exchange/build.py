"""Foreign questions gathered into items: ids made, models checked, what does not fit listed instead of stopping."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from grader.quiz.exchange.drafting import draft_keys, slug
from grader.quiz.exchange.model import Imported, Loss
from grader.quiz.exchange.paths import item_of
from grader.quiz.model import AnyItem

MAX_ITEMS = 50_000


class Gather:
    """Collects the items of one file."""

    def __init__(self) -> None:
        self._items: list[AnyItem] = []
        self._losses: list[Loss] = []
        self._comments: dict[str, tuple[str, ...]] = {}
        self._drafts: set[str] = set()
        self._pictures: dict[str, bytes] = {}
        self._taken: set[str] = set()
        self._waiting: list[str] = []

    def comment(self, text: str) -> None:
        """A remark that belongs to the next item."""
        if text.strip():
            self._waiting.append(text.strip())

    def lost(self, item: str, key: str, what: str) -> None:
        """Something that does not come along."""
        self._losses.append(Loss(item, key, what))

    def picture(self, path: str, data: bytes) -> None:
        """A picture that an item names."""
        self._pictures[path] = data

    def add(self, name: str, data: dict[str, Any]) -> str | None:
        """Add the item that `data` describes, less its id, which is made from `name`; None when it is no item.

        A recall item without key points gets drafted ones. Empty values may stand in `data`; they are left out.
        """
        kept = {key: value for key, value in data.items() if value not in (None, "", [], {}, ())}
        is_draft = kept.get("type") == "recall" and "key_points" not in kept
        if is_draft and "answer" in kept:
            kept.update(draft_keys(str(kept["answer"])))
        kept["id"] = slug(name or str(data.get("stem", "")), self._taken)
        try:
            item = item_of(kept)
        except ValidationError as wrong:
            self._taken.remove(kept["id"])
            self._refuse(name, wrong)
            return None
        self._items.append(item)
        if is_draft:
            self._drafts.add(item.id)
        if self._waiting:
            self._comments[item.id] = tuple(self._waiting)
            self._waiting = []
        return item.id

    def result(self, title: str) -> Imported:
        """Everything gathered."""
        return Imported(
            title,
            tuple(self._items),
            tuple(dict.fromkeys(self._losses)),
            self._comments,
            frozenset(self._drafts),
            self._pictures,
        )

    def _refuse(self, name: str, wrong: ValidationError) -> None:
        first = wrong.errors(include_url=False)[0]
        key = ".".join(str(step) for step in first["loc"][1:])
        message = str(first["msg"]).removeprefix("Value error, ")
        self._losses.append(Loss(name or "a question", key, f"left out: {message}"))
