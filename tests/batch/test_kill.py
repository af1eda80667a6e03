"""kill -9 at random points, of the grader and of what it started: nothing recorded is lost, nothing is recorded twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.course.catalog import Course
from tests.batch.conftest import TINY, hand_in, source

Row = tuple[str, str, str, float, str]
SEED = "7"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def crowd(tiny: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class in which no two files are alike."""
    root = tmp_path_factory.mktemp("crowd")
    solution = tiny.exercise("axpy").solution
    variants = [v.name for v in (*solution.wheats, *solution.chaffs)]
    for number in range(48):
        text = source(tiny, "axpy", variants[number % len(variants)])
        hand_in(root, f"{text}\n# learner {number}\n", f"learner{number:02}/axpy.py")
    hand_in(root, "def axpy(*a): raise SystemExit", "left/axpy.py")
    hand_in(root, tiny.exercise("axpy").stub, "untouched/axpy.py")
    return root


def start(crowd: Path, book: Path, home: Path, *more: str, jobs: int = 2) -> subprocess.Popen[bytes]:
    words = ["grade", crowd, "--course", TINY, "--gradebook", book, "--seed", SEED, "--jobs", jobs, *more]
    return subprocess.Popen(
        [sys.executable, "-m", "grader", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "GRADER_HOME": str(home)},
        start_new_session=True,
    )


def rows(book: Path) -> list[Row]:
    """Every current result with its verdict, straight from the file."""
    if not book.exists():
        return []
    query = (
        "SELECT learner, r.exercise, r.content, score, status FROM result r JOIN verdict v ON v.key = r.verdict_key"
        " WHERE NOT EXISTS (SELECT 1 FROM result n WHERE n.replaces = r.id) ORDER BY learner, r.exercise"
    )
    with contextlib.closing(sqlite3.connect(f"file:{book}?mode=ro", uri=True, timeout=30)) as connection:
        try:
            twice = "SELECT learner, verdict_key FROM result GROUP BY 1, 2 HAVING count(*) > 1"
            assert connection.execute(twice).fetchall() == []
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []  # its tables are being made


@pytest.fixture(scope="module")
def serial(crowd: Path, home: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """What one uninterrupted run, one at a time, says."""
    book = tmp_path_factory.mktemp("serial") / "grades.db"
    assert start(crowd, book, home, jobs=1).wait(300) == 0
    found = rows(book)
    assert len(found) == 50
    assert {row[4] for row in found} == {"passed", "failed", "error", "not_implemented"}
    return found


def wait_for(book: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while len(rows(book)) < count and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)


def descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *descendants(child)]
    return found


def kill_graders(
    points: int, crowd: Path, home: Path, book: Path, serial: list[Row], rng: random.Random
) -> None:
    for _ in range(points):
        before = rows(book)
        process = start(crowd, book, home)
        wait_for(book, len(before) + rng.randint(0, 5), process)
        time.sleep(rng.random() * 0.03)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        after = rows(book)
        assert set(before) <= set(after) <= set(serial)
        assert len({row[0] for row in after}) == len(after)
        if len(after) == len(serial):
            book.unlink()  # all done: from the beginning


def kill_workers(points: int, crowd: Path, home: Path, book: Path, rng: random.Random) -> None:
    process = start(crowd, book, home)
    killed = at = 0
    while process.poll() is None and killed < points:
        wait_for(book, at := len(rows(book)) + rng.randint(2, 4), process)
        victims = descendants(process.pid)
        if victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(rng.choice(victims), signal.SIGKILL)
                killed += 1
    assert process.wait(300) == 0
    assert killed >= min(points, 3) and at


def settle(crowd: Path, home: Path, book: Path) -> list[Row]:
    assert start(crowd, book, home).wait(300) == 0
    return rows(book)


def test_the_grader_killed_at_five_points(crowd: Path, home: Path, tmp_path: Path, serial: list[Row]) -> None:
    kill_graders(5, crowd, home, tmp_path / "g.db", serial, random.Random(1))
    assert settle(crowd, home, tmp_path / "g.db") == serial


def test_what_it_started_killed_at_ten_points(
    crowd: Path, home: Path, tmp_path: Path, serial: list[Row]
) -> None:
    kill_workers(10, crowd, home, tmp_path / "g.db", random.Random(2))
    assert settle(crowd, home, tmp_path / "g.db") == serial


@pytest.mark.slow
def test_the_grader_killed_at_fifty_points(
    crowd: Path, home: Path, tmp_path: Path, serial: list[Row]
) -> None:
    kill_graders(50, crowd, home, tmp_path / "g.db", serial, random.Random(3))
    assert settle(crowd, home, tmp_path / "g.db") == serial


@pytest.mark.slow
def test_what_it_started_killed_at_fifty_points(
    crowd: Path, home: Path, tmp_path: Path, serial: list[Row]
) -> None:
    for turn in range(5):
        book = tmp_path / f"{turn}.db"
        kill_workers(10, crowd, home, book, random.Random(4 + turn))
        assert settle(crowd, home, book) == serial


def test_ctrl_c_finishes_what_runs_and_the_next_call_goes_on(
    crowd: Path, home: Path, tmp_path: Path, serial: list[Row]
) -> None:
    book = tmp_path / "g.db"
    process = start(crowd, book, home)
    wait_for(book, 5, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    assert process.wait(120) == 130
    assert 5 <= len(rows(book)) < len(serial)
    assert settle(crowd, home, book) == serial
