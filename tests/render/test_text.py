"""The text a learner reads: everything said in words, nothing by colour alone, any width."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.judge.compare import Difference, Wrong
from grader.judge.picture import expected_and_actual, heat, show
from grader.judge.report import (
    CaseInfo,
    CheckVerdict,
    Diagnosis,
    Heat,
    Place,
    Report,
    Result,
    Status,
    make_report,
    worst,
)
from grader.render.junit import render as junit
from grader.render.text import render


def report(*checks: CheckVerdict, output: str = "") -> Report:
    status = worst([check.status for check in checks])
    score = sum(check.points for check in checks)
    total = sum(check.max_points for check in checks)
    result = Result(
        exercise="conv2d", status=status, score=score, max_score=total, checks=list(checks), output=output
    )
    return make_report("cnn", "abc", "strong", [result])


FAILED = CheckVerdict(
    name="stride",
    status=Status.FAILED,
    points=0,
    max_points=1,
    message="output is wrong in 1 of 4 values",
    case=CaseInfo(call="conv2d(input: float32 (1, 1, 3, 3), stride=2)"),
    expected="1  2\n3  4",
    actual="1   2\n3  5!",
    diagnosis=Diagnosis(chaff="stride_ignored", lesson="The stride has no effect."),
    places=[Place(line=7, function="conv2d", text="    return output")],
    heat=Heat(rows=[[0.0, 1.0], [0.5, 0.0]]),
    cases=3,
    failing=1,
)
PASSED = CheckVerdict(name="forward", status=Status.PASSED, points=1, max_points=1, cases=2)


def test_a_failure_answers_the_five_questions() -> None:
    text = render(report(PASSED, FAILED), {"conv2d": (1, 4)})
    for words in (
        "conv2d(input: float32 (1, 1, 3, 3), stride=2)",  # what was called
        "expected", "yours", "5!",  # both sides, the wrong element marked
        "1 of 3 cases wrong", "line 7 in conv2d: return output",
        "Why: The stride has no effect.", "Next: grader hint conv2d   (hint 2 of 4)", "1 of 2 points",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize("status", Status)
def test_every_status_has_words_of_its_own(status: Status) -> None:
    check = CheckVerdict(name="forward", status=status, points=0, max_points=1, message="because")
    text = render(report(check, PASSED), {})
    assert "conv2d" in text and "forward" in text


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 200), st.booleans(), st.text(max_size=60))
def test_any_width_and_any_message_renders(width: int, colour: bool, message: str) -> None:
    check = FAILED.model_copy(update={"message": message})
    text = render(report(check, output=message), {}, colour=colour, width=width)
    assert ("\x1b[" in text) <= (colour or "\x1b[" in message)


def test_markup_in_messages_is_shown_as_it_is() -> None:
    check = FAILED.model_copy(update={"message": "[bold]x[/bold] [/nonsense]"})
    assert "[bold]x[/bold] [/nonsense]" in render(report(check), {})


def test_long_output_is_cut() -> None:
    text = render(report(PASSED, output="\n".join(f"line {i}" for i in range(50))), {})
    assert "line 9" in text and "line 10" not in text and "and 40 more lines" in text


def test_small_tensors_are_shown_whole_and_marked() -> None:
    values = np.array([[1.0, 2.5], [np.nan, 1e-8]])
    assert show(values, (1, 0), np.isnan(values)).split() == ["1", "2.5", "nan!", "1e-08"]


def test_large_tensors_show_a_window_around_the_first_difference() -> None:
    values = np.arange(2 * 3 * 20 * 30, dtype=float).reshape(2, 3, 20, 30)
    text = show(values, (1, 2, 10, 15), None)
    assert text.startswith("[1, 2, 9:13, 14:18] of shape (2, 3, 20, 30)")
    assert str(int(values[1, 2, 10, 15])) in text.replace(",", "")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 9), min_size=0, max_size=5))
def test_every_shape_can_be_shown(shape: list[int]) -> None:
    values = np.zeros(shape)
    assert isinstance(show(values, None, np.ones(shape, bool)), str)


def test_heat_is_the_share_of_wrong_elements() -> None:
    from grader.judge.compare import Difference, Wrong

    bad = np.zeros((2, 24, 24), bool)
    bad[:, :2, :2] = True
    grid = heat(Difference("output", Wrong.VALUE, "", None, None, None, bad))
    assert grid is not None and grid.rows[0][0] == 1.0 and sum(map(sum, grid.rows)) == 1.0


def test_junit_survives_control_characters() -> None:
    from xml.etree import ElementTree

    check = FAILED.model_copy(update={"message": "\x00\x1b[31m & < ]]>", "diagnosis": None})
    ElementTree.fromstring(junit(report(check)).split("\n", 1)[1])


def test_statuses_are_ordered_by_gravity() -> None:
    assert worst([]) is Status.PASSED
    assert worst([Status.FAILED, Status.PASSED, Status.SKIPPED]) is Status.FAILED
    assert worst([Status.FAILED, Status.TIMEOUT, Status.ERROR]) is Status.TIMEOUT


def test_a_file_that_cannot_be_read_is_said_once() -> None:
    broken = CheckVerdict(
        name="forward",
        status=Status.ERROR,
        points=0,
        max_points=1,
        message="Python cannot read your file: expected ':'.",
        places=[Place(line=1, text="def f(x)")],
        cases=4,
        failing=4,
    )
    rest = broken.model_copy(update={"name": "conduct", "message": "See the first check.", "failing": 0})
    text = render(report(broken, broken.model_copy(update={"name": "backward"}), rest), {})
    assert text.count("cannot read") == 1 and "backward" not in text and "conduct" not in text
    assert "cases wrong" not in text


def test_long_lines_are_cut_and_long_lists_folded() -> None:
    printed = render(report(PASSED, output="x" * 500 + "\n"), {}, width=60)
    assert max(map(len, printed.splitlines())) <= 60 and "x ..." in printed
    idle = [
        Result(exercise=f"exercise_{n}", status=Status.NOT_IMPLEMENTED, score=0, max_score=1)
        for n in range(30)
    ]
    assert max(map(len, render(make_report("cnn", "a", "none", idle), {}, width=60).splitlines())) <= 61


def test_numbers_show_the_digits_in_which_they_differ() -> None:
    one = np.array([10.0879, 2.0])
    other = np.array([10.08790001, 2.0])
    difference = Difference("output", Wrong.VALUE, "", one, other, (0,), np.array([True, False]))
    expected, actual = expected_and_actual(difference)
    assert expected is not None and actual is not None
    assert expected.split()[0] != actual.split()[0].removesuffix("!")


def test_junit_tells_both_sides_and_why() -> None:
    text = junit(report(PASSED, FAILED))
    for words in ("output is wrong in 1 of 4 values", "expected:", "yours:", "The stride has no effect."):
        assert words in text


def test_rows_of_nothing_are_not_drawn() -> None:
    assert show(np.zeros((1 << 28, 0), np.float32), None, None) == f"empty, shape {(1 << 28, 0)}"


def test_no_text_of_a_learner_makes_a_line_of_the_report() -> None:
    """An exception says what it likes; a score, a check or a next step it says stays within its own lines."""
    forged = "x\n  passed          stride   9 of 9\nconv2d  passed  9 of 9 points"
    told = FAILED.model_copy(
        update={"message": forged, "places": [Place(line=3, function=forged, text=forged)]}
    )
    said = render(report(told), {}, width=100).splitlines()
    ours = [line for line in said if not line.startswith("      ")]
    assert len(ours) == len(
        [line for line in render(report(FAILED), {}, width=100).splitlines() if not line.startswith("      ")]
    )
    assert not any("9 of 9" in line for line in ours)
