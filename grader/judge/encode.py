"""An author's case as a request to the worker: arguments as JSON and tensors, in the form and dtype under test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.author import Case, Generator, Net, Optimizer, Parameter, PerStep
from grader.course.model import ExerciseInfo
from grader.judge.key import Array, Form
from grader.worker.wire import Message, Tensor

_SCALE = {Form.LARGE: 1e3, Form.TINY: 1e-6}
_LAYOUT = {Form.TRANSPOSED: "transposed", Form.STRIDED: "strided"}


@dataclass(frozen=True)
class Settings:
    """What a solution says about how its exercise is called, beyond `course.yaml`."""

    required: tuple[str, ...]  # parameters without a default: given by position
    mutates: tuple[str, ...] = ()
    gradients: tuple[str, ...] | None = None  # None: every floating array among the arguments
    init_required: tuple[str, ...] = ()
    untrained: tuple[str, ...] = ()  # models that must come back without gradients


def rounded(values: Array, dtype: str) -> Array:
    """float64 values that `dtype` holds exactly."""
    if dtype == "float64" or values.dtype.kind != "f":
        return values
    if dtype == "bfloat16":
        return _bfloat16(values).astype(np.float64)
    return values.astype(dtype).astype(np.float64)


def to_wire(values: Array, dtype: str) -> Tensor:
    """The values as a tensor: floating ones in `dtype`, others as they are."""
    if values.dtype.kind != "f":
        return Tensor.of(values)
    if dtype == "bfloat16":
        bits = _bfloat16(values).view(np.uint32) >> 16
        return Tensor("bfloat16", tuple(values.shape), bits.astype(np.uint16).tobytes())
    return Tensor.of(values.astype(dtype))


def _bfloat16(values: Array) -> Array:
    """Rounded to nearest even, as float32 whose low 16 bits are zero."""
    bits = values.astype(np.float32).view(np.uint32)
    nearest = bits + 0x7FFF + ((bits >> 16) & 1)
    return (nearest & np.uint32(0xFFFF0000)).view(np.float32)


class Encoder:
    """Encodes one case; `arrays` collects its tensors in float64."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.arrays: dict[str, Array] = {}

    def arguments(self, arguments: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """The JSON side of a set of arguments."""
        return {name: self.value(prefix + name, value) for name, value in arguments.items()}

    def value(self, slot: str, value: Any) -> Any:
        """The JSON side of one argument; `slot` names its tensors. Raises: `TypeError` for what cannot cross."""
        if isinstance(value, np.ndarray):
            self.arrays[slot] = self._shaped(value)
            return {"tensor": slot, "layout": _LAYOUT.get(self.form, "plain")}
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, tuple | list):
            items = [self.value(f"{slot}[{index}]", item) for index, item in enumerate(value)]
            return {"tuple" if isinstance(value, tuple) else "list": items}
        if isinstance(value, Mapping):
            return {"dict": [[key, self.value(f"{slot}[{key!r}]", item)] for key, item in value.items()]}
        return self._fixture(slot, value)

    def _fixture(self, slot: str, value: Any) -> Any:
        if isinstance(value, PerStep):
            return {
                "per_step": [self.value(f"{slot}@{step}", item) for step, item in enumerate(value.values)]
            }
        if isinstance(value, Parameter):
            return {**self.value(slot, value.values), "parameter": True}
        if isinstance(value, Net):
            net = {"net": _layers(value), "state": slot, "training": value.training}
            return {**net, "frozen": list(value.frozen)} if value.frozen else net
        if isinstance(value, Optimizer):
            return {"optimizer": value.name, "of": value.of, "options": dict(value.options)}
        if isinstance(value, Generator):
            return {"generator": value.seed}
        raise TypeError(f"an argument of type {type(value).__name__} cannot be given to a worker")

    def _shaped(self, values: Array) -> Array:
        if values.dtype.kind != "f":
            return values
        if self.form is Form.ZERO:
            return np.zeros_like(values)
        if self.form is Form.NEGATIVE:
            return np.asarray(
                values - np.max(values, initial=0.0) - 0.125
            )  # a shift: distinct values stay distinct
        return np.asarray(values * _SCALE.get(self.form, 1.0))


def _layers(net: Net) -> list[Any]:
    return [
        [
            name,
            {"net": _layers(layer)}
            if isinstance(layer, Net)
            else list(layer)
            if isinstance(layer, tuple)
            else layer,
        ]
        for name, layer in net.layers
    ]


