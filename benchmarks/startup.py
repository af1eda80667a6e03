"""What a learner waits for: CPU time up to the first prompt, against `python -c pass`, and what 10,000 quiz items cost to load.

A command that asks is measured until its first question's prompt is on standard output, with standard input open; it is
then killed, since it waits there without using time. Bytecode is kept, as an installation keeps it.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.meter import ROOT

_ROUNDS = 9
_EXTRA_MS = 150
_COMMANDS = (("--help",), ("list",), ("quiz", "--plain", "00_seed"), ("quiz", "--plain"))
_PROMPT = b"> "

_ITEMS = 10_000
_LOAD_S = 4
_LOADS = 5
_LOAD = """
import sys
from pathlib import Path
from grader.quiz.bank import load_banks
count, banks, *cache = sys.argv[1:]
library = load_banks([Path(banks)], cache=Path(cache[0]) if cache else None)
assert len(library.items) == int(count)
"""


def rows(options: argparse.Namespace) -> Iterator[tuple[str, str, str, bool | None]]:
    """A row a command: (what, figures, target, whether it holds). Medians; each round runs every command once."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "GRADER_HOME": home, "PYTHONPATH": str(ROOT)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        yield from _commands(environment)
        yield from _items(Path(home), environment)


def _commands(environment: Mapping[str, str]) -> Iterator[tuple[str, str, str, bool | None]]:
    commands = [("-c", "pass"), *(("-m", "grader", *words) for words in _COMMANDS)]
    for command in commands * 2:  # fills the caches; the second time finds the banks kept
        _cpu_ms(command, environment)
    rounds = [[_cpu_ms(command, environment) for command in commands] for _ in range(_ROUNDS)]
    floor, *found = (statistics.median(column) for column in zip(*rounds, strict=True))
    for words, cpu_ms in zip(_COMMANDS, found, strict=True):
        extra = cpu_ms - floor
        figures = f"{cpu_ms:.0f} ms, {cpu_ms / floor:.1f}x; {extra:.0f} ms more than {floor:.0f} ms"
        until = ", to the first prompt" if "quiz" in words else ""
        yield f"grader {' '.join(words)}, CPU{until}", figures, f"+ {_EXTRA_MS} ms", extra <= _EXTRA_MS


def _items(home: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str, str, bool | None]]:
    """The course's own items, copied under other ids until there are `_ITEMS`."""
    banks = home / "banks"
    count = _copy_items(banks)
    for what, places in (("YAML", [banks]), ("cache", [banks, home / "cache"])):
        command = ["-c", _LOAD, str(count), *map(str, places)]
        _cpu_ms(command, environment)
        cpu_s = statistics.median(_cpu_ms(command, environment) for _ in range(_LOADS)) / 1000
        target = f"< {_LOAD_S} s" if what == "YAML" else ""
        yield f"{count} items from {what}, CPU", f"{cpu_s:.2f} s", target, cpu_s < _LOAD_S if target else None


def _copy_items(banks: Path) -> int:
    """Fill the folder; how many items it holds."""
    banks.mkdir()
    found = [
        (path.stem, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "quizzes").glob("*.yaml"))
    ]
    ids = re.compile(r"^( *- id: *)(\S+)", re.MULTILINE)
    total = number = 0
    while total < _ITEMS:
        number += 1
        for stem, text in found:
            copied, count = ids.subn(rf"\g<1>\g<2>-{number}", text)
            total += count
            (banks / f"{stem}-{number}.yaml").write_text(copied, encoding="utf-8")
    return total


def _cpu_ms(words: Sequence[str], environment: Mapping[str, str]) -> float:
    """CPU of a command until it asks something, or to its end."""
    child = subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None and child.stdout is not None
    said = b""
    while part := os.read(child.stdout.fileno(), 1 << 16):
        said += part
        if said.endswith(_PROMPT):
            child.kill()
    child.stdin.close()
    child.stdout.close()
    _, status, used = os.wait4(child.pid, 0)
    if status != 0 and not said.endswith(_PROMPT):
        raise RuntimeError(f"{' '.join(words)}: status {os.waitstatus_to_exitcode(status)}")
    child.returncode = status
    return 1000 * (used.ru_utime + used.ru_stime)
