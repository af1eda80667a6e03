"""The stub, every wheat and every chaff, judged as a learner's file would be: by the sandboxed judge."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from grader.course.catalog import Exercise
from grader.course.model import Kind
from grader.course.solution import Variant
from grader.errors import CourseError, Problem
from grader.judge.judge import Judge
from grader.judge.keysmith import Keysmith
from grader.judge.report import CheckVerdict, Result, Status
from grader.sandbox import Pool
from grader.verify.result import Judged, flaws_of
from grader.verify.series import Series, is_full
from grader.verify.statement import check_examples, check_signature

MIN_WHEATS = 3  # the reference and two others
MIN_CHAFFS = {Kind.DESIGN: 4}
MIN_CHAFFS_ELSE = 8
PUBLIC_SEED = 0

#: secret seeds for kind `tests`: a seed draws nothing there but the order of the implementations
_ORDERS = 1
#: these verdicts say themselves what is wrong; no chaff's lesson is needed
_SELF_EXPLAINING = {Status.FORBIDDEN, Status.TIMEOUT, Status.MEMORY_LIMIT, Status.OUTPUT_LIMIT}


def secret_seeds(exercise: Exercise, count: int) -> tuple[int, ...]:
    """`count` seeds nobody wrote down, the same on every run so that results can be kept."""
    rng = np.random.default_rng([20, zlib.crc32(exercise.id.encode())])
    return tuple(int(seed) for seed in rng.integers(1, 2**31, count))


class Trial:
    """One exercise's variants before the judge."""

    def __init__(self, exercise: Exercise, pool: Pool, cache: Path) -> None:
        self.exercise, self.pool = exercise, pool
        self.keysmith = Keysmith(cache)
        self.path = exercise.solution.path

    def run(self, seeds: int, devices: Sequence[str]) -> Judged:
        """Judge all of them. Whatever is wrong is a flaw of the result; `MachineError` passes through."""
        solution = self.exercise.solution
        try:
            seeds = min(seeds, int(solution.option("SEEDS", seeds)))
            wheats, chaffs = solution.wheats, solution.chaffs
            problems = [*self._counts(wheats, chaffs), *self._texts(wheats, chaffs)]
            self.keysmith.key(self.exercise, PUBLIC_SEED)
        except CourseError as wrong:
            return Judged(flaws=flaws_of(wrong.problems, self.exercise.root))
        problems += [*self._stub(), *check_signature(self.exercise), *check_examples(self.exercise)]
        refused = {wheat.name: list(self._refusals(wheat, seeds, devices)) for wheat in wheats}
        failed = {
            chaff.name: [self._judge(chaff.source, PUBLIC_SEED, device) for device in devices]
            for chaff in chaffs
        }
        missed = [
            problem
            for chaff in chaffs
            for problem in [p for result in failed[chaff.name] for p in self._missed(chaff, result)][:1]
        ]
        problems += [*(p for found in refused.values() for p in found[:1]), *missed]
        return Judged(
            flaws=flaws_of(problems, self.exercise.root),
            wheats=len(wheats),
            wheats_passed=sum(not found for found in refused.values()),
            chaffs=len(chaffs),
            chaffs_failed=sum(
                all(result.status is not Status.PASSED for result in results) for results in failed.values()
            ),
            chaffs_named=len(chaffs) - len(missed),
            seeds=seeds,
            devices=tuple(devices),
        )

    def _judge(self, source: str, seed: int, device: str) -> Result:
        return Judge(self.pool, self.keysmith, seed).judge(self.exercise, source, device)

    def _counts(self, wheats: Sequence[Variant], chaffs: Sequence[Variant]) -> Iterator[Problem]:
        due = MIN_CHAFFS.get(self.exercise.info.kind, MIN_CHAFFS_ELSE)
        if len(wheats) < MIN_WHEATS:
            yield self._problem(
                f"has {len(wheats) - 1} wheats beside the reference, where {MIN_WHEATS - 1} are due",
                remedy="add right implementations built on other ideas",
            )
        if len(chaffs) < due:
            yield self._problem(
                f"has {len(chaffs)} chaffs, where {due} are due", remedy="add mistakes that learners make"
            )

    def _texts(self, wheats: Sequence[Variant], chaffs: Sequence[Variant]) -> Iterator[Problem]:
        for variant in (*wheats, *chaffs):
            if not variant.text.strip():
                what = "idea" if variant.correct else "lesson"
                yield self._problem(f"has an empty {what}", variant.name, f"write its {what}")
            try:
                compile(variant.source, variant.name, "exec")
            except (SyntaxError, ValueError) as wrong:
                yield self._problem(
                    f"is not Python once it stands alone: {wrong}", variant.name, "mend its text or edits"
                )

    def _stub(self) -> Iterator[Problem]:
        result = self._judge(self.exercise.stub, PUBLIC_SEED, "cpu")
        if result.status is not Status.NOT_IMPLEMENTED or result.score:
            yield Problem(
                f"the stub is {result.status} with {result.score:g} points, not not_implemented with 0",
                self.exercise.stub_path,
                remedy="its entries raise NotImplementedError and do nothing before",
            )

    def _refusals(self, wheat: Variant, seeds: int, devices: Sequence[str]) -> Iterator[Problem]:
        """Where a wheat does not get full marks. A reference that cannot make a key counts as refused."""
        if self.exercise.info.kind is Kind.TESTS:
            seeds = min(seeds, _ORDERS)
        for device in devices:
            series = Series(self.exercise, self.pool, self.keysmith, device)
            for seed, result in series.results(
                wheat.source, (PUBLIC_SEED, *secret_seeds(self.exercise, seeds))
            ):
                where = f"with seed {seed} on {device}"
                if isinstance(result, CourseError):
                    yield self._problem(f"no key can be made {where}: {result}", wheat.name)
                    return
                if not is_full(result):
                    yield self._problem(
                        f"a wheat is refused {where}: {_first_failure(result)}",
                        wheat.name,
                        "mend the wheat, or the case that refuses what is right",
                    )
                    return

    def _missed(self, chaff: Variant, result: Result) -> Iterator[Problem]:
        """Why a chaff counts as not caught or not named."""
        if result.status is Status.PASSED:
            yield self._problem("a chaff passes every check", chaff.name, "add a case that it fails")
            return
        if result.status in _SELF_EXPLAINING or self.exercise.info.kind is Kind.TESTS:
            return  # tests are told by name which implementations they take wrongly
        lessons = {variant.name: variant.text for variant in self.exercise.solution.chaffs}
        for check in result.checks:
            named = None if check.diagnosis is None else check.diagnosis.chaff
            if check.failing and lessons.get(named or "") != chaff.text:
                yield self._problem(
                    f"the chaff fails `{check.name}` but is taken for {named or 'nothing known'}",
                    chaff.name,
                    "add a case that tells the two apart, or give them one lesson"
                    if named in lessons
                    else f"see why: {_shown(check)}",
                )
                return

    def _problem(self, message: str, name: str | None = None, remedy: str | None = None) -> Problem:
        return Problem(message, self.path, self._line(name), name, remedy)

    def _line(self, name: str | None) -> int | None:
        if name is None or not self.path.is_file():
            return None
        wanted = self.exercise.info.entry_names[0] if name == "reference" else name
        found = re.search(
            rf"^(?:def |class )?{re.escape(wanted)}\b", self.exercise.solution.source, re.MULTILINE
        )
        return None if found is None else self.exercise.solution.source.count("\n", 0, found.start()) + 1


def judged_anyway(exercise: Exercise, pool: Pool, cache: Path, seeds: int, devices: Sequence[str]) -> Judged:
    """`Trial.run`, with a solution that cannot even be read as a flaw too."""
    try:
        return Trial(exercise, pool, cache).run(seeds, devices)
    except CourseError as wrong:
        return Judged(flaws=flaws_of(wrong.problems, exercise.root))


def _first_failure(result: Result) -> str:
    check = next((c for c in result.checks if c.status is not Status.PASSED), None)
    return result.message or "no check failed" if check is None else f"{check.name}: {_shown(check)}"


def _shown(check: CheckVerdict) -> str:
    parts = [f"{check.status}: {check.message}" if check.message else str(check.status)]
    if check.case is not None and check.case.call:
        parts.append(f"in {check.case.call}")
    if check.expected is not None:
        parts.append(f"expected {check.expected}, got {check.actual}")
    parts += [f"line {place.line}: {place.text.strip()}" for place in check.places[-1:]]
    return "; ".join(" ".join(part.split()) for part in parts)[:600]
