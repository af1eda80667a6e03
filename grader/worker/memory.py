"""The memory behind an array, read so that nothing a learner can patch comes between.

Whether a call changed its arguments is the worker's own observation. It is made with functions taken before any learner's code
ran, on raw memory: patched methods, modes left on and re-registered operators do not reach it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

Snapshot = tuple[Any, ...]


def snapshot(array: Any) -> Snapshot:
    """Shape, strides, dtype and every byte of the storage behind an array on the CPU; equal only when nothing changed."""
    if isinstance(array, np.ndarray | np.generic):
        array = np.asarray(array)
        return (array.shape, array.strides, array.dtype.str, array.tobytes())
    return _torch_reader()(array)


@cache
def _torch_reader() -> Callable[[Any], Snapshot]:
    """Made in the zygote; method descriptors of C types cannot be changed afterwards."""
    import torch

    base: Any = torch._C.TensorBase
    storage_base: Any = torch._C.StorageBase
    untyped_storage, size, stride, offset = base.untyped_storage, base.size, base.stride, base.storage_offset
    pointer, length, plainly = storage_base.data_ptr, storage_base.nbytes, torch._C.DisableTorchFunction
    string_at, dtype_of, device_of = ctypes.string_at, base.dtype.__get__, base.device.__get__

    def read(tensor: Any) -> Snapshot:
        with plainly():
            form = (tuple(size(tensor)), stride(tensor), offset(tensor), str(dtype_of(tensor)))
            if device_of(tensor).type != "cpu":
                return (*form, tensor.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
            storage = untyped_storage(tensor)
            return (*form, string_at(pointer(storage), length(storage)))

    return read


def is_attached(tensor: Any) -> bool:
    """Whether a tensor is the result of recorded operations."""
    return _grad_fn()(tensor) is not None


@cache
def _grad_fn() -> Callable[[Any], Any]:
    import torch

    base: Any = torch._C.TensorBase
    read: Callable[[Any], Any] = base.grad_fn.__get__
    return read


def prepare(framework: str) -> None:
    """Take the functions now, before any learner's code can replace them."""
    if framework != "numpy":
        _torch_reader()
        _grad_fn()
