"""The small nouns that items are made of, and the rules every model of a bank obeys.

All models are strict and frozen and refuse unknown keys, so that a slip of the pen is an error with a line and never
a setting that silently does nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from grader.quiz.modelling import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

T = TypeVar("T")
Number = int | float
Scalar = int | float | str


class Strict(BaseModel):
    """The base of everything that comes from a bank file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def _as_tuple(value: Any) -> Any:
    """YAML has lists where frozen models hold tuples."""
    return tuple(value) if isinstance(value, list) else value


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else _as_tuple(value)


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty: write a text or leave the key out")
    return value


def _scalar(value: Any) -> Any:
    """One clear message instead of one per member of the union."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("must be a number or an expression")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


def _choice_value(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("must be a number or a text: put quotes around it")
    return value


def _truth(value: Any) -> Any:
    if not isinstance(value, bool | str):
        raise ValueError("must be true, false or an expression")
    return value


def member_of(kind: type[StrEnum]) -> Callable[[Any], Any]:
    """A validator that reads a member of `kind` from its name and says which names there are."""

    def read(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError:
            raise ValueError(f"must be one of {', '.join(kind)}") from None

    return read


Many = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
"""A YAML list, held as a tuple."""

OneOrMany = Annotated[tuple[T, ...], BeforeValidator(_one_or_many, json_schema_input_type=str | list[str])]
"""A YAML list of texts, or one text standing for a list of one."""

Text = Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(_not_blank)]
"""Markdown; a Jinja2 template where the item has `vars`."""

Expr = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_not_blank)]
"""An expression over the item's variables, such as `(n - k) // s + 1`."""

Value = Annotated[int | float | str, BeforeValidator(_scalar)]
"""A number, or an expression that gives one."""

Truth = Annotated[bool | str, BeforeValidator(_truth)]
"""True, false, or an expression that gives one of them."""

Pattern = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_not_blank)]
"""A regular expression, read without regard to case; a space in it matches any run of spaces and hyphens."""

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$", examples=["conv-output-size"])]
"""Small letters, digits, dots, hyphens and underscores; never changed once learners have answered the item."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$", examples=["kernel"])]


class Credit(StrEnum):
    """How a multiple-choice answer with some right and some wrong ticks is paid.

    With R right options of which r are ticked, and W wrong options of which w are ticked:
    """

    BALANCED = "balanced"
    """max(0, r/R - w/W): ticking everything or nothing earns nothing."""
    EACH = "each"
    """(r + W - w) / (R + W): every option is a small true/false question."""
    ALL_OR_NOTHING = "all_or_nothing"
    """1 if exactly the right options are ticked, otherwise 0."""


class PartCredit(StrEnum):
    """How an answer of several parts (shape, cloze, ordering, matching) is paid."""

    PARTS = "parts"
    ALL_OR_NOTHING = "all_or_nothing"


class Var(Strict):
    """What one variable is drawn from: whole numbers, decimal numbers, or listed values; all equally likely."""

    min: Annotated[int | float | None, Field(description="Smallest value.")] = None
    max: Annotated[int | float | None, Field(description="Largest value, itself included.")] = None
    step: Annotated[int | None, Field(ge=1, description="Distance between whole numbers; 1 if left out.")] = (
        None
    )
    decimals: Annotated[
        int | None, Field(ge=1, le=9, description="Decimal places; makes the variable a decimal number.")
    ] = None
    choices: Annotated[
        Many[Annotated[int | float | str, BeforeValidator(_choice_value)]],
        Field(description="The values to pick from."),
    ] = ()

    @model_validator(mode="after")
    def _is_one_kind(self) -> Var:
        numeric = (self.min, self.max, self.step, self.decimals) != (None,) * 4
        if self.choices and numeric:
            raise ValueError("has both choices and a range: keep one of them")
        if self.choices:
            return self
        if self.min is None or self.max is None:
            raise ValueError("needs min and max, or choices")
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        if self.decimals is None and not (isinstance(self.min, int) and isinstance(self.max, int)):
            raise ValueError("a range of decimal numbers needs `decimals: 2` or so")
        if self.decimals is not None and self.step is not None:
            raise ValueError("has both step and decimals: keep one of them")
        return self

    @property
    def count(self) -> int:
        """How many values there are."""
        if self.choices:
            return len(self.choices)
        low, high = self._bounds()
        return int((high - low) / self._pitch() + 1e-9) + 1

    def at(self, index: int) -> Scalar:
        """The value number `index`, from 0 to `count - 1`."""
        if self.choices:
            return self.choices[index]
        low, _ = self._bounds()
        if self.decimals is None:
            return int(low) + index * (self.step or 1)
        return round(low + index * 10.0**-self.decimals, self.decimals)

    def _bounds(self) -> tuple[Number, Number]:
        assert self.min is not None and self.max is not None  # the validator saw to it
        return self.min, self.max

    def _pitch(self) -> Number:
        return 10.0**-self.decimals if self.decimals is not None else self.step or 1


class Option(Strict):
    """One answer to pick."""

    text: Text
    correct: Annotated[Truth, Field(description="Whether it belongs to the key; may be an expression.")] = (
        False
    )
    feedback: Annotated[str, Field(description="What the learner reads who picked it.")] = ""
    not_chosen: Annotated[str, Field(description="What the learner reads who did not pick it.")] = ""


class Mistake(Strict):
    """A wrong answer the author foresaw, and what to say to it."""

    answer: Value
    feedback: Text


class Unit(Strict):
    """The unit a number is asked in."""

    symbol: Annotated[Text, Field(examples=["MiB"])]
    also: Annotated[OneOrMany[Text], Field(description="Other spellings of the same unit.")] = ()
    convert: Annotated[
        dict[str, Annotated[float, Field(gt=0)]],
        Field(
            default_factory=dict,
            description="Other units accepted: their size in this unit, such as `KiB: 0.0009765625`.",
        ),
    ]
    required: Annotated[bool, Field(description="Whether a bare number is not enough (it earns half).")] = (
        False
    )


class Pair(Strict):
    """Two things that belong together."""

    left: Text
    right: Text
    feedback: str = ""
