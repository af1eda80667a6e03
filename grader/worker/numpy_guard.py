"""NumPy functions that refuse: the code of those written in Python, and every reference to those written in C.

Methods and operators of arrays (`a.dot(b)`, `a @ b`) live in C slots that cannot be replaced; reading the file finds those.
"""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any, NoReturn

from grader.worker.guard import refusal


def refuse_functions(patterns: tuple[str, ...], library: str = "numpy") -> None:
    """Make every function of a library refuse whose name (or path below it, for a pattern with a dot) a pattern names."""
    if library != "numpy":
        import_module(library)
    gc.unfreeze()  # references are searched for below; a zygote freezes again when it is done
    found: dict[int, tuple[str, Any]] = {}
    for module, name, function in _functions(library):
        path = f"{module}.{name}".removeprefix(f"{library}.")
        if any(fnmatchcase(path if "." in pattern else name, pattern) for pattern in patterns):
            found[id(function)] = (name, function)
    for name, function in found.values():
        _refuse(name, function)


def _functions(library: str) -> Iterator[tuple[str, str, Any]]:
    for module_name, module in list(sys.modules.items()):
        if module_name.split(".")[0] != library or not isinstance(module, types.ModuleType):
            continue
        for name, value in list(vars(module).items()):
            if callable(value) and not isinstance(value, type) and not name.startswith("__"):
                yield module_name, name, value


def _refuse(name: str, function: Any) -> None:
    wrapped = getattr(function, "__wrapped__", None)
    for part in (function, wrapped):
        if isinstance(part, types.FunctionType):
            _hollow_out(part, name)
    if not isinstance(function, types.FunctionType):
        replacement = refusal(name)
        replacement.__name__ = name
        for old in (function, wrapped):
            if old is not None and not isinstance(old, types.FunctionType):
                _replace_everywhere(old, replacement)


def _hollow_out(function: types.FunctionType, name: str) -> None:
    """Give the function a body that refuses; whoever holds it, holds that."""

    def body(*_args: Any, _refuse: Any, **_kwargs: Any) -> NoReturn:
        raise _refuse()

    function.__code__ = body.__code__.replace(co_freevars=function.__code__.co_freevars)
    function.__defaults__ = None
    function.__kwdefaults__ = {"_refuse": refusal(name)}


def _replace_everywhere(old: Any, new: Any) -> None:
    for holder in gc.get_referrers(old):
        if isinstance(holder, dict):
            for key in [key for key, value in holder.items() if value is old]:
                holder[key] = new
        elif isinstance(holder, list):
            for index in [index for index, value in enumerate(holder) if value is old]:
                holder[index] = new
