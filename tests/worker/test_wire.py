"""The wire: round trips, and no bytes whatever make it raise anything but `WireError`."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from grader.worker.wire import ITEM_BYTES, MAX_BODY, Message, Tensor, WireError, pack, read, unpack

DTYPES = [name for name in ITEM_BYTES if name != "bfloat16"]


@settings(deadline=None, max_examples=100)
@given(
    st.data(),
    st.sampled_from(DTYPES),
    st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8) | st.none()),
)
def test_messages_round_trip(data: st.DataObject, dtype: str, head: dict) -> None:
    array = data.draw(arrays(dtype, array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)))
    message = unpack(pack(Message(head, {"a": Tensor.of(array), "b": Tensor.of(array.T)})))
    assert message.head == head
    np.testing.assert_array_equal(message.tensors["a"].numpy(), array)
    np.testing.assert_array_equal(message.tensors["b"].numpy(), array.T)


def test_bfloat16_widens_exactly() -> None:
    bits = np.array([0x3F80, 0xC000, 0x7F80], np.uint16)
    np.testing.assert_array_equal(
        Tensor("bfloat16", (3,), bits.tobytes()).numpy(), np.array([1.0, -2.0, np.inf], np.float32)
    )


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_garbage_is_a_wire_error(garbage: bytes) -> None:
    with pytest.raises((WireError, struct.error)):
        unpack(garbage)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 80), st.integers(0, 255))
def test_a_flipped_byte_is_an_error_or_a_message_of_the_same_size(at: int, value: int) -> None:
    frame = bytearray(pack(Message({"status": "ok"}, {"x": Tensor.of(np.ones(3))})))
    frame[at % len(frame)] = value
    try:
        message = unpack(bytes(frame))
    except (WireError, struct.error):
        return
    assert sum(len(tensor.data) for tensor in message.tensors.values()) == 24


def _frame(header: object, body: bytes = b"") -> bytes:
    raw = json.dumps(header).encode()
    return struct.pack("<IQ", len(raw), len(body)) + raw + body


@pytest.mark.parametrize(
    "header",
    [
        [], {"head": 1, "tensors": []}, {"head": {}, "tensors": {}}, {"head": {}, "tensors": [["x", "float32"]]},
        {"head": {}, "tensors": [["x", "object", [1]]]}, {"head": {}, "tensors": [["x", "float32", [-1]]]},
        {"head": {}, "tensors": [["x", "float32", [True]]]}, {"head": {}, "tensors": [["x", "float32", [1.0]]]},
        {"head": {}, "tensors": [["x", "float32", [10**30]]]}, {"head": {}, "tensors": [["x", ["float32"], [1]]]},
        {"head": {}, "tensors": [["x", "float32", [0]], ["x", "float32", [0]]]},
        {"head": {}, "tensors": [["x", "float32", [1] * 40]]}, {"head": {}, "tensors": [["x", "float32", [2**20] * 3]]},
    ],
)  # fmt: skip
def test_headers_that_lie_are_refused(header: object) -> None:
    with pytest.raises(WireError):
        unpack(_frame(header))


def test_bounds_are_checked_before_anything_is_read() -> None:
    asked = []

    def take(count: int) -> bytes:
        asked.append(count)
        return struct.pack("<IQ", 10, MAX_BODY + 1)

    with pytest.raises(WireError):
        read(take)
    assert asked == [12]
