"""Arguments and results as JSON and tensors.

A value in a request is a JSON scalar or one of
    {"tensor": NAME, "layout": LAYOUT, "parameter": true}   {"list": [..]}   {"tuple": [..]}   {"dict": [[key, value], ..]}
    {"net": [[NAME, LAYER], ..], "state": PREFIX, "training": true}         {"generator": SEED}
    {"optimizer": NAME, "of": ARGUMENT, "options": {..}}                    {"per_step": [..]}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.worker.backend import Backend
from grader.worker.wire import Tensor

MAX_DEPTH = 32
MAX_LEAVES = 2048


@dataclass
class Arguments:
    """One call's arguments: built anew for every call, so that nothing one call does reaches the next."""

    values: dict[str, Any]
    nets: dict[str, Any] = field(default_factory=dict)


def decode(
    encoded: Mapping[str, Any], tensors: Mapping[str, Tensor], backend: Backend, device: str, step: int = 0
) -> Arguments:
    """Fresh arguments from a request's `args`; optimizers come last since they hold other arguments' parameters."""
    arguments = Arguments({})
    late = {
        name: value for name, value in encoded.items() if isinstance(value, dict) and "optimizer" in value
    }
    for name, value in encoded.items():
        if name not in late:
            arguments.values[name] = _value(value, tensors, backend, device, step, arguments, name)
    for name, value in late.items():
        arguments.values[name] = _optimizer(value, arguments)
    arguments.values = {name: arguments.values[name] for name in encoded}
    return arguments


def _value(
    encoded: Any,
    tensors: Mapping[str, Tensor],
    backend: Backend,
    device: str,
    step: int,
    into: Arguments,
    name: str,
) -> Any:
    if not isinstance(encoded, dict):
        return encoded

    def inner(value: Any) -> Any:
        return _value(value, tensors, backend, device, step, into, name)

    if "tensor" in encoded:
        array = backend.array(tensors[encoded["tensor"]], encoded.get("layout", "plain"), device)
        return _parameter(array) if encoded.get("parameter") else array
    if "list" in encoded:
        return [inner(item) for item in encoded["list"]]
    if "tuple" in encoded:
        return tuple(inner(item) for item in encoded["tuple"])
    if "dict" in encoded:
        return {key: inner(value) for key, value in encoded["dict"]}
    if "generator" in encoded:
        return backend.generator(encoded["generator"], device)
    if "per_step" in encoded:
        return inner(encoded["per_step"][step])
    from grader.worker.nets import build

    into.nets[name] = build(encoded, tensors, backend, device)
    return into.nets[name]


def _parameter(array: Any) -> Any:
    import torch

    return torch.nn.Parameter(array)


def _optimizer(encoded: Mapping[str, Any], arguments: Arguments) -> Any:
    import torch

    make = getattr(torch.optim, encoded["optimizer"])
    return make(arguments.values[encoded["of"]].parameters(), **encoded["options"])


def containers(values: Mapping[str, Any]) -> Iterator[tuple[str, list[Any] | dict[Any, Any]]]:
    """Every list and dict among arguments, also inside others, with words for it: `the list layers[0]`."""
    for name, value in values.items():
        if type(value) in (list, dict):
            yield f"the {type(value).__name__} {name}", value
        if type(value) in (list, tuple):
            yield from containers({f"{name}[{index}]": item for index, item in enumerate(value)})
        elif type(value) is dict:
            yield from containers({f"{name}[{key!r}]": item for key, item in value.items()})


def holds_the_same(one: list[Any] | dict[Any, Any], other: list[Any] | dict[Any, Any]) -> bool:
    """Whether two lists, or dicts, hold the same objects in the same places; plain values may be equal instead."""
    if len(one) != len(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    return all(map(_same, one, other))


def _same(one: object, other: object) -> bool:
    return one is other or (is_scalar(one) and type(one) is type(other) and one == other)


def flatten(name: str, value: Any, backend: Backend) -> Iterator[tuple[str, Any]]:
    """The leaves of a result with their names: `output`, `output[0]`, `output['key']`.

    Raises: `ValueError` for a result nested or wide beyond reason.
    """
    count = 0
    for leaf in _leaves(name, value, backend, MAX_DEPTH):
        count += 1
        if count > MAX_LEAVES:
            raise ValueError(f"the result holds more than {MAX_LEAVES} values")
        yield leaf


def _leaves(name: str, value: Any, backend: Backend, depth: int) -> Iterator[tuple[str, Any]]:
    if depth == 0:
        raise ValueError("the result is nested too deeply")
    if isinstance(value, list | tuple):
        yield f"len({name})", len(value)
        for index, item in enumerate(value):
            yield from _leaves(f"{name}[{index}]", item, backend, depth - 1)
    elif isinstance(value, dict):
        yield f"keys({name})", ", ".join(sorted(map(repr, value)))
        for key in sorted(value, key=repr):
            yield from _leaves(f"{name}[{key!r}]", value[key], backend, depth - 1)
    else:
        yield name, value


def is_scalar(value: object) -> bool:
    """Whether JSON carries `value` as it is."""
    return value is None or type(value) in (bool, int, float, str)


def as_scalar(value: object) -> object:
    """NumPy's scalars as Python's, others as they are: an `int64` is as good a whole number as an `int`."""
    if isinstance(value, np.bool_ | np.integer | np.floating):
        return value.item()
    return value
