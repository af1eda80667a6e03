"""course.yaml and the banks both say which items belong to an exercise: they must agree."""

import shutil
from pathlib import Path

from grader.course.builtin import builtin_root
from grader.course.catalog import load_course
from grader.verify.quizzes import disagreeing


def test_the_courses_links_are_named_by_its_items() -> None:
    course = load_course(builtin_root())
    assert disagreeing(course, course.root / "quizzes") == []


def test_a_link_that_only_one_side_has_is_told_with_a_remedy(tmp_path: Path) -> None:
    shutil.copytree(builtin_root() / "exercises", tmp_path / "exercises")
    shutil.copytree(builtin_root() / "quizzes", tmp_path / "quizzes")
    bank = tmp_path / "quizzes" / "01_convolution.yaml"
    bank.write_text(
        bank.read_text().replace("id: conv-size-kept\n", "id: conv-size-lost\n").replace("pad2d]", "conv2d]")
    )
    found = disagreeing(load_course(tmp_path), tmp_path / "quizzes")
    assert any("there is no quiz item conv-size-kept" in one.message for one in found)
    assert all(one.remedy for one in found)
