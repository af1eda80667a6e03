"""Makes one case of a key: what the reference gives on it in float64, and how far a right answer may be from that."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.author import Case
from grader.course.catalog import Exercise
from grader.course.model import Kind
from grader.errors import CourseError
from grader.judge.encode import Encoder, Settings, describe_call, message, request_head, rounded, transformed
from grader.judge.key import AUTOCAST, Array, Expected, Form, KeyCase, Seen, seen_of
from grader.judge.quiet import quiet
from grader.judge.tolerance import STEP, error, is_jump, is_steep, is_unsteady, sensitivity, tolerance
from grader.worker.kinds import observe
from grader.worker.wire import Message

PERTURBATIONS = 4
SAMPLES = 3  # runs that show how far rounding takes the reference in the learner's dtype
FINER = 16.0  # a slope stays the same under a step so much smaller; a jump does not
_OFF_THE_KINK = "move the values off the kink, or say Case(..., smooth=False)"


class Kink(CourseError):
    """An input lies where the result jumps: nobody can say what is right there."""


class CaseSmith:
    """Makes single cases: `entries` are the reference's, which runs on the CPU whatever `device` is judged on.

    `steady`: whether values that another rounding would make jump are a `Kink`; else nobody looks.
    """

    def __init__(
        self, exercise: Exercise, entries: Mapping[str, Any], device: str, *, steady: bool = True
    ) -> None:
        self.exercise, self.entries, self.device, self.steady = exercise, entries, device, steady
        self.path = exercise.solution.path

    def make(self, case: Case, form: Form, dtype: str, index: int) -> KeyCase:
        """One case with its expected values. Raises: `CourseError` when the reference fails on it.

        Under autocast any operation may round to the half type, whichever the device rounds, so tolerances are that
        type's, and the result has either dtype.
        """
        encoder = Encoder(form)
        half = AUTOCAST.get(form)
        digits = half or dtype
        where = f"case {index} ({case.check}, {form})"
        try:
            head = request_head(case, self.exercise.info, self._settings(case), encoder, self.device)
            arrays = encoder.arrays | self._state(head, case, index)
        except (TypeError, KeyError, AttributeError) as wrong:
            raise CourseError(f"{where}: {wrong}", path=self.path, remedy="see docs/authoring.md") from wrong
        arrays = transformed(arrays, lambda values: rounded(values, digits))
        once = {**head, "again": False, "device": "cpu"}  # the second call is the learner's to answer for
        if head["grads"]:
            arrays |= self._cotangents(once, arrays, digits, index, where)
        truth = self._observe(message(once, arrays, "float64"), where)
        in_dtype = self._observe(message(once | _cast(half), arrays, dtype), where)
        smooth = case.smooth and not case.statistics
        spreads = self._spreads(once, arrays, truth, where) if smooth else {}
        errors = self._errors(once, arrays, truth, dtype, digits, where) if smooth and self.steady else {}
        terms = case.reduction if case.reduction and half is None else _terms(arrays, digits)
        measured = _Measured(spreads, errors, digits, terms)
        expected = {name: self._expected(name, truth, in_dtype, measured, where) for name in truth.values}
        if half is not None:
            expected = {name: _of_either(value, dtype, half) for name, value in expected.items()}
        call = describe_call(case, self.exercise.info, encoder.arrays, dtype)
        statistics = tuple(vars(statistic) for statistic in case.statistics)
        return KeyCase(
            case.check, form, call, message(head | _cast(half), arrays, dtype), expected, statistics
        )

    def request(self, case: Case, dtype: str) -> Message:
        """The case as a request alone, with nothing expected of it. Raises: `CourseError`."""
        encoder = Encoder(Form.PLAIN)
        try:
            head = request_head(case, self.exercise.info, self._settings(case), encoder, self.device)
            return message(head, encoder.arrays | self._state(head, case, 0), dtype)
        except (TypeError, KeyError, AttributeError) as wrong:
            raise CourseError(str(wrong), path=self.path, remedy="see docs/authoring.md") from wrong

    def _expected(self, name: str, truth: Seen, in_dtype: Seen, measured: _Measured, where: str) -> Expected:
        value, near = truth.values[name], in_dtype.values.get(name)
        dtype = measured.dtype
        if isinstance(value, float):
            if not isinstance(near, float) or not np.isfinite([value, near]).all():
                raise CourseError(f"{where}: the reference gives no finite {name} in {dtype}", path=self.path)
            bound = self._bound(name, np.asarray(value), np.asarray(near), measured, where)
            return Expected(
                value, max(float(bound), 1e-6 * abs(value))
            )  # six digits where nothing is uncertain
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
        bound = self._bound(name, value, near, measured, where)
        return Expected(value, bound, in_dtype.dtypes.get(name, dtype))

    def _bound(self, name: str, value: Array, near: Array, measured: _Measured, where: str) -> Array:
        spread = measured.spreads.get(name, np.zeros_like(value))
        committed = max(error(value, near), measured.errors.get(name, 0.0))
        if name in measured.errors and is_unsteady(value, spread, committed, measured.dtype):
            raise Kink(
                f"{where}: {name} jumps when something on the way is rounded otherwise",
                path=self.path,
                remedy=_OFF_THE_KINK,
            )
        return tolerance(value, spread, committed, measured.dtype, measured.terms)

    def _spreads(
        self, head: Mapping[str, Any], arrays: Mapping[str, Array], truth: Seen, where: str
    ) -> dict[str, Array]:
        """The sensitivity of every floating value. Raises: `Kink`."""
        spreads = self._measured(head, arrays, truth, STEP, where)
        suspects = [
            name for name, spread in spreads.items() if is_steep(np.asarray(truth.values[name]), spread)
        ]
        finer = self._measured(head, arrays, truth, STEP / FINER, where) if suspects else {}
        for name in suspects:
            if is_jump(np.asarray(truth.values[name]), spreads[name], finer[name]):
                raise Kink(
                    f"{where}: {name} jumps when the inputs change by 10^-6",
                    path=self.path,
                    remedy=_OFF_THE_KINK,
                )
        return spreads

    def _measured(
        self, head: Mapping[str, Any], arrays: Mapping[str, Array], truth: Seen, step: float, where: str
    ) -> dict[str, Array]:
        """By perturbations of relative size `step`, always of the same signs."""
        runs = [
            self._observe(message(head, moved, "float64"), where)
            for moved in _moved(arrays, step, PERTURBATIONS)
        ]
        return {
            name: sensitivity(np.asarray(value), [np.asarray(run.values[name]) for run in runs], step)
            for name, value in truth.values.items()
            if _is_floating(value)
        }

    def _errors(
        self,
        head: Mapping[str, Any],
        arrays: Mapping[str, Array],
        truth: Seen,
        dtype: str,
        digits: str,
        where: str,
    ) -> dict[str, float]:
        """The largest error of every floating value in `dtype`, as far as chance shows it: one run may be exact by luck."""
        found = {name: 0.0 for name, value in truth.values.items() if _is_floating(value)}
        if head["framework"] != "numpy":
            pairs = [(truth, near) for near in self._rounded_otherwise(head, arrays, dtype, digits, where)]
        else:
            pairs = list(self._neighbours(head, arrays, dtype, where))
        for name in found:
            for one, other in pairs:
                value, near = np.asarray(one.values[name]), np.asarray(other.values.get(name))
                if value.shape == near.shape:
                    found[name] = max(found[name], error(value, near))
        return found

    def _rounded_otherwise(
        self, head: Mapping[str, Any], arrays: Mapping[str, Array], dtype: str, digits: str, where: str
    ) -> Iterator[Seen]:
        from grader.judge.noise import OtherRounding

        for seed in range(SAMPLES):
            yield self._observe(message(head, arrays, dtype), where, OtherRounding(dtype, seed, digits))

    def _neighbours(
        self, head: Mapping[str, Any], arrays: Mapping[str, Array], dtype: str, where: str
    ) -> Iterator[tuple[Seen, Seen]]:
        """Truth and value in `dtype` on inputs next to the case's."""
        for moved in _moved(arrays, STEP, SAMPLES) if dtype in ("float32", "float64") else ():
            held = transformed(moved, lambda values: rounded(values, dtype))
            truth = self._observe(message(head, held, "float64"), where)
            yield truth, self._observe(message(head, held, dtype), where)

    def _cotangents(
        self, head: Mapping[str, Any], arrays: Mapping[str, Array], dtype: str, index: int, where: str
    ) -> dict[str, Array]:
        """A random direction for every floating output, so that gradients are vector-Jacobian products."""
        seen = self._observe(message(head, arrays, "float64"), where)
        rng = np.random.default_rng([7, index])
        return {
            f"cotangent of {name}": rounded(
                rng.uniform(0.5, 1.5, value.shape) * rng.choice((-1, 1), value.shape), dtype
            )
            for name, value in seen.values.items()
            if name.startswith("output") and isinstance(value, np.ndarray) and value.dtype.kind == "f"
        }

    def _state(self, head: dict[str, Any], case: Case, index: int) -> dict[str, Array]:
        """Drawn parameters and buffers: of the reference's module, and of every model among the arguments."""
        from grader.judge.state import draw_state, inherited, net_states

        rng = np.random.default_rng([11, zlib.crc32(self.exercise.id.encode()), index])
        states = net_states({**head["args"], **head.get("init", {})}, rng)
        if self.exercise.info.kind is Kind.MODULE:
            built = _constructor_arguments(head, states)
            module = self.entries[head["entry"]](*built[0], **built[1])
            drawn = draw_state(module, rng) | inherited(module, states)
            head["inherited"] = list(inherited(module, states))
            states |= {f"state.{name}": value for name, value in drawn.items()}
        return states

    def _settings(self, case: Case) -> Settings:
        option = self.exercise.solution.option
        entry = self.entries[case.entry or self.exercise.info.entry_names[0]]
        required = _required(entry) if self.exercise.info.kind is not Kind.MODULE else ()
        gradients = option("GRADIENTS", None)
        mutates, untrained = tuple(option("MUTATES", ())), tuple(option("UNTRAINED", ()))
        return Settings(required, mutates, gradients, _required(entry), untrained)

    def _observe(self, request: Message, where: str, around: Any = None) -> Seen:
        with quiet():
            try:
                return seen_of(observe(request, self.entries, around))
            except Exception as wrong:
                raise CourseError(
                    f"{where}: the reference raises {type(wrong).__name__}: {wrong}", path=self.path
                ) from wrong


