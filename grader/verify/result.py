"""The nouns of a proof: what is wrong, and the figures per exercise. Frozen, and JSON, so that they can be kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from grader.errors import GraderError, Problem


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Flaw(_Model):
    """A `Problem` as data; `file` is relative to the course's folder where it lies in it."""

    message: str
    file: str | None = None
    line: int | None = None
    key: str | None = None
    remedy: str | None = None

    @classmethod
    def of(cls, problem: Problem, root: Path) -> Flaw:
        """The problem with its path made relative to `root`."""
        path = problem.path
        inside = path is not None and path.is_relative_to(root)
        file = None if path is None else str(path.relative_to(root) if inside else path)
        return cls(
            message=problem.message, file=file, line=problem.line, key=problem.key, remedy=problem.remedy
        )

    def at(self, root: Path) -> Problem:
        """The problem again, its path under `root`."""
        path = None if self.file is None else root / self.file
        return Problem(self.message, path, self.line, self.key, self.remedy)


class Judged(_Model):
    """What judging the stub, the wheats and the chaffs showed. Times are seconds of the judge's clock."""

    flaws: tuple[Flaw, ...] = ()
    wheats: int = 0
    wheats_passed: int = 0
    chaffs: int = 0
    chaffs_failed: int = 0
    chaffs_named: int = 0
    seeds: int = 0
    devices: tuple[str, ...] = ()
    wall_s: float = 0.0


class Survivor(_Model):
    """A mutant that the judge passes although it is wrong: what was changed, and a call that shows it."""

    operator: str
    diff: str
    shown_by: str


class Hunted(_Model):
    """What became of the mutants of one reference."""

    total: int = 0
    killed: int = 0
    equivalent: int = 0
    survivors: tuple[Survivor, ...] = ()
    wall_s: float = 0.0

    @property
    def share(self) -> float | None:
        """Killed per mutant that is no equivalent; None where there is none."""
        wrong = self.total - self.equivalent
        return self.killed / wrong if wrong else None


class Proof(_Model):
    """All that is known of one exercise; `hunted` is None where mutants were not asked for; `skipped`: why nothing is known."""

    exercise: str
    topic: str
    kind: str
    flaws: tuple[Flaw, ...] = ()
    judged: Judged = Judged()
    hunted: Hunted | None = None
    cached: bool = False
    skipped: str = ""

    @property
    def all_flaws(self) -> tuple[Flaw, ...]:
        """Everything wrong with this exercise."""
        survived = () if self.hunted is None else tuple(_flaw(self, one) for one in self.hunted.survivors)
        return (*self.flaws, *self.judged.flaws, *survived)


class Verification(_Model):
    """The course's proof."""

    course: str
    version: str
    sandbox: str
    proofs: tuple[Proof, ...]
    quiz_flaws: tuple[Flaw, ...] = ()
    quiz_warnings: tuple[Flaw, ...] = ()
    course_flaws: tuple[Flaw, ...] = ()
    wall_s: float = 0.0

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """Everything wrong, in the course's order."""
        own = tuple(flaw for proof in self.proofs for flaw in proof.all_flaws)
        return (*self.course_flaws, *own, *self.quiz_flaws)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong; warnings do not count."""
        return not self.flaws


def flaws_of(problems: Iterable[Problem], root: Path) -> tuple[Flaw, ...]:
    """Problems as data."""
    return tuple(Flaw.of(problem, root) for problem in problems)


def flaws_of_error(wrong: GraderError, root: Path) -> tuple[Flaw, ...]:
    """An error's problems as data."""
    return flaws_of(wrong.problems, root)


def _flaw(proof: Proof, survivor: Survivor) -> Flaw:
    return Flaw(
        message=f"the judge passes a mutant of the reference ({survivor.operator})\n{survivor.diff}",
        file=f"solutions/{proof.topic}/{proof.exercise}.py",
        key="cases",
        remedy=f"add a case that tells it apart, such as {survivor.shown_by}"
        if survivor.shown_by
        else "no case under other seeds could be made, so nothing says that it is equivalent: draw inputs off the kinks",
    )
