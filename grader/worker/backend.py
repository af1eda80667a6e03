"""Arrays of one framework, from the wire and back: the only difference between PyTorch and NumPy exercises."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from grader.worker.wire import Tensor


class Backend(Protocol):
    """What the harness needs of a framework."""

    name: str

    def array(self, tensor: Tensor, layout: str, device: str) -> Any:
        """A fresh array of the tensor's values, in the memory layout `plain`, `transposed` or `strided`."""

    def wire(self, array: Any) -> Tensor:
        """The array's values as bytes."""

    def is_array(self, value: object) -> bool:
        """Whether `value` is an array of this framework, subclasses included."""

    def is_plain(self, value: object) -> bool:
        """Whether `value` is an array of exactly this framework's type; a subclass may lie about its values."""

    def generator(self, seed: int, device: str) -> Any:
        """A seeded generator of random numbers."""


class NumpyBackend:
    """NumPy arrays; there is one device and no gradient."""

    name = "numpy"

    def array(self, tensor: Tensor, layout: str, device: str) -> Any:
        """See `Backend`."""
        values = tensor.numpy().copy()
        if layout == "transposed" and values.ndim >= 2:
            return np.ascontiguousarray(values.swapaxes(-1, -2)).swapaxes(-1, -2)
        if layout == "strided" and values.ndim >= 1:
            wide = np.zeros((*values.shape[:-1], values.shape[-1] * 2), values.dtype)
            wide[..., ::2] = values
            return wide[..., ::2]
        return values

    def wire(self, array: Any) -> Tensor:
        """See `Backend`."""
        return Tensor.of(np.asarray(array))

    def is_array(self, value: object) -> bool:
        """See `Backend`."""
        return isinstance(value, np.ndarray | np.generic)

    def is_plain(self, value: object) -> bool:
        """See `Backend`."""
        return type(value) is np.ndarray or isinstance(value, np.generic)

    def generator(self, seed: int, device: str) -> Any:
        """See `Backend`."""
        return np.random.default_rng(seed)


class TorchBackend:
    """PyTorch tensors on one device."""

    name = "torch"

    def __init__(self) -> None:
        import torch

        self.torch = torch

    def array(self, tensor: Tensor, layout: str, device: str) -> Any:
        """See `Backend`."""
        torch = self.torch
        dtype = getattr(torch, tensor.dtype)
        if not len(tensor.data):
            return torch.empty(tensor.shape, dtype=dtype, device=device)
        values = torch.frombuffer(bytearray(tensor.data), dtype=dtype).reshape(tensor.shape).to(device)
        if layout == "transposed" and values.ndim >= 2:
            return values.transpose(-1, -2).contiguous().transpose(-1, -2)
        if layout == "strided" and values.ndim >= 1:
            wide = torch.zeros((*values.shape[:-1], values.shape[-1] * 2), dtype=dtype, device=device)
            wide[..., ::2] = values
            return wide[..., ::2]
        return values

    def wire(self, array: Any) -> Tensor:
        """See `Backend`."""
        torch = self.torch
        values = array.detach().cpu().resolve_conj().resolve_neg().contiguous()
        dtype = str(values.dtype).removeprefix("torch.")
        # One row of stride 1: a contiguous tensor may keep any stride where a size is 1, and view() then refuses.
        flat = values.as_strided((values.numel(),), (1,))
        raw = flat.view(torch.uint8).numpy().tobytes() if values.numel() else b""
        return Tensor(dtype, tuple(values.shape), raw)

    def is_array(self, value: object) -> bool:
        """See `Backend`."""
        return isinstance(value, self.torch.Tensor)

    def is_plain(self, value: object) -> bool:
        """See `Backend`."""
        return type(value) is self.torch.Tensor or type(value) is self.torch.nn.Parameter

    def generator(self, seed: int, device: str) -> Any:
        """See `Backend`."""
        return self.torch.Generator(device=device).manual_seed(seed)


def backend(framework: str) -> Backend:
    """The backend of that name; PyTorch is imported only when asked for."""
    return NumpyBackend() if framework == "numpy" else TorchBackend()
