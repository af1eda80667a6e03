"""What the item classes take from pydantic, without the checking: for banks that were checked before.

Importing pydantic and building its models takes longer than all else before the first question. A class defined on
these stand-ins holds the same fields with the same defaults, compares, copies and dumps alike, and checks nothing.
`grader.quiz.modelling` says when.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Self

_MISSING = object()


def Field(**given: Any) -> None:
    """A mark in an annotation, which nobody reads here."""


def BeforeValidator(*given: Any, **named: Any) -> None:
    """A mark in an annotation, which nobody reads here."""


AfterValidator = BeforeValidator
ConfigDict = dict


def model_validator(**given: Any) -> Callable[[Any], Any]:
    """Leaves a check as the method it is; nobody calls it."""
    return lambda method: method


class PrivateAttr:
    """A value an instance has for itself, made when it is first asked for."""

    def __init__(self, *, default_factory: Callable[[], Any]) -> None:
        self._make = default_factory

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else instance.__dict__.setdefault(self._name, self._make())


class BaseModel:
    """Fields by keyword; frozen."""

    _defaults: dict[str, Any]

    def __init_subclass__(cls) -> None:
        """Collect the fields and their defaults, those of the bases first."""
        cls._defaults = {}
        for base in reversed(cls.__mro__):
            if base is not BaseModel and issubclass(base, BaseModel):
                for name, annotation in base.__annotations__.items():
                    if not name.startswith("_") and name != "model_config":
                        cls._defaults[name] = _default(base, name, str(annotation))

    def __init__(self, **given: Any) -> None:
        """Takes what it is given."""
        for name, default in self._defaults.items():
            value = given.get(name, default)
            if value is _MISSING:
                raise TypeError(f"{type(self).__name__} lacks {name}")
            self.__dict__[name] = {} if value is default and isinstance(value, dict) else value

    def __setattr__(self, name: str, value: Any) -> None:
        """Private attributes only."""
        if not name.startswith("_"):
            raise AttributeError(f"{type(self).__name__} is frozen")
        self.__dict__[name] = value

    def __eq__(self, other: object) -> bool:
        """Same class, same fields."""
        return type(other) is type(self) and _dict(self) == _dict(other)

    def __hash__(self) -> int:
        """Fields may be dictionaries: the class alone."""
        return hash(type(self))

    def __repr__(self) -> str:
        """As pydantic has it."""
        return (
            f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in _fields(self).items())})"
        )

    @classmethod
    def model_construct(cls, **given: Any) -> Self:
        """The same as calling the class."""
        return cls(**given)

    def model_copy(self, *, update: dict[str, Any] | None = None) -> Self:
        """A copy, some fields changed."""
        copy = object.__new__(type(self))
        copy.__dict__.update({**_dict(self), **(update or {})})
        return copy

    def model_dump(self, *, mode: str = "python", exclude_defaults: bool = False) -> dict[str, Any]:
        """Plain JSON data."""
        return {
            name: _plain(value, exclude_defaults)
            for name, value in _fields(self).items()
            if not exclude_defaults or self._defaults[name] is _MISSING or value != self._defaults[name]
        }


def _default(base: type, name: str, annotation: str) -> Any:
    """A field's default: in the class, or the one factory that items use, named in the annotation."""
    return base.__dict__.get(name, {} if "default_factory=dict" in annotation else _MISSING)


def _dict(model: BaseModel) -> dict[str, Any]:
    return model.__dict__


def _fields(model: BaseModel) -> dict[str, Any]:
    return {name: model.__dict__[name] for name in model._defaults}


def _plain(value: Any, exclude_defaults: bool) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_defaults=exclude_defaults)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {name: _plain(part, exclude_defaults) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part, exclude_defaults) for part in value]
    return value
