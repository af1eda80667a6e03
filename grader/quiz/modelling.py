"""What the item classes are made of: pydantic, or stand-ins that check nothing while every bank was checked before.

The choice falls once in a process, when the first item class is imported: pydantic, unless `go_light` was called.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

_CLASSES = "grader.quiz.parts"
_light = False


def go_light() -> None:
    """Make item classes without pydantic, where none has been made. Only for a process that parses no bank."""
    global _light
    _light = _CLASSES not in sys.modules


def is_light() -> bool:
    """Whether item classes check nothing."""
    return _light


def __getattr__(name: str) -> object:
    """`BaseModel`, `Field` and the like, from where this process takes them."""
    if name.startswith("__"):
        raise AttributeError(name)
    if _light:
        from grader.quiz import light

        return getattr(light, name)
    import pydantic

    return getattr(pydantic, name)


if TYPE_CHECKING:
    from pydantic import AfterValidator as AfterValidator
    from pydantic import BaseModel as BaseModel
    from pydantic import BeforeValidator as BeforeValidator
    from pydantic import ConfigDict as ConfigDict
    from pydantic import Field as Field
    from pydantic import PrivateAttr as PrivateAttr
    from pydantic import model_validator as model_validator
