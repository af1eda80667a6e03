"""A class of any size, the same for the same seed: texts drawn from a pool of variants of each exercise, handed in as
folders and archives, some late, twice, empty or unreadable.

The pool of an exercise: its wheats, its chaffs, mutants of its reference, the exploits written for it, an empty file, a
syntax error and the stub.
"""

from __future__ import annotations

import ast
import os
import random
import zipfile
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from grader.course.catalog import Course, Exercise
from grader.course.model import Kind
from grader.verify.mutate import mutants, sample

EXPLOITS = Path(__file__).parent.parent / "tests" / "exploits"
DUE = datetime.fromisoformat("2026-03-01T23:59:00+01:00")
ASSIGNMENT = """format: 1
id: whole_course
due: 2026-03-01 23:59
timezone: Europe/Zurich
late: {grace: 15 min, per: day, penalty: 0.1, floor: 0.5, until: 7 days}
extensions: {learner00003: 3 days}
"""
#: share of hand-ins; the rest is drawn from the pool
MISSING, UNREADABLE, TWICE, LATE, ZIPPED, NOTHING = 0.04, 0.01, 0.02, 0.1, 0.05, 0.01
_SLOW = ("train_digits", "fine_tune", "train_gan")


def pool(exercise: Exercise, size: int, exploits: int = 2) -> list[str]:
    """Texts to hand in: at most `size`, of every sort there is."""
    solution = exercise.solution
    rng = random.Random(f"pool {exercise.id}")
    reference = solution.wheats[0].source
    kinds = [
        [wheat.source for wheat in solution.wheats],
        rng.sample([chaff.source for chaff in solution.chaffs], len(solution.chaffs)),
        _mutants(exercise, reference, size),
        rng.sample(found := exploits_of(exercise), min(exploits, len(found))),
        ["", exercise.stub, "def unfinished(:\n"],
    ]
    texts: list[str] = []
    while any(kinds) and len(texts) < size:  # one of each sort in turn
        texts += [kind.pop(0) for kind in kinds if kind]
    return list(dict.fromkeys(texts))[:size]


def _mutants(exercise: Exercise, reference: str, count: int) -> list[str]:
    if exercise.info.kind is Kind.TESTS:
        return []
    return [mutant.source for mutant in sample(mutants(reference), count, exercise.id)]


def exploits_of(exercise: Exercise) -> list[str]:
    """The exploits that define what the exercise asks for."""
    found = []
    for path in sorted(EXPLOITS.glob("*_*.py")):
        text = path.read_text(encoding="utf-8").replace("@DIR@", "/tmp").replace("@FOUND@", "found")
        try:
            names = {
                node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)
            }
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if set(exercise.info.entry_names) <= names:
            found.append(text)
    return found


def make_class(
    course: Course, exercises: Sequence[Exercise], learners: int, size: int, root: Path, seed: int = 1
) -> Counter[str]:
    """Write the class below `root`; how much of what was handed in."""
    pools = {e.id: pool(e, min(size, 6) if e.id in _SLOW else size) for e in exercises}
    said: Counter[str] = Counter(texts=sum(map(len, pools.values())))
    for number in range(learners):
        rng = random.Random(f"{seed} {number}")
        folder = root / f"learner{number:05}"
        folder.mkdir(parents=True)
        if rng.random() >= NOTHING:
            for exercise in exercises:
                _hand_in(exercise, pools[exercise.id], folder, rng, said)
        if rng.random() < ZIPPED:
            _zip(folder)
            said["archives"] += 1
    return said


def _hand_in(
    exercise: Exercise, texts: list[str], folder: Path, rng: random.Random, said: Counter[str]
) -> None:
    chance = rng.random()
    if chance < MISSING:
        said["missing"] += 1
        return
    path = folder / exercise.relative_path
    path.parent.mkdir(exist_ok=True)
    said["files"] += 1
    if chance < MISSING + UNREADABLE:
        said["unreadable"] += 1
        path.write_bytes(b"\xff\xfe not text")
    else:
        path.write_text(rng.choice(texts), encoding="utf-8")
    if rng.random() < TWICE:
        said["twice"] += 1
        (folder / path.name).write_text(rng.choice(texts), encoding="utf-8")
    late = rng.random() < LATE
    said["late"] += late
    at = DUE + timedelta(hours=rng.uniform(1, 200) if late else -rng.uniform(1, 200))
    os.utime(path, (at.timestamp(), at.timestamp()))


def _zip(folder: Path) -> None:
    with zipfile.ZipFile(f"{folder}.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(folder))
                path.unlink()
    for inner in sorted(folder.rglob("*"), reverse=True):
        inner.rmdir()
    folder.rmdir()
    os.utime(f"{folder}.zip", (DUE.timestamp() - 3600,) * 2)
