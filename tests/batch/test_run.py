"""Judging a class: resumed, stopped, faulty; nothing twice, nothing lost, no fault of ours a zero."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.batch.clerk import Clerk
from grader.batch.submission import Collected, Trouble
from grader.course.catalog import Course
from grader.errors import CourseError, MachineError
from grader.gradebook.store import Gradebook
from grader.judge.judge import Judge
from grader.judge.report import Status
from tests.batch.conftest import hand_in, judge_all, source
from tests.gradebook.books import statuses

Find = Callable[..., Collected]


@pytest.fixture
def classroom(root: Path, tiny: Course) -> Path:
    hand_in(root, source(tiny, "axpy", "axpy_fused"), "ada/01_numbers/axpy.py")
    hand_in(root, source(tiny, "axpy", "a_left_out"), "bob/axpy.py")
    hand_in(root, tiny.exercise("axpy").stub, "carl/axpy.py")
    hand_in(root, "def axpy(x, y, a=1:\n", "dora/axpy.py")
    hand_in(root, source(tiny, "axpy", "a_left_out"), "eve/axpy.py")
    hand_in(root, source(tiny, "steps"), "eve/steps.py")
    (root / "fritz").mkdir()
    (root / "fritz" / "axpy.py").write_bytes(b"\xff")
    return root


def standing(book: Gradebook) -> list[tuple[str, str, float, str, int]]:
    return [(g.learner, g.exercise, g.score, g.status, g.attempts) for g in book.grades()]


EXPECTED = [
    ("ada", "axpy", 2.0, "passed", 1),
    ("bob", "axpy", 1.0, "failed", 1),
    ("carl", "axpy", 0.0, "not_implemented", 1),
    ("dora", "axpy", 0.0, "error", 1),
    ("eve", "axpy", 1.0, "failed", 1),
    ("eve", "steps", 1.0, "passed", 1),
]


def test_a_class_is_judged_once(classroom: Path, found: Find, clerk: Clerk, book: Gradebook) -> None:
    first, asides = judge_all(found().submissions, clerk, 2)
    assert standing(book) == EXPECTED
    assert (first.judged, first.shared, first.kept, first.failed, first.stopped) == (5, 1, 0, 1, False)
    assert [(a.kind, a.learner) for a in asides] == [(Trouble.UNREADABLE, "fritz")]
    again, _ = judge_all(found().submissions, clerk, 2)
    assert (again.judged, again.shared, again.kept) == (0, 0, 6)
    assert standing(book) == EXPECTED


def test_only_what_changed_is_judged_anew(
    classroom: Path, found: Find, clerk: Clerk, book: Gradebook, tiny: Course
) -> None:
    judge_all(found().submissions, clerk, 1)
    hand_in(classroom, source(tiny, "axpy", "axpy_stacked"), "bob/axpy.py")
    again, _ = judge_all(found().submissions, clerk, 1)
    assert (again.judged, again.kept) == (1, 5)
    bob = next(g for g in book.grades("bob"))
    assert (bob.score, bob.attempts, bob.status) == (2.0, 2, "passed")
    hand_in(classroom, "def axpy(x, y, a=1:\n", "bob/axpy.py")  # worse: the best attempt counts
    judge_all(found().submissions, clerk, 1)
    assert next(g for g in book.grades("bob")).score == 2.0


def test_a_stopped_run_finishes_what_runs_and_goes_on(
    classroom: Path, found: Find, clerk: Clerk, book: Gradebook
) -> None:
    done: list[object] = []
    first, _ = judge_all(found().submissions, clerk, 1, on_done=done.append, stop=lambda: len(done) >= 2)
    assert first.stopped
    assert len(done) == first.judged + first.shared + first.failed == len(standing(book)) + first.failed
    assert 2 <= len(done) < 7
    judge_all(found().submissions, clerk, 1)
    assert standing(book) == EXPECTED


class Faulty(Judge):
    """A judge whose machine fails in a given way for one learner's text."""

    wrong: Exception = MachineError("no memory left")
    fails = 99
    calls = 0

    def judge(self, exercise, source, device="cpu"):  # type: ignore[no-untyped-def]
        if "alpha=a" in source:
            type(self).calls += 1
            if type(self).calls <= type(self).fails:
                raise type(self).wrong
        return super().judge(exercise, source, device)


