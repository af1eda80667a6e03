from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.gradebook.store import Gradebook
from tests.gradebook.books import small_class


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Gradebook]:
    with small_class(tmp_path / "grades.db") as book:
        yield book
