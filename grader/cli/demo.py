"""`make demo`: the main job on real input, from a learner's file to a class's gradebook and a quiz."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from grader.course.catalog import Course, builtin_root, load_course

#: one learner's work: three exercises right, in ways of their own, and one with a mistake
LEARNER = {
    "conv2d": "padding_swapped",
    "max_pool2d": "max_pool2d_separable",
    "residual_block": "ResidualBlockSequential",
    "gan_step": "gan_step_bce",
}
_BROKEN = (
    "def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1:\n    return input\n"
)
_ENDLESS = "def conv2d(input, *rest, **options):\n    while True:\n        pass\n"

_RECALLED = (
    "What a network learned on a large data set is reused for another task, because its early layers learn general "
    "features. Either they are frozen and only a new classifier is trained, or all weights are fine-tuned."
)


def main() -> None:
    """Run the demonstration in `demo-out/`."""
    out = Path("demo-out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    os.environ["GRADER_HOME"] = str((out / "home").resolve())
    course = load_course(builtin_root())

    _say("1. A learner checks their work: convolution, pooling, a residual block, a GAN step")
    _run("init", out / "workspace")
    for exercise, variant in LEARNER.items():
        _submit(course, exercise, variant, out / "workspace")
    _run("check", *LEARNER, "--workspace", out / "workspace", expect=(1,))
    _run("hint", "conv2d")

    _say("2. An instructor grades a small class, hostile and broken files included")
    _class(course, out / "class")
    _run("grade", out / "class", "--gradebook", out / "gradebook.db", expect=(0, 3))
    _run("gradebook", "show", "--gradebook", out / "gradebook.db")
    _run(
        "gradebook", "export", "--to", "csv", "--out", out / "grades.csv", "--gradebook", out / "gradebook.db"
    )
    _run("gradebook", "report", "--html", out / "report", "--gradebook", out / "gradebook.db")

    _say("3. The quiz asks, a scripted learner answers")
    _run("quiz", "01_convolution", "--plain", "--count", "2", "--seed", "4", stdin="b c d\nb\n\n")
    _run("quiz", "00_seed", "--plain", "--count", "1", "--seed", "1", stdin=_RECALLED + "\n\n\n\n")

    _say("Done")
    click.echo(
        f"Gradebook: {out / 'gradebook.db'}\nGrades:    {out / 'grades.csv'}\nWorkspace: {out / 'workspace'}"
    )
    pages = sorted((out / "report").rglob("*.html"))
    click.echo(f"Report:    {pages[0] if pages else out / 'report'}")


def _class(course: Course, folder: Path) -> None:
    """Eight learners: right, wrong, untouched, broken, endless."""
    for number, learner in enumerate(["ada", "blaise", "carl", "daniel", "emmy", "fritz", "grace", "hopper"]):
        for exercise in LEARNER:
            solution = course.exercise(exercise).solution
            pool = solution.wheats if number % 2 == 0 else solution.chaffs
            _submit(course, exercise, pool[(3 * number) % len(pool)].name, folder / learner)
    conv2d = course.exercise("conv2d")
    for learner, text in (("fritz", _BROKEN), ("grace", conv2d.stub), ("hopper", _ENDLESS)):
        (folder / learner / conv2d.relative_path).write_text(text)


def _submit(course: Course, exercise_id: str, variant: str, folder: Path) -> None:
    exercise = course.exercise(exercise_id)
    sources = {v.name: v.source for v in (*exercise.solution.wheats, *exercise.solution.chaffs)}
    path = folder / exercise.relative_path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sources[variant])


def _run(*arguments: object, stdin: str = "", expect: tuple[int, ...] = (0,)) -> None:
    """Show a command, run it, and stop the demonstration if it ends otherwise than expected."""
    words = [str(argument) for argument in arguments]
    click.secho("\n$ grader " + " ".join(words), bold=True)
    done = subprocess.run([sys.executable, "-m", "grader", *words], input=stdin, text=True, check=False)
    if done.returncode not in expect:
        click.echo(f"demo: exit code {done.returncode}, expected one of {expect}", err=True)
        sys.exit(1)


def _say(title: str) -> None:
    click.secho(f"\n=== {title}", bold=True)


if __name__ == "__main__":
    main()