def _cast(half: str | None) -> dict[str, str]:
    """What of a request has the call made under autocast."""
    return {} if half is None else {"autocast": half}


def _of_either(expected: Expected, dtype: str, half: str) -> Expected:
    """The same value, of the case's dtype or of autocast's."""
    if expected.dtype not in (dtype, half):
        return expected
    return replace(expected, dtype=dtype, or_dtype=half)


@dataclass(frozen=True)
class _Measured:
    """What is known of a case's uncertainty; `terms`: the longest sum behind a value."""

    spreads: Mapping[str, Array]
    errors: Mapping[str, float]
    dtype: str
    terms: int


def _moved(arrays: Mapping[str, Array], step: float, count: int) -> Iterator[dict[str, Array]]:
    rng = np.random.default_rng(0)
    for _ in range(count):
        yield transformed(arrays, lambda values: values * (1 + step * rng.choice((-1.0, 1.0), values.shape)))


def _terms(arrays: Mapping[str, Array], dtype: str) -> int:
    """The longest sum behind a value, at most: as long as there are inputs.

    In half precision that would allow errors as large as the values. Sums of halves are formed in float32 by every
    kernel, so their length does not count there; what is rounded on the way is measured (`_errors`).
    """
    if dtype in ("bfloat16", "float16"):
        return 1
    return sum(values.size for values in arrays.values())


def _is_floating(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")


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
