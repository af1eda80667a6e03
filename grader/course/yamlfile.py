"""The one place where YAML enters: text -> strict model, or every problem of the file at once.

The fast path is libyaml's events (`grader.course.yamlevents`) and pydantic; positions are recovered from the node tree only
when something is wrong. Duplicate keys are refused. YAML 1.1's surprises (`no` is false, `1e-3` is text, `12:30` is 750) end in a type
error that names the line, because the models are strict.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from grader.course import yamlevents, yamlwrong
from grader.course.textfile import read_text as read_text
from grader.course.yamlevents import Loader
from grader.errors import CourseError, GraderError, InputError, Problem

Model = TypeVar("Model", bound=BaseModel)


_SHAPES = {
    "model_type": "keys with values (`key: value` lines)",
    "dict_type": "keys with values (`key: value` lines)",
    "tuple_type": "a list (each entry after `- `)",
    "list_type": "a list (each entry after `- `)",
    "string_type": "text",
}
_NAMES = {"timestamp": "date", "int": "whole number", "float": "number"}


class _DuplicateKey(Exception):
    def __init__(self, key: object, line: int) -> None:
        self.key, self.line = key, line


class _StrictLoader(Loader):  # type: ignore[misc]
    """SafeLoader that refuses duplicate keys instead of keeping the last, and says where a value cannot be read."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (
            ValueError,
            LookupError,
            AttributeError,
            TypeError,
        ):  # PyYAML's own, for 2026-04-31 or `!!bool 3`
            tag = node.tag.rpartition(":")[2]
            problem = f"{str(node.value)[:40]!r} is no {_NAMES.get(tag, tag)}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable):
                if key in seen:
                    raise _DuplicateKey(key, key_node.start_mark.line + 1)
                seen.add(key)
        result: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return result


def load(path: Path, model: type[Model], *, error: type[GraderError] = CourseError) -> Model:
    """Read `path` into `model`.

    Raises: `error` (a `GraderError`) with all problems of the file, each as `file:line: key: message`.
    """
    data = read(path, error=error)
    text = data[0]
    try:
        return model.model_validate(data[1])
    except ValidationError as wrong:
        problems = problems_of(wrong, path, text)
        raise error("", problems=problems) from None


def read(path: Path, *, error: type[GraderError] = InputError) -> tuple[str, Any]:
    """The text of a YAML file and its plain data.

    Raises: `error` when it is missing, not a file, not UTF-8, too large, or not YAML.
    """
    text = read_text(path, error=error)
    return text, parse(text, path, error=error)


def parse(text: str, path: Path, *, error: type[GraderError] = InputError) -> Any:
    """Plain data from YAML text. Raises: `error` at the line where the text stops being YAML."""
    try:
        return _data_of(text)
    except yamlevents.TooDeep:
        raise error(
            f"is nested more than {yamlevents.MAX_DEPTH} levels deep",
            path=path,
            remedy="nest it less: a closing bracket may be missing",
        ) from None
    except _DuplicateKey as twice:
        raise error(
            "appears twice", path=path, line=twice.line, key=str(twice.key), remedy="keep one of them"
        ) from None
    except yaml.YAMLError as wrong:
        message, line, remedy = yamlwrong.about(wrong, text)
        raise error(f"not YAML: {message}", path=path, line=line, remedy=remedy) from None


def _data_of(text: str) -> Any:
    try:
        return yamlevents.data_of(text)
    except yamlevents.Unusual:
        yamlevents.refuse_deep(text)
        return yaml.load(text, _StrictLoader)


def validate(data: Any, adapter: TypeAdapter[Any], path: Path, text: str) -> tuple[Any, list[Problem]]:
    """The validated value and no problems, or None and every problem with its line."""
    try:
        return adapter.validate_python(data, strict=True), []
    except ValidationError as wrong:
        return None, problems_of(wrong, path, text)


def problems_of(wrong: ValidationError, path: Path, text: str) -> list[Problem]:
    """Each of pydantic's errors as a `Problem` with the line it is about."""
    root = yaml.compose(text, Loader)
    found = []
    for entry in wrong.errors(include_url=False):
        steps = [step for step in entry["loc"] if not _is_union_tag(step)]
        key = ".".join(str(step) for step in entry["loc"]) or None
        found.append(Problem(_say(entry), path, line_of(root, steps), key))
    return sorted(found, key=lambda problem: problem.line or 0)


def line_of(root: yaml.Node | None, steps: Sequence[str | int]) -> int | None:
    """The line (from 1) of the deepest node that `steps` reach from `root`; None for an empty document."""
    node, line = root, None if root is None else root.start_mark.line + 1
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(step)), None)
            if pair is None:
                continue  # a discriminator or a missing key: stay at the enclosing node
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def _what(given: Any) -> str:
    if isinstance(given, dict):
        return "keys with values"
    if isinstance(given, list | tuple):
        return "a list"
    return (
        "nothing"
        if given is None
        else f"the {'text' if isinstance(given, str) else 'value'} {str(given)[:30]!r}"
    )


def _is_union_tag(step: str | int) -> bool:
    return isinstance(step, str) and step.startswith(("function-", "tagged-union", "lax-or-strict"))


def _say(entry: Any) -> str:
    """Pydantic's message in our words where its own would puzzle an instructor."""
    kind, given = entry["type"], entry.get("input")
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "is missing"
    if kind == "string_type" and isinstance(given, bool):
        return f"must be text, but YAML reads it as {str(given).lower()}: put quotes around it"
    if kind == "string_type" and isinstance(given, int | float):
        return f"must be text, but YAML reads it as the number {given}: put quotes around it"
    if kind in {"float_type", "int_type"} and isinstance(given, str):
        return f"must be a number, but YAML reads {given!r} as text (write 1.0e-3, not 1e-3)"
    if kind in _SHAPES:
        return f"must be {_SHAPES[kind]}, not {_what(given)}"
    message = str(entry["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
