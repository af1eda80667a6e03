from __future__ import annotations

from pathlib import Path

from grader.course.catalog import load_course
from grader.verify.content import check_entry, check_files, quiz_ids_of
from tests.verify.conftest import edit


def said(root: Path) -> str:
    course = load_course(root)
    ids = quiz_ids_of(course)
    entries = [problem for exercise in course.exercises for problem in check_entry(course, exercise, ids)]
    return "\n".join(str(problem) for problem in [*check_files(course), *entries])


def test_a_sound_course_has_no_problems(tiny: Path) -> None:
    assert said(tiny) == ""


def test_everything_is_said_at_once(tiny: Path) -> None:
    (tiny / "exercises/01_numbers/forgotten.py").write_text("")
    (tiny / "solutions/01_numbers/old.py").write_text("")
    (tiny / "solutions/01_numbers/steps.py").unlink()
    edit(
        tiny / "exercises/course.yaml",
        "          - Draw a line and walk along it.\n",
        "",
        "quiz: [tiny-axpy]",
        "quiz: [tiny-gone]",
        "Everything happens element by element.",
        "Try it with one number.",
    )
    edit(tiny / "exercises/01_numbers/axpy.py", "def axpy(", "def renamed(")
    (tiny / "exercises/01_numbers/steps.py").write_text(
        "def steps(distance, length=1):\n    raise NotImplementedError\n"
    )
    text = said(tiny)
    for wanted in (
        "exercises/01_numbers/forgotten.py: belongs to no exercise",
        "solutions/01_numbers/old.py: belongs to no exercise",
        "solutions/01_numbers/steps.py: steps: no such solution",
        "steps: has 2 hints, where 3 are due",
        "axpy: has the same hint twice",
        "axpy: links the quiz item 'tiny-gone', which no bank holds",
        "exercises/01_numbers/axpy.py: defines no axpy",
        "exercises/01_numbers/steps.py:1: has no statement",
    ):
        assert wanted in text, text
    assert text.count("\n") == 7


def test_a_stub_that_is_no_python_is_said_with_its_line(tiny: Path) -> None:
    (tiny / "exercises/01_numbers/steps.py").write_text('"""x"""\n\ndef steps(:\n')
    assert "exercises/01_numbers/steps.py:3: is not Python" in said(tiny)


def test_a_solution_may_be_a_folder(tiny: Path) -> None:
    folder = tiny / "solutions/01_numbers/steps"
    folder.mkdir()
    (tiny / "solutions/01_numbers/steps.py").rename(folder / "reference.py")
    assert said(tiny) == ""


def test_without_banks_links_are_not_looked_at(tiny: Path) -> None:
    for file in (tiny / "quizzes").iterdir():
        file.unlink()
    assert said(tiny) == ""
