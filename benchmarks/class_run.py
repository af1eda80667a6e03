"""One generated class graded three ways, and every grade compared: at a stretch one at a time; killed and resumed; by a
Ray cluster of two local nodes, one of which is killed on the way.

    python -m benchmarks.class_run --learners 1000 [--exercises ID ...] [--pool 20] [--kills 10] [--no-ray] [--keep DIR]

A text is judged once for an exercise, whoever hands it in: the number of distinct judgings is said, and is what takes the time.
Ends with 1 when any grade differs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.class_made import ASSIGNMENT, make_class
from grader.course.catalog import builtin_root, load_course
from grader.gradebook.reading import with_reports
from grader.gradebook.store import Gradebook
from grader.sandbox.frameworks import lacking

SEED = "20260301"


class Place:
    """Where a run keeps its class, its gradebooks and its keys."""

    def __init__(self, root: Path) -> None:
        self.root, self.submissions = root, root / "class"
        (root / "assignment.yaml").write_text(ASSIGNMENT, encoding="utf-8")

    def start(self, book: str, *options: str) -> subprocess.Popen[bytes]:
        words = [
            "grade",
            self.submissions,
            "--gradebook",
            self.root / book,
            "--seed",
            SEED,
            "--format",
            "json",
        ]
        words += ["--assignment", self.root / "assignment.yaml", *options]
        with (self.root / f"{book}.out").open("wb") as out, (self.root / f"{book}.err").open("wb") as err:
            return subprocess.Popen(
                [sys.executable, "-m", "grader", *map(str, words)], stdout=out, stderr=err,
                env={**os.environ, "GRADER_HOME": str(self.root / "home")},
            )  # fmt: skip

    def count(self, book: str) -> int:
        """Results recorded so far."""
        path = self.root / book
        if not path.exists():
            return 0
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as held:
            try:
                return int(held.execute("SELECT count(*) FROM result").fetchone()[0])
            except sqlite3.OperationalError:
                return 0  # its tables are being made

    def said(self, book: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.root / f"{book}.out").read_text())
        return found


def run(place: Place, book: str, *options: str) -> float:
    """One run to its end; seconds."""
    start = time.monotonic()
    code = place.start(book, *options).wait()
    if code not in (0, 3):  # 3: something could not be judged, such as a file that is no text
        raise SystemExit(f"grade ended with {code}: {(place.root / f'{book}.err').read_text()[-2000:]}")
    return time.monotonic() - start


def run_killed(place: Place, book: str, total: int, kills: int, rng: random.Random) -> tuple[float, int]:
    """Runs that are killed without a warning once so many results are there, and one that ends."""
    start, done = time.monotonic(), 0
    for at in sorted(rng.randrange(total) for _ in range(kills)):
        process = place.start(book)
        while process.poll() is None and place.count(book) < at:
            time.sleep(0.05)
        time.sleep(rng.random() * 0.2)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            done += 1
        process.wait()
    run(place, book)
    return time.monotonic() - start, done


@contextlib.contextmanager
def two_nodes() -> Iterator[tuple[str, Any, Any]]:
    """A Ray cluster on this machine: its address, and itself with the node that may be killed."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        yield cluster.address, cluster, cluster.add_node(num_cpus=1)
    finally:
        cluster.shutdown()


def run_on_ray(place: Place, book: str, total: int) -> float:
    """The class through two nodes; one dies in the middle and another takes its place."""
    with two_nodes() as (address, cluster, node):
        start = time.monotonic()
        process = place.start(book, "--cluster", address)
        while process.poll() is None and place.count(book) < total // 2:
            time.sleep(0.2)
        if process.poll() is None:
            cluster.remove_node(node, allow_graceful=False)
            cluster.add_node(num_cpus=1)
        code = process.wait()
        if code not in (0, 3):
            raise SystemExit(
                f"grade --cluster ended with {code}: {(place.root / f'{book}.err').read_text()[-2000:]}"
            )
        return time.monotonic() - start


Rows = dict[tuple[str, str], tuple[Any, ...]]


def graded(where: Path) -> Rows:
    """Every current grade with what it is made of: status, points, lateness, and each check's verdict and diagnosis."""
    found: Rows = {}
    with Gradebook(where) as book:
        for grade, report in with_reports(book, book.grades()):
            checks = tuple((c.name, c.status, c.points, c.message, c.diagnosis) for c in report.checks)
            found[grade.learner, grade.exercise] = (
                grade.status, grade.score, grade.max_score, grade.late_submission_penalty, grade.attempts, checks,
            )  # fmt: skip
    return found


def distinct(where: Path) -> int:
    """How many verdicts there are."""
    with contextlib.closing(sqlite3.connect(where)) as held:
        return int(held.execute("SELECT count(*) FROM verdict").fetchone()[0])


def compare(name: str, first: Rows, other: Rows) -> int:
    """Say where two gradebooks differ; how many grades do."""
    differing = [key for key in sorted(first.keys() | other.keys()) if first.get(key) != other.get(key)]
    print(f"{name}: {len(other)} grades, {len(differing)} differ from the serial run's", flush=True)
    for key in differing[:20]:
        print(f"  {key}\n    {first.get(key)}\n    {other.get(key)}")
    return len(differing)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--learners", type=int, default=30)
    parser.add_argument("--exercises", nargs="*", default=[], help="default: the whole course")
    parser.add_argument("--pool", type=int, default=20, help="texts an exercise")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-ray", action="store_true")
    parser.add_argument("--keep", type=Path, help="work in this (new) folder and leave it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="class-run-") as scratch:
        root = given.keep or Path(scratch)
        root.mkdir(parents=True, exist_ok=True)
        sys.exit(1 if _all(given, Place(root)) else 0)


def _all(given: argparse.Namespace, place: Place) -> int:
    course = load_course(builtin_root())
    chosen = [e for e in course.select(given.exercises) if not lacking(e.info.framework)]
    made = make_class(course, chosen, given.learners, given.pool, place.submissions, given.seed)
    print(f"{given.learners} learners x {len(chosen)} exercises: {dict(made)}", flush=True)
    serial_s = run(place, "serial.db", "--jobs", "1")
    first = graded(place.root / "serial.db")
    total = place.count("serial.db")
    said = {k: v for k, v in place.said("serial.db").items() if k not in ("asides", "gradebook")}
    print(
        f"serial: {serial_s:.0f} s, {total} results, {distinct(place.root / 'serial.db')} distinct judgings, {said}",
        flush=True,
    )
    took, kills = run_killed(place, "killed.db", total, given.kills, random.Random(given.seed))
    print(f"killed {kills} times and resumed: {took:.0f} s", flush=True)
    differ = compare("killed and resumed", first, graded(place.root / "killed.db"))
    if not given.no_ray:
        print(f"two Ray nodes, one killed: {run_on_ray(place, 'ray.db', total):.0f} s", flush=True)
        differ += compare("Ray", first, graded(place.root / "ray.db"))
    return differ


if __name__ == "__main__":
    main()
