"""Makes keys: runs the reference in float64 and in the learner's dtype, and every chaff, on every case.

Trusted code only, in the judge's process; the one place on the judge's side that needs PyTorch.
"""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from grader.author import Case, Draw
from grader.course.catalog import Exercise
from grader.course.model import Framework, Kind
from grader.course.sealed import Sealed
from grader.course.solution import Variant
from grader.errors import CourseError
from grader.judge import key as keys
from grader.judge.casesmith import CaseSmith, Kink
from grader.judge.compare import Answer
from grader.judge.encode import laid_out
from grader.judge.key import AUTOCAST, Expected, Form, Key, KeyCase, Seen, seen_of
from grader.judge.outcome import PEAK, judge_case
from grader.judge.quiet import BENCH, quiet
from grader.judge.report import Status
from grader.judge.text import clean, error_signature
from grader.sandbox.devices import kind_of
from grader.worker.kinds import observe
from grader.worker.matching import MAX_CANDIDATES
from grader.worker.serve import describe, entries_of
from grader.worker.wire import Message, pack

#: an idea may be hungrier than every right answer at hand, and small cases have constants beside
PEAK_TIMES, PEAK_BYTES = 4, 1 << 14
ROUNDINGS = 6  # ways to round under which the reference must pass a case under autocast
DRAWS = 6  # how often inputs are drawn anew when chance put one on a kink
_AUTOMATIC = (Form.FLOAT64, Form.TRANSPOSED, Form.STRIDED)
_HALVES = (Form.BFLOAT16, Form.FLOAT16)
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

    def __init__(self, cache: Path, held: int = 256, *, halves: bool | None = None) -> None:
        """`halves`: whether keys have cases in half precision and watched ones; None: those for GPUs have."""
        self.cache, self.halves = cache, halves
        self._keys: _Held[Key] = _Held(held)
        self._chaffs: _Held[dict[str, list[Seen]]] = _Held(held)
        self._sealed: _Held[Sealed] = _Held(held)

    def key(self, exercise: Exercise, seed: int = 0, device: str = "cpu", dtype: str = "float32") -> Key:
        """The key of one exercise, made on the CPU. Raises: `CourseError` when the solution cannot serve as one.

        One key serves every device of a kind: `cuda:1` is `cuda` to a worker, who sees no other.
        """
        return replace(self._key(exercise, seed, kind_of(device), dtype), device=device)

    def _key(self, exercise: Exercise, seed: int, device: str, dtype: str) -> Key:
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
        device = kind_of(key.device)
        path = self._path(exercise, seed, device, dtype, "chaffs")

        def make() -> dict[str, list[Seen]]:
            stored = keys.load(path) or _from_kit(exercise, seed, device, dtype, "chaffs")
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
        path = self._sealed_path(exercise)

        def make() -> Sealed:
            stored = keys.load(path)
            if stored is not None:
                return Sealed.model_validate(stored.head)
            made = sealed_of(exercise)
            keys.save(path, Message(made.model_dump()))
            return made

        return self._sealed.get(path.name, make)

    def frames(self, exercise: Exercise, seed: int = 0, device: str = "cpu") -> dict[str, bytes]:
        """All that judging an exercise needs as the files of a cache folder, by name: for another machine's keysmith."""
        kind = kind_of(device)
        key = self._key(exercise, seed, kind, "float32")
        chaffs = self.chaffs(exercise, key, seed)
        return {
            self._path(exercise, seed, kind, "float32", "key").name: pack(keys.key_message(key)),
            self._path(exercise, seed, kind, "float32", "chaffs").name: pack(keys.seen_message(chaffs)),
            self._sealed_path(exercise).name: pack(Message(self.sealed(exercise).model_dump())),
        }

    def _sealed_path(self, exercise: Exercise) -> Path:
        return self.cache / f"{exercise.id}-{code_version()}-{exercise.fingerprint}.sealed"

    def run(self, exercise: Exercise, variant: Variant, key: Key) -> list[Seen]:
        """What one trusted implementation gives on every case of `key`, in this process, on the CPU."""
        with quiet():
            try:
                entries = entries_of(exercise.id, variant.source, list(exercise.info.entry_names))
            except Exception as wrong:
                return [Seen(error=_signature(wrong)) for _ in key.cases]
            return [_attempt(on_cpu(case.request), entries) for case in key.cases]

    def _path(self, exercise: Exercise, seed: int, device: str, dtype: str, what: str) -> Path:
        half = "" if self.halves is None else f"-{self.halves}".lower()
        name = f"{exercise.id}-{code_version()}-{exercise.fingerprint}-{seed}-{device}{half}-{dtype}.{what}"
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
        plain = [smith.make(case, Form.PLAIN, dtype, index) for index, case in enumerate(cases)]
        yield from plain
        for index, case, form in _forms(exercise, cases):
            if form in exercise.solution.option("SKIP_FORMS", ()):
                continue
            if form in (Form.TRANSPOSED, Form.STRIDED):  # a layout changes no value
                yield replace(plain[index], form=form, request=laid_out(plain[index].request, form))
                continue
            try:
                yield smith.make(case, form, "float64" if form is Form.FLOAT64 else dtype, 1000 + index)
            except Kink:
                if form not in _EXTREMES:
                    raise  # at an extreme a network of ReLUs may be all ties: then there is nothing to judge there
        if self.halves or (self.halves is None and device != "cpu"):
            yield from self._in_halves(exercise, cases, smith)
            yield from self._autocast(exercise, cases, smith)
            yield from self._watched(exercise, cases, plain)

    def _watched(self, exercise: Exercise, cases: list[Case], plain: list[KeyCase]) -> Iterator[KeyCase]:
        """Each check's last case once more, its device watched; the peak may be `PEAK_TIMES` that of the hungriest wheat."""
        if (
            exercise.info.kind not in (Kind.FUNCTION, Kind.MODULE)
            or exercise.info.framework is not Framework.TORCH
        ):
            return
        names = list(exercise.info.entry_names)
        right = [entries_of(exercise.id, wheat.source, names) for wheat in exercise.solution.wheats]
        for index, _ in _last_of_each(cases):
            request = plain[index].request
            watched = Message({**request.head, "watch": True, "again": False}, request.tensors)
            with quiet():
                peaks = [_peak(on_cpu(watched), entries) for entries in right]
            if not peaks[0]:
                continue
            room = PEAK_TIMES * max(peaks) + PEAK_BYTES - peaks[0]
            expected = {**plain[index].expected, PEAK: Expected(float(peaks[0]), float(room))}
            yield replace(plain[index], form=Form.WATCHED, request=watched, expected=expected)

    def _in_halves(self, exercise: Exercise, cases: list[Case], smith: CaseSmith) -> Iterator[KeyCase]:
        """Each check's last case in each half type, where every right implementation at hand runs, and they agree.

        Not everything has a kernel for half precision (a Fourier transform has none), and an idea is not wrong for that.
        Nor is it where so few digits leave the answer open, as a square that underflows does.
        """
        if (
            exercise.info.kind not in (Kind.FUNCTION, Kind.MODULE)
            or exercise.info.framework is Framework.NUMPY
        ):
            return
        names = list(exercise.info.entry_names)
        others = [entries_of(exercise.id, wheat.source, names) for wheat in exercise.solution.wheats[1:]]
        for form in _HALVES:
            if form in exercise.solution.option("SKIP_FORMS", ()):
                continue
            found = []
            for index, case in _last_of_each(cases):
                try:
                    made = smith.make(case, form, form.value, 2000 + index)
                except CourseError:
                    continue  # no kernel, an overflow, or a tie where so few digits are kept: nothing to judge there
                with quiet():
                    if all(_agrees(made, entries, exercise.info.kind) for entries in others):
                        found.append(made)
            yield from found

    def _autocast(self, exercise: Exercise, cases: list[Case], smith: CaseSmith) -> Iterator[KeyCase]:
        """Each check's last case under `torch.autocast` of each half type, where every right implementation agrees.

        And where the reference does whichever way operations round: a device rounds others than the CPU, and where a ReLU's
        input is near 0 its gradient jumps. Raises: `CourseError` where `course.yaml` says `autocast: true` and one does not.
        """
        info = exercise.info
        judged = info.kind in (Kind.FUNCTION, Kind.MODULE) and info.framework is Framework.TORCH
        if not judged or info.autocast is False:
            return
        names = list(info.entry_names)
        others = {
            wheat.name: entries_of(info.id, wheat.source, names) for wheat in exercise.solution.wheats[1:]
        }
        for form in AUTOCAST:
            if form in exercise.solution.option("SKIP_FORMS", ()):
                continue
            for index, case in _last_of_each(cases):
                try:
                    made = smith.make(case, form, "float32", 3000 + index)
                except CourseError as wrong:
                    if info.autocast and not isinstance(wrong, Kink):
                        raise
                    continue
                with quiet():
                    refuted = [name for name, wheat in others.items() if not _agrees(made, wheat, info.kind)]
                if not refuted and _is_steady(made, smith.entries, info.kind):
                    yield made
                elif refuted and info.autocast:
                    raise CourseError(
                        f"{refuted[0]} fails case {index} ({case.check}) under {form}",
                        path=exercise.solution.path,
                        remedy="leave out `autocast: true`, or mend it",
                    )


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
    last = _last_of_each(cases)
    for index, case in last:
        for form in _AUTOMATIC[:1] if exercise.info.kind is Kind.STEP else _AUTOMATIC:
            yield index, case, form
    if exercise.info.kind is Kind.STEP:
        return
    richest = {case.entry: (index, case) for index, case in reversed(last)}
    for index, case in richest.values():
        for form in _EXTREMES:
            yield index, case, form


