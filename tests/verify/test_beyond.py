from __future__ import annotations

from pathlib import Path

from grader.course.catalog import load_course
from grader.verify.beyond import Reach, more_cases
from grader.verify.trusted import first_failure
from tests.verify.conftest import edit

REACH = Reach((1, 2, 3), 60.0)


def test_arguments_are_combined_and_left_at_their_defaults(tiny: Path) -> None:
    exercise = load_course(tiny).exercise("steps")
    calls = {case.call for case in more_cases(exercise, REACH)}
    own = {case.call for case in more_cases(exercise, REACH, combine=False)}
    assert "steps(distance=7, length=2)" in calls - own
    assert "steps(distance=16)" in calls - own


def test_where_wheats_disagree_the_statement_is_silent(tiny: Path) -> None:
    """One wheat answers a call differently: it is no case any more."""
    path = tiny / "solutions/01_numbers/steps.py"
    edit(path, "    count = 0\n", "    if (distance, length) == (7, 2):\n        return 0\n    count = 0\n")
    exercise = load_course(tiny).exercise("steps")
    calls = {case.call for case in more_cases(exercise, REACH)}
    assert "steps(distance=7, length=2)" not in calls and "steps(distance=7)" in calls


def test_every_wheat_passes_and_every_chaff_fails_by_the_trusted_bench(tiny: Path) -> None:
    from grader.judge.keysmith import Keysmith

    for exercise in load_course(tiny).exercises:
        key = Keysmith(tiny / "keys").key(exercise)
        for wheat in exercise.solution.wheats:
            assert first_failure(exercise, wheat.source, key.cases) is None, wheat.name
        for chaff in exercise.solution.chaffs:
            assert first_failure(exercise, chaff.source, key.cases) is not None, chaff.name
        assert "importing it: SyntaxError" in str(first_failure(exercise, "def f(:", key.cases))
