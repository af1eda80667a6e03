"""A proof as a person reads it: a line an exercise, everything wrong with where and what to do, and the sums."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.verify.result import Hunted, Proof, Verification


def text_of(found: Verification, root: Path, *, brief: bool = False) -> str:
    """The whole text; paths under the course's `root`. `brief`: no line for an exercise with which nothing is wrong."""
    return "\n".join((*_exercises(found, brief), *_troubles(found, root), *_sums(found)))


def _exercises(found: Verification, brief: bool) -> Iterator[str]:
    shown = [proof for proof in found.proofs if not brief or proof.skipped or proof.all_flaws]
    width = max((len(proof.exercise) for proof in shown), default=0)
    for proof in shown:
        if proof.skipped:
            yield f"--  {proof.exercise:<{width}}  skipped: {proof.skipped}"
        else:
            yield f"{'ok ' if not proof.all_flaws else 'BAD'} {proof.exercise:<{width}}  {_figures(proof)}"


def _troubles(found: Verification, root: Path) -> Iterator[str]:
    for warning in found.quiz_warnings:
        yield f"warning: {warning.at(root)}"
    if found.flaws:
        yield ""
    for flaw in found.flaws:
        yield f"{flaw.at(root)}"
    if found.proofs:
        yield ""


def _sums(found: Verification) -> Iterator[str]:
    proved = [proof for proof in found.proofs if not proof.skipped]
    judged, hunted = [proof.judged for proof in proved], [proof.hunted for proof in proved if proof.hunted]
    sums = [
        f"wheats {sum(one.wheats_passed for one in judged)}/{sum(one.wheats for one in judged)}",
        f"chaffs {sum(one.chaffs_failed for one in judged)}/{sum(one.chaffs for one in judged)}",
    ]
    if hunted:
        due = sum(one.total - one.equivalent for one in hunted)
        sums.append(f"mutants {sum(one.killed for one in hunted)}/{due}")
    kept = sum(proof.cached for proof in proved)
    minutes, seconds = divmod(round(found.wall_s), 60)
    yield f"{', '.join(sums)}; {f'{kept} proofs kept from before; ' if kept else ''}{minutes}:{seconds:02} min"
    count = len(found.flaws)
    skipped = len(found.proofs) - len(proved)
    yield (
        f"{len(proved)} exercises, nothing wrong.{f' {skipped} skipped, not proved.' if skipped else ''}"
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
