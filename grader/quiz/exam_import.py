"""Exam results on the instructor's side: signature checked, questions drawn and marked again from the bank."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from grader.errors import GraderError, InputError
from grader.quiz.bank import Library
from grader.quiz.draw import draw
from grader.quiz.durations import clock_face
from grader.quiz.mark import mark
from grader.quiz.model import fingerprint
from grader.quiz.seal import fingerprint_of, unsealed
from grader.quiz.stats import FirstAttempt, chosen_options
from grader.quiz.timekeeping import seconds_between

_MAX_BYTES = 32 << 20


@dataclass(frozen=True)
class ExamResult:
    """One learner's exam as the instructor's own banks mark it. Times are seconds.

    `key` tells signing keys apart; `notes` say what an instructor should look at, empty when all is as expected.
    `answers` are the answered questions, a score in [0, 1] each.
    """

    path: Path
    learner: str
    session: str
    attempt: int
    key: str
    score: float
    max_score: float
    answered: int
    questions: int
    used_s: float
    breaks: int
    breaks_s: float
    begun_at: datetime
    notes: tuple[str, ...] = ()
    answers: tuple[FirstAttempt, ...] = ()


def read_results(paths: Iterable[Path], library: Library) -> list[ExamResult]:
    """All results, marked again. Raises: InputError for the first file that is no untouched result."""
    return _compared([read_result(path, library) for path in paths])


def result_files(paths: Iterable[Path]) -> list[Path]:
    """The files that `paths` name; of a folder, its `*.json`."""
    return [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]


def first_attempts(results: Iterable[ExamResult]) -> list[FirstAttempt]:
    """What item analysis counts: each learner's first answer to each item, of first attempts at an exam only.

    A question left open is no answer.
    """
    firsts: dict[tuple[str, str], FirstAttempt] = {}
    for one in sorted(results, key=lambda one: one.begun_at):
        if one.attempt == 1:
            for answer in one.answers:
                firsts.setdefault((answer.learner, answer.item), answer)
    return list(firsts.values())


def read_result(path: Path, library: Library) -> ExamResult:
    """One result, marked again. Raises: InputError when the file is no result, or was changed after signing."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"is larger than {_MAX_BYTES >> 20} MiB", path=path)
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as wrong:
        raise InputError(f"cannot be read as an exam result: {wrong}", path=path) from None
    content = unsealed(data, path)
    try:
        return _result(path, content, fingerprint_of(data), library)
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise InputError(f"is no exam result of this format: {wrong!r}", path=path) from None


def _result(path: Path, content: dict[str, Any], key: str, library: Library) -> ExamResult:
    if content["format"] != 1:
        raise InputError("is of a newer format", path=path, remedy="update the grader")
    notes: list[str] = []
    questions = content["questions"]
    marked = [_mark_again(one, library, notes) for one in questions]
    score, max_score = sum(one[0] for one in marked), sum(one[1] for one in marked)
    if abs(score - float(content["score"])) > 1e-6:
        notes.append(f"the file says {float(content['score']):g} points")
    limit = content["time_limit_s"]
    if limit is not None and float(content["used_s"]) > float(limit) + 60:
        notes.append("over the time limit")
    if content["attempt"] != 1:
        notes.append(f"attempt {int(content['attempt'])}")
    count, breaks_s = len(content["breaks"]), sum(_length_s(one) for one in content["breaks"])
    if count:
        notes.append(f"{count} break{'s' if count > 1 else ''}, {clock_face(breaks_s)} in all")
    return ExamResult(
        path=path,
        learner=str(content["learner"]),
        session=str(content["session"]),
        attempt=int(content["attempt"]),
        key=key,
        score=score,
        max_score=max_score,
        answered=sum(one["response"] is not None for one in questions),
        questions=len(questions),
        used_s=float(content["used_s"]),
        breaks=count,
        breaks_s=breaks_s,
        begun_at=datetime.fromisoformat(content["begun_at"]),
        notes=tuple(notes),
        answers=tuple(
            FirstAttempt(
                str(content["learner"]),
                str(one["item"]),
                earned / possible,
                chosen_options(one["response"]),
                _seconds(one.get("elapsed_s")),
            )
            for one, (earned, possible) in zip(questions, marked, strict=True)
            if one["response"] is not None and possible
        ),
    )


def _length_s(one: dict[str, str]) -> float:
    return seconds_between(datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["to"]))


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _mark_again(one: dict[str, Any], library: Library, notes: list[str]) -> tuple[float, float]:
    """Points earned and possible by the bank as it is now."""
    item = library.items.get(str(one["item"]))
    if item is None:
        notes.append(f"{one['item']} is in none of the banks")
        return 0.0, 0.0
    if one["response"] is None:
        return 0.0, item.points
    if one["fingerprint"] != fingerprint(item):
        notes.append(f"{item.id} was changed since")
    drawn = draw(item, int(one["seed"]))
    if drawn.model_dump(mode="json") != one["drawn"]:
        notes.append(f"{item.id} was not drawn from its seed")
    try:
        return item.points * mark(item, drawn, one["response"]).score, item.points
    except GraderError as wrong:
        notes.append(str(wrong))
        return 0.0, item.points


def _compared(results: Sequence[ExamResult]) -> list[ExamResult]:
    """Notes that only several results show: keys and sessions that two of them share."""
    learners: dict[str, set[str]] = {}
    keys: dict[str, set[str]] = {}
    sessions: dict[str, int] = {}
    for one in results:
        learners.setdefault(one.key, set()).add(one.learner)
        keys.setdefault(one.learner, set()).add(one.key)
        sessions[one.session] = sessions.get(one.session, 0) + 1
    return [replace(one, notes=(*one.notes, *_shared(one, learners, keys, sessions))) for one in results]


def _shared(
    one: ExamResult, learners: dict[str, set[str]], keys: dict[str, set[str]], sessions: dict[str, int]
) -> list[str]:
    notes = []
    others = sorted(learners[one.key] - {one.learner})
    if others:
        notes.append(f"same key as {', '.join(others)}")
    if len(keys[one.learner]) > 1:
        notes.append("several keys for this learner")
    if sessions[one.session] > 1:
        notes.append("handed in more than once")
    return notes
