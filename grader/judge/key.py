"""A key: every case of an exercise with its inputs, its expected values and their tolerances.

Built once per course version, seed, device and dtype (`keysmith`), kept on disk, and all that judging needs: no
reference runs and PyTorch is not imported when a submission is judged. What each chaff gives on the same cases lies in
a second file, since only a wrong answer asks for it.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.worker.wire import Message, Tensor, WireError, pack, unpack_own

Array = NDArray[Any]
Scalar = bool | int | float | str | None


class Form(StrEnum):
    """Which form of an author's case this is."""

    PLAIN = "plain"
    FLOAT64 = "float64"
    TRANSPOSED = "transposed"
    STRIDED = "strided"
    LARGE = "large"
    TINY = "tiny"
    NEGATIVE = "negative"
    ZERO = "zero"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    WATCHED = "watched"
    "on a GPU: what the call does with its device is counted"
    AUTOCAST_BFLOAT16 = "autocast_bfloat16"
    AUTOCAST_FLOAT16 = "autocast_float16"
    "float32 inputs, called under `torch.autocast` of that dtype"


#: the dtype that `torch.autocast` is entered with
AUTOCAST = {Form.AUTOCAST_BFLOAT16: "bfloat16", Form.AUTOCAST_FLOAT16: "float16"}


@dataclass(frozen=True, eq=False)
class Expected:
    """One named value: an array with elementwise absolute tolerances, or a scalar with one."""

    value: Array | Scalar
    tolerance: Array | float = 0.0
    dtype: str | None = None  # None: not a tensor
    or_dtype: str | None = None  # one that is as good

    @property
    def is_tensor(self) -> bool:
        """Whether a tensor is expected, rather than a Python scalar."""
        return self.dtype is not None


@dataclass(frozen=True, eq=False)
class Sheet:
    """Small expected tensors of one dtype, laid end to end, so that they are compared in one go."""

    dtype: str
    tensors: tuple[tuple[str, tuple[int, ...]], ...]
    "names and shapes"
    truth: Array
    tolerance: Array


#: elements; a larger tensor is compared alone, and not kept twice
_SMALL = 4096


@dataclass(frozen=True, eq=False)
class KeyCase:
    """One case: what is sent to the worker, and what should come back."""

    check: str
    form: Form
    call: str
    request: Message
    expected: Mapping[str, Expected]
    statistics: tuple[Mapping[str, Any], ...] = ()  # `grader.author.Statistic` as data

    @cached_property
    def nbytes(self) -> int:
        """Bytes of what is given and of what is expected."""
        expected = sum(np.asarray(value.value).nbytes for value in self.expected.values() if value.is_tensor)
        return expected + sum(len(tensor.data) for tensor in self.request.tensors.values())

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """What is expected of small tensors of floating point numbers that NumPy has."""
        of: dict[str, list[tuple[str, Array, Array]]] = {}
        for name, value in self.expected.items():
            truth = np.asarray(value.value)
            if value.dtype in ("float32", "float64") and truth.size <= _SMALL and truth.dtype.kind == "f":
                of.setdefault(value.dtype, []).append((name, truth, np.asarray(value.tolerance)))
        return tuple(
            Sheet(
                dtype,
                tuple((name, truth.shape) for name, truth, _ in found),
                np.concatenate([truth.ravel() for _, truth, _ in found], dtype=np.float64),
                np.concatenate(
                    [np.broadcast_to(allowed, truth.shape).ravel() for _, truth, allowed in found]
                ),
            )
            for dtype, found in of.items()
        )


@dataclass(frozen=True)
class Key:
    """An exercise's cases for one seed, device and dtype."""

    exercise: str
    fingerprint: str
    seed: int | None
    device: str
    cases: tuple[KeyCase, ...]


@dataclass(frozen=True, eq=False)
class Seen:
    """What an implementation gave on one case: values by name, facts, or the kind of exception."""

    values: Mapping[str, Array | Scalar] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    dtypes: Mapping[str, str] = field(default_factory=dict)
    "of the tensors among the values: an array holds a `bfloat16` as float32"


def seen_of(answer: Message) -> Seen:
    """A worker's answer as values: tensors as arrays (`bfloat16` widened), scalars as they are."""
    if answer.head.get("status") != "ok":
        error = answer.head.get("error")
        return Seen(error=str(error.get("type", "")) if isinstance(error, dict) else "")
    values: dict[str, Array | Scalar] = {name: tensor.numpy() for name, tensor in answer.tensors.items()}
    scalars, facts = answer.head.get("values"), answer.head.get("facts")
    if isinstance(scalars, dict):
        values |= {
            name: value for name, value in scalars.items() if value is None or isinstance(value, Scalar)
        }
    dtypes = {name: tensor.dtype for name, tensor in answer.tensors.items()}
    return Seen(values, facts if isinstance(facts, dict) else {}, dtypes=dtypes)


