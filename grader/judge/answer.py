"""A worker's answer, read within bounds before anything looks at it. Whatever came, what leaves has one of these forms:

    {"status": "ok", "values": {name: scalar}, "facts": {..}, "missing": [name], "tests": [{..}]}  and tensors
    {"status": "error", "error": {"type", "message", "kinds": [name], "frames": [[line, function, text]]}}
    {"status": "call", "args": [..], "kwargs": {..}, "needs": [int], "backward": bool}             and tensors

A part of the wrong type is absent, as if it had not been sent: every claim in an answer is one of untrusted code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grader.worker.wire import Message

MAX_NAME, MAX_TEXT = 512, 1 << 16  # characters
MAX_ENTRIES = 256
MAX_ARGUMENTS = 16
MAX_LINE = 1 << 24
MAX_COUNT = 1 << 53

_LISTS = ("mutated", "globals", "again", "attached", "leaks", "detached", "to_host", "waits")
_NAMED = ("types", "devices")


def read_answer(message: Message) -> Message:
    """The answer to a `load`, a `run` or a `tests` request."""
    head = message.head
    tensors = {_text(name, MAX_NAME): tensor for name, tensor in message.tensors.items()}
    if head.get("status") == "call":
        return Message(_call(head), tensors)
    if head.get("status") != "ok":
        return Message({"status": "error", "error": _error(head.get("error"))})
    read: dict[str, Any] = {
        "status": "ok",
        "values": _values(head.get("values")),
        "facts": _facts(head.get("facts")),
    }
    if head.get("missing"):
        read["missing"] = _names(head["missing"])
    if "tests" in head:
        read["tests"] = [_test(test) for test in _list(head["tests"]) if isinstance(test, dict)]
    return Message(read, tensors)


def _values(claimed: Any) -> dict[str, Any]:
    scalars = {_text(name, MAX_NAME): value for name, value in _dict(claimed).items() if _is_scalar(value)}
    return {
        name: _text(value, MAX_TEXT) if isinstance(value, str) else value for name, value in scalars.items()
    }


def _facts(claimed: Any) -> dict[str, Any]:
    given = _dict(claimed)
    facts: dict[str, Any] = {}
    for fact in _LISTS:
        if names := _names(given.get(fact)):
            facts[fact] = names
    for fact in _NAMED:
        entries = [entry for entry in _dict(given.get(fact)).items() if isinstance(entry[1], str)]
        if entries:
            facts[fact] = {
                _text(name, MAX_NAME): _text(value, MAX_NAME) for name, value in entries[:MAX_ENTRIES]
            }
    for fact in ("attempts", "peak_bytes"):
        if type(given.get(fact)) is int:
            facts[fact] = max(0, min(given[fact], MAX_COUNT))
    return facts


def _error(claimed: Any) -> dict[str, Any]:
    error = _dict(claimed)
    return {
        "type": _string(error.get("type"), MAX_NAME) or "Error",
        "message": _string(error.get("message"), MAX_TEXT),
        "kinds": _names(error.get("kinds")),
        "frames": list(_frames(error.get("frames"))),
    }


def _frames(claimed: Any) -> Iterator[list[Any]]:
    for frame in _list(claimed)[:MAX_ENTRIES]:
        if isinstance(frame, list) and len(frame) == 3 and _is_line(frame[0]):
            yield [frame[0], _string(frame[1], MAX_NAME), _string(frame[2], MAX_TEXT)]


def _test(claimed: dict[str, Any]) -> dict[str, Any]:
    line = claimed.get("line")
    return {
        **{name: _string(claimed.get(name), MAX_TEXT) for name in ("outcome", "name", "said")},
        "line": line if _is_line(line) else None,
    }


def _call(head: Any) -> dict[str, Any]:
    """A call of the implementation under test, or an error in its place: only plain values and tensors pass."""
    try:
        return {
            "status": "call",
            "args": [_plain(value) for value in _few(head.get("args"), list)],
            "kwargs": {
                _text(name, MAX_NAME): _plain(value) for name, value in _few(head.get("kwargs"), dict).items()
            },
            "needs": [index for index in _few(head.get("needs"), list) if type(index) is int],
            "backward": head.get("backward") is True,
        }
    except ValueError:
        return {"status": "call", "refused": "the arguments cannot be passed on"}


def _plain(value: Any, depth: int = 3) -> Any:
    """A value made only of scalars, short sequences and tensor numbers. Raises: `ValueError` for any other."""
    if _is_scalar(value):
        return _text(value, MAX_TEXT) if isinstance(value, str) else value
    if isinstance(value, dict) and len(value) == 1 and depth:
        (form, inner), *_ = value.items()
        if form == "tensor" and type(inner) is int:
            return {"tensor": inner}
        if form in ("tuple", "list"):
            return {form: [_plain(item, depth - 1) for item in _few(inner, list)]}
    raise ValueError


def _few(value: Any, kind: type[list[Any]] | type[dict[str, Any]]) -> Any:
    if not isinstance(value, kind) or len(value) > MAX_ARGUMENTS:
        raise ValueError
    return value


def _names(claimed: Any) -> list[str]:
    return [_text(name, MAX_NAME) for name in _list(claimed)[:MAX_ENTRIES] if isinstance(name, str)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _string(value: Any, limit: int) -> str:
    return _text(value, limit) if isinstance(value, str) else ""


def _text(text: str, limit: int) -> str:
    """Text that every encoder takes: half a surrogate pair, which JSON can spell, becomes a question mark."""
    return text[:limit].encode("utf-8", "replace").decode()


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _is_line(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_LINE
