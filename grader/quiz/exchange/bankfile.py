"""Imported items into a bank file: a new one, or at the end of one that exists, its own text left as it is.

BANK.yaml              written whole or not at all
BANK's folder/...      the pictures that came along, beside it
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from grader.course import yamlfile
from grader.errors import InputError
from grader.quiz.bank import parse_bank
from grader.quiz.exchange.drafting import slug
from grader.quiz.exchange.model import Imported, Loss
from grader.quiz.exchange.paths import data_of, item_of
from grader.quiz.exchange.yamltext import bank_text, item_text
from grader.quiz.lint import Finding, lint_file
from grader.quiz.model import AnyItem

_SCHEMA = "quiz.schema.json"


@dataclass(frozen=True)
class Saved:
    """What became of an import: the items added, those the bank had already, and what `quiz lint` says of the file."""

    path: Path
    added: tuple[str, ...]
    known: tuple[str, ...]
    losses: tuple[Loss, ...]
    findings: tuple[Finding, ...]


def save(imported: Imported, path: Path, *, topic: str | None = None, origin: str = "a file") -> Saved:
    """Write what was imported to the bank at `path`, and lint it.

    An item the bank holds already is left alone; an id the bank uses for something else gets a number.
    Raises: InputError when there is nothing to import or the bank cannot be added to; CourseError when it is broken.
    """
    if not imported.items:
        told = "; ".join(str(loss) for loss in imported.losses[:3])
        raise InputError(
            f"{origin} holds no question that can be used", remedy=told or "check the format with --from"
        )
    old = yamlfile.read_text(path, error=InputError) if path.exists() else None
    present = {} if old is None else {item.id: item for item in parse_bank(old, path).items}
    fresh, known, renamed = _sorted_out(imported, present)
    if old is None:
        text = bank_text(fresh, topic=topic or path.stem, schema=_schema_for(path), origin=origin)
    else:
        text = _appended(old, fresh, path)
    parse_bank(text, path)
    _write_pictures(fresh.pictures, path)
    _write(path, text)
    added = tuple(item.id for item in fresh.items)
    return Saved(path, added, known, (*imported.losses, *renamed), tuple(lint_file(path)))


def _sorted_out(
    imported: Imported, present: Mapping[str, AnyItem]
) -> tuple[Imported, tuple[str, ...], list[Loss]]:
    """The items to add under ids of their own, those the bank has, and the changes of ids."""
    taken = {*present, *(item.id for item in imported.items)}
    items: list[AnyItem] = []
    known: list[str] = []
    names: dict[str, str] = {}
    losses = []
    for item in imported.items:
        if item.id not in present:
            items.append(item)
        elif present[item.id] == item:
            known.append(item.id)
        else:
            names[item.id] = slug(item.id, taken)
            items.append(item_of({**data_of(item), "id": names[item.id]}))
            losses.append(
                Loss(item.id, "id", f"the bank has another item of this id: added as {names[item.id]}")
            )
    return (
        replace(
            imported,
            items=tuple(items),
            comments={names.get(key, key): value for key, value in imported.comments.items()},
            drafts=frozenset(names.get(key, key) for key in imported.drafts),
        ),
        tuple(known),
        losses,
    )


def _appended(old: str, fresh: Imported, path: Path) -> str:
    """The bank's text with entries after its last one."""
    root = yaml.compose(old, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)  # parse_bank saw to it
    items = next(value for key, value in root.value if key.value == "items")
    if not fresh.items:
        return old
    if items.flow_style or not items.value:
        line = items.start_mark.line + 1
        raise InputError(
            "`items` is written in brackets",
            path=path,
            line=line,
            key="items",
            remedy="write one item a line, after `-`",
        )
    last = items.value[-1].end_mark
    lines = old.splitlines(keepends=True)
    end = last.line + (1 if last.column else 0)
    while end > 0 and not lines[end - 1].strip():
        end -= 1
    before = "".join(lines[:end])
    before += "" if before.endswith("\n") else "\n"
    added = "".join(item_text(item, fresh, items.start_mark.column) for item in fresh.items)
    rest = "".join(lines[end:])
    return before + added + ("\n" + rest.lstrip("\n") if rest.strip() else "")


def _schema_for(path: Path) -> str:
    """The schema's path from the bank: beside it, or in the nearest `quizzes` folder above."""
    folder = path.resolve().parent
    for up, place in enumerate([folder, *folder.parents][:5]):
        if (place / _SCHEMA).is_file():
            return "../" * up + _SCHEMA
    return _SCHEMA


def _write_pictures(pictures: Mapping[str, bytes], bank: Path) -> None:
    """Raises: InputError when another file has a picture's name."""
    for name, data in pictures.items():
        target = bank.parent / name
        if not target.resolve().is_relative_to(bank.parent.resolve()):
            raise InputError(f"the picture {name} would be written outside the bank's folder", path=bank)
        if target.exists() and target.read_bytes() != data:
            raise InputError("exists and is another picture", path=target, remedy="rename one of them")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)
    except OSError as wrong:
        fresh.unlink(missing_ok=True)
        raise InputError(
            f"cannot be written: {wrong.strerror}", path=path, remedy="choose another place"
        ) from None
