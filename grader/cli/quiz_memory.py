"""What the quiz remembers: flags, marking again, fitting the schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from grader.cli.options import cache_home, course_option, data_home


@click.command()
def flags() -> None:
    """The questions you flagged as bad, and why."""
    from grader.quiz.memory import remember
    from grader.quiz.store import ReviewLog

    with ReviewLog(data_home() / "quiz.db") as log:
        known = remember(log).known
    found = [(item, one.flag) for item, one in sorted(known.items()) if one.flag is not None]
    for item, note in found:
        click.echo(f"{item}: {note or 'no reason given'}")
    if not found:
        click.echo("No question is flagged.", err=True)


@click.command()
@click.argument("banks", metavar="[BANK ...]", nargs=-1)
@click.option("--item", "items", multiple=True, help="Only this item; may be given more than once.")
@course_option
def regrade(banks: tuple[str, ...], items: tuple[str, ...], course_root: Path | None) -> None:
    """Mark past answers again, as they were asked, by the banks as they are now."""
    from grader.course.builtin import builtin_root
    from grader.quiz.bank import load_banks
    from grader.quiz.regrade import regrade as mark_again
    from grader.quiz.start import bank_paths
    from grader.quiz.store import ReviewLog

    paths = bank_paths((course_root or builtin_root()) / "quizzes", banks)
    library = load_banks(paths, cache=cache_home() / "quiz")
    with ReviewLog(data_home() / "quiz.db") as log:
        changed = mark_again(log, library, datetime.now(UTC), frozenset(items) if items else None)
    for one in changed:
        click.echo(
            f"{one.item}: {one.before:.0%} is now {one.after:.0%} (answered {one.at:%Y-%m-%d %H:%M} UTC)"
        )
    click.echo(f"{len(changed)} answers have another mark.", err=True)


@click.command()
def optimize() -> None:
    """Fit the schedule's weights to your own reviews; needs more than 1,000 of them."""
    from grader.quiz.optimize import optimize as fit
    from grader.quiz.store import ReviewLog

    with ReviewLog(data_home() / "quiz.db") as log:
        weights = fit(log, datetime.now(UTC))
    click.echo("The schedule now uses: " + ", ".join(f"{weight:.4g}" for weight in weights))
