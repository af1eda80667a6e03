"""A course from disk: what is wrong with it is said at once, with file and remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.author import Draw
from grader.course.catalog import Course, builtin_root, load_course
from grader.course.model import camel_case
from grader.course.scaffold import add_bank, add_exercise
from grader.errors import CourseError, UsageError
from grader.judge.judge import Judge
from grader.judge.report import Status

YAML = """format: 1
id: tiny
title: Tiny
topics:
  - id: one
    title: One
    exercises:
      - {id: double, title: Double, kind: function, points: 1}
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    (tmp_path / "exercises" / "one").mkdir(parents=True)
    (tmp_path / "solutions" / "one").mkdir(parents=True)
    (tmp_path / "exercises" / "course.yaml").write_text(YAML)
    (tmp_path / "exercises" / "one" / "double.py").write_text(
        '"""Double it."""\n\n\ndef double(input):\n    raise NotImplementedError\n'
    )
    (tmp_path / "solutions" / "one" / "double.py").write_text(
        "from grader.author import Case\n\n\ndef double(input):\n    return 2 * input\n\n\n"
        "def cases(draw):\n    yield Case('forward', dict(input=draw.normal(2, 3)))\n"
    )
    return tmp_path


def test_missing_stubs_and_unknown_prerequisites_are_named_together(tiny: Path) -> None:
    (tiny / "exercises" / "one" / "double.py").unlink()
    path = tiny / "exercises" / "course.yaml"
    path.write_text(path.read_text().replace("points: 1", "points: 1, prerequisites: [nowhere]"))
    with pytest.raises(CourseError) as caught:
        load_course(tiny)
    assert len(caught.value.problems) == 2
    assert "no such stub" in str(caught.value) and "'nowhere' is no exercise" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def double(input:\n", "double.py:1: is not Python"),
        ("import nothing_of_the_kind\n", "double.py:1: fails on import"),
        ("def cases(draw):\n    return []\n", "defines no double"),
        ("def double(input):\n    return input\n", "defines no cases"),
        ("def double(input):\n    return input\ndef cases(draw):\n    return []\n", "yields nothing"),
        (
            "from grader.author import Case\ndef double(input):\n    raise ValueError('no')\n"
            "def cases(draw):\n    yield Case('f', dict(input=draw.normal(2)))\n",
            "the reference raises ValueError: no",
        ),
        (
            "from grader.author import Case\ndef double(input):\n    return input.sign()\n"
            "def cases(draw):\n    yield Case('f', dict(input=draw.normal(200) * 1e-30))\n    yield Case('f', dict(input=object()))\n",
            "cannot be given",
        ),
        (
            "from grader.author import Case\ndef double(input):\n    return input / 0\n"
            "def cases(draw):\n    yield Case('f', dict(input=draw.normal(2)))\n",
            "NaN or Inf",
        ),
    ],
)
def test_broken_solutions_are_the_courses_fault(judge: Judge, tiny: Path, text: str, words: str) -> None:
    (tiny / "solutions" / "one" / "double.py").write_text(text)
    exercise = load_course(tiny).exercise("double")
    with pytest.raises(CourseError) as caught:
        judge.judge(exercise, "def double(input):\n    return 2 * input\n")
    assert words in str(caught.value) and "double.py" in str(caught.value)


def test_a_solution_in_a_folder_is_read_as_one(judge: Judge, tiny: Path) -> None:
    file = tiny / "solutions" / "one" / "double.py"
    reference, cases = file.read_text().split("def cases")
    folder = tiny / "solutions" / "one" / "double"
    folder.mkdir()
    (folder / "reference.py").write_text(reference)
    (folder / "cases.py").write_text("def cases" + cases)
    file.unlink()
    exercise = load_course(tiny).exercise("double")
    assert judge.judge(exercise, exercise.solution.reference.source).status is Status.PASSED
    assert judge.judge(exercise, "def double(input):\n    return 3 * input\n").status is Status.FAILED


def test_a_mistake_must_fit_exactly_once(tiny: Path) -> None:
    file = tiny / "solutions" / "one" / "double.py"
    file.write_text(
        file.read_text() + "\nfrom grader.author import mistake\nwrong = mistake('input', 'x', lesson='l')\n"
    )
    with pytest.raises(CourseError, match="2 times, not once"):
        _ = load_course(tiny).exercise("double").solution.chaffs


def test_the_version_follows_every_file(tiny: Path) -> None:
    before = load_course(tiny).version
    file = tiny / "solutions" / "one" / "double.py"
    file.write_text(file.read_text() + "# changed\n")
    assert load_course(tiny).version != before


def test_scaffolded_exercises_and_banks_work_at_once(judge: Judge, tiny: Path) -> None:
    for kind in ("function", "module"):
        add_exercise(load_course(tiny), "one", f"new_{kind}", kind, None)
        add_exercise(load_course(tiny), "two", f"other_{kind}", kind, "Another")
        exercise = load_course(tiny).exercise(f"new_{kind}")
        assert judge.judge(exercise, exercise.solution.reference.source).status is Status.PASSED
        assert judge.judge(exercise, exercise.solution.chaffs[0].source).status is Status.FAILED
        assert judge.judge(exercise, exercise.stub).status is Status.NOT_IMPLEMENTED
    assert [topic.id for topic in load_course(tiny).info.topics] == ["one", "two"]
    with pytest.raises(UsageError, match="already"):
        add_exercise(load_course(tiny), "one", "double", "function", None)
    with pytest.raises(UsageError, match="is no id"):
        add_exercise(load_course(tiny), "one", "../escape", "function", None)
    assert add_bank(load_course(tiny), "bank", None).is_file()


def test_names_and_topics_select(course: Course) -> None:
    assert [e.id for e in course.select(["conv2d"])] == ["conv2d"]
    assert {e.topic.id for e in course.select(["02_pooling"])} == {"02_pooling"}
    assert course.exercise("exercises/01_convolution/conv2d.py").id == "conv2d"
    with pytest.raises(UsageError, match="did you mean conv2d"):
        course.exercise("conv2")


def test_cases_are_the_same_for_the_same_seed(course: Course) -> None:
    solution = course.exercise("conv2d").solution
    one, same, other = (solution.cases(Draw([seed])) for seed in (1, 1, 2))
    assert one[0].args["input"].tolist() == same[0].args["input"].tolist()
    assert one[3].args["input"].tolist() != other[3].args["input"].tolist()


def test_camel_case() -> None:
    assert [camel_case(name) for name in ("lenet", "small_resnet", "self_attention2d", "residual_block")] == [
        "LeNet", "SmallResNet", "SelfAttention2d", "ResidualBlock",
    ]  # fmt: skip


def test_a_course_without_solutions_still_lists(tmp_path: Path) -> None:
    shutil.copytree(builtin_root() / "exercises", tmp_path / "exercises")
    assert load_course(tmp_path).exercises


def test_a_folder_of_suites_has_no_settings(course: Course) -> None:
    assert course.exercise("test_conv2d").solution.option("SEEDS", 3) == 3
