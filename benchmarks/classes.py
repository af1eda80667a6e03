"""Contract section 6, rows 3 and 4: a class of twenty, graded by us and by every peer that is installed.

A peer has an environment of its own below `--peers`; `--install` makes those that are missing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.judging import KEYS, Row
from benchmarks.meter import Cost, meter, slope

#: peer -> (environment, what to install there, target in multiples of our throughput)
PEERS: dict[str, tuple[str, tuple[str, ...], float | None]] = {
    "otter": ("otter", ("otter-grader", "ipykernel", "numpy"), 100),
    "nbgrader": ("nbgrader", ("nbgrader", "ipykernel", "numpy"), 100),
    "check50": ("check50", ("check50", "numpy"), 30),
    "gradescope-utils": ("gradescope", ("gradescope-utils", "numpy"), 15),
    "pytest": ("pytest", ("pytest", "numpy"), None),
}


def rows(options: argparse.Namespace) -> Iterator[Row]:
    """NumPy against every peer, then torch against pytest."""
    floor = _ours("floor")
    ours = _ours("strong")
    share = len(ours.said["scores"])
    yield "floor, NumPy: one process, nothing isolated", _figures(floor, share), "-", None
    yield "ours, NumPy, strong, 2 threads", _figures(ours, share), "-", None
    right_s = ours.wall_s / share
    for peer, (_, _, target) in PEERS.items():
        python = _environment(peer, options)
        if python is None:
            yield f"{peer}, NumPy", "not installed (--install)", "-", None
            continue
        yield _row(f"{peer}, NumPy, 2 at once", meter(_command(peer, python)), right_s, target)
    yield from _torch()


def _torch() -> Iterator[Row]:
    _ours("torch", 1)  # keys
    ours = _ours("torch")
    share = len(ours.said["scores"])
    yield "ours, torch conv2d, strong, 2 threads", _figures(ours, share), "-", None
    with tempfile.TemporaryDirectory() as folder:
        from benchmarks.contestants.bench_class import torch_class
        from grader.course.catalog import builtin_root, load_course

        for learner, source in torch_class(load_course(builtin_root()).exercise("conv2d")).items():
            (Path(folder) / f"{learner}.py").write_text(source)
        command = [
            sys.executable,
            "-m",
            "benchmarks.peers.one_each",
            "pytest-torch",
            "--jobs",
            "2",
            "--hand-ins",
            folder,
        ]
        yield _row("pytest, torch conv2d, 2 at once", meter(command), ours.wall_s / share, 50)


def _ours(contestant: str, few: int = 2) -> Cost:
    command = [sys.executable, "-m", "benchmarks.contestants.bench_class", contestant, "--cache", str(KEYS)]
    return slope(command, few, few + 8)


def _figures(cost: Cost, share: int) -> str:
    return f"{share / cost.wall_s:.1f}/s, {cost.cpu_s / share * 1e3:.1f} ms of CPU each"


def _row(what: str, cost: Cost, ours_s: float, target: float | None) -> Row:
    count = cost.said["submissions"]
    each = cost.said["inner_s"] / count
    missed = sum(score is None for score in cost.said["scores"].values())
    figures = f"{1 / each:.2f}/s, {cost.cpu_s / count * 1e3:.0f} ms of CPU each; ours is {each / ours_s:.0f}x as fast"
    if missed:
        figures += f" ({missed} of {count} without a score)"
    return (
        what,
        figures,
        "-" if target is None else f">= {target:.0f}x",
        None if target is None else each / ours_s >= target,
    )


def _command(peer: str, python: Path) -> list[str]:
    if peer == "nbgrader":
        return [str(python), "-m", "benchmarks.peers.nbgrader"]
    return [str(python), "-m", "benchmarks.peers.one_each", peer, "--jobs", "2"]


def _environment(peer: str, options: argparse.Namespace) -> Path | None:
    name, packages, _ = PEERS[peer]
    folder = options.peers.resolve() / name
    python = folder / "bin" / "python"
    if not python.exists() and options.install:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
    return python if python.exists() else None
