"""Tables of every version: made, upgraded with their rows, or refused in words."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from grader.errors import InputError
from grader.gradebook import migrations, schema
from grader.gradebook.database import shown
from grader.gradebook.statistics import class_stats
from grader.gradebook.store import Gradebook
from tests.gradebook.books import check, record, result, small_class

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "HEAD"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("override") as table:
        table.add_column(sa.Column("room", sa.String(20), nullable=False, server_default="none"))
"""


def test_revisions_make_the_schema() -> None:
    """A change of schema.py without a revision fails here."""
    with create_engine("sqlite://").connect() as connection:
        configured = migrations.config(connection)
        command.upgrade(configured, "head")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        assert ScriptDirectory.from_config(configured).get_current_head() == migrations.HEAD


def test_new_gradebook_has_the_version_and_needs_no_alembic(tmp_path: Path) -> None:
    code = (
        "import sys; from grader.gradebook.store import Gradebook\n"
        f"for _ in range(2): Gradebook({str(tmp_path / 'new.db')!r}).close()\n"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    with create_engine(f"sqlite:///{tmp_path / 'new.db'}").connect() as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            == migrations.HEAD
        )


def test_upgrade_keeps_every_row(tmp_path: Path) -> None:
    small_class(tmp_path / "old.db").close()
    scripts = tmp_path / "scripts"
    shutil.copytree(Path(migrations.__file__).parent, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "9999_room.py").write_text(NEXT.replace("HEAD", migrations.HEAD))
    engine = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    for _ in range(2):  # the second time there is nothing to do
        migrations.prepare(engine, tmp_path / "old.db", "9999", scripts)
    with engine.connect() as connection:
        assert connection.execute(text('SELECT learner, score, room FROM "override"')).all() == [
            ("Émile Ü", 2.5, "none")
        ]
        assert connection.execute(text("SELECT count(*) FROM result")).scalar_one() == 7
        assert {index["name"] for index in inspect(connection).get_indexes("override")} == {
            "override_by_learner"
        }
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [("9999",)]
    with pytest.raises(
        InputError, match=r"old.db: was written by a newer version .*9999.*pip install --upgrade"
    ):
        Gradebook(tmp_path / "old.db")


def test_a_first_gradebook_gets_its_parts(tmp_path: Path) -> None:
    """Rows of version 0001 are summed up as if they had been recorded today."""
    with small_class(tmp_path / "old.db") as book:
        today = class_stats(book)
        with book.engine.begin() as connection:
            connection.execute(text("DROP TABLE learner"))
            connection.execute(text("DROP TABLE part"))
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with Gradebook(tmp_path / "old.db") as book:
        assert class_stats(book) == today
        record(book, "zoe", result("relu", check("forward")))
        assert class_stats(book).learners == today.learners + 1


def test_tables_without_a_version(tmp_path: Path) -> None:
    """Today's tables get one; others are refused, and left as they are."""
    path = tmp_path / "bare.db"
    small_class(path).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with Gradebook(path) as book:
        assert len(list(book.grades())) == 6
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(text("ALTER TABLE incident DROP COLUMN message"))
    before = path.read_bytes()
    with pytest.raises(InputError, match="`incident` has other columns"):
        Gradebook(path)
    assert path.read_bytes() == before


def test_what_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 1000)
    with pytest.raises(InputError, match=r"notes.txt: is no gradebook: file is not a database"):
        Gradebook(path)


def test_passwords_are_not_shown() -> None:
    assert shown("postgresql://ada:s@cr:et@host/db") == "postgresql://ada@host/db"
    assert shown("class/grades.db") == "class/grades.db"
