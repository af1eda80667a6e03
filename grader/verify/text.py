"""A proof as a person reads it: a line an exercise, then everything wrong with where and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.verify.result import Hunted, Proof, Verification


def text_of(found: Verification, root: Path) -> str:
    """The whole text; paths under the course's `root`."""
    return "\n".join(_lines(found, root))


def _lines(found: Verification, root: Path) -> Iterator[str]:
    width = max((len(proof.exercise) for proof in found.proofs), default=0)
    for proof in found.proofs:
        if proof.skipped:
            yield f"--  {proof.exercise:<{width}}  skipped: {proof.skipped}"
            continue
        yield f"{'ok ' if not proof.all_flaws else 'BAD'} {proof.exercise:<{width}}  {_figures(proof)}"
    for warning in found.quiz_warnings:
        yield f"warning: {warning.at(root)}"
    if found.flaws:
        yield ""
    for flaw in found.flaws:
        yield f"{flaw.at(root)}"
    yield ""
    count = len(found.flaws)
    skipped = sum(bool(proof.skipped) for proof in found.proofs)
    yield (
        f"{len(found.proofs) - skipped} exercises, nothing wrong.{f' {skipped} skipped, not proved.' if skipped else ''}"
        if found.clean
        else f"{count} problem{'s' if count != 1 else ''} in {len(found.proofs)} exercises."
    )


def _figures(proof: Proof) -> str:
    judged = proof.judged
    parts = [
        f"wheats {judged.wheats_passed}/{judged.wheats}",
        f"chaffs {judged.chaffs_failed}/{judged.chaffs}, named {judged.chaffs_named}",
    ]
    if proof.hunted is not None:
        parts.append(mutants(proof.hunted))
    seconds = judged.wall_s + (proof.hunted.wall_s if proof.hunted else 0.0)
    return ", ".join(parts) + (", unchanged" if proof.cached else f", {seconds:.1f} s")


def mutants(hunted: Hunted) -> str:
    """The figures of one exercise's mutants."""
    return f"mutants {hunted.killed}/{hunted.total - hunted.equivalent} ({hunted.equivalent} equivalent)"
