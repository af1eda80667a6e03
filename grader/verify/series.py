"""One right implementation under many seeds.

The first seed is judged as a learner's file is, in a clean worker. The others are asked in as few conversations as the
limits of one allow: that saves a worker's birth for each, and proves the same of an implementation that keeps nothing
between calls. One that is refused there is judged once more by itself, which is what counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from grader.course.catalog import Exercise
from grader.course.model import Kind
from grader.errors import CourseError
from grader.judge.ask import Interview, interview
from grader.judge.judge import Judge
from grader.judge.keysmith import Keysmith
from grader.judge.limits import limits_of
from grader.judge.report import Result, Status
from grader.sandbox import Pool

#: of the CPU time that a conversation may take, what those of verify use
_SHARE = 0.25


@dataclass(frozen=True)
class Series:
    """Judges sources of one exercise on one device."""

    exercise: Exercise
    pool: Pool
    keysmith: Keysmith
    device: str

    def results(self, source: str, seeds: Sequence[int]) -> Iterator[tuple[int, Result | CourseError]]:
        """Each seed with its result, or why there is no key for it."""
        first, rest = list(seeds[:1]), list(seeds[1:])
        for seed in seeds if self.exercise.info.kind is Kind.TESTS else first:
            result = self._alone(source, seed)
            yield seed, result
        if self.exercise.info.kind is Kind.TESTS or not rest or isinstance(result, CourseError):
            return
        most = self._most(result.wall_s or 0.0)
        for at in range(0, len(rest), most):
            yield from self._together(source, rest[at : at + most])

    def _most(self, wall_s: float) -> int:
        """How many seeds fit into one conversation, where one takes `wall_s`."""
        return max(1, int(_SHARE * limits_of(self.exercise).cpu_s / max(wall_s, 1e-3)))

    def _alone(self, source: str, seed: int) -> Result | CourseError:
        try:
            return self._judge(seed).judge(self.exercise, source, self.device)
        except CourseError as wrong:
            return wrong

    def _together(self, source: str, seeds: Sequence[int]) -> Iterator[tuple[int, Result | CourseError]]:
        keys = []
        for seed in seeds:
            try:
                keys.append((seed, self.keysmith.key(self.exercise, seed, self.device)))
            except CourseError as wrong:
                yield seed, wrong
        if not keys:
            return
        joined = replace(keys[0][1], cases=tuple(case for _, key in keys for case in key.cases))
        held = interview(self.exercise, source, joined, self.pool)
        outcomes = iter(held.outcomes)
        for seed, key in keys:
            own = Interview(outcomes=[next(outcomes) for _ in key.cases])
            result = self._judge(seed).score(self.exercise, key, own)
            yield seed, result if is_full(result) else self._alone(source, seed)

    def _judge(self, seed: int) -> Judge:
        return Judge(self.pool, self.keysmith, seed)


def is_full(result: Result) -> bool:
    """Whether everything passed and every point was given."""
    return result.status is Status.PASSED and result.score == result.max_score
