"""Other roundings of the same computation: every operation that rounds is off by a few units in the last place.

Monte Carlo arithmetic (Parker, "Monte Carlo arithmetic", UCLA CSD-970002, 1997): what varies under it varies between
right implementations too, since each rounds in its own way. It finds what no change of the inputs finds: a tie or a
kink in the middle of a network, where bias and activation meet. And it does without shortcuts that cost accuracy:
PyTorch's softplus is its argument itself above 20, which in float64 is wrong by more than a million roundings.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

ULPS = 2.0
#: operations whose result is rounded; copies, comparisons, selections and maxima are exact and stay so
_ROUNDING = frozenset(
    "add sub rsub mul div mm bmm addmm baddbmm addmv mv dot convolution convolution_backward sum mean var std var_mean "
    "exp expm1 log log1p log2 sqrt rsqrt pow reciprocal tanh sigmoid softplus log_sigmoid_forward _softmax "
    "_log_softmax logsumexp native_batch_norm _native_batch_norm_legit native_batch_norm_backward cumsum prod "
    "addcmul addcdiv avg_pool2d _adaptive_avg_pool2d linalg_vector_norm gelu silu erf sin cos".split()
)


#: operations that are exact where their result is a whole number, as indices are that are computed in floats
_EXACT_WHEN_WHOLE = frozenset(("add", "sub", "rsub", "mul"))
#: units in the last place below one that make being whole no accident
_SPARE = 64.0


def _softplus(result: Any, x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """With the log1p(e^-x) that softplus leaves out where x is large."""
    left_out = torch.log1p(torch.exp(-beta * x)) / beta
    return torch.where(beta * x > threshold, result + left_out, result)


def _softplus_backward(result: Any, gradient: Any, x: Any, beta: float, threshold: float) -> Any:
    """With the sigmoid, which softplus takes for 1 where x is large."""
    return torch.where(beta * x > threshold, gradient * torch.sigmoid(beta * x), result)


_SHORTCUTS: dict[str, Callable[..., Any]] = {"softplus": _softplus, "softplus_backward": _softplus_backward}


class OtherRounding(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While active, results of `dtype` are rounded otherwise; `seed` says how.

    `digits`: of which dtype the results have the digits; None: of their own. `ulps`: how far they are moved at most.
    """

    def __init__(self, dtype: str, seed: int, digits: str | None = None, ulps: float = ULPS) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._dtype = getattr(torch, dtype)
        self._amount = ulps * float(torch.finfo(getattr(torch, digits or dtype)).eps)
        self._generator = torch.Generator().manual_seed(seed)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here, and torch's guard around each operation costs as much as a small operation."""
        return False

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """The operation, then the noise."""
        result = func(*args, **kwargs) if kwargs else func(*args)
        name = _base_name(func)
        if name in _SHORTCUTS:
            result = _SHORTCUTS[name](result, *args)
        if name not in _ROUNDING:
            return result
        if not isinstance(result, torch.Tensor):
            return tree_map(self._moved, result)
        moved = self._moved(result)
        if name in _EXACT_WHEN_WHOLE and moved is not result:
            return torch.where(self._whole(result), result, moved)
        return moved

    def _whole(self, value: Any) -> Any:
        """Where a value is a whole number, and so small that its neighbours are none."""
        return (value == value.round()) & (value.abs() < ULPS / (_SPARE * self._amount))

    def _moved(self, value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or value.dtype != self._dtype or value.device.type != "cpu":
            return value
        noise = torch.empty(value.shape, dtype=value.dtype)
        noise.uniform_(-self._amount, self._amount, generator=self._generator)
        return torch.addcmul(value, value, noise)


@functools.cache
def _base_name(func: Any) -> str:
    """An operation's name without namespace and overload."""
    return str(func._schema.name).removeprefix("aten::")
