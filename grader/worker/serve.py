"""The worker's loop: load a learner's file, run cases one at a time, answer each request with one frame.

Requests: {"do": "load", "name", "source", "entries"} and {"do": "run", ...} (see `kinds`). Answers: {"status": "ok", ...}
or {"status": "error", "error": {...}}, where the error is described in the learner's own lines.
"""

from __future__ import annotations

import linecache
import os
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from grader.worker.kinds import observe
from grader.worker.wire import Message, WireError, pack, read

_MAX_TEXT = 2000
_MAX_FRAMES = 8


def serve(read_fd: int, write_fd: int, check: Callable[[], None] = lambda: None) -> None:
    """Answer frames until the judge closes the pipe; `check` is called before each answer goes out.

    Raises: nothing of the learner's.
    """
    loaded: dict[str, Loaded] = {}
    take = open(read_fd, "rb", closefd=False).read

    def read_exactly(count: int) -> bytes:
        data = take(count)
        if len(data) < count:
            raise EOFError
        return data

    def receive() -> Message:
        return read(read_exactly)

    def send(answer: Message) -> None:
        frame = _packed(answer)
        check()
        _write_all(write_fd, frame)

    while True:
        try:
            request = receive()
        except (EOFError, WireError):
            return
        answer = _answer(request, loaded, send, receive)
        _flush()
        send(answer)


class Loaded:
    """A learner's file after it ran: its module, and the entries it defines."""

    def __init__(self, name: str, source: str, entries: list[str]) -> None:
        self.filename = f"{name}.py"
        linecache.cache[self.filename] = (len(source), None, source.splitlines(keepends=True), self.filename)
        self.module = types.ModuleType(name)
        self.module.__file__ = self.filename
        self.source, self.wanted = source, entries

    def execute(self) -> None:
        """Run the file's top level, as an import would; `if __name__ == "__main__"` stays unexecuted."""
        sys.modules[self.module.__name__] = self.module
        exec(compile(self.source, self.filename, "exec"), vars(self.module))

    @property
    def entries(self) -> dict[str, Any]:
        """The entries that are there and can be called."""
        found = {name: vars(self.module).get(name) for name in self.wanted}
        return {name: value for name, value in found.items() if callable(value)}


def _answer(
    request: Message,
    loaded: dict[str, Loaded],
    send: Callable[[Message], None],
    receive: Callable[[], Message],
) -> Message:
    name = str(request.head.get("name"))
    try:
        if request.head["do"] == "load":
            loaded[name] = Loaded(name, request.head["source"], list(request.head["entries"]))
            loaded[name].execute()
            missing = [entry for entry in loaded[name].wanted if entry not in loaded[name].entries]
            return Message({"status": "ok", "missing": missing})
        if request.head["do"] == "tests":
            return _run_tests(request, loaded[name], send, receive)
        if request.head["do"] == "call":
            from grader.worker.testing import answer_call

            return answer_call(request, loaded[name].entries[request.head["entry"]])
        if request.head["do"] == "time":
            from grader.worker.timing import run_timed

            return run_timed(request, loaded[name].entries)
        return observe(request, loaded[name].entries)
    except BaseException as wrong:
        filename = loaded[name].filename if name in loaded else ""
        return Message({"status": "error", "error": describe(wrong, filename)})


def _run_tests(
    request: Message, loaded: Loaded, send: Callable[[Message], None], receive: Callable[[], Message]
) -> Message:
    from grader.worker.testing import run_tests

    def ask(call: Message) -> Message:
        send(call)
        return receive()

    return run_tests(loaded.module, loaded.filename, request.head["fixture"], ask)


def describe(wrong: BaseException, filename: str) -> dict[str, Any]:
    """An exception as the learner should read it: kind, message, and the frames in their own file only."""
    frames = []
    trace = wrong.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == filename:
            frames.append([trace.tb_lineno, trace.tb_frame.f_code.co_name, _line(filename, trace.tb_lineno)])
        trace = trace.tb_next
    described: dict[str, Any] = {
        "type": type(wrong).__name__,
        "kinds": [kind.__name__ for kind in type(wrong).__mro__][:12],
        "message": _text(wrong),
        "frames": frames[-_MAX_FRAMES:],
    }
    if isinstance(wrong, SyntaxError) and wrong.filename == filename:
        described |= {
            "frames": [[wrong.lineno, "", _line(filename, wrong.lineno or 0)]],
            "message": str(wrong.msg),
        }
        described["column"] = wrong.offset
    return described


def _text(wrong: BaseException) -> str:
    try:
        return str(wrong)[:_MAX_TEXT]
    except BaseException:  # a learner's __str__ may raise anything
        return "(its message cannot be shown)"


def _line(filename: str, number: int) -> str:
    return linecache.getline(filename, number).rstrip("\n")[:_MAX_TEXT]


def _packed(answer: Message) -> bytes:
    try:
        return pack(answer)
    except (TypeError, ValueError, RecursionError) as wrong:
        return pack(Message({"status": "error", "error": describe(wrong, "")}))


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # a learner may have replaced it
            continue


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def entries_of(name: str, source: str, entries: list[str]) -> Mapping[str, Any]:
    """The entries of trusted source, for the judge's own use on references and chaffs."""
    loaded = Loaded(name, source, entries)
    loaded.execute()
    return loaded.entries
