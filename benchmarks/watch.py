"""Contract section 6: `grader watch`, from a save to the verdict on the screen, warm, against the floor's computation."""

from __future__ import annotations

import argparse
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.judging import KEYS, ONE, Row
from benchmarks.meter import ROOT, slope
from grader.course.catalog import Exercise, builtin_root, load_course

_EXTRA_MS = 60
_SAVES, _LONGEST_S = 25, 120.0
#: the last line of every screen
_DRAWN = b"q quit"


def rows(options: argparse.Namespace) -> Iterator[Row]:
    """A row an exercise: the median of its saves."""
    course = load_course(builtin_root())
    for name in ONE:
        waits = sorted(_saves(course.exercise(name)))
        floor = [sys.executable, "-m", "benchmarks.contestants.course", "floor", "--cache", str(KEYS)]
        floor_ms = slope([*floor, "--exercises", name], 10, 60).wall_s * 1e3
        median = statistics.median(waits)
        figures = f"{median:.0f} ms ({waits[1]:.0f} to {waits[-2]:.0f}) - {floor_ms:.0f} = {median - floor_ms:.0f} ms"
        yield (
            f"grader watch {name}, save to verdict, wall",
            figures,
            f"+ {_EXTRA_MS} ms",
            median - floor_ms <= _EXTRA_MS,
        )


def _saves(exercise: Exercise) -> Iterator[float]:
    """Milliseconds from each save of a right answer to the end of the screen with its verdict, as a learner's program sees it."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "GRADER_HOME": str(Path(folder) / "home"),
            "PYTHONUNBUFFERED": "1",
        }
        workspace = Path(folder) / "work"
        grader = [sys.executable, "-m", "grader"]
        subprocess.run([*grader, "init", str(workspace)], env=environment, check=True, capture_output=True)
        path, source = workspace / exercise.relative_path, exercise.solution.reference.source
        path.write_text(source)
        watching = subprocess.Popen(
            [*grader, "watch", exercise.id, "--workspace", str(workspace)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            _screen(watching)
            for count in range(_SAVES):
                time.sleep(0.3)  # a learner types
                start = time.perf_counter()
                path.write_text(f"{source}\n# {count}\n")
                screen = _screen(watching)
                yield (time.perf_counter() - start) * 1e3
                assert b"passed" in screen, screen.decode()
        finally:
            watching.communicate(b"q", timeout=_LONGEST_S)


def _screen(watching: subprocess.Popen[bytes]) -> bytes:
    """What is printed up to the end of the next screen. Raises: `RuntimeError` when none comes."""
    assert watching.stdout is not None
    seen = b""
    while _DRAWN not in seen:
        if not select.select([watching.stdout], [], [], _LONGEST_S)[0]:
            raise RuntimeError(f"`grader watch` draws no screen: {seen!r}")
        more = os.read(watching.stdout.fileno(), 1 << 16)
        if not more:
            raise RuntimeError(f"`grader watch` ended: {seen!r}")
        seen += more
    return seen
