"""Operations an exercise forbids are refused where they run: at torch's dispatcher, and inside NumPy's own functions.

A pattern is a glob on an operator's base name ("*conv*" is every convolution of every namespace, overload and backend) or, with
"numpy.", "math." or "cmath." in front, on a function's name or full path there. Aliases, `getattr`, `torch.ops`, composite operators, other threads
and disabled modes all end in the same kernels, and those are what is replaced. Installed once, in a zygote, before any fork.

Forbidding an elementary operator (`sum`, `mul`) forbids it inside the gradients of others too: name the operator that does the work.
"""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, NoReturn

LIBRARIES = ("numpy", "math", "cmath")


class ForbiddenOperation(RuntimeError):
    """The learner's code called an operation that the exercise forbids; `op_name` is the operation."""

    def __init__(self, op_name: str) -> None:
        self.op_name = op_name
        super().__init__(op_name)


def install(forbidden: tuple[str, ...]) -> None:
    """Refuse every operation that a pattern names, for the rest of this process's life and in its forks."""
    operators = tuple(pattern for pattern in forbidden if pattern.partition(".")[0] not in LIBRARIES)
    if operators:
        refuse_operators(operators)
    for library in LIBRARIES:
        prefix = f"{library}."
        functions = tuple(name.removeprefix(prefix) for name in forbidden if name.startswith(prefix))
        if functions:
            from grader.worker.numpy_guard import refuse_functions

            refuse_functions(functions, library)


def refusal(name: str) -> Callable[..., NoReturn]:
    """A function that raises `ForbiddenOperation` whatever it is given, and whatever becomes of this module."""
    error = ForbiddenOperation

    def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise error(name)

    return refuse


#: kernels here are composed of others, or handed on to them; a backend's own kernel goes first
_COMPOSITE = ("CompositeImplicitAutograd", "CompositeExplicitAutograd")
_BACKENDS = ("CPU", "CUDA", "MPS", "Meta", "QuantizedCPU", "SparseCPU", "SparseCsrCPU", "NestedTensorCPU")
_AUTOGRAD = ("AutogradCPU", "AutogradCUDA", "AutogradMPS", "AutogradNestedTensor")


def refuse_operators(patterns: tuple[str, ...]) -> None:
    """Put a refusing kernel over every kernel of the operators that `patterns` name."""
    import torch

    keys = _dispatch_keys()
    handles: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a kernel is overridden is the purpose
        for name in torch._C._dispatch_get_all_op_names():
            namespace, _, base = name.partition("::")
            base = base.partition(".")[0]
            if any(_names(pattern, base) for pattern in patterns):
                if namespace not in handles:
                    # Not torch.library.Library: its finalizer keeps a handle where a learner could find and undo it.
                    handles[namespace] = torch._C._dispatch_library("IMPL", namespace, "", __file__, 0)
                _cover(handles[namespace], name, base, keys)
    for handle in handles.values():
        _keep_forever(handle)


def _dispatch_keys() -> list[str]:
    """The keys of this build that the dispatcher takes by name."""
    import torch

    known = []
    for key in torch._C.DispatchKey.__members__:
        try:
            torch._C._dispatch_has_kernel_for_dispatch_key("aten::add.Tensor", key)
        except RuntimeError:
            continue
        known.append(key)
    return known


def _names(pattern: str, base: str) -> bool:
    """Whether the pattern means this operator; "conv" in "convert" is an accident of English."""
    return fnmatchcase(base, pattern) and ("convert" not in base or "convert" in pattern)


def _cover(handle: Any, name: str, base: str, keys: list[str]) -> None:
    import torch

    has = torch._C._dispatch_has_kernel_for_dispatch_key
    present = [key for key in keys if has(name, key)]
    for key in dict.fromkeys((*present, *_BACKENDS, *_AUTOGRAD, *_COMPOSITE)):
        try:
            handle.impl(name, key, refusal(base), False)
        except RuntimeError:  # keys whose kernels hand on to the ones covered: they take no override
            continue


def _keep_forever(handle: Any) -> None:
    """Leak it: the kernels live as long as their handle, and a reference with a name could be found and dropped."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(handle))
