"""The gradebook on a real PostgreSQL server: the same answers as SQLite gives."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import text

from grader.errors import InputError
from grader.gradebook.export import WRITERS
from grader.gradebook.statistics import class_stats
from grader.gradebook.store import Gradebook
from tests.gradebook.books import NOW, check, record, result, small_class, statuses
from tests.gradebook.servers import postgres, programs
from tests.gradebook.test_export import weighted

pytestmark = [
    pytest.mark.skipif(programs() is None, reason="no PostgreSQL server here; apt-get install postgresql"),
    pytest.mark.skipif(
        importlib.util.find_spec("psycopg") is None, reason="no psycopg; the extra is [postgres]"
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    """An empty database on the server."""
    from grader.gradebook.database import open_database

    engine = open_database(server)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return server


def test_every_export_equals_that_of_sqlite(url: str, tmp_path: Path) -> None:
    with small_class(tmp_path / "lite.db") as lite, small_class(url) as served:
        for with_assignment in (False, True):
            if with_assignment:
                weighted(lite)
                weighted(served)
            for form, write in WRITERS.items():
                learner = "blaise" if form == "gradescope" else None
                texts = [io.StringIO(), io.StringIO()]
                for book, out in zip((lite, served), texts, strict=True):
                    write(book, out, learner)
                ours, theirs = (sorted(out.getvalue().splitlines()) for out in texts)
                assert [line.rstrip(",") for line in ours] == [line.rstrip(",") for line in theirs], form
        assert asdict(class_stats(served))["totals"] == asdict(class_stats(lite))["totals"]
        assert statuses(served) == statuses(lite)


def test_recording_twice_changes_nothing(url: str) -> None:
    with Gradebook(url) as book:
        for _ in range(2):
            record(book, "ada", result("conv2d", check("forward")))
        assert [grade.attempts for grade in book.grades()] == [1]
    with Gradebook(url) as again:
        assert [grade.score for grade in again.grades("ada")] == [1.0]
        again.override(NOW, "ada", "conv2d", 0.5, "prof", "why")
        assert [grade.score for grade in again.grades("ada")] == [0.5]


def test_newer_tables_are_refused(url: str) -> None:
    with Gradebook(url) as book, book.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InputError, match="newer version of grader"):
        Gradebook(url)


def test_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(InputError, match="is no gradebook") as wrong:
        Gradebook("postgresql://ada:secret@127.0.0.1:1/none")
    assert "secret" not in str(wrong.value)
