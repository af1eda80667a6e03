"""Makes keys: runs the reference in float64 and in the learner's dtype, and every chaff, on every case.

Trusted code only, in the judge's process; the one place on the judge's side that needs PyTorch.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import io
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from grader.author import Case, Draw
from grader.course.catalog import Exercise
from grader.course.model import Kind
from grader.course.solution import Variant
from grader.errors import CourseError
from grader.judge import key as keys
from grader.judge.encode import Encoder, Settings, describe_call, message, request_head, rounded, transformed
from grader.judge.key import Array, Expected, Form, Key, KeyCase, Seen, seen_of
from grader.judge.text import clean, error_signature
from grader.judge.tolerance import STEP, has_kink, sensitivity, tolerance
from grader.worker.kinds import observe
from grader.worker.serve import describe, entries_of
from grader.worker.wire import Message

PERTURBATIONS = 4
_AUTOMATIC = (Form.FLOAT64, Form.TRANSPOSED, Form.STRIDED)
_EXTREMES = (Form.LARGE, Form.TINY, Form.NEGATIVE, Form.ZERO)


#: references and chaffs run one at a time: standard output and the random generators are the whole process's
_BENCH = threading.RLock()

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
        with _BENCH:
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

    def key(self, exercise: Exercise, seed: int = 0, device: str = "cpu", dtype: str = "float32") -> Key:
        """The key of one exercise. Raises: `CourseError` when the solution cannot serve as one."""
        path = self._path(exercise, seed, device, dtype, "key")

        def make() -> Key:
            stored = keys.load(path)
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
            stored = keys.load(path)
            if stored is not None:
                return keys.seen_from(stored)
            made = {chaff.name: self.run(exercise, chaff, key) for chaff in exercise.solution.chaffs}
            keys.save(path, keys.seen_message(made))
            return made

        return self._chaffs.get(path.name, make)

    def run(self, exercise: Exercise, variant: Variant, key: Key) -> list[Seen]:
        """What one trusted implementation gives on every case of `key`, in this process."""
        with quiet():
            try:
                entries = entries_of(exercise.id, variant.source, list(exercise.info.entry_names))
            except Exception as wrong:
                return [Seen(error=_signature(wrong)) for _ in key.cases]
            return [_attempt(case.request, entries) for case in key.cases]

    def _path(self, exercise: Exercise, seed: int, device: str, dtype: str, what: str) -> Path:
        name = f"{exercise.id}-{_code_version()}-{exercise.fingerprint}-{seed}-{device.replace(':', '')}-{dtype}.{what}"
        return self.cache / name

    def _cases(self, exercise: Exercise, seed: int, device: str, dtype: str) -> Iterator[KeyCase]:
        reference = exercise.solution.reference
        entries = entries_of(exercise.id, reference.source, list(exercise.info.entry_names))
        smith = CaseSmith(exercise, entries, device)
        cases = exercise.solution.cases(Draw([seed, zlib.crc32(exercise.id.encode())]))
        for index, case in enumerate(cases):
            yield smith.make(case, Form.PLAIN, dtype, index)
        for index, case, form in _forms(exercise, cases):
            if form in exercise.solution.option("SKIP_FORMS", ()):
                continue
            yield smith.make(case, form, "float64" if form is Form.FLOAT64 else dtype, 1000 + index)


@functools.cache
def _code_version() -> str:
    """A hash of the code that makes keys: another version of it makes other keys."""
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


class CaseSmith:
    """Makes single cases: `entries` are the reference's."""

    def __init__(self, exercise: Exercise, entries: Mapping[str, Any], device: str) -> None:
        self.exercise, self.entries, self.device = exercise, entries, device
        self.path = exercise.solution.path

    def make(self, case: Case, form: Form, dtype: str, index: int) -> KeyCase:
        """One case with its expected values. Raises: `CourseError` when the reference fails on it."""
        encoder = Encoder(form)
        head = request_head(case, self.exercise.info, self._settings(case), encoder, self.device)
        arrays = encoder.arrays | self._state(head, case, index)
        arrays = transformed(arrays, lambda values: rounded(values, dtype))
        where = f"case {index} ({case.check}, {form})"
        if head["grads"]:
            arrays |= self._cotangents(head, arrays, dtype, index, where)
        truth = self._observe(message(head, arrays, "float64"), where)
        in_dtype = self._observe(message(head, arrays, dtype), where)
        spreads = self._spreads(case, head, arrays, truth, where)
        terms = case.reduction or sum(values.size for values in arrays.values())
        expected = {
            name: self._expected(name, truth, in_dtype, spreads.get(name), dtype, terms, where)
            for name in truth.values
            if not name.startswith("again ")
        }
        call = describe_call(case, self.exercise.info, encoder.arrays, dtype)
        statistics = tuple(vars(statistic) for statistic in case.statistics)
        return KeyCase(case.check, form, call, message(head, arrays, dtype), expected, statistics)

    def _expected(
        self, name: str, truth: Seen, in_dtype: Seen, spread: Array | None, dtype: str, terms: int, where: str
    ) -> Expected:
        value, near = truth.values[name], in_dtype.values.get(name)
        if isinstance(value, float):
            return self._expected_float(name, value, near, spread, dtype, terms, where)
        if not isinstance(value, np.ndarray):
            return Expected(value, 0.0)
        if not isinstance(near, np.ndarray) or near.shape != value.shape:
            raise CourseError(
                f"{where}: the reference gives {name} in float64 and not in {dtype}", path=self.path
            )
        if value.dtype.kind != "f":
            return Expected(value, 0.0, str(value.dtype))
        if not (np.isfinite(value).all() and np.isfinite(near).all()):
            raise CourseError(f"{where}: the reference gives NaN or Inf in {name}", path=self.path)
        bound = self._bound(name, value, near, spread, dtype, terms, where)
        return Expected(value, bound, dtype if near.dtype != np.float64 or dtype == "float64" else "float64")

    def _expected_float(
        self,
        name: str,
        value: float,
        near: Any,
        spread: Array | None,
        dtype: str,
        terms: int,
        where: str,
    ) -> Expected:
        """A number computed from arrays is as uncertain as an array; one that is not, to six digits."""
        if not isinstance(near, float) or not np.isfinite([value, near]).all():
            raise CourseError(f"{where}: the reference gives no finite {name} in {dtype}", path=self.path)
        measured = self._bound(name, np.asarray(value), np.asarray(near), spread, dtype, terms, where)
        return Expected(value, max(float(measured), 1e-6 * abs(value)))

    def _bound(
        self, name: str, value: Array, near: Array, spread: Array | None, dtype: str, terms: int, where: str
    ) -> Array:
        if spread is not None and has_kink(value, spread):
            raise CourseError(
                f"{where}: {name} jumps when the inputs change by 10^-6",
                path=self.path,
                remedy="move the values off the kink, or say Case(..., smooth=False)",
            )
        return tolerance(value, np.zeros_like(value) if spread is None else spread, near, dtype, terms)

    def _spreads(
        self, case: Case, head: Mapping[str, Any], arrays: Mapping[str, Array], truth: Seen, where: str
    ) -> dict[str, Array]:
        if not case.smooth or case.statistics:
            return {}
        rng = np.random.default_rng(0)
        runs = []
        for _ in range(PERTURBATIONS):
            moved = transformed(
                arrays, lambda values: values * (1 + STEP * rng.choice((-1.0, 1.0), values.shape))
            )
            runs.append(self._observe(message(head, moved, "float64"), where))
        floating = {
            name: np.asarray(value)
            for name, value in truth.values.items()
            if isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
        }
        return {
            name: sensitivity(value, [np.asarray(run.values[name]) for run in runs])
            for name, value in floating.items()
        }

    def _cotangents(
        self, head: Mapping[str, Any], arrays: Mapping[str, Array], dtype: str, index: int, where: str
    ) -> dict[str, Array]:
        """A random direction for every floating output, so that gradients are vector-Jacobian products."""
        seen = self._observe(message({**head, "again": False}, arrays, "float64"), where)
        rng = np.random.default_rng([7, index])
        return {
            f"cotangent of {name}": rounded(
                rng.uniform(0.5, 1.5, value.shape) * rng.choice((-1, 1), value.shape), dtype
            )
            for name, value in seen.values.items()
            if name.startswith("output") and isinstance(value, np.ndarray) and value.dtype.kind == "f"
        }

    def _state(self, head: Mapping[str, Any], case: Case, index: int) -> dict[str, Array]:
        """Drawn parameters and buffers: of the reference's module, and of every model among the arguments."""
        from grader.judge.state import draw_state, net_states

        rng = np.random.default_rng([11, zlib.crc32(self.exercise.id.encode()), index])
        states = net_states({**head["args"], **head.get("init", {})}, rng)
        if self.exercise.info.kind is Kind.MODULE:
            built = _constructor_arguments(head, states)
            module = self.entries[head["entry"]](*built[0], **built[1])
            states |= {f"state.{name}": value for name, value in draw_state(module, rng).items()}
        return states

    def _settings(self, case: Case) -> Settings:
        option = self.exercise.solution.option
        entry = self.entries[case.entry or self.exercise.info.entry_names[0]]
        required = _required(entry) if self.exercise.info.kind is not Kind.MODULE else ()
        gradients = option("GRADIENTS", None)
        return Settings(required, tuple(option("MUTATES", ())), gradients, _required(entry))

    def _observe(self, request: Message, where: str) -> Seen:
        with quiet():
            try:
                return seen_of(observe(request, self.entries))
            except Exception as wrong:
                raise CourseError(
                    f"{where}: the reference raises {type(wrong).__name__}: {wrong}", path=self.path
                ) from wrong


