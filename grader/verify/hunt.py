"""Mutants before the judge: which are killed, which survive, which nothing tells from the reference.

A mutant is judged in a child process on the key of the public seed, by the comparison that judges learners. One that
passes meets far more cases (`beyond`): where one of them tells it from the reference it survived, and the author owes
a case; where none of them does it counts as equivalent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.course.catalog import Exercise
from grader.course.model import Kind
from grader.errors import CourseError
from grader.judge.key import KeyCase
from grader.judge.keysmith import Keysmith
from grader.verify.beyond import Reach, more_cases
from grader.verify.forked import Lost, each_in_child, in_child
from grader.verify.mutate import Mutant, mutants, sample
from grader.verify.result import Hunted, Survivor
from grader.verify.trusted import first_failure, time_of
from grader.verify.variants import PUBLIC_SEED, secret_seeds

MAX_MUTANTS, MIN_MUTANTS = 100, 12
BUDGET_S = 45.0  # for judging all mutants of one exercise once, were none to fail early
SLOW_S, SLOW_BUDGET_S = 0.5, 15.0  # where the reference itself takes so long: training
SEEDS = 8
REACH_S = 20.0  # of a processor, and so many times as long by the clock on a busy machine
PATIENCE = 6
NO_CASES = (
    ""  # what tells a mutant apart where no further case could be made: nothing says that it is equivalent
)


@dataclass(frozen=True)
class Fate:
    """What one mutant came to; `shown_by` is the call that tells it apart, None for none of many."""

    mutant: Mutant
    killed: bool
    shown_by: str | None = None


def hunt(exercise: Exercise, cache: Path) -> Hunted:
    """Judge the mutants of an exercise's reference. Nothing for kind `tests`, or a solution that gives no key."""
    if exercise.info.kind is Kind.TESTS:
        return Hunted()
    try:
        key = Keysmith(cache).key(exercise, PUBLIC_SEED)
        source = exercise.solution.reference.source
    except CourseError:
        return Hunted()  # the other half of the proof says so
    cost = in_child(lambda: time_of(exercise, source, key.cases), 600.0)
    reference_s = 1.0 if isinstance(cost, Lost) else cost
    chosen = _chosen(exercise, source, key.cases, reference_s)
    fates = _fates(exercise, chosen, key.cases, reference_s)
    return Hunted(
        total=len(fates),
        killed=sum(fate.killed for fate in fates),
        equivalent=sum(not fate.killed and fate.shown_by is None for fate in fates),
        survivors=tuple(
            Survivor(operator=f.mutant.operator, diff=f.mutant.diff(source), shown_by=f.shown_by)
            for f in fates
            if f.shown_by is not None and not f.killed
        ),
    )


def _chosen(exercise: Exercise, source: str, cases: Sequence[KeyCase], reference_s: float) -> list[Mutant]:
    tensors = sorted({name for case in cases for name in case.request.head["grads"]})
    found = mutants(source, tensors, exercise.info.entry_names)
    count = max(MIN_MUTANTS, min(MAX_MUTANTS, int(_budget_s(reference_s) / max(reference_s, 1e-3))))
    return sample(found, count, exercise.id)


def _fates(
    exercise: Exercise, chosen: Sequence[Mutant], cases: Sequence[KeyCase], reference_s: float
) -> list[Fate]:
    first = list(_failures(exercise, chosen, cases, reference_s))
    passed = [mutant for mutant, failure in zip(chosen, first, strict=True) if failure is None]
    more = _more(exercise, _most(len(passed), len(cases), reference_s)) if passed else []
    slower = reference_s * max(1.0, len(more) / len(cases))
    told = _failures(exercise, passed, more, slower) if more else [NO_CASES] * len(passed)
    shown = dict(zip(map(id, passed), told, strict=True))
    return [
        Fate(mutant, failure is not None, shown.get(id(mutant)))
        for mutant, failure in zip(chosen, first, strict=True)
    ]


def _budget_s(reference_s: float) -> float:
    return SLOW_BUDGET_S if reference_s > SLOW_S else BUDGET_S


def _most(passed: int, cases: int, reference_s: float) -> int:
    """How many more cases the mutants that passed can meet in the budget; each meets all it is equivalent on."""
    return max(2, int(_budget_s(reference_s) * cases / max(passed * reference_s, 1e-3)))


def _failures(
    exercise: Exercise, chosen: Sequence[Mutant], cases: Sequence[KeyCase], reference_s: float
) -> Iterator[str | None]:
    """For each mutant the first call it fails, or None. One that does not end fails."""
    limit_s = 2 * exercise.info.limits.wall_s + 5 * reference_s
    works = [lambda text=mutant.source: first_failure(exercise, text, cases) for mutant in chosen]
    for found in each_in_child(works, limit_s, exercise.info.limits.memory_mib):
        yield found.why if isinstance(found, Lost) else found


def _more(exercise: Exercise, most: int) -> list[KeyCase]:
    reach = Reach(secret_seeds(exercise, SEEDS), REACH_S, most)
    found = in_child(lambda: more_cases(exercise, reach), REACH_S * PATIENCE)
    if isinstance(found, Lost):  # some combination never ends: the author's own cases alone
        found = in_child(lambda: more_cases(exercise, reach, combine=False), REACH_S * PATIENCE)
    return [] if isinstance(found, Lost) else found
