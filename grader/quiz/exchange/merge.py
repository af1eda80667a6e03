"""Several banks as one, for formats whose files hold one."""

from __future__ import annotations

from grader.quiz.bank import Library
from grader.quiz.exchange.formats import pictures_in
from grader.quiz.exchange.model import Pictures
from grader.quiz.model import Bank


def merged(library: Library, title: str | None = None) -> Bank:
    """All items of a library in one bank, under `title` or the banks' own titles."""
    banks = [shelved.bank for shelved in library.shelves]
    named = title or ", ".join(dict.fromkeys(bank.title for bank in banks))
    topics = ", ".join(dict.fromkeys(bank.topic for bank in banks))
    about = "\n\n".join(bank.about for bank in banks if bank.about.strip())
    items = tuple(item for bank in banks for item in bank.items)
    return Bank.model_construct(format=1, title=named, topic=topics, about=about, items=items)


def pictures_of(library: Library) -> Pictures:
    """Reads a picture from the folder of the first bank that names it."""
    folders = {
        item.image: shelved.path.parent
        for shelved in reversed(library.shelves)
        for item in shelved.bank.items
        if item.image is not None
    }
    return lambda path: pictures_in(folders[path])(path) if path in folders else None
