"""An exam's result: made from the log's rows alone, signed, and written to a file for the instructor.

    GRADER_HOME/exams/<session>.json     a copy of every result, beside the one the learner hands in

Responses, seeds and times go into the file; the instructor's import draws and marks them again from the bank, so that a
score written there is only ever compared (`grader.quiz.exam_import`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import InputError
from grader.quiz.bank import Library
from grader.quiz.entry import Entry, Kind
from grader.quiz.plan import Mode, Plan, Wish
from grader.quiz.store import ReviewLog
from grader.quiz.timekeeping import breaks, time_used_s

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT = 1


def handed_in(log: ReviewLog, wish: Wish) -> str | None:
    """The last exam of this very wish that was handed in; None when there is none, or one is still open."""
    exams = _exams(log, wish)
    if not exams or exams[-1] not in {row.session for row in log.entries(kinds=[Kind.END])}:
        return None
    return exams[-1]


def result(log: ReviewLog, library: Library, session: str, learner: str) -> dict[str, Any]:
    """The result of an exam that is over, as plain JSON data. Raises: InputError when there is no such exam."""
    rows = [row for row in log.entries(session=session) if row.kind is not Kind.CORRECT]
    if not rows or rows[0].kind is not Kind.BEGIN or not any(row.kind is Kind.END for row in rows):
        raise InputError(f"the log holds no finished exam {session}", path=log.path)
    plan = Plan.of_json(rows[0].data or {})
    end = next(row for row in rows if row.kind is Kind.END)
    answers = {row.item: row for row in rows if row.kind is Kind.ANSWER}
    questions = [
        _question(library, one.item, one.seed, answers.get(one.item))
        for one in plan.items
        if one.item in library.items
    ]
    return {
        "format": FORMAT,
        "kind": "exam",
        "learner": learner,
        "session": session,
        "attempt": _attempt(log, plan, session),
        "banks": list(plan.banks),
        "seed": plan.seed,
        "time_limit_s": plan.time_limit_s,
        "begun_at": rows[0].at.isoformat(),
        "ended_at": end.at.isoformat(),
        "ended_because": (end.data or {}).get("why", ""),
        "used_s": round(time_used_s(rows), 1),
        "breaks": [{"from": one.begun.isoformat(), "to": one.ended.isoformat()} for one in breaks(rows)],
        "questions": questions,
        "score": sum(one["score"] for one in questions),
        "max_score": sum(one["points"] for one in questions),
    }


def write_result(content: dict[str, Any], key: Ed25519PrivateKey, paths: Sequence[Path]) -> None:
    """Sign and write the result, whole or not at all, to each path. Raises: InputError when one cannot be written."""
    from grader.quiz.seal import sealed

    text = json.dumps(sealed(content, key), indent=1, ensure_ascii=False) + "\n"
    for path in paths:
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(text, encoding="utf-8")
            os.replace(fresh, path)
        except OSError as wrong:
            raise InputError(
                f"the result cannot be written: {wrong.strerror}",
                path=path,
                remedy="name another file with --out",
            ) from None


def _question(library: Library, item: str, seed: int, row: Entry | None) -> dict[str, Any]:
    points = library.items[item].points
    said: dict[str, Any] = {"item": item, "seed": seed, "points": points, "score": 0.0, "response": None}
    if row is None:
        return said
    return {
        **said,
        "fingerprint": row.fingerprint,
        "drawn": row.drawn,
        "response": row.response,
        "score": points * float((row.mark or {}).get("score", 0.0)),
        "elapsed_s": round(row.elapsed_s or 0.0, 1),
        "answered_at": row.at.isoformat(),
    }


def _attempt(log: ReviewLog, plan: Plan, session: str) -> int:
    """Which attempt at this exam it is on this machine, from 1."""
    begun = [row for row in log.entries(kinds=[Kind.BEGIN]) if (row.data or {}).get("wish") == plan.wish]
    return [row.session for row in begun].index(session) + 1


def _exams(log: ReviewLog, wish: Wish) -> list[str]:
    sought = json.loads(json.dumps(asdict(wish)))
    return [
        row.session
        for row in log.entries(kinds=[Kind.BEGIN])
        if (row.data or {}).get("mode") == Mode.EXAM and (row.data or {}).get("wish") == sought
    ]
