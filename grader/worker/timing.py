"""Many calls in a row, for `grader bench`. The clock is the judge's, outside: here is nothing that it would pay to patch.

Every call gets other values, scaled in place: whoever keeps a result by address or by content gives back a stale one,
and the last output, which is compared, shows it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from grader.worker.backend import Backend, backend
from grader.worker.kinds import Request, give_parameters
from grader.worker.observe import Observation
from grader.worker.wire import Message, Tensor

#: what a call's inputs are scaled by: `start`, and a little more for each call
STEP = 2.0**-16


def run_timed(request: Message, entries: Mapping[str, Any]) -> Message:
    """Call an entry `calls` times; the answer is what the last call gave.

    `start`: the first factor; `empty`: everything but the calls, with outputs of these shapes; `flush_mib`: memory overwritten before each call, so
    that no call finds its inputs in a cache.
    """
    head = request.head
    tools = Request(head, request.tensors, backend(head["framework"]))
    arguments = tools.arguments()
    seen = Observation(tools.backend)
    call = _callable(tools, entries[head["entry"]], seen)
    positional = [arguments.values[name] for name in tools.names("positional")]
    keywords = {name: arguments.values[name] for name in tools.names("keyword")}
    rescale = _rescaler(tools.backend, [*positional, *keywords.values()])
    flush = _flusher(tools, int(head.get("flush_mib", 0)))
    result, empty = None, head.get("empty")
    with _no_gradients(tools.backend):
        for index in range(int(head["calls"])):
            rescale(float(head["start"]) + index * STEP)
            flush()
            if empty is None:
                result = call(*positional, **keywords)
    if empty is not None:
        result = [_zeros(tools, shape) for shape in empty.values()]
    seen.add("output", result)  # which copies it from the device: what is left to compute is computed by now
    return seen.message()


def _callable(tools: Request, entry: Callable[..., Any], seen: Observation) -> Callable[..., Any]:
    if tools.head["kind"] != "module":
        return entry
    built = tools.arguments(key="init")
    positional = [built.values[name] for name in tools.names("init_positional")]
    module = entry(*positional, **{name: built.values[name] for name in tools.names("init_keyword")})
    give_parameters(tools, module, seen)
    module.eval()
    called: Callable[..., Any] = module
    return called


def _rescaler(tools: Backend, values: list[Any]) -> Callable[[float], None]:
    """Give the first floating array other values, where it lies."""
    for value in values:
        if tools.is_array(value) and tools.name == "torch" and value.is_floating_point():
            return _scaled(_torch_scale, value.clone(), value)
        if tools.is_array(value) and tools.name == "numpy" and value.dtype.kind == "f":
            import numpy as np

            return _scaled(np.multiply, value.copy(), value)
    return lambda factor: None


def _torch_scale(kept: Any, factor: float, out: Any) -> None:
    """By a sum: there are exercises that forbid products."""
    import torch

    torch.add(kept, kept, alpha=factor - 1.0, out=out)


def _scaled(multiply: Callable[..., Any], kept: Any, into: Any) -> Callable[[float], None]:
    def rescale(factor: float) -> None:
        multiply(kept, factor, out=into)

    return rescale


def _flusher(tools: Request, mib: int) -> Callable[[], None]:
    if not mib or tools.backend.name != "torch":
        return lambda: None
    import torch

    buffer = torch.empty(mib << 20, dtype=torch.uint8, device=tools.device)

    def flush() -> None:
        buffer.zero_()

    return flush


def _zeros(tools: Request, shape: list[int]) -> Any:
    size = 1
    for length in shape:
        size *= length
    return tools.backend.array(Tensor("float32", tuple(shape), bytes(4 * size)), "plain", tools.device)


def _no_gradients(tools: Backend) -> contextlib.AbstractContextManager[Any]:
    if tools.name != "torch":
        return contextlib.nullcontext()
    import torch

    return torch.no_grad()
