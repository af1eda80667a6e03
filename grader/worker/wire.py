"""What crosses the trust boundary: one frame = JSON header + raw tensors. Never pickle, never code.

    frame  = <u32 header length> <u64 body length> header body
    header = {"head": {...}, "tensors": [[name, dtype, [sizes]], ...]}      UTF-8 JSON
    body   = the tensors' bytes, row-major, little-endian, in that order

Every length is checked against what is really there, and against the reader's own bounds, before memory is taken for it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

PREFIX = struct.Struct("<IQ")
MAX_HEADER = 1 << 20
MAX_BODY = 256 << 20
MAX_TENSORS = 4096
OWN_HEADER, OWN_BODY, OWN_TENSORS = 64 << 20, 2 << 30, 1 << 20
"""Bounds of a frame that the judge wrote itself: what thirty chaffs give on forty cases is far more than one answer."""
MAX_DIMS = 16
_MAX_DIGITS = 80

#: dtype tag (PyTorch's name) -> bytes per element
ITEM_BYTES = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8,
    "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip


class WireError(ValueError):
    """The bytes are not a frame, or one beyond the reader's bounds."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """Raw bytes with a dtype tag and a shape; `bfloat16` has no NumPy dtype, hence no array here."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes | bytearray | memoryview = field(repr=False)

    @classmethod
    def of(cls, array: NDArray[Any]) -> Tensor:
        """A tensor with the array's dtype, shape and values."""
        array = np.ascontiguousarray(array) if array.ndim else array
        return cls(str(array.dtype), tuple(array.shape), array.tobytes())

    def numpy(self) -> NDArray[Any]:
        """The values as an array; `bfloat16` becomes float32 (exactly)."""
        if self.dtype == "bfloat16":
            bits = np.frombuffer(self.data, np.uint16).astype(np.uint32) << 16
            return bits.view(np.float32).reshape(self.shape)
        return np.frombuffer(self.data, self.dtype).reshape(self.shape)


@dataclass(frozen=True)
class Message:
    """One frame's meaning: a JSON object and named tensors."""

    head: Mapping[str, Any]
    tensors: Mapping[str, Tensor] = field(default_factory=dict)


def pack(message: Message) -> bytes:
    """`message` as one frame."""
    specs = [[name, t.dtype, list(t.shape)] for name, t in message.tensors.items()]
    header = _ENCODER.encode({"head": message.head, "tensors": specs}).encode()
    body = [bytes(t.data) for t in message.tensors.values()]
    return b"".join([PREFIX.pack(len(header), sum(map(len, body))), header, *body])


def read(
    read_exactly: Callable[[int], bytes | bytearray | memoryview],
    max_header: int = MAX_HEADER,
    max_body: int = MAX_BODY,
    max_tensors: int = MAX_TENSORS,
) -> Message:
    """The next frame from a source of bytes.

    `read_exactly(n)` returns n bytes or raises. Raises: `WireError` for anything that is not a frame within the bounds.
    """
    header_bytes, body_bytes = PREFIX.unpack(read_exactly(PREFIX.size))
    if header_bytes > max_header or body_bytes > max_body:
        raise WireError(f"a frame of {header_bytes} + {body_bytes} bytes exceeds {max_header} + {max_body}")
    header = read_exactly(header_bytes)
    specs, head = _header(bytes(header), body_bytes, max_tensors)
    body = memoryview(read_exactly(body_bytes)) if body_bytes else memoryview(b"")
    tensors, at = {}, 0
    for name, dtype, shape in specs:
        size = prod(shape) * ITEM_BYTES[dtype]
        tensors[name] = Tensor(dtype, shape, body[at : at + size])
        at += size
    return Message(head, tensors)


def unpack_own(frame: bytes) -> Message:
    """The message of a frame that the judge wrote: a key, or what chaffs give. Raises: `WireError`."""
    return unpack(frame, OWN_HEADER, OWN_BODY, OWN_TENSORS)


def unpack(
    frame: bytes, max_header: int = MAX_HEADER, max_body: int = MAX_BODY, max_tensors: int = MAX_TENSORS
) -> Message:
    """The message of exactly one frame. Raises: `WireError`."""
    at = 0

    def take(count: int) -> bytes:
        nonlocal at
        if at + count > len(frame):
            raise WireError("the frame ends early")
        at += count
        return frame[at - count : at]

    message = read(take, max_header, max_body, max_tensors)
    if at != len(frame):
        raise WireError("bytes after the frame")
    return message


def _header(
    raw: bytes, body_bytes: int, max_tensors: int
) -> tuple[list[tuple[str, str, tuple[int, ...]]], dict[str, Any]]:
    try:
        header = _DECODER.decode(raw.decode())
    except (ValueError, RecursionError):
        raise WireError("the header is not JSON") from None
    if (
        type(header) is not dict
        or type(header.get("head")) is not dict
        or type(header.get("tensors")) is not list
    ):
        raise WireError("the header lacks its parts")
    if len(header["tensors"]) > max_tensors:
        raise WireError("too many tensors")
    specs = [_spec(entry) for entry in header["tensors"]]
    if len({name for name, _, _ in specs}) != len(specs):
        raise WireError("two tensors of one name")
    if sum(prod(shape) * ITEM_BYTES[dtype] for _, dtype, shape in specs) != body_bytes:
        raise WireError("the body's length is not that of its tensors")
    return specs, header["head"]


def _whole(text: str) -> int | float:
    """An integer; one that arithmetic with floats would choke on (10^400) becomes infinity, which passes no check."""
    return int(text) if len(text) <= _MAX_DIGITS else float(text)


_ENCODER = json.JSONEncoder(separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_int=_whole)


def _spec(entry: Any) -> tuple[str, str, tuple[int, ...]]:
    if type(entry) is not list or len(entry) != 3:
        raise WireError("a tensor is described by name, dtype and shape")
    name, dtype, shape = entry
    if type(name) is not str or type(dtype) is not str or dtype not in ITEM_BYTES:
        raise WireError("a tensor's name or dtype is not known")
    if type(shape) is not list or len(shape) > MAX_DIMS:
        raise WireError("a tensor's shape is not a short list")
    if any(type(size) is not int or not 0 <= size <= MAX_BODY for size in shape):
        raise WireError("a tensor's size is out of range")
    if (
        prod(size for size in shape if size) > MAX_BODY
    ):  # NumPy refuses such a shape even where a 0 makes it empty
        raise WireError("a tensor's sizes are out of range")
    return name, dtype, tuple(shape)
