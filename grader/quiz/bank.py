"""Banks from disk: one file or many, every problem at once, and nothing parsed twice.

`grader.quiz.shelf` says where a parsed bank is kept. A damaged entry of the cache is parsed anew from the bank itself.
"""

from __future__ import annotations

import contextlib
import functools
import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course.keeping import keep
from grader.course.textfile import read_text
from grader.errors import CourseError, GraderError, Problem
from grader.quiz import outputs
from grader.quiz.frozen import freeze, thaw
from grader.quiz.model import AnyItem, Bank
from grader.quiz.modelling import is_light
from grader.quiz.shelf import bank_files as bank_files
from grader.quiz.shelf import entry_of

_KEPT = 512  # cache entries; the oldest go first


@dataclass(frozen=True)
class Shelved:
    """A bank and the file it came from."""

    path: Path
    bank: Bank


@dataclass(frozen=True)
class Library:
    """Some banks whose item ids are all different."""

    shelves: tuple[Shelved, ...]

    @functools.cached_property
    def items(self) -> dict[str, AnyItem]:
        """Every item by its id, in the order of the files."""
        return {item.id: item for shelved in self.shelves for item in shelved.bank.items}

    @functools.cached_property
    def shelf_of(self) -> dict[str, Shelved]:
        """The bank that holds an item, by the item's id."""
        return {item.id: shelved for shelved in self.shelves for item in shelved.bank.items}


def load_bank(path: Path, *, cache: Path | None = None) -> Bank:
    """The bank in `path`; with `cache` a folder where parsed banks are kept.

    Raises: CourseError with all problems of the file, each with its line.
    """
    return load_banks([path], cache=cache).shelves[0].bank


def load_banks(paths: Iterable[Path], *, cache: Path | None = None) -> Library:
    """The banks of files and folders (their `*.yaml`, at any depth), in the order given.

    Raises: CourseError with all problems of all files, an id used twice among them.
    """
    shelves: list[Shelved] = []
    problems: list[Problem] = []
    with _gc_paused():
        for path in bank_files(paths):
            try:
                shelves.append(Shelved(path, _load(path, cache)))
            except GraderError as wrong:
                problems += wrong.problems
        problems += duplicates(shelves)
    if problems:
        raise CourseError("", problems=problems)
    return Library(tuple(shelves))


def parse_bank(text: str, path: Path) -> Bank:
    """A bank from its text; `path` is only for messages. Raises: CourseError with all problems of the text."""
    if is_light():
        raise CourseError(
            "was kept as checked, and is not any more", path=path, remedy="run the command again"
        )
    import yaml
    from pydantic import ValidationError

    from grader.course import yamlfile

    data = yamlfile.parse(text, path, error=CourseError)
    try:
        return Bank.model_validate(data, strict=True)
    except ValidationError as wrong:
        from grader.quiz.explain import explain  # only when something is wrong

        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        problems = [explain(problem, data, root) for problem in yamlfile.problems_of(wrong, path, text)]
        raise CourseError("", problems=problems) from None


def duplicates(shelves: Iterable[Shelved]) -> list[Problem]:
    """A problem for every item whose id an earlier one has, naming both places."""
    first: dict[str, tuple[Path, int]] = {}
    found = []
    for shelved in shelves:
        for index, item in enumerate(shelved.bank.items):
            if item.id not in first:
                first[item.id] = (shelved.path, index)
                continue
            other = first[item.id]
            place = f"{other[0]}:{_id_line(*other)}"
            line = _id_line(shelved.path, index)
            message = f"the id {item.id} is already used at {place}"
            found.append(Problem(message, shelved.path, line, f"items.{index}.id", "give it another"))
    return found


def _load(path: Path, cache: Path | None) -> Bank:
    text = read_text(path, error=CourseError)
    entry = None if cache is None else entry_of(text, cache)
    bank = _cached(entry)
    if bank is None:
        bank = parse_bank(text, path)
        if entry is not None:
            keep(entry, freeze(bank), _KEPT)
    return outputs.with_outputs(bank, outputs.read_lock(outputs.lock_path(path)))


def _cached(entry: Path | None) -> Bank | None:
    if entry is None:
        return None
    try:
        return thaw(entry.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError):
        return None


@contextlib.contextmanager
def _gc_paused() -> Iterator[None]:
    """Loading makes many objects and no garbage: collecting meanwhile doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _id_line(path: Path, index: int) -> int | None:
    import yaml

    from grader.course import yamlfile

    root = yaml.compose(read_text(path, error=CourseError), Loader=yaml.CSafeLoader)
    return yamlfile.line_of(root, ["items", index, "id"])
