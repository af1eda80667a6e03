"""A gradebook of a million results: how soon each query and export starts, how long it takes, how much memory it needs.

    python -m benchmarks.gradebook [--results 1000000] [--url postgresql+psycopg://...] [--gradebook FILE]

Each is run in a process of its own; `starts` is from the call to the first grade or the first line after the header.
Contract: any query or export starts under 1 s, at constant memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.gradebook.export import WRITERS
from grader.gradebook.reading import by_learner, columns
from grader.gradebook.statistics import class_stats
from grader.gradebook.store import Gradebook
from grader.gradebook.summary import refresh

LEARNER = "learner000042"


class Watch:
    """A file that notes when its second line is written: the first may be a header that costs nothing."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.lines = self.size = 0

    def write(self, text: str) -> int:
        self.lines += text.count("\n")
        self.size += len(text)
        if self.first is None and self.lines >= 3:
            self.first = time.perf_counter()
        return len(text)


def _export(form: str) -> Callable[[Gradebook, Watch], Any]:
    learner = LEARNER if form == "gradescope" else None
    return lambda book, out: WRITERS[form](book, out, learner)  # type: ignore[arg-type]


def _grades(book: Gradebook, out: Watch) -> None:
    for _ in book.grades():
        out.write("\n")


def _learners(book: Gradebook, out: Watch) -> None:
    for _ in by_learner(book):
        out.write("\n")


QUERIES: dict[str, Callable[[Gradebook, Watch], Any]] = {
    "one learner": lambda book, out: list(book.grades(LEARNER)),
    "why": lambda book, out: book.report(LEARNER, "conv2d"),
    "columns": lambda book, out: columns(book),
    "grades": _grades,
    "by learner": _learners,
    **{f"export {form}": _export(form) for form in WRITERS},
    "stats": lambda book, out: class_stats(book),
}


def measure(where: str, name: str) -> dict[str, Any]:
    """One query in this process, from opening the gradebook on."""
    out = Watch()
    start = time.perf_counter()
    with Gradebook(where) as book:
        QUERIES[name](book, out)
    end = time.perf_counter()
    return {
        "name": name,
        "starts_s": round((out.first or end) - start, 3),
        "total_s": round(end - start, 2),
        "peak_mib": _peak_mib(),
        "output_mib": round(out.size / 2**20, 1),
    }


def _peak_mib() -> int:
    """This process's own peak: `ru_maxrss` would remember that of the process it was forked from."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measured(where: str, names: tuple[str, ...] = tuple(QUERIES)) -> list[dict[str, Any]]:
    """Every query, each in a new process."""
    found = []
    for name in names:
        command = [sys.executable, "-m", "benchmarks.gradebook", "--gradebook", where, "--only", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=1_000_000)
    parser.add_argument("--gradebook", help="measure this one; nothing is generated")
    parser.add_argument("--url", help="generate into this (empty) database instead of a SQLite file")
    parser.add_argument("--only", choices=tuple(QUERIES))
    given = parser.parse_args()
    if given.only:
        print(json.dumps(measure(given.gradebook, given.only)))
        return
    with tempfile.TemporaryDirectory() as folder:
        where = given.gradebook or given.url or os.fspath(Path(folder) / "big.db")
        if not given.gradebook:
            from tests.gradebook.generated import fill

            start = time.perf_counter()
            with Gradebook(where) as book:
                fill(book, given.results)
                print(f"{given.results:,} results generated in {time.perf_counter() - start:.0f} s")
                start = time.perf_counter()
                refresh(book)
                print(
                    f"sums counted in {time.perf_counter() - start:.0f} s, as `grade` does at its end",
                    flush=True,
                )
        print(f"{'':<20} {'starts':>9} {'total':>9} {'peak':>9} {'output':>9}")
        for row in measured(where):
            print(
                f"{row['name']:<20} {row['starts_s']:>7.3f} s {row['total_s']:>7.1f} s "
                f"{row['peak_mib']:>5} MiB {row['output_mib']:>5} MiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
