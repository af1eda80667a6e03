"""What one case showed of a submission: differences by part, conduct, or why there is no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from grader.course.model import Kind
from grader.judge.compare import Answer, Difference, Wrong, compare, right_at_once
from grader.judge.key import Form, KeyCase, Seen
from grader.judge.report import Place, Status
from grader.judge.statistics import check_statistic
from grader.judge.text import clean

#: the name under which a key holds the reference's peak, with what is allowed beyond it as tolerance
PEAK = "peak bytes"


class Part(StrEnum):
    """What of a case is judged; parts other than the author's own become checks of their own."""

    FORWARD = "forward"
    EVAL = "eval_mode"
    STATE = "running_state"
    GRADIENTS = "gradients"
    MANNERS = "good_manners"
    HOST = "stays_on_device"
    WAITS = "no_synchronisation"
    PEAK = "peak_memory"


@dataclass(frozen=True)
class CaseOutcome:
    """One case of one submission, judged."""

    case: KeyCase
    status: Status
    differences: Mapping[Part, tuple[Difference, ...]] = field(default_factory=dict)
    message: str = ""
    error_type: str | None = None
    places: tuple[Place, ...] = ()
    seen: Seen = field(default_factory=Seen)

    def of(self, part: Part) -> tuple[Difference, ...]:
        """The differences of one part."""
        return self.differences.get(part, ())

    def fails(self, part: Part) -> bool:
        """Whether the case speaks against this part: by a difference, or because there is no answer at all."""
        if self.status is Status.PASSED:
            return False
        return self.status is not Status.FAILED or not self.differences or bool(self.of(part))


def part_of(name: str, kind: str) -> Part:
    """Which part a named value belongs to."""
    if name == PEAK:
        return Part.PEAK
    if name.startswith("gradient of "):
        return Part.GRADIENTS
    if kind == Kind.MODULE and name.startswith(("eval ", "len(eval", "keys(eval")):
        return Part.EVAL
    if kind == Kind.MODULE and name.endswith(" after"):
        return Part.STATE
    return Part.FORWARD


def parts(case: KeyCase, kind: Kind) -> set[Part]:
    """The parts that a case can say anything about."""
    found = {part_of(name, kind) for name in case.expected}
    if case.form is Form.WATCHED:
        found |= {Part.HOST, *([Part.WAITS] if case.request.head.get("no_sync") else [])}
    return found | {Part.FORWARD, Part.MANNERS}


def judge_case(case: KeyCase, answer: Answer, seen: Seen, kind: Kind) -> CaseOutcome:
    """Compare an answer with its case."""
    found: dict[Part, list[Difference]] = {}
    if case.statistics:
        inputs = {name: tensor.numpy() for name, tensor in case.request.tensors.items()}
        checked = [check_statistic(statistic, answer, inputs) for statistic in case.statistics]
        found[Part.FORWARD] = [difference for difference in checked if difference is not None]
        found[Part.FORWARD] += _shapes_only(case, answer)
    else:
        right = {name for sheet in case.sheets if right_at_once(sheet, answer) for name, _ in sheet.tensors}
        for name, expected in case.expected.items():
            if name == PEAK or name in right:
                continue
            difference = compare(name, expected, answer)
            if difference is not None:
                found.setdefault(part_of(name, kind), []).append(difference)
        if Form(case.form) is Form.PLAIN:
            found.setdefault(Part.FORWARD, []).extend(_surplus(case, answer))
        if Part.GRADIENTS in found and (unusable := _unusable(case, found.get(Part.FORWARD, []))):
            found[Part.GRADIENTS] = [_not_judged(wrong, unusable) for wrong in found[Part.GRADIENTS]]
    found[Part.MANNERS] = _conduct(answer)
    if case.form is Form.WATCHED:
        found |= _traffic(case, answer)
    differences = {part: tuple(entries) for part, entries in found.items() if entries}
    return CaseOutcome(case, Status.FAILED if differences else Status.PASSED, differences, seen=seen)


