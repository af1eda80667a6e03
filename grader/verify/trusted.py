"""A trusted implementation judged in this process, by the same harness and comparison as a learner's in the sandbox."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.course.catalog import Exercise
from grader.judge.compare import Answer
from grader.judge.key import KeyCase, seen_of
from grader.judge.outcome import CaseOutcome, Part, judge_case
from grader.judge.quiet import quiet
from grader.judge.report import Status
from grader.worker.kinds import observe
from grader.worker.matching import MAX_CANDIDATES
from grader.worker.serve import entries_of
from grader.worker.wire import Message


def first_failure(exercise: Exercise, source: str, cases: Sequence[KeyCase]) -> str | None:
    """The first call that the judge would not pass, as a learner reads it; None when all pass."""
    with quiet():
        try:
            bench = bench_of(exercise, source)
        except BaseException as wrong:
            return f"importing it: {type(wrong).__name__}"
        return next((case.call for case in cases if not bench.passes(case)), None)


def bench_of(exercise: Exercise, source: str) -> Bench:
    """A bench for an implementation's source. Raises: whatever importing it raises."""
    return Bench(exercise, entries_of(exercise.id, source, list(exercise.info.entry_names)))


def time_of(exercise: Exercise, source: str, cases: Sequence[KeyCase]) -> float:
    """Seconds of a processor that an implementation takes for all cases: a busy machine makes no difference."""
    begin = time.process_time()
    first_failure(exercise, source, cases)
    return time.process_time() - begin


@dataclass
class Bench:
    """One implementation's entries, and how its modules' parameters were found to pair up."""

    exercise: Exercise
    entries: Mapping[str, Any]
    pairings: dict[str, int] = field(default_factory=dict)

    def passes(self, case: KeyCase) -> bool:
        """Whether the case passes; a module's parameters may be paired in any way that is right."""
        made_as = json.dumps([case.request.head["entry"], case.request.head.get("init")])
        try:
            outcome, claimed = self._judged(case, self.pairings.get(made_as, 0))
            if made_as in self.pairings or not outcome.of(Part.FORWARD):
                return outcome.status is Status.PASSED
            for attempt in range(1, min(claimed, MAX_CANDIDATES)):
                other, _ = self._judged(case, attempt)
                if not other.of(Part.FORWARD):
                    self.pairings[made_as] = attempt
                    return other.status is Status.PASSED
        except BaseException:  # a mutant may raise anything, SystemExit included: it fails
            return False
        return False

    def _judged(self, case: KeyCase, attempt: int) -> tuple[CaseOutcome, int]:
        request = Message({**case.request.head, "attempt": attempt}, case.request.tensors)
        message = observe(request, self.entries)
        answer = Answer.of(message)
        outcome = judge_case(case, answer, seen_of(message), self.exercise.info.kind)
        return outcome, int(answer.facts.get("attempts", 1))
