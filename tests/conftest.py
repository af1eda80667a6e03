"""What many tests share: the built-in course, one pool of workers, one cache of keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course.catalog import Course, builtin_root, load_course
from grader.judge.judge import Judge
from grader.judge.keysmith import Keysmith
from grader.sandbox import Pool


@pytest.fixture(scope="session")
def course() -> Course:
    return load_course(builtin_root())


@pytest.fixture(scope="session")
def keysmith(tmp_path_factory: pytest.TempPathFactory) -> Keysmith:
    return Keysmith(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """The best sandbox this machine gives; no test runs a learner's code outside one."""
    with Pool() as pool:
        yield pool


@pytest.fixture(scope="session")
def judge(pool: Pool, keysmith: Keysmith) -> Judge:
    return Judge(pool, keysmith)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for progress and caches."""
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