# ---------------------------------------------------------------------------------------------------------- disk


def save(path: Path, message: Message) -> None:
    """Write atomically, readable by this user alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(pack(message))
    os.replace(name, path)


def load(path: Path) -> Message | None:
    """The message at `path`; None when there is none or it is damaged (it is then built anew)."""
    try:
        return unpack_own(path.read_bytes())
    except (OSError, WireError):
        return None


def key_message(key: Key) -> Message:
    """The key as one frame."""
    tensors: dict[str, Tensor] = {}
    cases = []
    for index, case in enumerate(key.cases):
        tensors |= {f"{index}/in/{name}": tensor for name, tensor in case.request.tensors.items()}
        expected = {}
        for name, value in case.expected.items():
            expected[name] = _pack_expected(f"{index}/out/{name}", value, tensors)
        cases.append(
            {
                "check": case.check,
                "form": case.form,
                "call": case.call,
                "head": case.request.head,
                "expected": expected,
                "statistics": list(case.statistics),
            }
        )
    head = {
        "exercise": key.exercise,
        "fingerprint": key.fingerprint,
        "seed": key.seed,
        "device": key.device,
        "cases": cases,
    }
    return Message({"key": json.dumps(head)}, tensors)


def key_of(message: Message) -> Key:
    """The key of a frame that `key_message` made."""
    head = json.loads(message.head["key"])
    inputs: dict[int, dict[str, Tensor]] = {}
    for name, tensor in message.tensors.items():
        number, side, rest = name.split("/", 2)
        if side == "in":
            inputs.setdefault(int(number), {})[rest] = tensor
    cases = []
    for index, case in enumerate(head["cases"]):
        expected = {
            name: _unpack_expected(f"{index}/out/{name}", value, message.tensors)
            for name, value in case["expected"].items()
        }
        request = Message(case["head"], inputs.get(index, {}))
        statistics = tuple(case["statistics"])
        cases.append(KeyCase(case["check"], Form(case["form"]), case["call"], request, expected, statistics))
    return Key(head["exercise"], head["fingerprint"], head["seed"], head["device"], tuple(cases))


def _pack_expected(slot: str, value: Expected, into: dict[str, Tensor]) -> dict[str, Any]:
    if value.is_tensor:
        into[slot] = Tensor.of(np.asarray(value.value))
        into[slot + "/tolerance"] = Tensor.of(np.asarray(value.tolerance, np.float64))
        return {"dtype": value.dtype, "or_dtype": value.or_dtype}
    return {"value": value.value, "tolerance": float(np.asarray(value.tolerance)), "dtype": None}


def _unpack_expected(slot: str, packed: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Expected:
    if packed["dtype"] is None:
        return Expected(packed["value"], packed["tolerance"])
    return Expected(
        tensors[slot].numpy(), tensors[slot + "/tolerance"].numpy(), packed["dtype"], packed["or_dtype"]
    )


def seen_message(seen: Mapping[str, list[Seen]]) -> Message:
    """What each chaff gave, as one frame."""
    tensors: dict[str, Tensor] = {}
    head: dict[str, list[dict[str, Any]]] = {}
    for chaff, cases in seen.items():
        head[chaff] = []
        for index, case in enumerate(cases):
            scalars = {n: v for n, v in case.values.items() if not isinstance(v, np.ndarray)}
            arrays = {n: v for n, v in case.values.items() if isinstance(v, np.ndarray)}
            tensors |= {f"{chaff}/{index}/{name}": Tensor.of(value) for name, value in arrays.items()}
            head[chaff].append({"values": scalars, "facts": case.facts, "error": case.error})
    return Message({"seen": json.dumps(head)}, tensors)


def seen_from(message: Message) -> dict[str, list[Seen]]:
    """The inverse of `seen_message`."""
    arrays: dict[tuple[str, int], dict[str, Array]] = {}
    for name, tensor in message.tensors.items():
        chaff, index, rest = name.split("/", 2)
        arrays.setdefault((chaff, int(index)), {})[rest] = tensor.numpy()
    return {
        chaff: [
            Seen({**case["values"], **arrays.get((chaff, index), {})}, case["facts"], case["error"])
            for index, case in enumerate(cases)
        ]
        for chaff, cases in json.loads(message.head["seen"]).items()
    }
