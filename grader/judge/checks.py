"""Which checks an exercise has, what each is worth, and which cases and parts it is about.

The author's own checks come first, in the order of their cases. What every exercise is judged on without the author
asking (contract, section 3) follows as checks of their own, judged once the first check passes: nobody earns points
for leaving the inputs alone by not answering.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grader.course.catalog import Exercise
from grader.judge.key import AUTOCAST, Form, Key
from grader.judge.outcome import Part, parts

_LAYOUTS = (Form.FLOAT64, Form.TRANSPOSED, Form.STRIDED, Form.BFLOAT16, Form.FLOAT16)
_AUTOMATIC_WEIGHT = 1.0


@dataclass(frozen=True)
class Check:
    """A named, pointed statement: `about` lists (index of the case in the key, part of it)."""

    name: str
    max_points: float
    about: tuple[tuple[int, Part], ...]
    automatic: bool = False


def checks_of(exercise: Exercise, key: Key, weights: Mapping[str, float]) -> tuple[Check, ...]:
    """The checks of an exercise. `weights` are the author's; a check without one weighs 1."""
    about: dict[str, list[tuple[int, Part]]] = {}
    automatic: dict[str, list[tuple[int, Part]]] = {}
    kind = exercise.info.kind
    for index, case in enumerate(key.cases):
        if case.form is Form.PLAIN:
            about.setdefault(case.check, []).append((index, Part.FORWARD))
        for part in sorted(parts(case, kind)):
            name = _automatic_name(case.form, part)
            if name is not None:
                automatic.setdefault(name, []).append((index, part))
    weighed = {name: float(weights.get(name, 1.0)) for name in about}
    weighed |= {name: float(weights.get(name, _AUTOMATIC_WEIGHT)) for name in automatic}
    total = sum(weighed.values())
    return tuple(
        Check(name, exercise.info.points * weighed[name] / total, tuple(cases), name in automatic)
        for name, cases in {**about, **automatic}.items()
    )


def _automatic_name(form: Form, part: Part) -> str | None:
    if form is Form.WATCHED:
        return part.value if part in (Part.HOST, Part.WAITS, Part.PEAK) else None
    if form in AUTOCAST:
        return "works_under_autocast" if part is not Part.MANNERS else None
    if form in _LAYOUTS:
        return "dtypes_and_layouts" if part is not Part.MANNERS else None
    if form is not Form.PLAIN:
        return "extreme_values" if part is not Part.MANNERS else None
    return None if part is Part.FORWARD else part.value
