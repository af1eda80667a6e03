"""The nouns of a course as `course.yaml` states them: strict, frozen, validated on reading."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

#: ids are file names, JSON values and command-line words
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=64)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Kind(StrEnum):
    """How an exercise is run and what of it is compared."""

    FUNCTION = "function"  # call it: outputs, gradients
    MODULE = "module"  # an nn.Module given the reference's parameters: train and eval, gradients, state
    STEP = "step"  # mutates parameters or running state: the state afterwards
    DESIGN = "design"  # returns a structure or number
    TESTS = "tests"  # the learner's tests, graded by which wheats they accept and which chaffs they catch


class Framework(StrEnum):
    """What the learner's arrays are."""

    TORCH = "torch"
    NUMPY = "numpy"
    TRITON = "triton"  # PyTorch tensors, and kernels in Triton; on the CPU its interpreter runs them


class Bounds(_Strict):
    """What one exercise may use. Times are per request on the judge's clock."""

    wall_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    memory_mib: Annotated[int, Field(ge=64, le=65536)] = 1024
    output_kib: Annotated[int, Field(ge=1, le=16384)] = 64


class ExerciseInfo(_Strict):
    """One exercise's entry in `course.yaml`."""

    id: Identifier
    title: Text
    kind: Annotated[Kind, Field(strict=False)]
    points: Annotated[float, Field(gt=0, le=1000)]
    entry: str | None = None
    entries: tuple[str, ...] = ()
    framework: Annotated[Framework, Field(strict=False)] = Framework.TORCH
    grad: bool = False
    devices: tuple[Literal["cpu", "cuda", "mps"], ...] = ("cpu",)
    limits: Bounds = Bounds()
    forbidden: tuple[str, ...] = ()
    hints: tuple[Text, ...] = ()
    concept: Text | None = None
    prerequisites: tuple[Identifier, ...] = ()
    quiz: tuple[str, ...] = ()
    global_rng: bool = False
    no_sync: bool = False
    autocast: bool | None = (
        None  # on GPUs, judged under torch.autocast too; None: where every right answer works so
    )
    subject: Identifier | None = None

    @model_validator(mode="before")
    @classmethod
    def _lists_as_tuples(cls, data: object) -> object:
        """YAML has lists only; strict tuples refuse them."""
        return _tuples(data) if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _names_are_python_names(self) -> Self:
        for name in self.entry_names:
            if not name.isidentifier():
                raise ValueError(f"entry {name!r} is not a Python name")
        return self

    @property
    def entry_names(self) -> tuple[str, ...]:
        """What the learner's file must define; the first is the main one."""
        if self.entries:
            return self.entries
        if self.entry:
            return (self.entry,)
        return (camel_case(self.id),) if self.kind is Kind.MODULE else (self.id,)


class Topic(_Strict):
    """A folder of exercises, in teaching order."""

    id: Identifier
    title: Text
    exercises: tuple[ExerciseInfo, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _lists_as_tuples(cls, data: object) -> object:
        return _tuples(data) if isinstance(data, dict) else data


class CourseInfo(_Strict):
    """`course.yaml`, whole."""

    format: Literal[1]
    id: Identifier
    title: Text
    topics: tuple[Topic, ...]

    @model_validator(mode="before")
    @classmethod
    def _lists_as_tuples(cls, data: object) -> object:
        return _tuples(data) if isinstance(data, dict) else data


def camel_case(identifier: str) -> str:
    """`small_resnet` -> `SmallResnet`, with the field's own spelling of known names."""
    name = "".join(part[:1].upper() + part[1:] for part in identifier.split("_"))
    return re.sub(r"Resnet", "ResNet", name).replace("Lenet", "LeNet")


def _tuples(data: dict[str, object]) -> dict[str, object]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
