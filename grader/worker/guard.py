"""Operations an exercise forbids are refused where they run: at torch's dispatcher, and inside NumPy's own functions.

A pattern is a glob on an operator's base name ("*conv*" is every convolution of every namespace, overload and backend), or, with
"numpy." in front, on a NumPy function's name. Aliases, `getattr`, `torch.ops`, other threads, disabled modes and composite
operators all end in the same kernel, and that kernel is what is replaced. Installed once, in a zygote, before any fork.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, NoReturn


class ForbiddenOperation(RuntimeError):
    """The learner's code called an operation that the exercise forbids; `op_name` is the operation."""

    def __init__(self, op_name: str) -> None:
        self.op_name = op_name
        super().__init__(f"{op_name} is forbidden in this exercise")


#: every backend whose kernel a call could reach; absent ones cost nothing
_KEYS = (
    "CPU", "CUDA", "MPS", "Meta", "QuantizedCPU", "MkldnnCPU", "SparseCPU", "SparseCsrCPU", "NestedTensorCPU",
    "AutogradCPU", "AutogradCUDA", "AutogradMPS", "AutocastCPU", "CompositeImplicitAutograd", "CompositeExplicitAutograd",
)  # fmt: skip


def install(forbidden: tuple[str, ...]) -> None:
    """Refuse every operation that a pattern names, for the rest of this process's life and in its forks."""
    operators = tuple(pattern for pattern in forbidden if not pattern.startswith("numpy."))
    if operators:
        _refuse_operators(operators)


def _refuse_operators(patterns: tuple[str, ...]) -> None:
    import warnings

    import torch

    libraries: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "overriding a previously registered kernel" is the purpose
        for schema in torch._C._jit_get_all_schemas():
            namespace, _, base = schema.name.partition("::")
            if not any(fnmatchcase(base, pattern) for pattern in patterns) or namespace == "prim":
                continue
            if namespace not in libraries:
                libraries[namespace] = torch.library.Library(namespace, "IMPL")  # type: ignore[no-untyped-call]
            overload = f"{base}.{schema.overload_name}" if schema.overload_name else base
            for key in _KEYS:
                try:
                    libraries[namespace].impl(overload, _refusal(base), key, allow_override=True)
                except (RuntimeError, TypeError):
                    continue
    _KEPT.extend(libraries.values())


_KEPT: list[Any] = []


def _refusal(base: str) -> Any:
    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise ForbiddenOperation(base)

    return refuse
