"""Whatever a worker answers, the judge neither falls over nor gives a point; and what it says of it is a report."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.course.catalog import Course
from grader.judge.judge import Judge
from grader.judge.keysmith import Keysmith
from grader.sandbox import Ending, Outcome, Pool, WorkerEnded
from grader.sandbox.exchange import BadAnswer, FrameReader
from grader.worker.wire import ITEM_BYTES, Message

#: a function, a module, steps, designs, random ones, one in NumPy
EXERCISES = (
    "max_pool2d", "residual_block", "early_stopping", "dropout"
)  # fmt: skip

HUGE = "@HUGE@"  # Python spells no integer of so many digits: it is put into the JSON text
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([HUGE, 10**79, -(10**79), 2**63, 10**400, "\ud800", "\x1b[2J", "\u202e", "x" * 3000])
    | st.text(st.characters(), max_size=4)
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "\udfff", "tensor"]), inner, max_size=3)
    ),
    max_leaves=8,
)
_SIZES = st.sampled_from([0, 0, 1, 1, 2, 3, 1 << 28, 1 << 40, -1])


def _words(names: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*names, "output", "output[0]", "len(output)", "gradient of input", "\ud8ab", ""])


def _heads(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    lists = st.lists(_JSON, max_size=3)
    facts = st.fixed_dictionaries(
        {},
        optional={
            "types": st.dictionaries(_words(names), _JSON, max_size=2) | _JSON,
            "attempts": st.just(HUGE) | _JSON,
            **{fact: lists | _JSON for fact in ("mutated", "globals", "again", "attached", "devices")},
        },
    )
    error = st.fixed_dictionaries(
        {},
        optional={
            "type": _JSON,
            "message": _JSON,
            "kinds": st.lists(st.sampled_from(["ForbiddenOperation", "Unfit", 3, "\ud800"]), max_size=2)
            | _JSON,
            "frames": st.lists(st.tuples(_JSON, _JSON, _JSON).map(list) | _JSON, max_size=2) | _JSON,
        },
    )
    return st.fixed_dictionaries(
        {"status": st.sampled_from(["ok", "ok", "ok", "error"]) | _JSON},
        optional={
            "values": st.dictionaries(_words(names), _JSON, max_size=5) | _JSON,
            "facts": facts | _JSON,
            "error": error | _JSON,
            "missing": lists | _JSON,
        },
    )


@st.composite
def _specs(draw: st.DrawFn, names: list[str], shapes: list[list[int]]) -> list[Any]:
    shape = draw(st.sampled_from(shapes) | st.lists(_SIZES, max_size=5) | st.just([0, 1 << 28, 1 << 28]))
    return [draw(_words(names)), draw(st.sampled_from([*ITEM_BYTES, "float99"])), shape]


@st.composite
def frames(draw: st.DrawFn, names: list[str], shapes: list[list[int]]) -> bytes:
    """One frame as a hostile worker might write it: well formed more often than not."""
    specs = draw(st.lists(_specs(names, shapes), max_size=4, unique_by=lambda spec: spec[0]))
    size = 0
    for _, dtype, shape in specs:
        count = ITEM_BYTES.get(dtype, 1)
        for side in shape:
            count *= side
        size += count
    body = b""
    if 0 < size <= 1 << 16:
        pattern = draw(st.binary(min_size=1, max_size=24))
        body = (pattern * (size // len(pattern) + 1))[:size]
    text = json.dumps({"head": draw(_heads(names)), "tensors": specs})
    header = text.replace(f'"{HUGE}"', "9" * draw(st.sampled_from([81, 400, 5000]))).encode()
    return struct.pack("<IQ", len(header), len(body)) + header + body


class _Worker:
    """Speaks as a session does, of frames made up beforehand."""

    def __init__(self, frame: Callable[[], bytes]) -> None:
        self.frame, self.wall_s, self.output = frame, 0.0, "\ud800"
        self.asked = 0

    def ask(self, message: Message, *, max_reply_bytes: int) -> Message:
        reader = FrameReader(max_reply_bytes)
        self.asked += 1
        frame = self.frame()
        if message.head["do"] == "load" and self.asked % 4:
            return Message({"status": "ok"})
        try:
            reader.feed(frame[:12])
            reader.feed(frame[12:])
            return reader.message()
        except BadAnswer as error:
            raise WorkerEnded(Outcome(Ending.CRASHED, str(error))) from None


class _Pool:
    def __init__(self, frame: Callable[[], bytes]) -> None:
        self.worker = _Worker(frame)

    @contextmanager
    def session(self, *_: object) -> Iterator[_Worker]:
        yield self.worker


@pytest.mark.parametrize("id", EXERCISES)
def test_no_answer_makes_the_judge_fall_over_or_earns_a_point(
    id: str, course: Course, keysmith: Keysmith
) -> None:
    exercise = course.exercise(id)
    key = keysmith.key(exercise)
    names = sorted({name for case in key.cases for name in case.expected})[:12]
    arrays = [value.value for case in key.cases for value in case.expected.values() if value.is_tensor]
    shapes = [list(getattr(array, "shape", ())) for array in arrays][:12] or [[2]]

    @given(st.lists(frames(names, shapes), min_size=1, max_size=4), st.booleans())
    @settings(deadline=None, max_examples=20, database=None)
    def judged(answers: list[bytes], hidden: bool) -> None:
        turn = iter(range(1 << 20))
        pool = cast(Pool, _Pool(lambda: answers[next(turn) % len(answers)]))
        result = Judge(pool, keysmith, hidden=hidden).judge(exercise, "# nothing of note\n")
        assert result.score == 0.0
        json.dumps(result.model_dump(mode="json"), ensure_ascii=False, allow_nan=False).encode()
        result.model_dump_json()

    judged()
