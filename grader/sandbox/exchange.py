"""One request to a worker and its one reply, while a clock, a flood counter and a length check watch."""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from grader.sandbox.child import Pipes
from grader.sandbox.watcher import EVERY_S
from grader.worker import wire
from grader.worker.protocol import CONFINED

CHUNK = 1 << 18
_SMALL = 1 << 14
_LATE_LOOKS = 64  # each takes what a pipe holds


class NotInTime(Exception):
    """The deadline passed first."""


class TooMuchOutput(Exception):
    """More was printed than the limit allows."""


class TooMuchMemory(Exception):
    """Whoever watches the worker's memory says that it is too much."""


class NoAnswer(Exception):
    """The reply pipe closed before a whole frame: the worker is gone."""


class BadAnswer(Exception):
    """What came is not one frame within the bounds; `oversize` when only its length is wrong."""

    def __init__(self, message: str, oversize: bool = False) -> None:
        self.oversize = oversize
        super().__init__(message)


@dataclass
class Exchange:
    """The state of a conversation: what was printed, and whether the worker has reported its walls."""

    pipes: Pipes
    output_bytes: int
    printed: bytearray
    confined: bool = False
    surplus: bool = False
    "more came than the frame that was asked for"

    def wait_confined(self, deadline: float) -> None:
        """Return when the worker says that its walls stand. Raises: `NoAnswer`, `NotInTime`."""
        poll = select.poll()
        poll.register(self.pipes.reply, select.POLLIN)
        while not self.confined:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise NotInTime
            said = os.read(self.pipes.reply, len(CONFINED))
            if said != CONFINED:
                raise NoAnswer
            self.confined = True

    def ask(
        self,
        frame: bytes,
        deadline: float,
        max_body: int,
        excused_s: Callable[[], float] = lambda: 0.0,
        too_large: Callable[[], bool] | None = None,
    ) -> wire.Message:
        """Send one frame and read one. `deadline` is on the monotonic clock; `max_body` in bytes.

        `excused_s`: seconds by which the deadline has moved since, asked for once it has passed; `too_large`: whether the
        worker holds too much memory, asked every `EVERY_S`. Raises: `NotInTime`, `TooMuchOutput`, `TooMuchMemory`, `NoAnswer`, `BadAnswer`.
        """
        next_look = inf if too_large is None else time.monotonic() + EVERY_S
        looks = _LATE_LOOKS
        reader = FrameReader(max_body)
        to_send = self._send(memoryview(frame))
        poll = select.poll()
        poll.register(self.pipes.reply, select.POLLIN)
        poll.register(self.pipes.output, select.POLLIN)
        if to_send:
            poll.register(self.pipes.request, select.POLLOUT)
        while not reader.complete:
            now = time.monotonic()
            if too_large is not None and now >= next_look:
                if too_large():
                    raise TooMuchMemory
                next_look = now + EVERY_S
            left = deadline - now
            if left <= 0:
                left += excused_s()
            if left > 0:
                events = poll.poll(min(left, next_look - now) * 1000 + 1)
            else:  # what is there now may have come in time, before this thread could look
                events = poll.poll(0) if looks else []
                looks -= 1
                if not events:
                    raise NotInTime
            for descriptor, _ in events:
                if descriptor == self.pipes.request:
                    to_send = self._send(to_send)
                    if not to_send:
                        poll.unregister(descriptor)
                elif descriptor == self.pipes.output:
                    if not self._collect():
                        poll.unregister(descriptor)
                elif not self._receive(reader):
                    raise NoAnswer
        self.drain()
        self.surplus |= reader.surplus
        return reader.message()

    def stray(self) -> bool:
        """Whether bytes came, or wait, on the reply pipe that nobody asked for."""
        if self.surplus:
            return True
        poll = select.poll()
        poll.register(self.pipes.reply, select.POLLIN)
        return any(event & select.POLLIN for _, event in poll.poll(0))

    def drain(self) -> None:
        """Take what is printed already, without waiting."""
        while self._collect():
            pass

    def _send(self, left: memoryview) -> memoryview:
        try:
            return left[os.write(self.pipes.request, left[:CHUNK]) :]
        except BlockingIOError:
            return left
        except BrokenPipeError:
            return left[:0]  # the reply pipe will say that it is gone

    def _receive(self, reader: FrameReader) -> bool:
        try:
            data = os.read(self.pipes.reply, reader.wanted())
        except BlockingIOError:
            return True
        if not data:
            return False
        reader.feed(data)
        return True

    def _collect(self) -> bool:
        """Read some output; False when there is none now or never will be."""
        try:
            data = os.read(self.pipes.output, CHUNK)
        except BlockingIOError:
            return False
        self.printed += data[: self.output_bytes + 1 - len(self.printed)]
        if len(self.printed) > self.output_bytes:
            raise TooMuchOutput
        return bool(data)


class FrameReader:
    """A frame put together from pieces. Memory grows with what has arrived, never with what was announced."""

    def __init__(self, max_body: int) -> None:
        self._max_body = max_body
        self._data = bytearray()
        self._size: int | None = None

    @property
    def complete(self) -> bool:
        """Whether the last byte is there."""
        return self._size is not None and len(self._data) >= self._size

    @property
    def surplus(self) -> bool:
        """Whether more than the frame came."""
        return self._size is not None and len(self._data) > self._size

    def wanted(self) -> int:
        """How many bytes to read next, at most; a small frame comes in one piece, before its length is known."""
        return _SMALL if self._size is None else min(self._size - len(self._data), 4 * CHUNK)

    def feed(self, data: bytes) -> None:
        """Add what arrived. Raises: `BadAnswer` as soon as the announced length is out of bounds."""
        self._data += data
        if self._size is None and len(self._data) >= wire.PREFIX.size:
            header, body = wire.PREFIX.unpack_from(self._data)
            if header > wire.MAX_HEADER:
                raise BadAnswer("what it sent is not a frame")
            if body > self._max_body:
                raise BadAnswer(
                    f"a reply of {body} bytes, where at most {self._max_body} were expected", oversize=True
                )
            self._size = wire.PREFIX.size + header + body

    def message(self) -> wire.Message:
        """The meaning of the complete frame. Raises: `BadAnswer`."""
        pieces = deque([memoryview(self._data)])

        def take(count: int) -> memoryview:
            piece, rest = pieces[0][:count], pieces[0][count:]
            pieces[0] = rest
            return piece

        try:
            return wire.read(take, wire.MAX_HEADER, self._max_body)
        except wire.WireError as error:
            raise BadAnswer(str(error)) from None
