"""The words a course author writes a solution with: implementations, lessons and cases. No harness code.

A solution file is an ordinary module. It holds the reference (a function or class that bears the exercise's entry
name), `@wheat`s, `@chaff`s and `mistake`s, and `cases(draw)`. Wheat and chaff are the terms of Wrenn, Krishnamurthi and
Fisler, "Who Tests the Testers?", ICER 2018.

    def relu(input): ...                                     # the reference

    @wheat("by selection instead of a maximum")
    def relu_where(input): ...

    @chaff("A leak of 0.01 is leaky ReLU's; ReLU lets nothing negative through.")
    def leaky(input): ...

    dead = mistake("input > 0", "input < 0", lesson="ReLU keeps the positive side.")

    def cases(draw):
        yield Case("forward", dict(input=draw.integers(2, 3)))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Implementation = TypeVar("Implementation", bound=Callable[..., Any])

MARK = "__grader_mark__"


@dataclass(frozen=True)
class Mark:
    """What a decorator leaves on an implementation."""

    correct: bool
    text: str
    of: str | None = None


@dataclass(frozen=True)
class Mistake:
    """A chaff written as a change of the reference's text; each `old` must occur there exactly once."""

    edits: tuple[tuple[str, str], ...]
    lesson: str


def wheat(idea: str, *, of: str | None = None) -> Callable[[Implementation], Implementation]:
    """A correct implementation built on another `idea` than the reference's.

    `of` names the entry it replaces where an exercise has several.
    """
    return _marker(Mark(True, idea, of))


def chaff(lesson: str, *, of: str | None = None) -> Callable[[Implementation], Implementation]:
    """A plausible wrong implementation, with the sentence a good teacher would say to whoever wrote it."""
    return _marker(Mark(False, lesson, of))


def mistake(*edits: str, lesson: str) -> Mistake:
    """A chaff as edits of the reference: `mistake(old, new, old, new, lesson=...)`.

    Raises: `ValueError` when the edits are not pairs.
    """
    if len(edits) % 2 or not edits:
        raise ValueError("mistake() takes pairs: the reference's text, and what stands there instead")
    return Mistake(tuple(zip(edits[::2], edits[1::2], strict=True)), lesson)


def _marker(mark: Mark) -> Callable[[Implementation], Implementation]:
    def decorate(implementation: Implementation) -> Implementation:
        setattr(implementation, MARK, mark)
        return implementation

    return decorate


@dataclass(frozen=True)
class Statistic:
    """A property of random outputs, as data: `measure` names an entry of `grader.judge.statistics.MEASURES`.

    Under a correct implementation the measure of the output named `of` is (nearly) normal with the given mean and
    standard deviation; the judge's bounds fail a correct one less than once in 10^6 times.
    """

    name: str
    measure: str
    mean: float
    deviation: float
    of: str = "output"
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One seeded input of a check.

    `args` are the arguments by name; floating arrays are rounded to the dtype under test. Cases of a check are listed
    smallest first, since the first failing one is shown.
    """

    check: str
    args: Mapping[str, Any] = field(default_factory=dict)
    init: Mapping[str, Any] | None = None  # kind `module`: the constructor's arguments
    entry: str | None = None  # where an exercise has several entry points
    steps: int = 1  # kind `step`: how often it is called
    smooth: bool = True  # False: on a kink or tie, where tolerance cannot be measured by perturbation
    gradients: bool = True  # False: only the forward values of this case are judged
    reduction: int | None = None  # longest sum behind one output element; None: bounded by the input's size
    statistics: Sequence[Statistic] = ()  # random exercises: judged by these instead of by value


@dataclass(frozen=True)
class PerStep:
    """An argument that differs from step to step of a `step` case."""

    values: Sequence[Any]


@dataclass(frozen=True)
class Parameter:
    """An `nn.Parameter` with these values: a leaf of the graph that wants a gradient."""

    values: Array


@dataclass(frozen=True)
class Net:
    """A model handed to the learner, as data: `Net(("Linear", 2, 8), "Tanh", ("Linear", 8, 1))`.

    A layer is a class name of `torch.nn`, or a tuple of it and its positional arguments (a final dict holds keywords).
    Keyword layers get names, a nested `Net` is a submodule. Its parameters are drawn like every other input; those named
    in `frozen` (of the outermost `Net`) want no gradient.
    """

    layers: tuple[tuple[str, Any], ...]
    training: bool = True
    frozen: tuple[str, ...] = ()

    def __init__(self, *layers: Any, training: bool = True, frozen: Sequence[str] = (), **named: Any) -> None:
        numbered = [(str(index), layer) for index, layer in enumerate(layers)]
        object.__setattr__(self, "layers", (*numbered, *named.items()))
        object.__setattr__(self, "training", training)
        object.__setattr__(self, "frozen", tuple(frozen))


@dataclass(frozen=True)
class Optimizer:
    """A `torch.optim` optimizer over the parameters of the argument named `of`."""

    name: str
    of: str
    options: tuple[tuple[str, Any], ...]

    def __init__(self, name: str, of: str, **options: Any) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "of", of)
        object.__setattr__(self, "options", tuple(options.items()))


@dataclass(frozen=True)
class Generator:
    """A `torch.Generator` (NumPy: `np.random.Generator`) seeded with `seed`."""

    seed: int


class Draw:
    """Seeded inputs. Every method takes sizes and gives float64 (or int64) values that float32 holds exactly."""

    def __init__(self, seed: Sequence[int]) -> None:
        self._rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(list(seed))))

    def normal(self, *sizes: int, scale: float = 1.0, shift: float = 0.0) -> Array:
        """Normal values with the given standard deviation and mean."""
        return _single(self._rng.standard_normal(sizes) * scale + shift)

    def uniform(self, *sizes: int, low: float = 0.0, high: float = 1.0) -> Array:
        """Uniform values of [low, high)."""
        return _single(self._rng.uniform(low, high, sizes))

    def integers(self, *sizes: int, low: int = -3, high: int = 3) -> Array:
        """Small whole numbers of [low, high] as floating values: for cases a person can follow by hand."""
        return self._rng.integers(low, high, sizes, endpoint=True).astype(np.float64)

    def distinct(self, *sizes: int, spacing: float = 0.25) -> Array:
        """All values different by at least `spacing`, shuffled: no ties, so that a maximum is unambiguous."""
        count = int(np.prod(sizes, dtype=int))
        values = (np.arange(count) - count // 2) * spacing
        return _single(self._rng.permutation(values).reshape(sizes))

    def labels(self, *sizes: int, classes: int) -> Array:
        """Class indices of [0, classes) as int64."""
        return self._rng.integers(0, classes, sizes)

    def choice(self, options: Sequence[Any]) -> Any:
        """One of `options`."""
        return options[int(self._rng.integers(len(options)))]

    def size(self, low: int, high: int) -> int:
        """A size of [low, high]."""
        return int(self._rng.integers(low, high, endpoint=True))

    def seed(self) -> int:
        """A seed for a `Generator`."""
        return int(self._rng.integers(2**31))


def _single(values: Array) -> Array:
    return np.asarray(values, dtype=np.float32).astype(np.float64)
