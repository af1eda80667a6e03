"""Line mode through the real command: what a learner with a screen reader, a pipe or a script meets."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.quiz.bank import Library
from grader.quiz.entry import Kind
from grader.quiz.store import ReviewLog
from tests.quiz.conftest import Clock
from tests.quiz.sessions import SEED, begun, right, script, typed


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "grader-home"


def quiz(course: Path, home: Path, lines: Sequence[str], *args: str, code: int = 0, width: int = 80) -> str:
    """What `grader quiz --plain` says to these lines."""
    env = os.environ | {"GRADER_HOME": str(home), "COLUMNS": str(width)}
    command = [sys.executable, "-m", "grader", "quiz", *args, "--course", str(course)]
    done = subprocess.run(
        command,
        input="".join(f"{line}\n" for line in lines),
        env=env,
        capture_output=True,
        text=True,
        cwd=course,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_a_whole_session_with_every_type(
    course: Path, home: Path, library: Library, log: ReviewLog, clock: Clock
) -> None:
    slots = begun(library, log, clock()).slots  # the same seed asks the same
    said = quiz(course, home, script(slots), "--seed", str(SEED))
    assert "Quiz: 11 questions." in said
    assert said.count("\nRight.\n") == 11, said
    assert "Your session: 11 of 11 answered, 11 right" in said
    assert "Score: 11 of 11 points." in said
    assert "\x1b" not in said
    assert max(len(line) for line in said.splitlines()) <= 80
    with ReviewLog(home / "quiz.db") as stored:
        rows = list(stored.entries(kinds=[Kind.ANSWER]))
    assert {row.item for row in rows} == set(library.items)
    assert all(row.mark["correct"] for row in rows)


def test_a_narrow_terminal_breaks_lines_between_words(course: Path, home: Path) -> None:
    said = quiz(course, home, [":help", ":review", ":next"], "--seed", str(SEED), width=40)
    wide = quiz(course, home / "wide", [":help", ":review", ":next"], "--seed", str(SEED), width=200)
    text = [line for line in said.splitlines() if not line.startswith("    ")]
    assert max(len(line) for line in text) <= 40
    assert said.split() == wide.split(), "nothing is lost or cut in two"


@pytest.mark.parametrize(
    "kind", ["choice", "multiple", "true_false", "numeric", "shape", "short", "cloze", "matching"]
)
def test_a_wrong_answer_says_why(
    course: Path, home: Path, library: Library, log: ReviewLog, clock: Clock, kind: str
) -> None:
    session = begun(library, log, clock())
    place = next(place for place, slot in enumerate(session.slots) if slot.item.type == kind)
    slot = session.slots[place]
    wrong = {
        "choice": next((part.index for part in slot.shown.parts if part.index != 0), None),
        "multiple": [2, 3],
        "true_false": not right(slot.item, slot.drawn),
        "numeric": "-1",
        "shape": "(1, 2)",
        "short": "invariance",
        "cloze": {"pad": "9", "what": "nonsense"},
        "matching": [1, 0, 3],
    }[kind]
    said = quiz(course, home, [f":go {place + 1}", *typed(slot, wrong)], "--seed", str(SEED))
    assert "\nWrong.\n" in said
    assert f"Why: {slot.shown.explanation.split()[0]}" in said
    assert "Asked again: in a minute." in said


def test_commands(course: Path, home: Path) -> None:
    lines = [
        ":help",
        ":nonsense",
        "",
        ":hint",
        ":s",
        ":back",
        ":back",
        ":flag two keys fit",
        ":unflag",
        ":go 99",
    ]
    said = quiz(course, home, [*lines, ":rate easy", ":time", ":review", "?", ":finish", ""], "every_type")
    for words in (
        ":skip         leave this question",
        "There is no command :nonsense.",
        "Nothing was typed.",
        "Hint: Count the positions",
        "This is the first question.",
        "Flagged.",
        "The flag is gone.",
        "There are questions 1 to 11",
        "Only an answered question",
        "There is no time limit.",
        "Your session: 0 of 11 answered",
    ):
        assert words in said, (words, said)


def test_the_end_of_the_input_leaves_the_session_open_and_it_goes_on(course: Path, home: Path) -> None:
    first = quiz(course, home, ["b"], "every_type")
    assert "Left with 1 of 11 answered" in first
    again = quiz(course, home, [], "every_type")
    assert "Going on where you left: 1 of 11 answered" in again
    assert "Question 2 of 11" in again
    assert "Question 1 of 11" in quiz(course, home, [], "every_type", "--new")
    assert "11 questions" in quiz(course, home, [":finish", ""], "every_type")
    assert "Going on" not in quiz(course, home, [], "every_type"), "what was given up does not come back"


def test_what_was_missed_can_be_repeated_and_looked_at(course: Path, home: Path) -> None:
    said = quiz(course, home, ["z", ":skip", "1", "x", "r", ":finish", ""], "every_type", "--count", "1")
    assert "is not one of the letters a to c" in said
    assert "'x' is not a number from 1 to 1." in said
    assert said.count("Not answered.") == 1, "question 1 looked at"
    assert said.count("Quiz: 1 question.") == 2


def test_a_learner_corrects_the_marking_of_a_free_answer(course: Path, home: Path, library: Library) -> None:
    place = list(library.items).index("et-recall") + 1
    lines = [f":go {place}", "They are cheap.", "The image is resized.", "", "7", "1 2 m1", ":finish", ""]
    said = quiz(course, home, lines, "every_type")
    assert "m1 wrong idea: The image is made smaller first." in said
    assert '(you wrote: "resized")' in said
    assert "'7' is not one of 1, 2, m1." in said
    assert said.index("m1 wrong idea") < said.index("\nRight.\n")


def test_a_wrong_output_is_compared_line_by_line_as_it_was_typed(
    course: Path, home: Path, library: Library
) -> None:
    place = list(library.items).index("et-output") + 1
    said = quiz(course, home, [f":go {place}", "__main__", "x", "y", ""], "every_type")
    assert "line 1: __main__, but it is [" in said, "what was typed is no Markdown"
    assert "line 2: x, but it is the end of the output." in said
    assert "line 3" not in said


def test_a_command_is_one_on_every_line_of_a_long_answer(course: Path, home: Path, library: Library) -> None:
    place = list(library.items).index("et-recall") + 1
    said = quiz(
        course,
        home,
        [f":go {place}", "Weight sharing", ":flag odd", ":-) local region", "", ""],
        "every_type",
    )
    assert "Flagged." in said
    assert "2 found" in said and ":flag odd\n    " not in said


def test_a_changed_question_asks(course: Path, home: Path) -> None:
    quiz(course, home, ["b", ":finish", ""], "every_type", "--count", "1")
    bank = course / "quizzes" / "every_type.yaml"
    bank.write_text(
        bank.read_text().replace("a stride of 2 do to the height", "a stride of 3 do to the height")
    )
    said = quiz(course, home, [":go 11", "n"], "every_type")  # what is not due comes last
    assert "This question has been changed since you answered it." in said


def test_mistakes_on_the_command_line(course: Path, home: Path) -> None:
    assert "there is no bank every_tipe (there are: every_type)" in quiz(
        course, home, [], "every_tipe", code=2
    )
    assert "nothing is due" in quiz(course, home, [], "--due", code=2)
    assert "an exam does not follow the memory" in quiz(course, home, [], "--due", "--exam", code=2)
    assert "--web and --plain" in quiz(course, home, [], "--web", "--plain", code=2)
    broken = course / "quizzes" / "broken.yaml"
    broken.write_text("format: 1\ntitle: t\ntopic: t\nitems:\n  - id: X\n")
    assert f"{broken}:5" in quiz(course, home, [], code=3)


def test_subcommands_win_over_banks(course: Path, home: Path) -> None:
    bank = course / "quizzes" / "every_type.yaml"
    (course / "quizzes" / "lint.yaml").write_text(bank.read_text().replace("id: et-", "id: lt-"))
    assert "0 errors" in quiz(course, home, [], "lint", "every_type")
    assert "Question 1 of" in quiz(course, home, [], "ask", "lint", "--count", "1")


def test_lint_as_json_names_lines(course: Path, home: Path) -> None:
    (course / "quizzes" / "broken.yaml").write_text("format: 1\ntitle: t\ntopic: t\nitems:\n  - id: X\n")
    said = quiz(course, home, [], "lint", "broken", "--format", "json", code=3)
    found = json.loads(said)
    assert {one["line"] for one in found if one["level"] == "error"} == {5}
    assert all(one["file"].endswith("broken.yaml") for one in found)


def test_the_quiz_starts_without_the_heavy_modules(course: Path, home: Path) -> None:
    """The first prompt must not wait for them."""
    code = (
        "import sys, runpy\nsys.argv = ['grader', 'quiz', '--plain', '--course', sys.argv[1]]\n"
        "try: runpy.run_module('grader', run_name='__main__')\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'textual', 'rich', 'sqlalchemy', 'cryptography', 'pandas', 'rapidfuzz'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    env = os.environ | {"GRADER_HOME": str(home)}
    command = [sys.executable, "-c", code, str(course)]
    done = subprocess.run(command, input="", capture_output=True, text=True, env=env)
    assert "Question 1 of 11" in done.stdout
    assert "HEAVY []" in done.stdout, done.stdout[-200:] + done.stderr