@pytest.mark.parametrize(
    "wrong", [MachineError("no memory left"), CourseError("no cases"), KeyError("a bug")]
)
def test_a_fault_of_ours_is_listed_and_tried_again_never_a_zero(
    wrong: Exception, classroom: Path, found: Find, clerk: Clerk, book: Gradebook
) -> None:
    class Broken(Faulty):
        calls = 0

    Broken.wrong = wrong
    sound = clerk.judge
    clerk.judge = Broken(sound.pool, sound.keysmith, sound.seed, True)
    _, asides = judge_all(found().submissions, clerk, 2)
    troubles = [a for a in asides if a.kind is Trouble.GRADER_ERROR]
    assert [(a.learner, a.exercise) for a in troubles] == [("ada", "axpy")]
    assert str(wrong.args[0]) in troubles[0].why
    assert Broken.calls == (2 if isinstance(wrong, MachineError) else 1)
    assert standing(book) == EXPECTED[1:]  # nothing of ada's: no zero
    clerk.judge = sound
    again, _ = judge_all(found().submissions, clerk, 2)
    assert again.judged == 1
    assert standing(book) == EXPECTED


def test_a_passing_fault_of_the_machine_is_retried(
    classroom: Path, found: Find, clerk: Clerk, book: Gradebook
) -> None:
    class Once(Faulty):
        calls, fails = 0, 1

    clerk.judge = Once(clerk.judge.pool, clerk.judge.keysmith, clerk.judge.seed, True)
    judge_all(found().submissions, clerk, 1)
    assert standing(book) == EXPECTED


def test_a_device_that_is_not_here_is_listed(classroom: Path, found: Find, clerk: Clerk) -> None:
    tally, asides = judge_all(found().submissions, clerk, 1, device="cuda")
    assert {a.kind for a in asides} == {Trouble.SKIPPED}
    assert (len(asides), tally.skipped, tally.failed) == (7, 7, 0)


def test_a_gradebook_that_cannot_be_written_ends_the_run(
    classroom: Path, found: Find, clerk: Clerk, book: Gradebook
) -> None:
    with book.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON result BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
        )
    with pytest.raises(MachineError, match="disk is full"):
        judge_all(found().submissions, clerk, 2)


def test_another_seed_is_another_verdict_of_the_same_attempt(
    classroom: Path, found: Find, clerk: Clerk, book: Gradebook
) -> None:
    judge_all(found().submissions, clerk, 1)
    clerk.judge = replace(clerk.judge, seed=8)
    again, _ = judge_all(found().submissions, clerk, 1)
    assert again.kept <= 1  # eve's copy of bob's file
    assert standing(book) == EXPECTED
    assert statuses(book) == {Status.PASSED: 2, Status.FAILED: 2, Status.ERROR: 1, Status.NOT_IMPLEMENTED: 1}


def test_a_text_that_many_hand_in_is_judged_once(root: Path, found: Find, clerk: Clerk, tiny: Course) -> None:
    calls: list[str] = []

    class Counting(Judge):
        def judge(self, exercise, source, device="cpu"):  # type: ignore[no-untyped-def]
            calls.append(source)
            return super().judge(exercise, source, device)

    for number in range(30):
        hand_in(
            root, source(tiny, "axpy", ("axpy_fused", "a_left_out")[number % 2]), f"learner{number}/axpy.py"
        )
    clerk.judge = Counting(clerk.judge.pool, clerk.judge.keysmith, clerk.judge.seed, True)
    tally, _ = judge_all(found().submissions, clerk, 2)
    assert (tally.judged, tally.shared, len(calls)) == (2, 28, 2)
    assert statuses(clerk.gradebook) == {Status.PASSED: 15, Status.FAILED: 15}


def test_the_driver_holds_no_more_than_the_executor_works_on(
    root: Path, found: Find, clerk: Clerk, tiny: Course
) -> None:
    """A class is pulled as fast as it is judged, never read ahead."""
    for number in range(40):
        hand_in(root, f"{source(tiny, 'axpy', 'a_left_out')}# {number}", f"learner{number:02}/axpy.py")
    pulled = settled = most = 0

    def pull():  # type: ignore[no-untyped-def]
        nonlocal pulled, most
        for submission in found().submissions:
            pulled += 1
            most = max(most, pulled - settled)
            yield submission

    def told(_: object) -> None:
        nonlocal settled
        settled += 1

    judge_all(pull(), clerk, 2, on_done=told)
    assert settled == 40 and most <= 2 * 2 + 1
