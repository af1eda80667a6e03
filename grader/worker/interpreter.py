"""Triton's interpreter: kernels run on the CPU, by NumPy, in this process. No compiler, no cache folder, no GPU."""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
import types
from collections.abc import Iterator
from typing import Any


def interpret() -> None:
    """Have Triton's own kernels, and those defined from here on, run in the interpreter. Raises: `ImportError`."""
    os.environ["TRITON_INTERPRET"] = "1"  # a kernel asks when it is defined
    importlib.import_module("triton.language")
    interpreter: Any = importlib.import_module("triton.runtime.interpreter")
    for module, name, kernel in _compiled():
        setattr(module, name, interpreter.InterpretedFunction(kernel.fn))
    builder = interpreter.interpreter_builder
    # It looks for an overflow in every sum and product of integers, which takes more than half of the time, and tells
    # nobody of one unless it debugs.
    if not builder.options.debug and getattr(builder.options, "sanitize_overflow", False):
        builder.options = dataclasses.replace(builder.options, sanitize_overflow=False)


def _compiled() -> Iterator[tuple[types.ModuleType, str, Any]]:
    """Triton's own functions (`tl.sum`, `tl.zeros`, ...) where it was imported before: PyTorch's optimizers do so."""
    jit: Any = importlib.import_module("triton.runtime.jit")
    for path, module in list(sys.modules.items()):
        if path.split(".")[0] == "triton" and isinstance(module, types.ModuleType):
            for name, value in list(vars(module).items()):
                if type(value) is jit.JITFunction:
                    yield module, name, value
