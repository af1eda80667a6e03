from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grader.course.catalog import Exercise, load_course
from grader.judge.casesmith import CaseSmith
from grader.verify import beyond
from grader.verify.beyond import Reach, more_cases
from grader.verify.trusted import Bench, first_failure
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


def test_each_implementation_is_called_before_the_next_is_loaded(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As what reads its own text at its first call needs it: a Triton kernel."""
    seen: list[str] = []
    load, make = beyond.bench_of, CaseSmith.make

    def loading(exercise: Exercise, source: str) -> Bench:
        seen.append("loaded")
        return load(exercise, source)

    def making(*given: Any) -> Any:
        seen.append("reference called")
        return make(*given)

    monkeypatch.setattr(beyond, "bench_of", loading)
    monkeypatch.setattr(CaseSmith, "make", making)
    assert more_cases(load_course(tiny).exercise("steps"), REACH)
    assert seen[0] == "reference called" and seen.count("loaded") > 0


def test_every_wheat_passes_and_every_chaff_fails_by_the_trusted_bench(tiny: Path) -> None:
    from grader.judge.keysmith import Keysmith

    for exercise in load_course(tiny).exercises:
        key = Keysmith(tiny / "keys").key(exercise)
        for wheat in exercise.solution.wheats:
            assert first_failure(exercise, wheat.source, key.cases) is None, wheat.name
        for chaff in exercise.solution.chaffs:
            assert first_failure(exercise, chaff.source, key.cases) is not None, chaff.name
        assert "importing it: SyntaxError" in str(first_failure(exercise, "def f(:", key.cases))
