"""Sums kept by parts give the figures of one pass over everything, whatever was recorded, overridden or regraded between."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from grader.gradebook import schema
from grader.gradebook.assignment import Assignment
from grader.gradebook.current import current
from grader.gradebook.figures import figures
from grader.gradebook.gather import Gathered
from grader.gradebook.reading import with_reports
from grader.gradebook.statistics import ClassStats, class_stats
from grader.gradebook.store import Gradebook
from grader.gradebook.summary import refresh
from grader.judge.report import Diagnosis, Result, Status
from tests.gradebook.books import NOW, check, record, result, small_class
from tests.gradebook.generated import fill

LEARNERS = [f"learner {letter}" for letter in "hcagebdf"]  # not in the order of their names
EXERCISES = ("conv2d", "relu")
KNOWN = [Diagnosis(chaff=name, lesson=f"Not {name}.") for name in ("flipped", "shifted")]


def one_pass(book: Gradebook) -> ClassStats:
    """The slow way."""
    found = Gathered()
    found.read_grades(with_reports(book, book.grades()))
    with book.engine.connect() as connection:
        found.read_attempts(connection.execute(current()))
    return figures(found, book)


def same(one: Any, other: Any) -> bool:
    """Equal, but for rounding."""
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, abs=1e-9)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def shown(stats: ClassStats) -> dict[str, Any]:
    """The figures with checks in the order of their names: each way meets them in an order of its own."""
    found = asdict(stats)
    for exercise in found["exercises"]:
        exercise["checks"] = sorted(exercise["checks"], key=lambda check: check["name"])
    return found


@st.composite
def results(draw: st.DrawFn) -> Result:
    exercise = draw(st.sampled_from(EXERCISES))
    ending = draw(
        st.sampled_from([None, None, None, Status.TIMEOUT, Status.NOT_IMPLEMENTED, Status.GRADER_ERROR])
    )
    if ending is not None:
        return result(exercise, check("forward", 0, 2, ending))
    checks = []
    for name in draw(st.lists(st.sampled_from(["forward", "stride", "gradients"]), min_size=1, unique=True)):
        points = draw(st.sampled_from([0.0, 0.5, 2.0]))
        checks.append(
            check(name, points, 2.0, diagnosis=draw(st.sampled_from([None, *KNOWN])) if points < 2 else None)
        )
    return result(exercise, *checks)


@st.composite
def policies(draw: st.DrawFn) -> Assignment:
    due = NOW + timedelta(days=draw(st.integers(-2, 2)))
    counts = draw(st.sampled_from(["best", "last"]))
    exercises = draw(
        st.sampled_from([[], [{"id": "conv2d", "weight": 3}], [{"id": "relu"}, {"id": "conv2d"}]])
    )
    return Assignment.model_validate(
        {"format": 1, "id": "one", "due": due.replace(tzinfo=None).isoformat(" ", "minutes"), "timezone": "UTC",
         "attempts": counts, "exercises": exercises, "late": {"per": "day", "penalty": 0.1}}
    )  # fmt: skip


learners = st.sampled_from(LEARNERS)
steps = st.one_of(
    st.tuples(st.just("hand in"), learners, results(), st.integers(-3, 3)),
    st.tuples(st.just("regrade"), learners, results()),
    st.tuples(st.just("override"), learners, st.sampled_from(EXERCISES), st.sampled_from([None, 0.0, 1.5])),
    st.tuples(st.just("assign"), policies()),
)


def take(book: Gradebook, what: str, *more: Any) -> None:
    if what == "hand in":
        learner, found, days = more
        record(book, learner, found, days)
    elif what == "regrade":  # the same text, another verdict
        learner, found = more
        record(book, learner, found, text=f"the text of {learner}")
    elif what == "override":
        book.override(NOW, *more, "prof", "so it is")
    else:
        book.keep_assignment(NOW, *more)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=st.lists(steps, min_size=1, max_size=8))
def test_parts_give_what_one_pass_gives(
    done: list[tuple[Any, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.MonkeyPatch.context() as patched, Gradebook(tmp_path_factory.mktemp("book") / "g.db") as book:
        patched.setattr(schema, "PART", 3)
        for learner in LEARNERS[:5]:
            for exercise in EXERCISES:
                record(book, learner, result(exercise, check("forward", 0.5, 2)))
        for step in done:
            refresh(book)  # so that only what this step touches is counted again
            take(book, *step)
        quick, slow = shown(class_stats(book)), shown(one_pass(book))
        assert same(quick, slow), (quick, slow)
        assert same(shown(class_stats(book)), slow)  # the same again from what is kept


def test_a_larger_class(tmp_path: Path) -> None:
    """Every part of a class of 400, most of them read back."""
    with Gradebook(tmp_path / "g.db") as book:
        fill(book, 4000)
        refresh(book)
        assert same(shown(class_stats(book)), shown(one_pass(book)))


def test_what_did_not_change_is_not_counted_again(tmp_path: Path) -> None:
    with small_class(tmp_path / "g.db") as book:
        refresh(book)
        asked: list[str] = []
        event.listen(book.engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
        class_stats(book)
        assert not [query for query in asked if "verdict.report" in query]
        book.override(NOW, "ada", "relu", 0.0, "prof", "copied")
        assert class_stats(book).overrides == 2
        assert [query for query in asked if "verdict.report" in query]


def test_a_gradebook_that_cannot_be_written_is_counted_each_time(tmp_path: Path) -> None:
    with small_class(tmp_path / "g.db") as book:
        with book.engine.begin() as connection:
            connection.execute(
                text("CREATE TRIGGER never BEFORE UPDATE ON part BEGIN SELECT RAISE(ABORT, 'no'); END")
            )
        assert class_stats(book).learners == class_stats(book).learners == 4
