"""First attempts from where they are kept: learners' review logs, and CSV sheets of responses."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from grader.course import yamlfile
from grader.errors import InputError
from grader.quiz.entry import EXERCISE_PREFIX, Entry, Kind
from grader.quiz.stats import FirstAttempt, chosen_options

_NEEDED = ("learner", "item", "score")


def from_log(entries: Iterable[Entry], learner: str) -> list[FirstAttempt]:
    """The first answer to each item in one learner's log, its mark as corrected later.

    Answers without a mark are passed over.
    """
    firsts: dict[str, Entry] = {}
    corrected: dict[int, dict[str, Any]] = {}
    for entry in entries:
        if entry.kind is Kind.CORRECT and entry.refers is not None and entry.mark is not None:
            corrected[entry.refers] = entry.mark
        elif entry.kind is Kind.ANSWER and not entry.item.startswith(EXERCISE_PREFIX):
            firsts.setdefault(entry.item, entry)
    return [found for one in firsts.values() if (found := _attempt(one, corrected, learner)) is not None]


def _attempt(entry: Entry, corrected: dict[int, dict[str, Any]], learner: str) -> FirstAttempt | None:
    mark = corrected.get(entry.seq, entry.mark)
    score = None if mark is None else mark.get("score")
    if not isinstance(score, int | float) or not 0 <= score <= 1:
        return None
    return FirstAttempt(learner, entry.item, float(score), chosen_options(entry.response), entry.elapsed_s)


def read_log(path: Path) -> list[FirstAttempt]:
    """The first attempts in a review log; the learner is named after the file, or its folder for `quiz.db`.

    Raises: InputError when it is no review log.
    """
    from grader.quiz.store import ReviewLog

    if not path.is_file():
        raise InputError("no such review log", path=path, remedy="give the path of a quiz.db")
    with ReviewLog(path) as log:
        entries = list(log.entries(kinds=[Kind.ANSWER, Kind.CORRECT]))
    return from_log(entries, path.resolve().parent.name if path.name == "quiz.db" else path.stem)


def read_sheet(path: Path) -> list[FirstAttempt]:
    """First attempts from CSV with the columns learner, item, score and, if known, chosen (`0 2`) and seconds.

    Raises: InputError naming the line of the first cell that cannot be read.
    """
    text = yamlfile.read_text(path, error=InputError)
    rows = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in _NEEDED if name not in (rows.fieldnames or [])]
    if missing:
        raise InputError(
            f"has no column {missing[0]}",
            path=path,
            line=1,
            remedy="the columns: learner,item,score,chosen,seconds",
        )
    return list(_from_rows(rows, path))


def _from_rows(rows: csv.DictReader[str], path: Path) -> Iterator[FirstAttempt]:
    for row in rows:
        try:
            score = float(row["score"])
            chosen = tuple(int(part) for part in (row.get("chosen") or "").split())
            seconds = float(row["seconds"]) if row.get("seconds") else None
            if not 0 <= score <= 1:
                raise ValueError("the score is not between 0 and 1")
        except (TypeError, ValueError) as wrong:
            raise InputError(
                f"cannot be read: {wrong}",
                path=path,
                line=rows.line_num,
                remedy="mend the row, or leave it out",
            ) from None
        yield FirstAttempt(row["learner"], row["item"], score, chosen, seconds)
