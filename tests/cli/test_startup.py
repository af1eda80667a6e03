"""What a learner waits for: nothing heavy is loaded before the first line, once the caches are warm."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course.builtin import builtin_root
from grader.course.outline import outline
from grader.errors import CourseError

LOADED = """
import atexit, sys
heavy = ("torch", "pydantic", "sqlalchemy", "jinja2", "yaml", "regex", "rapidfuzz", "fsrs", "numpy")
atexit.register(lambda: print("LOADED", *(name for name in heavy if name in sys.modules), file=sys.stderr))
sys.argv = ["grader", *sys.argv[1:]]
from grader.cli import main
main()
"""
COMMANDS = {"Usage": ["--help"], "0 of ": ["list"], "Question 1 of 19.": ["quiz", "--plain", "00_seed"]}


@pytest.mark.parametrize(("shown", "words"), COMMANDS.items(), ids=["help", "list", "quiz"])
def test_nothing_heavy_is_loaded_before_the_first_prompt(
    shown: str, words: list[str], tmp_path: Path
) -> None:
    for _ in range(2):  # the first run fills the caches
        done = subprocess.run(
            [sys.executable, "-c", LOADED, *words],
            env={**os.environ, "GRADER_HOME": str(tmp_path)},
            input="",
            capture_output=True,
            text=True,
            check=True,
        )
    assert shown in done.stdout
    assert done.stderr.splitlines()[-1].split() == ["LOADED"]


def test_a_kept_outline_counts_only_while_it_is_whole_and_every_stub_is_there(tmp_path: Path) -> None:
    root = tmp_path / "course"
    shutil.copytree(builtin_root() / "exercises", root / "exercises")
    first = outline(root, tmp_path / "cache")
    (entry,) = (tmp_path / "cache").glob("outline-*.json")
    assert outline(root, tmp_path / "cache") == first
    entry.write_text(entry.read_text().replace("conv2d", "conv3d"))
    assert outline(root, tmp_path / "cache") == first
    stub = root / "exercises" / first.chapters[0].exercises[0].relative_path
    stub.unlink()
    with pytest.raises(CourseError, match="no such stub"):
        outline(root, tmp_path / "cache")