def request_head(
    case: Case, info: ExerciseInfo, settings: Settings, encoder: Encoder, device: str
) -> dict[str, Any]:
    """The JSON side of a request, all but its dtype."""
    arguments = encoder.arguments(case.args)
    head: dict[str, Any] = {
        "do": "run",
        "name": info.id,
        "kind": info.kind.value,
        "entry": case.entry or info.entry_names[0],
        "framework": info.framework.value,
        "device": device,
        "args": arguments,
        "positional": [name for name in arguments if name in settings.required],
        "keyword": [name for name in arguments if name not in settings.required],
        "mutates": [name for name in settings.mutates if name in arguments],
        "untrained": [name for name in settings.untrained if name in arguments],
        "steps": case.steps,
        "again": encoder.form is Form.PLAIN,
        "grads": list(_gradients(case, info, settings, encoder)),
        "global_rng": info.global_rng,
        "no_sync": info.no_sync,
    }
    if info.kind == "module":
        init = encoder.arguments(case.init or {}, "init.")
        head |= {
            "init": init,
            "init_positional": [name for name in init if name in settings.init_required],
            "init_keyword": [name for name in init if name not in settings.init_required],
            "positional": list(arguments),
            "keyword": [],
        }
    return head


def _gradients(case: Case, info: ExerciseInfo, settings: Settings, encoder: Encoder) -> tuple[str, ...]:
    if not (info.grad and case.gradients) or encoder.form is Form.ZERO:
        return ()
    floating = tuple(n for n in case.args if n in encoder.arrays and encoder.arrays[n].dtype.kind == "f")
    wanted = floating if settings.gradients is None else settings.gradients
    return tuple(name for name in floating if name in wanted and name not in settings.mutates)


def message(head: Mapping[str, Any], arrays: Mapping[str, Array], dtype: str) -> Message:
    """The request in one dtype."""
    return Message(
        {**head, "dtype": dtype}, {name: to_wire(values, dtype) for name, values in arrays.items()}
    )


def laid_out(request: Message, form: Form) -> Message:
    """The same request with its arrays in the memory layout of `form`, called once."""

    def change(value: Any) -> Any:
        if isinstance(value, dict):
            changed = {name: change(item) for name, item in value.items()}
            return {**changed, "layout": _LAYOUT[form]} if "layout" in value else changed
        return [change(item) for item in value] if isinstance(value, list) else value

    head = {
        name: change(value) if name in ("args", "init") else value for name, value in request.head.items()
    }
    return Message({**head, "again": False}, request.tensors)


def transformed(arrays: Mapping[str, Array], change: Callable[[Array], Array]) -> dict[str, Array]:
    """The arrays with `change` applied to floating ones."""
    return {name: change(values) if values.dtype.kind == "f" else values for name, values in arrays.items()}


def describe_call(case: Case, info: ExerciseInfo, arrays: Mapping[str, Array], dtype: str) -> str:
    """The call as a learner reads it: `conv2d(input: float32 (2, 3, 5, 7), ..., stride=(2, 1))`."""
    entry = case.entry or info.entry_names[0]
    arguments = ", ".join(_argument(name, value, arrays, dtype) for name, value in case.args.items())
    if info.kind == "module":
        init = ", ".join(_argument(name, value, arrays, dtype) for name, value in (case.init or {}).items())
        return f"{entry}({init})({arguments})"
    return f"{entry}({arguments})"


def _argument(name: str, value: Any, arrays: Mapping[str, Array], dtype: str) -> str:
    if isinstance(value, PerStep):
        return _argument(name, value.values[0], arrays, dtype)
    if isinstance(value, Parameter):
        return _argument(name, value.values, arrays, dtype)
    if isinstance(value, np.ndarray):
        kind = dtype if value.dtype.kind == "f" else str(value.dtype)
        return f"{name}: {kind} {tuple(value.shape)}"
    if isinstance(value, Net):
        return f"{name}: a model"
    if isinstance(value, Optimizer):
        options = ", ".join(f"{key}={option!r}" for key, option in value.options)
        return f"{name}: {value.name}({value.of}, {options})"
    if isinstance(value, Generator):
        return f"{name}: seeded with {value.seed}"
    return f"{name}={value!r}"


def with_form(case: Case, form: Form) -> Case:
    """The case as one of its automatic forms; forward values alone where inputs are all zero."""
    return replace(case, gradients=case.gradients and form is not Form.ZERO)
