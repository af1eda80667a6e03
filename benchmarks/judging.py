"""Contract section 6, rows 1 and 2: what judging costs over the learner's own computation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.meter import ROOT, Cost, meter, slope

Row = tuple[str, str, str, bool | None]
KEYS = ROOT / "benchmarks" / "results" / "keys"
#: a pass takes some 15 s of which two per cent are chance: over so many it is less than what judging adds
_PASSES = 5
ONE = ("conv2d", "max_pool2d", "residual_block", "gan_step", "conv_output_size")


def rows(options: argparse.Namespace) -> Iterator[Row]:
    """A whole course, then single exercises."""
    course = _course(KEYS)
    floor, ours = (_cost(contestant, KEYS, course, 1, 1 + _PASSES) for contestant in ("floor", "strong"))
    ratio = ours.cpu_s / floor.cpu_s
    each = (ours.cpu_s - floor.cpu_s) / len(course) * 1e3
    figures = f"{ours.cpu_s * 1e3:.0f} ms against {floor.cpu_s * 1e3:.0f} ms of CPU, {ratio:.2f}x; {each:.0f} ms more an exercise"
    yield f"whole course, {len(course)} exercises, strong", figures, "<= 1.5x", ratio <= 1.5
    for exercise in ONE:
        floor, ours = (_cost(contestant, KEYS, (exercise,), 10, 110) for contestant in ("floor", "strong"))
        over = (ours.cpu_s - floor.cpu_s) * 1e3
        figures = f"{ours.cpu_s * 1e3:.1f} - {floor.cpu_s * 1e3:.1f} = {over:.1f} ms of CPU; wall {ours.wall_s * 1e3:.1f} ms"
        yield f"one exercise, {exercise}, strong", figures, "<= 25 ms over", over <= 25


def _cost(contestant: str, cache: Path, exercises: tuple[str, ...], few: int, many: int) -> Cost:
    command = [sys.executable, "-m", "benchmarks.contestants.course", contestant, "--cache", str(cache)]
    return slope([*command, "--exercises", *exercises], few, many)


def _course(cache: Path) -> tuple[str, ...]:
    """The exercises judged by cases; their keys are made here, once per course version, not once per submission."""
    listed = meter([sys.executable, "-m", "benchmarks.contestants.course", "list", "--cache", str(cache)])
    return tuple(listed.said["exercises"])
