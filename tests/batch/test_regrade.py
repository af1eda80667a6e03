"""New points, tolerances, chaffs or a corrected reference: scored from stored answers, run again only where inputs changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.batch.clerk import Clerk
from grader.batch.collect import collect
from grader.batch.executor import Threads
from grader.batch.outputs import inputs_of, packed, restored
from grader.batch.regrade import Regraded, regrade
from grader.course.catalog import Course, load_course
from grader.errors import InputError
from grader.gradebook.store import Gradebook
from grader.judge.ask import Interview, interview
from grader.judge.judge import Judge
from grader.judge.keysmith import Keysmith
from tests.batch.conftest import NOW, TINY, hand_in, judge_all, source

Change = Callable[[str, str, str], Course]


@pytest.fixture
def changed(tmp_path: Path) -> Change:
    """The small course with one text in one file put another way."""

    def change(file: str, old: str, new: str) -> Course:
        root = tmp_path / "course"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(TINY, root)
        text = (root / file).read_text()
        assert text.count(old) == 1, text.count(old)
        (root / file).write_text(text.replace(old, new))
        return load_course(root)

    return change


@pytest.fixture
def graded(root: Path, tiny: Course, clerk: Clerk, tmp_path: Path) -> Clerk:
    hand_in(root, source(tiny, "axpy", "axpy_fused"), "ada/axpy.py")
    hand_in(root, source(tiny, "axpy", "a_left_out"), "bob/axpy.py")
    hand_in(root, source(tiny, "axpy", "a_left_out"), "carl/axpy.py")
    hand_in(root, tiny.exercise("axpy").stub, "dora/axpy.py")
    hand_in(root, "def axpy(x, y, a=1):\n    import os\n    os._exit(0)\n", "eve/axpy.py")
    hand_in(root, source(tiny, "steps"), "ada/steps.py")
    found = collect(root, tiny, tmp_path / "scratch")
    judge_all(found.submissions, clerk, 2)
    return clerk


class Unrunnable:
    """A pool that runs nothing: whoever asks it has not scored from stored answers."""

    def __init__(self, judge: Judge) -> None:
        self.level = judge.pool.level

    def session(self, *_: object) -> None:
        raise AssertionError("a submission was run again")


def under(clerk: Clerk, course: Course, *, run: bool = False) -> Clerk:
    judge = clerk.judge if run else replace(clerk.judge, pool=Unrunnable(clerk.judge))  # type: ignore[arg-type]
    return Clerk(course, judge, clerk.gradebook, lambda: NOW)


def again(clerk: Clerk, *, dry_run: bool = False) -> Regraded:
    executor = Threads(clerk.judge, 2)
    try:
        return regrade(clerk, clerk.course.exercises, executor, dry_run=dry_run)
    finally:
        executor.close()


def scores(book: Gradebook) -> dict[tuple[str, str], float]:
    return {(g.learner, g.exercise): g.score for g in book.grades()}


BEFORE = {
    ("ada", "axpy"): 2,
    ("ada", "steps"): 1,
    ("bob", "axpy"): 1,
    ("carl", "axpy"): 1,
    ("dora", "axpy"): 0,
    ("eve", "axpy"): 0,
}


def test_nothing_changed_nothing_moves(graded: Clerk, book: Gradebook, tiny: Course) -> None:
    done = again(under(graded, tiny))
    assert (done.same, done.rescored, done.reran, done.moves) == (6, 0, 0, [])
    assert scores(book) == BEFORE


def test_new_points(graded: Clerk, book: Gradebook, changed: Change) -> None:
    course = changed("exercises/course.yaml", "points: 2", "points: 4")
    done = again(under(graded, course))
    assert (done.same, done.rescored, done.reran) == (1, 5, 0)
    assert scores(book)["ada", "axpy"] == 4 and scores(book)["bob", "axpy"] == 2
    moves = {move.learner: move for move in done.moves}
    assert set(moves) == {"ada", "bob", "carl", "dora", "eve"}  # 0 of 2 became 0 of 4
    assert (moves["bob"].before, moves["bob"].after) == (1, 2)
    assert "worth 4 instead of 2" in moves["bob"].why
    assert again(under(graded, course)).same == 6


def test_new_weights_move_some(graded: Clerk, book: Gradebook, changed: Change) -> None:
    course = changed(
        "solutions/01_numbers/axpy.py", "def cases(draw):", 'CHECKS = {"scaled": 7}\n\n\ndef cases(draw):'
    )
    done = again(under(graded, course))
    assert [move.learner for move in done.moves] == ["bob", "carl"]
    assert scores(book)["bob", "axpy"] == pytest.approx(2 * 3 / 12)
    assert "sum: 0.3333 -> 0.1667 points" in done.moves[0].why


def test_another_lesson(graded: Clerk, book: Gradebook, changed: Change) -> None:
    course = changed("solutions/01_numbers/axpy.py", "The factor has no effect.", "Where is a?")
    done = again(under(graded, course))
    assert (done.rescored, done.reran, done.moves) == (5, 0, [])
    report = book.report("bob", "axpy")
    lessons = {check.diagnosis.lesson for check in report.checks if check.diagnosis} if report else set()
    assert lessons == {"Where is a?"}


def test_a_corrected_reference_moves_grades_with_the_reason(
    graded: Clerk, book: Gradebook, changed: Change, tiny: Course
) -> None:
    """The course said a * x + y and meant x + y: those who left a out were right."""
    course = changed(
        "solutions/01_numbers/axpy.py", "    return a * x + y\n", "    return 1 * x + y + 0 * a\n"
    )
    path = course.root / "solutions/01_numbers/axpy.py"
    text = path.read_text()  # edits of the old reference fit the new one no more
    path.write_text(text[: text.index("a_left_out = ")] + text[text.index('@chaff("y is') :])
    course = load_course(course.root)
    done = again(under(graded, course))
    assert done.reran == 0
    assert done.reran == 0
    assert scores(book)["bob", "axpy"] == 2 and scores(book)["ada", "axpy"] < 2
    whys = {move.learner: move.why for move in done.moves}
    assert "scaled: failed -> passed" in whys["bob"]
    assert "scaled: passed -> failed" in whys["ada"]


def test_other_inputs_are_run_again(graded: Clerk, book: Gradebook, changed: Change) -> None:
    course = changed("solutions/01_numbers/axpy.py", "a=3))", "a=5))")
    done = again(under(graded, course, run=True))
    assert (done.same, done.reran) == (1, 4)  # the stub is known without running
    assert scores(book) == BEFORE


def test_other_limits_are_run_again(graded: Clerk, changed: Change) -> None:
    course = changed("exercises/course.yaml", "grad: true", "grad: true\n        limits: {wall_s: 4.0}")
    assert again(under(graded, course, run=True)).reran == 4


def test_a_dry_run_records_nothing(graded: Clerk, book: Gradebook, changed: Change) -> None:
    course = changed("exercises/course.yaml", "points: 2", "points: 4")
    done = again(under(graded, course), dry_run=True)
    assert len(done.moves) == 5
    assert scores(book) == BEFORE


def test_an_override_stays(graded: Clerk, book: Gradebook, changed: Change) -> None:
    book.override(NOW, "bob", "axpy", 1.5, "prof", "well argued")
    again(under(graded, changed("exercises/course.yaml", "points: 2", "points: 4")))
    assert scores(book)["bob", "axpy"] == 1.5


def test_a_course_that_is_broken_moves_nothing_and_says_so(
    graded: Clerk, book: Gradebook, changed: Change
) -> None:
    done = again(under(graded, changed("solutions/01_numbers/axpy.py", "import torch", "import nowhere")))
    assert {trouble[1] for trouble in done.troubles} == {"axpy"}
    assert "fails on import" in done.troubles[0][2]
    assert scores(book) == BEFORE


# ------------------------------------------------------------------------------------------------ stored answers


@pytest.mark.parametrize("variant", ["axpy_fused", "a_left_out", "x_detached", "in_place"])
def test_stored_answers_give_the_same_result(variant: str, tiny: Course, judge: Judge) -> None:
    exercise = tiny.exercise("axpy")
    key = judge.keysmith.key(exercise, 3)
    held = interview(exercise, source(tiny, "axpy", variant), key, judge.pool)
    data = packed(held)
    assert data is not None
    back = restored(data, key, exercise)
    assert judge.score(exercise, key, back) == judge.score(exercise, key, held)


@pytest.mark.parametrize("damage", [b"", b"x", b"\x78\x9c", None])
def test_damaged_answers_are_refused(damage: bytes | None, tiny: Course, keysmith: Keysmith) -> None:
    exercise = tiny.exercise("axpy")
    key = keysmith.key(exercise, 3)
    data = packed(Interview()) if damage is None else damage
    assert data is not None
    with pytest.raises(InputError, match="damaged"):
        restored(data, key, exercise)


def test_what_is_asked_has_a_name_of_its_own(tiny: Course, keysmith: Keysmith) -> None:
    exercise = tiny.exercise("axpy")
    names = {inputs_of(exercise, keysmith.key(exercise, seed)) for seed in (1, 2, 1)}
    assert len(names) == 2
