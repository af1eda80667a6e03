"""Marking a predicted output, line by line."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from grader.errors import CourseError
from grader.quiz.draw import Drawn
from grader.quiz.kinds import Output
from grader.quiz.marking.verdict import Mark, PartMark, Response, Status, verdict
from grader.quiz.outputs import hash_of
from grader.quiz.show import code_of, text_of

_EMPTY = "an empty line"
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
    parts = tuple(_parts(typed, expected, item.exact))
    return verdict(0, answered=True, key=key, given=typed, feedback=foreseen[:1], parts=parts)


def _parts(typed: str, expected: str, exact: bool) -> Iterator[PartMark]:
    """A part for each line of the output, and one for all that was typed after its end; lines as they were typed."""
    mine, right = _lines(typed, exact=True), _lines(expected, exact=True)
    for place, (one, two) in enumerate(itertools.zip_longest(mine[: len(right)], right), 1):
        same = one is not None and (one == two if exact else _loose(one) == _loose(two))
        given = "nothing" if one is None else one or _EMPTY
        yield PartMark(f"line {place}", Status.RIGHT if same else Status.WRONG, "", given, two or _EMPTY)
    if len(mine) > len(right):
        yield PartMark(
            f"line {len(right) + 1}", Status.WRONG, "", mine[len(right)] or _EMPTY, "the end of the output"
        )


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
