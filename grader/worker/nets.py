"""Models handed to a learner, built from data: no code crosses the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.worker.backend import Backend
from grader.worker.wire import Tensor


def build(encoded: Mapping[str, Any], tensors: Mapping[str, Tensor], backend: Backend, device: str) -> Any:
    """An `nn.Sequential` of the described layers, with the parameters and buffers that the request carries."""
    import torch

    net = _sequential(encoded["net"])
    prefix = encoded["state"] + "."
    state = {
        name.removeprefix(prefix): backend.array(tensor, "plain", device)
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
    floating = [value for value in state.values() if value.is_floating_point()]
    net.to(device=device, dtype=floating[0].dtype if floating else torch.float32)
    if state:
        net.load_state_dict(state)
    net.train(encoded.get("training", True))
    for name in encoded.get("frozen", ()):
        net.get_parameter(name).requires_grad_(False)
    return net


def _sequential(layers: list[Any]) -> Any:
    from collections import OrderedDict

    import torch

    return torch.nn.Sequential(OrderedDict((name, _layer(layer)) for name, layer in layers))


def _layer(layer: Any) -> Any:
    import torch

    if isinstance(layer, dict):
        return _sequential(layer["net"])
    name, *arguments = [layer] if isinstance(layer, str) else list(layer)
    options: Any = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
    return getattr(torch.nn, name)(*arguments, **options)