def _last_of_each(cases: list[Case]) -> list[tuple[int, Case]]:
    """Each check's last case, its richest, with its index."""
    last = {
        (case.check, case.entry): (index, case) for index, case in enumerate(cases) if not case.statistics
    }
    return list(last.values())


def on_cpu(request: Message) -> Message:
    """The same request for the CPU: the judge never touches a GPU, and expected values are the CPU's."""
    return Message({**request.head, "device": "cpu"}, request.tensors)


def _agrees(case: KeyCase, entries: Mapping[str, Any], kind: Kind) -> bool:
    """Whether an implementation runs on the case and, where it is a function, answers it rightly.

    A module's parameters can be paired in several ways; which one is right is the judge's to find.
    """
    try:
        answer = observe(on_cpu(case.request), entries)
    except Exception:
        return False
    passed = judge_case(case, Answer.of(answer), seen_of(answer), kind).status is Status.PASSED
    return passed or kind is Kind.MODULE


def _is_steady(case: KeyCase, entries: Mapping[str, Any], kind: Kind) -> bool:
    """Whether the reference passes a case under autocast, and does so under other roundings."""
    from grader.judge.noise import OtherRounding

    half = AUTOCAST[case.form]
    attempt = next((a for a in range(MAX_CANDIDATES) if _passes(case, entries, kind, a)), None)
    for seed in range(ROUNDINGS if attempt is not None else 0):
        rest = OtherRounding("float32", 100 + seed, half, ulps=1.0)  # twice what a rounding moves
        with rest, OtherRounding(half, 200 + seed, ulps=1.0):
            if not _passes(case, entries, kind, attempt):
                return False
    return attempt is not None


def _passes(case: KeyCase, entries: Mapping[str, Any], kind: Kind, attempt: int | None) -> bool:
    """Whether it passes with its parameters paired in the way that has this number."""
    request = on_cpu(case.request)
    try:
        with quiet():
            answer = observe(Message({**request.head, "attempt": attempt}, request.tensors), entries)
    except Exception:
        return False
    return judge_case(case, Answer.of(answer), seen_of(answer), kind).status is Status.PASSED


def _peak(request: Message, entries: Mapping[str, Any]) -> int:
    try:
        return int(observe(request, entries).head["facts"].get("peak_bytes", 0))
    except Exception:
        return 0  # a module whose parameters are paired otherwise, say


def _attempt(request: Message, entries: Mapping[str, Any]) -> Seen:
    try:
        return seen_of(observe(request, entries))
    except Exception as wrong:
        return Seen(error=_signature(wrong))


def _signature(wrong: Exception) -> str:
    described = describe(wrong, "")
    return error_signature(clean(described["type"]), clean(described["message"]))
