"""Makes one case of a key: what the reference gives on it in float64, and how far a right answer may be from that."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.author import Case
from grader.course.catalog import Exercise
from grader.course.model import Kind
from grader.errors import CourseError
from grader.judge.encode import Encoder, Settings, describe_call, message, request_head, rounded, transformed
from grader.judge.key import Array, Expected, Form, KeyCase, Seen, seen_of
from grader.judge.quiet import quiet
from grader.judge.tolerance import STEP, is_jump, is_steep, sensitivity, tolerance
from grader.worker.kinds import observe
from grader.worker.wire import Message

PERTURBATIONS = 4
FINER = 16.0  # a slope stays the same under a step so much smaller; a jump does not


class Kink(CourseError):
    """An input lies where the result jumps: nobody can say what is right there."""


class CaseSmith:
    """Makes single cases: `entries` are the reference's."""

    def __init__(self, exercise: Exercise, entries: Mapping[str, Any], device: str) -> None:
        self.exercise, self.entries, self.device = exercise, entries, device
        self.path = exercise.solution.path

    def make(self, case: Case, form: Form, dtype: str, index: int) -> KeyCase:
        """One case with its expected values. Raises: `CourseError` when the reference fails on it."""
        encoder = Encoder(form)
        where = f"case {index} ({case.check}, {form})"
        try:
            head = request_head(case, self.exercise.info, self._settings(case), encoder, self.device)
            arrays = encoder.arrays | self._state(head, case, index)
        except (TypeError, KeyError, AttributeError) as wrong:
            raise CourseError(f"{where}: {wrong}", path=self.path, remedy="see docs/authoring.md") from wrong
        arrays = transformed(arrays, lambda values: rounded(values, dtype))
        once = {**head, "again": False}  # the second call is the learner's to answer for
        if head["grads"]:
            arrays |= self._cotangents(once, arrays, dtype, index, where)
        truth = self._observe(message(once, arrays, "float64"), where)
        in_dtype = self._observe(message(once, arrays, dtype), where)
        spreads = self._spreads(case, once, arrays, truth, where)
        terms = case.reduction or sum(values.size for values in arrays.values())
        expected = {
            name: self._expected(name, truth, in_dtype, spreads.get(name), dtype, terms, where)
            for name in truth.values
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
        bound = _bound(value, near, spread, dtype, terms)
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
        measured = _bound(np.asarray(value), np.asarray(near), spread, dtype, terms)
        return Expected(value, max(float(measured), 1e-6 * abs(value)))

    def _spreads(
        self, case: Case, head: Mapping[str, Any], arrays: Mapping[str, Array], truth: Seen, where: str
    ) -> dict[str, Array]:
        if not case.smooth or case.statistics:
            return {}
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
                    remedy="move the values off the kink, or say Case(..., smooth=False)",
                )
        return spreads

    def _measured(
        self, head: Mapping[str, Any], arrays: Mapping[str, Array], truth: Seen, step: float, where: str
    ) -> dict[str, Array]:
        """The sensitivity of every floating value, by perturbations of relative size `step`; always the same signs."""
        rng = np.random.default_rng(0)
        runs = []
        for _ in range(PERTURBATIONS):
            moved = transformed(
                arrays, lambda values: values * (1 + step * rng.choice((-1.0, 1.0), values.shape))
            )
            runs.append(self._observe(message(head, moved, "float64"), where))
        floating = {
            name: np.asarray(value)
            for name, value in truth.values.items()
            if isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
        }
        return {
            name: sensitivity(value, [np.asarray(run.values[name]) for run in runs], step)
            for name, value in floating.items()
        }

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

    def _observe(self, request: Message, where: str) -> Seen:
        with quiet():
            try:
                return seen_of(observe(request, self.entries))
            except Exception as wrong:
                raise CourseError(
                    f"{where}: the reference raises {type(wrong).__name__}: {wrong}", path=self.path
                ) from wrong


def _bound(value: Array, near: Array, spread: Array | None, dtype: str, terms: int) -> Array:
    return tolerance(value, np.zeros_like(value) if spread is None else spread, near, dtype, terms)


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
