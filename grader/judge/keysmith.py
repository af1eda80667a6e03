"""Makes keys: runs the reference in float64 and in the learner's dtype, and every chaff, on every case.

Trusted code only, in the judge's process; the one place on the judge's side that needs PyTorch.
"""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from grader.author import Case, Draw
from grader.course.catalog import Exercise
from grader.course.model import Kind
from grader.course.sealed import Sealed
from grader.course.solution import Variant
from grader.errors import CourseError
from grader.judge import key as keys
from grader.judge.casesmith import CaseSmith, Kink
from grader.judge.key import Form, Key, KeyCase, Seen, seen_of
from grader.judge.quiet import BENCH, quiet
from grader.judge.text import clean, error_signature
from grader.worker.kinds import observe
from grader.worker.serve import describe, entries_of
from grader.worker.wire import Message

DRAWS = 6  # how often inputs are drawn anew when chance put one on a kink
_AUTOMATIC = (Form.FLOAT64, Form.TRANSPOSED, Form.STRIDED)
_EXTREMES = (Form.LARGE, Form.TINY, Form.NEGATIVE, Form.ZERO)


Made = TypeVar("Made")


class _Held(Generic[Made]):
    """The last few things made, by name; each is made once, however many threads ask for it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._found: dict[str, Made] = {}

    def get(self, name: str, make: Callable[[], Made]) -> Made:
        found = self._found.get(name)
        if found is not None:
            return found
        with BENCH:
            if name not in self._found:
                made = make()
                while len(self._found) >= self._size:
                    self._found.pop(next(iter(self._found)))
                self._found[name] = made
            return self._found[name]


class Keysmith:
    """Keys and what the chaffs give, from memory, from a cache folder, or made anew. Threads may share one."""

    def __init__(self, cache: Path, held: int = 256) -> None:
        self.cache = cache
        self._keys: _Held[Key] = _Held(held)
        self._chaffs: _Held[dict[str, list[Seen]]] = _Held(held)
        self._sealed: _Held[Sealed] = _Held(held)

    def key(self, exercise: Exercise, seed: int = 0, device: str = "cpu", dtype: str = "float32") -> Key:
        """The key of one exercise. Raises: `CourseError` when the solution cannot serve as one."""
        path = self._path(exercise, seed, device, dtype, "key")

        def make() -> Key:
            stored = keys.load(path) or _from_kit(exercise, seed, device, dtype, "key")
            if stored is not None:
                return keys.key_of(stored)
            made = Key(
                exercise.id,
                exercise.fingerprint,
                seed,
                device,
                tuple(self._cases(exercise, seed, device, dtype)),
            )
            keys.save(path, keys.key_message(made))
            return made

        return self._keys.get(path.name, make)

    def chaffs(
        self, exercise: Exercise, key: Key, seed: int = 0, dtype: str = "float32"
    ) -> dict[str, list[Seen]]:
        """What each chaff gives on every case of `key`."""
        path = self._path(exercise, seed, key.device, dtype, "chaffs")

        def make() -> dict[str, list[Seen]]:
            stored = keys.load(path) or _from_kit(exercise, seed, key.device, dtype, "chaffs")
            if stored is not None:
                return keys.seen_from(stored)
            made = {chaff.name: self.run(exercise, chaff, key) for chaff in exercise.solution.chaffs}
            keys.save(path, keys.seen_message(made))
            return made

        return self._chaffs.get(path.name, make)

    def sealed(self, exercise: Exercise) -> Sealed:
        """What the solution says beside its code: what checks weigh, what chaffs teach. Raises: `CourseError`.

        Kept beside the keys, so that a verdict never runs the solution's module, which imports PyTorch.
        """
        if exercise.sealed is not None:
            return exercise.sealed
        path = self.cache / f"{exercise.id}-{code_version()}-{exercise.fingerprint}.sealed"

        def make() -> Sealed:
            stored = keys.load(path)
            if stored is not None:
                return Sealed.model_validate(stored.head)
            made = sealed_of(exercise)
            keys.save(path, Message(made.model_dump()))
            return made

        return self._sealed.get(path.name, make)

    def run(self, exercise: Exercise, variant: Variant, key: Key) -> list[Seen]:
        """What one trusted implementation gives on every case of `key`, in this process."""
        with quiet():
            try:
                entries = entries_of(exercise.id, variant.source, list(exercise.info.entry_names))
            except Exception as wrong:
                return [Seen(error=_signature(wrong)) for _ in key.cases]
            return [_attempt(case.request, entries) for case in key.cases]

    def _path(self, exercise: Exercise, seed: int, device: str, dtype: str, what: str) -> Path:
        name = f"{exercise.id}-{code_version()}-{exercise.fingerprint}-{seed}-{device.replace(':', '')}-{dtype}.{what}"
        return self.cache / name

    def _cases(self, exercise: Exercise, seed: int, device: str, dtype: str) -> list[KeyCase]:
        """The cases of the first draw that has no input on a kink: with many ReLUs, a seed in a hundred has one."""
        for again in range(DRAWS - 1):
            try:
                return list(self._drawn(exercise, [seed, *[again] * bool(again)], device, dtype))
            except Kink:
                continue
        return list(self._drawn(exercise, [seed], device, dtype, steady=False))

    def _drawn(
        self, exercise: Exercise, seeds: Sequence[int], device: str, dtype: str, *, steady: bool = True
    ) -> Iterator[KeyCase]:
        reference = exercise.solution.reference
        entries = entries_of(exercise.id, reference.source, list(exercise.info.entry_names))
        smith = CaseSmith(exercise, entries, device, steady=steady)
        first, *again = seeds
        cases = exercise.solution.cases(Draw([first, zlib.crc32(exercise.id.encode()), *again]))
        for index, case in enumerate(cases):
            yield smith.make(case, Form.PLAIN, dtype, index)
        for index, case, form in _forms(exercise, cases):
            if form in exercise.solution.option("SKIP_FORMS", ()):
                continue
            try:
                yield smith.make(case, form, "float64" if form is Form.FLOAT64 else dtype, 1000 + index)
            except Kink:
                if form not in _EXTREMES:
                    raise  # at an extreme a network of ReLUs may be all ties: then there is nothing to judge there


def sealed_of(exercise: Exercise) -> Sealed:
    """The solution as data. Raises: `CourseError`."""
    weights = {name: float(weight) for name, weight in exercise.weights.items()}
    return Sealed(fingerprint=exercise.fingerprint, weights=weights, lessons=dict(exercise.lessons))


def kit_file(exercise: Exercise, seed: int, device: str, dtype: str, what: str) -> Path:
    """Where a kit keeps a key, or what the chaffs give: in place of the solution."""
    return exercise.root / "key" / f"{exercise.id}-{seed}-{device.replace(':', '')}-{dtype}.{what}"


def _from_kit(exercise: Exercise, seed: int, device: str, dtype: str, what: str) -> Message | None:
    """What a kit holds. Raises: `CourseError` when it is a kit and does not hold it."""
    if exercise.sealed is None:
        return None
    path = kit_file(exercise, seed, device, dtype, what)
    stored = keys.load(path)
    if stored is None:
        raise CourseError(
            "is missing or damaged: this kit cannot judge the exercise so",
            path=path,
            remedy="take the kit anew from your instructor, who makes it with `grader kit`",
        )
    return stored


@functools.cache
def code_version() -> str:
    """A hash of the code that makes keys and verdicts: another version of it makes other ones."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for file in sorted(
        [*(package / "worker").glob("*.py"), *(package / "judge").glob("*.py"), package / "author.py"]
    ):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def _forms(exercise: Exercise, cases: list[Case]) -> Iterator[tuple[int, Case, Form]]:
    """The automatic forms: each check's last (richest) case in another dtype and layout, one case at each extreme."""
    if exercise.info.kind in (Kind.DESIGN, Kind.TESTS):
        return
    last = {
        (case.check, case.entry): (index, case) for index, case in enumerate(cases) if not case.statistics
    }
    for index, case in last.values():
        for form in _AUTOMATIC[:1] if exercise.info.kind is Kind.STEP else _AUTOMATIC:
            yield index, case, form
    if exercise.info.kind is Kind.STEP:
        return
    richest = {case.entry: (index, case) for index, case in reversed(list(last.values()))}
    for index, case in richest.values():
        for form in _EXTREMES:
            yield index, case, form


def _attempt(request: Message, entries: Mapping[str, Any]) -> Seen:
    try:
        return seen_of(observe(request, entries))
    except Exception as wrong:
        return Seen(error=_signature(wrong))


def _signature(wrong: Exception) -> str:
    described = describe(wrong, "")
    return error_signature(clean(described["type"]), clean(described["message"]))
