"""What a learner waits for: CPU time up to the first prompt, against `python -c pass` in the same minute."""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence

from benchmarks.meter import ROOT

_ROUNDS = 9
_EXTRA_MS = 150
_COMMANDS = (("--help",), ("list",), ("quiz", "--plain", "00_seed"), ("quiz", "--plain"))


def rows(options: argparse.Namespace) -> Iterator[tuple[str, str, str, bool | None]]:
    """A row a command: (what, figures, target, whether it holds). Medians; each round runs every command once."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "GRADER_HOME": home, "PYTHONPATH": str(ROOT)}
        commands = [("-c", "pass"), *(("-m", "grader", *words) for words in _COMMANDS)]
        for command in commands:  # fills the caches
            _cpu_ms(command, environment)
        rounds = [[_cpu_ms(command, environment) for command in commands] for _ in range(_ROUNDS)]
    floor, *found = (statistics.median(column) for column in zip(*rounds, strict=True))
    for words, cpu_ms in zip(_COMMANDS, found, strict=True):
        extra = cpu_ms - floor
        figures = f"{cpu_ms:.0f} ms, {cpu_ms / floor:.1f}x; {extra:.0f} ms more than {floor:.0f} ms"
        yield f"grader {' '.join(words)}, CPU", figures, f"+ {_EXTRA_MS} ms", extra <= _EXTRA_MS


def _cpu_ms(words: Sequence[str], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
