"""The gradebook: append-only, each thing once, the current grade a view."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grader.errors import InputError, MachineError
from grader.gradebook import schema
from grader.gradebook.assignment import Assignment
from grader.gradebook.store import Gradebook, Incident, Judged, Output
from grader.judge.report import CheckVerdict, Result, Status

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Gradebook]:
    with Gradebook(tmp_path / "grades.db") as book:
        yield book


def result(score: float, exercise: str = "conv2d") -> Result:
    status = Status.PASSED if score == 10 else Status.FAILED
    check = CheckVerdict(name="forward", status=status, points=score, max_points=10.0)
    return Result(exercise=exercise, status=status, score=score, max_score=10.0, checks=[check])


def put(
    book: Gradebook, learner: str, text: str, score: float, version: str = "1", **options: object
) -> None:
    judged = Judged(
        learner, "conv2d", "cpu", f"{learner}.py", text, f"{text}-{version}", result(score), **options
    )  # type: ignore[arg-type]
    book.record(NOW, judged, "cnn", version, "strong")


def count(book: Gradebook, table: str) -> int:
    with book.engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def scores(book: Gradebook) -> list[tuple[str, float, int]]:
    return [(grade.learner, grade.score, grade.attempts) for grade in book.grades()]


def test_recording_twice_changes_nothing(book: Gradebook) -> None:
    for _ in range(3):
        put(book, "ada", "text", 5.0, output=Output("inputs", b"data"))
    assert (count(book, "result"), count(book, "verdict"), count(book, "source")) == (1, 1, 1)
    assert book.output_of("text-1") == Output("inputs", b"data")


def test_one_content_is_one_verdict_whoever_hands_it_in(book: Gradebook) -> None:
    put(book, "ada", "text", 5.0)
    put(book, "bob", "text", 5.0)
    assert (count(book, "result"), count(book, "verdict")) == (2, 1)
    assert scores(book) == [("ada", 5.0, 1), ("bob", 5.0, 1)]


def test_a_new_verdict_of_the_same_content_replaces_and_erases_nothing(book: Gradebook) -> None:
    put(book, "ada", "text", 9.0)
    put(book, "ada", "text", 4.0, version="2")
    assert scores(book) == [("ada", 4.0, 1)]  # not the higher one
    assert count(book, "result") == 2
    put(book, "ada", "text", 9.0)  # and back
    assert scores(book) == [("ada", 9.0, 1)]
    assert count(book, "result") == 3
    report = book.report("ada", "conv2d")
    assert report is not None and report.score == 9.0


def test_threads_and_two_gradebooks_record_each_thing_once(tmp_path: Path) -> None:
    books = [Gradebook(tmp_path / "grades.db") for _ in range(2)]

    def work(book: Gradebook) -> None:
        for number in range(10):
            put(book, f"learner{number}", f"text{number % 3}", 5.0)

    threads = [threading.Thread(target=work, args=(book,)) for book in books * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (count(books[0], "result"), count(books[0], "verdict")) == (10, 3)
    for book in books:
        book.close()


def test_an_override_beats_every_result_and_can_be_taken_back(book: Gradebook) -> None:
    put(book, "ada", "text", 5.0)
    book.override(NOW, "ada", "conv2d", 8.0, "prof", "explained it at the board")
    put(book, "ada", "better", 10.0)
    grade = next(book.grades("ada"))
    assert (grade.score, grade.auto_score, grade.manual_score) == (8.0, 10.0, 8.0)
    assert grade.why == "prof: explained it at the board"
    book.override(NOW, "ada", "conv2d", None, "prof", "a mistake")
    assert next(book.grades("ada")).score == 10.0
    assert count(book, "override") == 2


def test_grades_follow_the_assignment_kept_last(book: Gradebook) -> None:
    late = {"per": "day", "penalty": 0.1}
    due = {"format": 1, "id": "a", "due": "2026-03-01", "timezone": "UTC", "late": late}
    put(book, "ada", "text", 10.0, submitted_at=NOW + timedelta(days=2))
    assignment = Assignment.model_validate({**due, "exercises": [{"id": "conv2d", "weight": 3}]})
    book.keep_assignment(NOW, assignment)
    book.keep_assignment(NOW, assignment)
    assert count(book, "assignment") == 1 and book.assignment() == assignment
    grade = next(book.grades())
    assert (grade.score, grade.auto_score, grade.late_submission_penalty, grade.weight) == (8.0, 10.0, 2.0, 3)
    book.keep_assignment(NOW, Assignment.model_validate({**due, "exercises": ["relu"]}))
    assert list(book.grades()) == []


def test_incidents_are_those_of_the_latest_run_over_a_folder(book: Gradebook) -> None:
    for number, folder in enumerate(["a", "b", "a"]):
        run = book.begin_run(NOW, "grade", folder, "cnn", "1", "strong")
        book.note(run, [Incident("unreadable", f"{folder}{number}", "is not UTF-8", "ada", "conv2d")])
    assert [incident.path for incident in book.incidents()] == ["b1", "a2"]


def test_every_device_must_pass(book: Gradebook) -> None:
    for device, score in (("cpu", 10.0), ("cuda", 4.0)):
        judged = Judged("ada", "conv2d", device, "x", "text", f"text-{device}", result(score))
        book.record(NOW, judged, "cnn", "1", "strong")
    assert scores(book) == [("ada", 4.0, 1)]


def test_names_that_no_database_likes(book: Gradebook) -> None:
    for name in ["new\nline", "'; drop table result; --", "\u202eevil", "ü" * 200]:
        put(book, name, f"def f(): '{name}'", 5.0)
    assert len(scores(book)) == 4
    assert count(book, "result") == 4


def test_what_is_no_gradebook(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, and long enough to be looked at" * 50)
    for where in (tmp_path / "text.db", tmp_path / "no" / "folder.db", "mysterious://x"):
        with pytest.raises(InputError, match="is no gradebook"):
            Gradebook(where)


def test_a_write_that_fails_says_so_and_keeps_the_rest(book: Gradebook) -> None:
    put(book, "ada", "text", 5.0)
    schema.output.drop(book.engine)
    with pytest.raises(MachineError, match="cannot be written"):
        put(book, "bob", "other", 5.0, output=Output("inputs", b"data"))
    assert scores(book) == [("ada", 5.0, 1)]
    assert count(book, "verdict") == 1  # all of a record or nothing of it
