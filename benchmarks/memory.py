"""The memory of `grader grade` over a small class and a large one, every text its own: it must be the same.

    python -m benchmarks.memory [--small 100] [--large 10000] [--exercise conv_output_size]

Peak resident size of the grading process; its workers are bounded by their limits. Keys are made beforehand, since making them
takes PyTorch and much more than judging.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader.course.catalog import Exercise, builtin_root, load_course


def make_class(exercise: Exercise, learners: int, root: Path) -> None:
    """A correct file from each, no two alike: each is judged."""
    reference = exercise.solution.reference.source
    for number in range(learners):
        path = root / f"learner{number:06}" / exercise.relative_path
        path.parent.mkdir(parents=True)
        path.write_text(f"{reference}\n# learner {number}\n", encoding="utf-8")


def peak_mib(submissions: Path, book: Path, home: Path) -> tuple[float, float]:
    """The highest resident size of one run of `grade`, in MiB, and its seconds."""
    words = [
        sys.executable,
        "-m",
        "grader",
        "grade",
        str(submissions),
        "--gradebook",
        str(book),
        "--seed",
        "1",
    ]
    start = time.monotonic()
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "GRADER_HOME": str(home)}
    ) as process:  # fmt: skip
        highest = 0.0
        while process.poll() is None:
            highest = max(highest, _resident_mib(process.pid))
            time.sleep(0.1)
    if process.returncode != 0:
        raise SystemExit(f"grade ended with {process.returncode}")
    return highest, time.monotonic() - start


def _resident_mib(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0  # it ended meanwhile
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=int, default=100)
    parser.add_argument("--large", type=int, default=10000)
    parser.add_argument("--exercise", default="conv_output_size")
    given = parser.parse_args()
    exercise = load_course(builtin_root()).exercise(given.exercise)
    with tempfile.TemporaryDirectory(prefix="memory-") as scratch:
        root = Path(scratch)
        make_class(exercise, 2, root / "warm")
        peak_mib(root / "warm", root / "warm.db", root / "home")
        peaks = []
        for learners in (given.small, given.large):
            make_class(exercise, learners, root / f"class{learners}")
            peak, took_s = peak_mib(root / f"class{learners}", root / f"{learners}.db", root / "home")
            peaks.append(peak)
            print(f"{learners} submissions: {peak:.0f} MiB at most, {took_s:.0f} s", flush=True)
        print(f"large over small: {peaks[1] / peaks[0]:.2f}x")


if __name__ == "__main__":
    main()
