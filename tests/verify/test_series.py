"""Many seeds in few conversations: the same verdicts, fewer workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.course.catalog import load_course
from grader.judge.keysmith import Keysmith
from grader.judge.report import Result
from grader.sandbox import Pool
from grader.verify.series import Series, is_full

SEEDS = (0, 11, 12, 13, 14)
RIGHT = "def axpy(x, y, a=1):\n    return a * x + y\n"
#: right in its worker's first conversation of so many calls, never after
FORGETFUL = (
    "calls = []\n\ndef axpy(x, y, a=1):\n    calls.append(1)\n    return a * x + y + (len(calls) > {})\n"
)


@pytest.fixture
def births(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A framework's name for each session that is opened."""
    found: list[str] = []
    session: Callable[..., Any] = Pool.session

    def counted(pool: Pool, framework: Any, *rest: Any, **named: Any) -> Any:
        found.append(framework)
        return session(pool, framework, *rest, **named)

    monkeypatch.setattr(Pool, "session", counted)
    return found


def results(root: Path, cache: Path, pool: Pool, source: str) -> dict[int, Result]:
    series = Series(load_course(root).exercise("axpy"), pool, Keysmith(cache), "cpu")
    found = dict(series.results(source, SEEDS))
    assert all(isinstance(result, Result) for result in found.values())
    return found  # type: ignore[return-value]


def test_all_secret_seeds_share_one_conversation(
    tiny: Path, tmp_path: Path, pool: Pool, births: list[str]
) -> None:
    found = results(tiny, tmp_path / "keys", pool, RIGHT)
    assert tuple(found) == SEEDS and all(is_full(result) for result in found.values())
    assert len(births) == 2
    assert {len(result.checks) for result in found.values()} == {len(found[0].checks)}


def test_what_is_wrong_under_one_seed_alone_is_refused_there_alone(
    tiny: Path, tmp_path: Path, pool: Pool
) -> None:
    key = Keysmith(tmp_path / "keys").key(load_course(tiny).exercise("axpy"), 12)
    unlucky = float(key.cases[1].request.tensors["x"].numpy().flat[0])
    source = f"def axpy(x, y, a=1):\n    return a * x + y + (x.flatten()[0] == {unlucky!r})\n"
    found = results(tiny, tmp_path / "keys", pool, source)
    assert [seed for seed, result in found.items() if not is_full(result)] == [12]


def test_what_only_company_breaks_is_judged_alone(
    tiny: Path, tmp_path: Path, pool: Pool, births: list[str]
) -> None:
    """A submission is asked about one seed; what a second would do to it does not count against it."""
    key = Keysmith(tmp_path / "keys").key(load_course(tiny).exercise("axpy"), 0)
    calls = sum(2 if case.request.head["again"] else 1 for case in key.cases)
    found = results(tiny, tmp_path / "keys", pool, FORGETFUL.format(calls))
    assert all(is_full(result) for result in found.values())
    assert len(births) == 2 + len(SEEDS) - 2
    found = results(tiny, tmp_path / "keys", pool, FORGETFUL.format(calls - 1))
    assert not any(is_full(result) for result in found.values())
