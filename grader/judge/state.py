"""Parameters and buffers for modules under test: drawn, never a framework's own initialisation.

Scales, shifts and running statistics all differ from their defaults, so that leaving one out shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.judge.key import Array
from grader.worker.backend import backend
from grader.worker.matching import own_state
from grader.worker.nets import build


def draw_state(module: Any, rng: np.random.Generator) -> dict[str, Array]:
    """Values for every parameter and buffer of `module`, by name, as float64 that float32 holds exactly."""
    drawn = {}
    for name, value in own_state(module).items():
        if value.is_floating_point():
            drawn[name] = _draw(name, tuple(value.shape), rng).astype(np.float32).astype(np.float64)
        else:
            drawn[name] = value.detach().numpy()
    return drawn


def net_states(encoded: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Array]:
    """The same for every model among a request's encoded arguments, under `<argument>.<name>`."""
    found: dict[str, Array] = {}
    for value in encoded.values():
        if isinstance(value, dict) and "net" in value:
            net = build(value, {}, backend("torch"), "cpu")
            found |= {f"{value['state']}.{name}": drawn for name, drawn in draw_state(net, rng).items()}
            counters = {n: v for n, v in net.state_dict().items() if n.endswith("num_batches_tracked")}
            found |= {f"{value['state']}.{name}": v.numpy() for name, v in counters.items()}
    return found


def inherited(module: Any, states: Mapping[str, Array]) -> dict[str, Array]:
    """What `module` took over from the models it was made of (their `states`), by name: it keeps these values."""
    taken = {name: value.detach().numpy() for name, value in own_state(module).items()}
    return {
        name: value.astype(np.float64)
        for name, value in taken.items()
        if any(np.array_equal(value, np.asarray(given, value.dtype)) for given in states.values())
    }


def _draw(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    if name.endswith("running_var"):
        return rng.uniform(0.5, 2.0, shape)
    if name.endswith("weight") and len(shape) == 1:
        return rng.uniform(0.5, 1.5, shape)
    fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 4
    return np.asarray(rng.standard_normal(shape) / np.sqrt(max(fan_in, 1)))
