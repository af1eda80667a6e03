"""Whether the harness is still the harness: every function and constant of ours, and Python's own built-ins, compared by identity.

Learner and harness share a process, so this is no wall. It turns the easy ways of rewriting the harness into an end of the session,
and leaves nothing to gain: what a rewritten harness could still send is compared with expected values by the judge.

Looking at each name costs 0.15 ms in a worker, and copies the pages of all that is looked at. So each namespace's version is read
first, with the words in which functions keep their code: while they are what they were, nothing was replaced.
"""

from __future__ import annotations

import builtins
import gc
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from types import FunctionType
from typing import Any, NoReturn

from grader.worker import words

#: exit status of a worker whose harness was changed
CHANGED = 98
#: built-ins that honest programs replace
_REPLACEABLE = {
    "print",
    "input",
    "open",
    "help",
    "exit",
    "quit",
    "copyright",
    "credits",
    "license",
    "breakpoint",
    "_",
}


@cache
def seal() -> Callable[[], None]:
    """Remember the harness as it is, once, in the zygote. Calling the result ends the process with status `CHANGED` when it is that no more."""
    names = tuple(_namespaces())
    codes = tuple(
        (value, value.__code__, value.__defaults__, value.__kwdefaults__)
        for _, _, value in names
        if type(value) is FunctionType and value.__module__.startswith("grader.")
    )
    leave, say = os._exit, os.write
    now = _versions(names, [function for function, *_ in codes])
    good = now()

    def check() -> None:
        nonlocal good
        before = now()
        if before is None or before != good:
            look()
            good = before

    def look() -> None:
        for space, name, value in names:
            if name not in space or space[name] is not value:
                end(name)
        for function, code, defaults, keywords in codes:
            if (
                function.__code__ is not code
                or function.__defaults__ is not defaults
                or function.__kwdefaults__ is not keywords
            ):
                end(function.__name__)

    def end(name: str) -> NoReturn:
        say(2, b"the code replaced the grader's own `" + name.encode() + b"`\n")
        leave(CHANGED)

    return check


def _versions(
    names: Sequence[tuple[Any, str, Any]], functions: Sequence[FunctionType]
) -> Callable[[], bytes | None]:
    """Reads what changes when a name is bound anew or a function's code is replaced; None where that cannot be told."""
    version, parts = words.dict_version(), words.function_parts()
    if version is None or parts is None:
        return lambda: None
    spaces = {id(space): space for space in (_dict_of(space) for space, _, _ in names)}
    addresses = [place + version for place in spaces]
    addresses += [id(function) + part for function in functions for part in parts]
    return words.reader(addresses)


def _dict_of(space: Any) -> Any:
    """The dict behind a class's read-only namespace."""
    return space if type(space) is dict else gc.get_referents(space)[0]


def _namespaces() -> list[tuple[Any, str, Any]]:
    found: list[tuple[Any, str, Any]] = []
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith("grader."):
            for name, value in list(vars(module).items()):
                if not name.startswith("__"):
                    found.append((vars(module), name, value))
                    found += _methods(module_name, value)
    own = vars(builtins)
    return found + [
        (own, name, own[name]) for name in own if name not in _REPLACEABLE and not name.startswith("__")
    ]


def _methods(module_name: str, value: Any) -> list[tuple[Any, str, Any]]:
    if not isinstance(value, type) or value.__module__ != module_name:
        return []
    return [
        (vars(value), name, method) for name, method in vars(value).items() if type(method) is FunctionType
    ]
