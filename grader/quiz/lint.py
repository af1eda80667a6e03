"""`quiz lint`: everything wrong with some banks, at once, each at its line and with a remedy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from grader.course import yamlfile
from grader.errors import CourseError, GraderError, Problem
from grader.quiz.bank import bank_files, parse_bank
from grader.quiz.kinds import Output
from grader.quiz.linting import code, common, keys, recalls, variables
from grader.quiz.linting.finding import Finding, Level, Place
from grader.quiz.model import AnyItem, Item
from grader.quiz.outputs import lock_path, read_lock

__all__ = ["SCHEMA_HEADER", "Finding", "Level", "lint", "lint_file", "lint_item"]

SCHEMA_HEADER = "# yaml-language-server: $schema="
"""How the first line of every bank starts, so that an editor completes and checks while one types."""

_ITEM: TypeAdapter[AnyItem] = TypeAdapter(Item)

Places = dict[str, str]
"""Where each item id was met: `file:line`."""


def lint(paths: Iterable[Path], *, exercises: frozenset[str] | None = None) -> list[Finding]:
    """All findings of the banks in files and folders, by file and line; empty when there is nothing to say.

    `exercises` are the ids that items may link to; None leaves the links unchecked.
    """
    seen: Places = {}
    try:
        files = bank_files(paths)
    except GraderError as wrong:
        return [Finding("file", Level.ERROR, problem) for problem in wrong.problems]
    return [finding for file in files for finding in lint_file(file, exercises=exercises, seen=seen)]


def lint_file(
    path: Path, *, exercises: frozenset[str] | None = None, seen: Places | None = None
) -> list[Finding]:
    """All findings of one bank; `seen` holds the ids of banks already looked at and is added to."""
    try:
        text = yamlfile.read_text(path, error=CourseError)
        data = yamlfile.parse(text, path, error=CourseError)
    except CourseError as wrong:
        return [Finding("yaml", Level.ERROR, problem) for problem in wrong.problems]
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    found = [*_check_header(path, text, data), *_check_schema(path, text), *_check_lock_file(path)]
    ids = {} if seen is None else seen
    for index, entry in enumerate(_entries(data)):
        found += _check_id(path, root, index, entry, ids)
        item = _item(entry, path)
        if item is not None:
            found += lint_item(Place(item, path, root, index), exercises)
    return sorted(found, key=lambda finding: finding.problem.line or 0)


def lint_item(place: Place, exercises: frozenset[str] | None = None) -> list[Finding]:
    """All findings about what one well-formed item says."""
    static = [
        *common.check_parts(place),
        *common.check_texts(place),
        *common.check_exercises(place, exercises),
        *variables.check_idle(place),
        *variables.check_names(place),
    ]
    if any(one.code in {"undefined-variable", "broken-template", "broken-expression"} for one in static):
        return static  # no drawing would work
    draws, wrong = variables.sample(place)
    return [
        *static,
        *variables.check_draws(place, wrong),
        *variables.check_values(place, draws),
        *keys.check_options(place, draws),
        *keys.check_equal(place, draws),
        *keys.check_accepted(place, draws),
        *keys.check_shape(place, draws),
        *keys.check_giveaway(place, draws),
        *code.check_output(place, draws),
        *recalls.check_recall(place),
    ]


def _check_header(path: Path, text: str, data: Any) -> list[Finding]:
    found = []
    if not text.startswith(SCHEMA_HEADER):
        problem = Problem(
            "the first line does not name the schema",
            path,
            1,
            None,
            f"start the file with `{SCHEMA_HEADER}...`",
        )
        found.append(Finding("no-schema-header", Level.WARNING, problem))
    if isinstance(data, dict) and data.get("items") == []:
        problem = Problem("the bank has no items", path, 1, "items", "add one, see docs/quiz-format.md")
        found.append(Finding("no-items", Level.WARNING, problem))
    return found


def _check_schema(path: Path, text: str) -> list[Finding]:
    try:
        parse_bank(text, path)
    except CourseError as wrong:
        return [Finding("schema", Level.ERROR, problem) for problem in wrong.problems]
    return []


def _check_lock_file(path: Path) -> list[Finding]:
    try:
        read_lock(lock_path(path))
    except CourseError as wrong:
        return [Finding("lock", Level.ERROR, problem) for problem in wrong.problems]
    return []


def _check_id(path: Path, root: yaml.Node | None, index: int, entry: Any, seen: Places) -> list[Finding]:
    name = entry.get("id") if isinstance(entry, dict) else None
    if not isinstance(name, str):
        return []
    line = yamlfile.line_of(root, ["items", index, "id"])
    if name not in seen:
        seen[name] = f"{path}:{line}"
        return []
    message = f"the id {name} is already used at {seen[name]}"
    return [
        Finding(
            "duplicate-id", Level.ERROR, Problem(message, path, line, f"items.{name}.id", "give it another")
        )
    ]


def _entries(data: Any) -> list[Any]:
    items = data.get("items") if isinstance(data, dict) else None
    return items if isinstance(items, list) else []


def _item(entry: Any, path: Path) -> AnyItem | None:
    """The item, or None where the schema problems say enough."""
    try:
        item = _ITEM.validate_python(entry, strict=True)
        return item.with_locked(read_lock(lock_path(path))) if isinstance(item, Output) else item
    except (ValidationError, CourseError):
        return None