def _constructor_arguments(
    head: Mapping[str, Any], states: Mapping[str, Array]
) -> tuple[list[Any], dict[str, Any]]:
    """The constructor's arguments of a `module` case, decoded."""
    from grader.worker.backend import backend
    from grader.worker.values import decode

    tensors = message({}, states, "float32").tensors
    built = decode(head["init"], tensors, backend("torch"), "cpu")
    positional = [built.values[name] for name in head["init_positional"]]
    return positional, {name: built.values[name] for name in head["init_keyword"]}


def _required(entry: Any) -> tuple[str, ...]:
    parameters = inspect.signature(entry).parameters.values()
    return tuple(p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD)


def _attempt(request: Message, entries: Mapping[str, Any]) -> Seen:
    try:
        return seen_of(observe(request, entries))
    except Exception as wrong:
        return Seen(error=_signature(wrong))


def _signature(wrong: Exception) -> str:
    described = describe(wrong, "")
    return error_signature(clean(described["type"]), clean(described["message"]))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Course code may print, warn, or leave a global switch turned: none of it reaches the user or the next run."""
    import random
    import warnings

    import torch

    state = torch.get_rng_state(), np.random.get_state(), random.getstate()
    with (
        _BENCH,
        contextlib.redirect_stdout(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            torch.set_default_dtype(torch.float32)
            torch.set_grad_enabled(True)
            torch.set_rng_state(state[0])
            np.random.set_state(state[1])
            random.setstate(state[2])
