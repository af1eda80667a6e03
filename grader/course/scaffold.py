"""New exercises and banks: files to fill in, that already load and judge."""

from __future__ import annotations

from pathlib import Path

from grader.course.catalog import Course, load_course
from grader.course.model import camel_case
from grader.errors import UsageError

_STUB = {
    "module": "import torch\nfrom torch import nn\n\n\nclass {entry}(nn.Module):\n    def __init__(self):\n"
    "        super().__init__()\n        raise NotImplementedError\n\n    def forward(self, input):\n"
    "        raise NotImplementedError\n",
    "other": "import torch\n\n\ndef {entry}(input):\n    raise NotImplementedError\n",
}
_REFERENCE = {
    "module": "import torch\nfrom torch import nn\n\nfrom grader.author import Case, chaff, mistake, wheat\n\n\n"
    "class {entry}(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.linear = nn.Linear(3, 2)\n\n"
    "    def forward(self, input):\n        return self.linear(input)\n\n\n"
    'no_bias = mistake("self.linear(input)", "self.linear(input) - self.linear.bias", lesson="The bias is missing.")\n\n\n'
    'def cases(draw):\n    yield Case("forward", dict(input=draw.normal(2, 3)), init=dict())\n',
    "other": "from grader.author import Case, chaff, mistake, wheat\n\n\ndef {entry}(input):\n    return 2 * input\n\n\n"
    'tripled = mistake("2 * input", "3 * input", lesson="Doubled, not tripled.")\n\n\n'
    'def cases(draw):\n    yield Case("forward", dict(input=draw.integers(2, 3)))\n'
    '    yield Case("forward", dict(input=draw.normal(3, 5)))\n',
}
_BANK = """# yaml-language-server: $schema=quiz.schema.json
format: 1
title: {title}
items:
  - id: {id}-first
    type: true_false
    stem: A convolution layer flips its kernel.
    answer: false
    explanation: It computes cross-correlation, so the kernel is not flipped.
    source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016
"""


def add_exercise(course: Course, topic: str, exercise: str, kind: str, title: str | None) -> list[Path]:
    """Write stub, solution and entry. Raises: `UsageError` when the id or the files are taken."""
    if any(known.id == exercise for known in course.exercises):
        raise UsageError(f"there is an exercise {exercise!r} already")
    if not exercise.replace("_", "a").isalnum() or not exercise.isascii() or exercise != exercise.lower():
        raise UsageError(f"{exercise!r} is no id", remedy="lower-case letters, digits and underscores")
    shape = "module" if kind == "module" else "other"
    entry = camel_case(exercise) if kind == "module" else exercise
    words = title or exercise.replace("_", " ").capitalize()
    stub = course.root / "exercises" / topic / f"{exercise}.py"
    solution = course.root / "solutions" / topic / f"{exercise}.py"
    for path in (stub, solution):
        if path.exists():
            raise UsageError("is there already", path=path)
    statement = f'"""{words}.\n\nWhat it is and why. The formula. Arguments, results, shapes.\n\nExample\n    >>> 1 + 1\n    2\n"""\n\n'
    _write(stub, statement + _STUB[shape].format(entry=entry))
    _write(solution, f'"""{exercise}."""\n\n' + _REFERENCE[shape].format(entry=entry))
    catalogue = course.root / "exercises" / "course.yaml"
    before = catalogue.read_text(encoding="utf-8")
    catalogue.write_text(_with_entry(before, topic, exercise, kind, words), encoding="utf-8")
    load_course(course.root)
    return [stub, solution, catalogue]


def add_bank(course: Course, bank: str, title: str | None) -> Path:
    """Write a bank with one item. Raises: `UsageError` when it is there already."""
    path = course.root / "quizzes" / f"{bank}.yaml"
    if path.exists():
        raise UsageError("is there already", path=path)
    _write(path, _BANK.format(id=bank.replace("_", "-"), title=title or bank.replace("_", " ").capitalize()))
    return path


def _with_entry(text: str, topic: str, exercise: str, kind: str, title: str) -> str:
    """`course.yaml` with the entry at the end of its topic; comments and order stay as they are."""
    entry = (
        f"      - id: {exercise}\n        title: {title}\n        kind: {kind}\n        points: 1\n"
        "        hints:\n          - A nudge.\n          - A step.\n          - Nearly the answer.\n"
    )
    lines = text.rstrip("\n").splitlines(keepends=True)
    if lines:
        lines[-1] = lines[-1].rstrip("\n") + "\n"
    start = next((i for i, line in enumerate(lines) if line.strip() == f"- id: {topic}"), None)
    if start is None:
        return "".join(lines) + f"  - id: {topic}\n    title: {topic}\n    exercises:\n{entry}"
    indent = len(lines[start]) - len(lines[start].lstrip())
    end = next(
        (
            i
            for i in range(start + 1, len(lines))
            if lines[i].strip() and len(lines[i]) - len(lines[i].lstrip()) <= indent
        ),
        len(lines),
    )
    return "".join([*lines[:end], entry, *lines[end:]])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
