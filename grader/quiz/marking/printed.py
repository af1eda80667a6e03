"""Marking a predicted output, line by line."""

from __future__ import annotations

import itertools
import re

from grader.errors import CourseError
from grader.quiz.draw import Drawn
from grader.quiz.kinds import Output
from grader.quiz.marking.verdict import Mark, PartMark, Response, Status, verdict
from grader.quiz.outputs import hash_of
from grader.quiz.show import code_of, text_of

_AROUND_SIGNS = re.compile(r"\s*([^\w\s.'\"-])\s*")


def mark_output(item: Output, drawn: Drawn, response: Response) -> Mark:
    """Response: the output as typed. Spaces at line ends and empty lines at the end never count.

    Raises: CourseError when the code has not been run yet.
    """
    expected = expected_output(item, drawn)
    key = expected.rstrip()
    typed = response if isinstance(response, str) else ""
    if not typed.strip():
        return verdict(0, answered=False, key=key)
    mine, right = _lines(typed, item.exact), _lines(expected, item.exact)
    if mine == right:
        return verdict(1, answered=True, key=key, given=typed)
    foreseen = tuple(
        text_of(item, drawn, mistake.feedback)
        for mistake in item.mistakes
        if _lines(text_of(item, drawn, mistake.answer), item.exact) == mine
    )
    pairs = list(itertools.zip_longest(mine[:200], right, fillvalue=""))
    parts = tuple(
        PartMark(f"line {place}", Status.RIGHT if one == two else Status.WRONG, "", one, two)
        for place, (one, two) in enumerate(pairs, 1)
    )
    return verdict(0, answered=True, key=key, given=typed, feedback=foreseen[:1], parts=parts)


def expected_output(item: Output, drawn: Drawn) -> str:
    """What the code of `item` prints for `drawn`. Raises: CourseError when it has not been run yet."""
    found = item.locked.get(hash_of(code_of(item, drawn)))
    if found is None:
        raise CourseError(
            f"nobody has run the code of {item.id} yet", key=item.id, remedy="run `grader verify`"
        )
    return found


def _lines(text: str, exact: bool) -> list[str]:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").strip("\n").rstrip().split("\n")]
    return lines if exact else [_loose(line) for line in lines]


def _loose(line: str) -> str:
    """`[1,2]` and `[ 1, 2 ]` are the same; words stay apart."""
    return " ".join(_AROUND_SIGNS.sub(r"\1", line).split())
