from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox.exchange import BadAnswer, FrameReader
from grader.worker.wire import MAX_HEADER, Message, Tensor, pack

HEADS = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=3)


def _feed(reader: FrameReader, data: bytes, sizes: list[int]) -> None:
    at = 0
    while at < len(data) and not reader.complete:
        size = min(sizes[at % len(sizes)] if sizes else len(data), reader.wanted())
        reader.feed(data[at : at + size])
        at += size


@given(HEADS, st.lists(st.integers(0, 9), max_size=3), st.lists(st.integers(1, 50), max_size=9))
@settings(deadline=None, max_examples=60)
def test_a_frame_in_any_pieces_is_the_frame(
    head: dict[str, object], shape: list[int], sizes: list[int]
) -> None:
    tensor = Tensor.of(np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape))
    reader = FrameReader(max_body=1 << 20)
    _feed(reader, pack(Message(head, {"x": tensor})), sizes)
    message = reader.message()
    assert message.head == head
    assert np.array_equal(message.tensors["x"].numpy(), tensor.numpy())


@given(st.binary(max_size=200), st.lists(st.integers(1, 50), max_size=9))
@settings(deadline=None, max_examples=200)
def test_any_bytes_are_a_frame_or_refused_or_unfinished(data: bytes, sizes: list[int]) -> None:
    reader = FrameReader(max_body=100)
    try:
        _feed(reader, data, sizes)
        if reader.complete:
            reader.message()
    except BadAnswer:
        pass


@pytest.mark.parametrize(
    ("header", "body", "oversize"),
    [(10, 101, True), (MAX_HEADER + 1, 0, False), (2**32 - 1, 2**64 - 1, False)],
)
def test_announced_lengths_are_refused_before_anything_is_read(
    header: int, body: int, oversize: bool
) -> None:
    reader = FrameReader(max_body=100)
    with pytest.raises(BadAnswer) as caught:
        reader.feed(struct.pack("<IQ", header, body))
    assert caught.value.oversize is oversize


def test_what_comes_after_the_frame_is_surplus() -> None:
    frame = pack(Message({}))
    reader = FrameReader(max_body=100)
    reader.feed(frame)
    assert (reader.complete, reader.surplus, reader.wanted()) == (True, False, 0)
    reader = FrameReader(max_body=100)
    reader.feed(frame + b"x")
    assert (reader.complete, reader.surplus) == (True, True)
    assert reader.message() == Message({})


def test_once_its_length_is_known_no_more_is_read_than_the_frame() -> None:
    frame = pack(Message({}))
    reader = FrameReader(max_body=100)
    reader.feed(frame[:12])
    assert reader.wanted() == len(frame) - 12