def _unusable(case: KeyCase, differences: list[Difference]) -> str | None:
    """An output from which no gradient could be sent back, since nothing of its shape came."""
    for difference in differences:
        if f"cotangent of {difference.name}" in case.request.tensors and difference.wrong in _NO_ARRAY:
            return difference.name
    return None


_NO_ARRAY = (Wrong.SHAPE, Wrong.TYPE, Wrong.MISSING)


def _not_judged(gradient: Difference, output: str) -> Difference:
    message = f"{gradient.name} could not be judged, since {output} is not what was asked for"
    return Difference(gradient.name, Wrong.MISSING, message, gradient.expected)


def _shapes_only(case: KeyCase, answer: Answer) -> list[Difference]:
    compared = [compare(name, expected, answer) for name, expected in case.expected.items()]
    return [
        d
        for d in compared
        if d is not None and d.wrong in (Wrong.SHAPE, Wrong.DTYPE, Wrong.MISSING, Wrong.TYPE)
    ]


def _surplus(case: KeyCase, answer: Answer) -> list[Difference]:
    """Results that were not asked for: a tuple where a tensor is due, one tensor too many."""
    outputs = [name for name in (*answer.tensors, *answer.values) if _is_result(name)]
    extra = [name for name in outputs if name not in case.expected]
    return [Difference(extra[0], Wrong.TYPE, f"{extra[0]} was not asked for")] if extra else []


def _is_result(name: str) -> bool:
    return name.startswith(("output", "len(", "keys(")) or name.endswith(" frozen")


#: what a call must not do, in words that follow "Your code"
CONDUCT = {
    "mutated": "changes an argument, which belongs to the caller",
    "globals": "changes state that every other part of the program shares",
    "again": "gives another answer when called a second time with the same arguments",
    "attached": "leaves state attached to the graph, so every step keeps all earlier ones in memory",
    "leaks": "leaves gradients in a model that it does not train",
    "devices": "returns a tensor on another device than the input's",
}


def _conduct(answer: Answer) -> list[Difference]:
    found = []
    for fact, sentence in CONDUCT.items():
        claimed: Any = answer.facts.get(fact)
        if claimed:
            names = ", ".join(str(name) for name in claimed) if isinstance(claimed, list | dict) else ""
            which = "" if fact == "again" else f": {clean(names, limit=200)}"
            found.append(Difference(fact, Wrong.VALUE, f"Your code {sentence}{which}."))
    return found


def _traffic(case: KeyCase, answer: Answer) -> dict[Part, list[Difference]]:
    """What a watched call did with its device that it should not have done."""
    found: dict[Part, list[Difference]] = {}
    if copied := answer.facts.get("to_host"):
        message = (
            f"Your code copies a tensor from the GPU to the host inside the call ({_some(copied)}). Every copy waits "
            "for the GPU and crosses a slow bus: stay on input.device, with no .cpu(), .numpy() or .tolist() on the way."
        )
        found[Part.HOST] = [Difference("to_host", Wrong.VALUE, message)]
    if case.request.head.get("no_sync") and (waited := answer.facts.get("waits")):
        message = (
            f"Your code makes Python wait for the GPU ({_some(waited)}). .item(), `if tensor:` and boolean masks need a "
            "value before the next line can run: compute with tensors, torch.where for instance."
        )
        found[Part.WAITS] = [Difference("waits", Wrong.VALUE, message)]
    expected, held = case.expected.get(PEAK), answer.facts.get("peak_bytes")
    if expected is not None and isinstance(held, int):
        reference, room = float(str(expected.value)), float(np.asarray(expected.tolerance))
        if held > reference + room:
            message = (
                f"Your code holds {held} bytes at its peak, {held / max(reference, 1.0):.1f} times the reference's "
                f"{reference:.0f}. Drop or reuse what is no longer needed, and do not expand what broadcasts by itself."
            )
            found[Part.PEAK] = [Difference(PEAK, Wrong.VALUE, message)]
    return found


def _some(claimed: Any) -> str:
    return clean(", ".join(str(name) for name in claimed), limit=200)
