"""Exercises out of a Jupyter notebook: the cells tagged with an exercise's id, or else what its definition needs.

A cell's tag `conv2d` or `exercise:conv2d` takes the whole cell (several: in order). Without tags, the last definition
of the exercise's entry is cut out together with the imports, constants and helpers that it needs.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.course.catalog import Exercise
from grader.course.standalone import extract
from grader.course.yamlfile import read_text
from grader.errors import InputError, MachineError

MAX_BYTES = 16 << 20


@dataclass(frozen=True)
class Cell:
    """A code cell: its text without magics, and its tags."""

    text: str
    tags: frozenset[str]


def is_notebook(path: Path) -> bool:
    """Whether the name is a notebook's."""
    return path.suffix.lower() == ".ipynb"


def exercises_in(path: Path, exercises: tuple[Exercise, ...]) -> list[Exercise]:
    """The exercises that a notebook answers. Raises: `InputError`, `MachineError`."""
    cells = _cells(path)
    tags = frozenset[str]().union(*(cell.tags for cell in cells)) if cells else frozenset()
    defined = {name for cell in cells for name in _defined(cell.text)}
    return [e for e in exercises if _tags(e) & tags or set(e.info.entry_names) <= defined]


def source_from(path: Path, exercise: Exercise) -> str:
    """The exercise's source out of a notebook. Raises: `InputError`, `MachineError`."""
    cells = _cells(path)
    tagged = [cell.text for cell in cells if _tags(exercise) & cell.tags]
    if tagged:
        return "\n\n".join(text.strip("\n") for text in tagged) + "\n"
    readable = [cell.text for cell in cells if _parses(cell.text)]
    try:
        return extract("\n\n".join(readable) + "\n", {entry: entry for entry in exercise.info.entry_names})
    except KeyError as missing:
        raise InputError(
            f"no cell defines {missing.args[0]}",
            path=path,
            remedy=f"define it, or tag its cells `exercise:{exercise.id}`",
        ) from None


def _cells(path: Path) -> list[Cell]:
    try:
        import nbformat
    except ImportError:
        raise MachineError(
            "notebooks need nbformat", path=path, remedy="pip install 'cnn-grader[notebook]'"
        ) from None
    if path.is_symlink():
        raise InputError("is a symbolic link", path=path, remedy="submit the file itself")
    text = read_text(path, max_bytes=MAX_BYTES)
    try:
        notebook: Any = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    except Exception as wrong:  # whatever a hostile file makes the reader raise, it is no notebook
        reason = (str(wrong).splitlines() or [type(wrong).__name__])[0][:200]
        raise InputError(f"is no notebook: {reason}", path=path) from None
    return [_cell(cell) for cell in notebook.cells if cell.get("cell_type") == "code"]


def _cell(cell: Mapping[str, Any]) -> Cell:
    source, metadata = cell.get("source", ""), cell.get("metadata", {})
    tags = metadata.get("tags", []) if isinstance(metadata, dict) else []
    names = frozenset(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else frozenset()
    return Cell(_without_magics(source if isinstance(source, str) else ""), names)


def _without_magics(text: str) -> str:
    """IPython's own lines as comments, so that lines keep their numbers; a cell of another language is empty."""
    if text.lstrip().startswith("%%"):
        return ""
    lines = text.split("\n")
    return "\n".join(f"# {line}" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)


def _tags(exercise: Exercise) -> frozenset[str]:
    return frozenset({exercise.id, f"exercise:{exercise.id}"})


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _defined(text: str) -> set[str]:
    """Names of functions and classes, and of plain assignments, at a cell's top level."""
    if not _parses(text):
        return set()
    found: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found
