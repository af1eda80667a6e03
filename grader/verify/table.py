"""`docs/course-quality.md`: the figures of a proof, exercise by exercise."""

from __future__ import annotations

from pathlib import Path

from grader.verify.result import Hunted, Proof, Verification

_HEAD = """# How well the course is tested

Made by `grader verify --write-table`; do not edit. A *wheat* is a right implementation, a *chaff* a plausible wrong
one, a *mutant* the reference with one small change. Wheats are judged under {seeds} secret seeds, or as many as stand
beside them (training takes long); chaffs must fail and
be named, each by its own lesson; mutants that no input tells from the reference are equivalent and do not count.

| exercise | wheats passed | chaffs failed | named | mutants killed | equivalent | seconds |
|---|---|---|---|---|---|---|
"""


def table_of(found: Verification) -> str:
    """The page as Markdown."""
    proofs = found.proofs
    seeds = max((proof.judged.seeds for proof in proofs), default=0)
    rows = [_row(proof, seeds) for proof in proofs]
    return _HEAD.format(seeds=seeds) + "\n".join([*rows, _sums(proofs)]) + "\n" + _survivors(proofs)


def write_table(found: Verification, root: Path) -> Path:
    """Write the page below the course's folder, and say where."""
    path = root / "docs" / "course-quality.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(table_of(found), encoding="utf-8")
    return path


def _row(proof: Proof, most: int) -> str:
    if proof.skipped:
        return f"| `{proof.exercise}` | not proved: {proof.skipped.replace('|', '/')} | | | | | |"
    judged, hunted = proof.judged, proof.hunted or Hunted()
    fewer = f" ({judged.seeds} seeds)" if 0 < judged.seeds < most else ""
    cells = (
        f"`{proof.exercise}`",
        f"{judged.wheats_passed} / {judged.wheats}{fewer}",
        f"{judged.chaffs_failed} / {judged.chaffs}",
        f"{judged.chaffs_named}",
        f"{hunted.killed} / {hunted.total - hunted.equivalent}",
        f"{hunted.equivalent}",
        f"{judged.wall_s + hunted.wall_s:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _sums(every: tuple[Proof, ...]) -> str:
    proofs = [proof for proof in every if not proof.skipped]
    judged = [proof.judged for proof in proofs]
    hunted = [proof.hunted or Hunted() for proof in proofs]
    wrong = sum(h.total - h.equivalent for h in hunted)
    chaffs = sum(j.chaffs for j in judged)
    cells = (
        f"**{len(proofs)} exercises**",
        f"{sum(j.wheats_passed for j in judged)} / {sum(j.wheats for j in judged)}",
        f"{sum(j.chaffs_failed for j in judged)} / {chaffs}",
        f"{sum(j.chaffs_named for j in judged)}{_percent(sum(j.chaffs_named for j in judged), chaffs)}",
        f"{sum(h.killed for h in hunted)} / {wrong}{_percent(sum(h.killed for h in hunted), wrong)}",
        f"{sum(h.equivalent for h in hunted)}",
        f"{sum(j.wall_s for j in judged) + sum(h.wall_s for h in hunted):.0f}",
    )
    return f"| {' | '.join(cells)} |"


def _percent(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.1f} %)" if whole else ""


def _survivors(proofs: tuple[Proof, ...]) -> str:
    found = [
        f"\n`{proof.exercise}`, {one.operator}; told apart by {one.shown_by or 'nothing, for want of further cases'}\n\n```diff\n{one.diff}\n```\n"
        for proof in proofs
        for one in (proof.hunted.survivors if proof.hunted else ())
    ]
    return "\n## Mutants that the judge passes\n" + "".join(found) if found else ""
