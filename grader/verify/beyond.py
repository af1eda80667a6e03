"""Far more cases than the judge runs: other seeds, and the author's own arguments in combinations he did not choose.

Arrays of one case meet the options (strides, modes, rates ...) of another, options are left at their defaults, arrays lose
a row. Where the reference refuses such a call or answers with NaN, or where right implementations disagree, it lies
outside the statement and is no case.
"""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.author import Case, Draw, PerStep
from grader.course.catalog import Exercise
from grader.errors import CourseError
from grader.judge.casesmith import CaseSmith
from grader.judge.key import Form, KeyCase
from grader.judge.quiet import quiet
from grader.verify.trusted import Bench, bench_of
from grader.worker.serve import entries_of

MAX_COMBINED = 120
_OWN, _COMBINED = 5000, 9000  # indices of cases: what states and cotangents are drawn from
_TRIES = 3  # combinations looked at for each one wanted: many are refused


@dataclass(frozen=True)
class Reach:
    """How far to go: seeds in turn, each with its combinations, for at most `cpu_s` seconds of a processor and `most` cases."""

    seeds: Sequence[int]
    cpu_s: float
    most: int | None = None


def more_cases(exercise: Exercise, reach: Reach, *, combine: bool = True) -> list[KeyCase]:
    """The cases with what the reference gives on them. Runs course code: call it where it may be killed."""
    names = list(exercise.info.entry_names)
    smith = CaseSmith(exercise, entries_of(exercise.id, exercise.solution.reference.source, names), "cpu")
    wheats = _Wheats(exercise)
    deadline = time.process_time() + reach.cpu_s
    drawn = [_drawn(exercise, seed) for seed in reach.seeds]
    own = [(case, _OWN + at) for cases in drawn for at, case in enumerate(cases)]
    combined = [
        (case, _COMBINED + at) for at, case in enumerate(_combined(exercise, drawn) if combine else ())
    ]
    most = len(own) + MAX_COMBINED if reach.most is None else min(reach.most, len(own) + MAX_COMBINED)
    found: list[KeyCase] = []
    for case, index in _alternate(own, combined):
        if time.process_time() > deadline or len(found) >= most:
            break
        made = _made(smith, case, index)
        if made is not None and (index < _COMBINED or wheats.agree(made)):
            found.append(made)
    return found


def _made(smith: CaseSmith, case: Case, index: int) -> KeyCase | None:
    try:
        return smith.make(case, Form.PLAIN, "float32", index)
    except (CourseError, TypeError, ValueError, KeyError, IndexError, RuntimeError):
        return None  # outside the statement


class _Wheats:
    """The other right implementations. Each is loaded when it is first asked and asked at once: Triton reads a kernel's text at its
    first call, from a file whose name the next one takes.
    """

    def __init__(self, exercise: Exercise) -> None:
        self._exercise, self._loaded = exercise, dict[int, Bench]()

    def agree(self, case: KeyCase) -> bool:
        """Whether all of them answer as the reference does."""
        with quiet():
            return all(self._bench(at).passes(case) for at in range(1, len(self._exercise.solution.wheats)))

    def _bench(self, at: int) -> Bench:
        if at not in self._loaded:
            self._loaded[at] = bench_of(self._exercise, self._exercise.solution.wheats[at].source)
        return self._loaded[at]


def _drawn(exercise: Exercise, seed: int) -> list[Case]:
    return exercise.solution.cases(Draw([seed, zlib.crc32(exercise.id.encode())]))


def _alternate(one: list[Any], other: list[Any]) -> Iterator[Any]:
    """Both lists by turns, so that a short time sees some of each."""
    for at in range(max(len(one), len(other))):
        yield from (*one[at : at + 1], *other[at : at + 1])


def _combined(exercise: Exercise, drawn: Sequence[Sequence[Case]]) -> Iterator[Case]:
    """New combinations, each once, in an order that depends on the exercise alone."""
    rng = random.Random(zlib.crc32(exercise.id.encode()))
    seen = {_key(case) for cases in drawn for case in cases}
    for _ in range(MAX_COMBINED * _TRIES):
        cases = rng.choice(drawn)
        one, other = rng.choice(cases), rng.choice(cases)
        if one.entry != other.entry or one.statistics or one.steps != other.steps:
            continue
        case = rng.choice((_swapped, _one_swapped, _default, _cropped))(one, other, rng)
        if _key(case) not in seen:
            seen.add(_key(case))
            yield case


def _swapped(one: Case, other: Case, rng: random.Random) -> Case:
    """The arrays of one case with all options of the other."""
    arguments = {name: value for name, value in one.args.items() if not _is_option(value)}
    options = {name: value for name, value in other.args.items() if _is_option(value)}
    return replace(one, args={**arguments, **options}, init=other.init)


def _one_swapped(one: Case, other: Case, rng: random.Random) -> Case:
    """One option of the other case."""
    shared = [name for name, value in other.args.items() if _is_option(value)]
    if shared:
        name = rng.choice(shared)
        return replace(one, args={**one.args, name: other.args[name]})
    if other.init:
        name = rng.choice(list(other.init))
        return replace(one, init={**(one.init or {}), name: other.init[name]})
    return one


def _default(one: Case, other: Case, rng: random.Random) -> Case:
    """One option left at its default; refused when it has none."""
    options = [name for name, value in one.args.items() if _is_option(value)]
    if options:
        name = rng.choice(options)
        return replace(one, args={key: value for key, value in one.args.items() if key != name})
    if one.init:
        name = rng.choice(list(one.init))
        return replace(one, init={key: value for key, value in one.init.items() if key != name})
    return one


def _cropped(one: Case, other: Case, rng: random.Random) -> Case:
    """One size less by one: along an axis of one array, or wherever that size occurs."""
    arrays = [(name, value) for name, value in one.args.items() if isinstance(value, np.ndarray)]
    axes = [(name, axis, size) for name, value in arrays for axis, size in enumerate(value.shape) if size > 2]
    if not axes:
        return one
    chosen = rng.choice(axes)
    if rng.random() < 0.5:
        return replace(one, args={**one.args, chosen[0]: _without_last(one.args[chosen[0]], chosen[1])})
    args = dict(one.args)
    for name, axis, size in axes:
        if size == chosen[2]:
            args[name] = _without_last(args[name], axis)
    return replace(one, args=args)


def _without_last(values: Any, axis: int) -> Any:
    return np.take(values, range(values.shape[axis] - 1), axis)


def _is_option(value: Any) -> bool:
    if isinstance(value, PerStep):
        return all(_is_option(item) for item in value.values)
    if isinstance(value, tuple | list):
        return all(_is_option(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str | np.generic)


def _key(case: Case) -> str:
    """What makes two cases the same call, arrays told apart by identity."""

    def shown(values: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
        return [(name, value if _is_option(value) else id(value)) for name, value in (values or {}).items()]

    return repr((case.entry, case.steps, shown(case.args), shown(case.init)))
