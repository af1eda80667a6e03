"""nbgrader: `nbgrader autograde` over a course with the class's notebooks; only the autograding is timed.

PYTHON -m benchmarks.peers.nbgrader          PYTHON is nbgrader's own interpreter
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ASSIGNMENT = Path(__file__).resolve().parent.parent / "assignment"
sys.path[:0] = [str(ASSIGNMENT), str(ASSIGNMENT / "core")]

from cases import POINTS  # noqa: E402
from submissions import notebook, sources  # noqa: E402

BIN = Path(sys.executable).parent


def main() -> None:
    """Build the course, then autograde it."""
    course = Path(tempfile.gettempdir()) / "benchmark-nbgrader"
    shutil.rmtree(course, ignore_errors=True)
    build(course)
    start = time.perf_counter()
    nbgrader(course, "autograde", "conv")
    inner = time.perf_counter() - start
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        scores = {entry.student.id: entry.score for entry in book.assignment_submissions("conv")}
    print(json.dumps({"inner_s": inner, "submissions": len(scores), "scores": dict(sorted(scores.items()))}))


def build(course: Path) -> None:
    """A source notebook (solution, six graded cells), its release, and the class's hand-ins."""
    (course / "source" / "conv").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'cnn'\n")
    reference = (ASSIGNMENT / "core" / "reference.py").read_text()
    solution = f"import numpy as np\n### BEGIN SOLUTION\n{reference}\n### END SOLUTION\n"
    cells = [cell(solution, "solution", grade=False, solution=True, locked=False, task=False)]
    cases = (ASSIGNMENT / "core" / "cases.py").read_text()
    for name, points in POINTS.items():
        body = (
            f"import types\nreference = types.ModuleType('r')\nexec({reference!r}, reference.__dict__)\n"
            f"cases = types.ModuleType('c')\nexec({cases!r}, cases.__dict__)\ncases.{name}(conv2d, maxpool2d, reference)\n"
        )
        text = f"# {name}\n### BEGIN HIDDEN TESTS\n{body}### END HIDDEN TESTS\n"
        cells.append(cell(text, name, grade=True, solution=False, locked=True, task=False, points=points))
    whole = {**json.loads(notebook("")), "cells": cells}
    (course / "source" / "conv" / "conv.ipynb").write_text(json.dumps(whole))
    nbgrader(course, "generate_assignment", "conv", "--force")
    released = (course / "release" / "conv" / "conv.ipynb").read_text()
    for learner, source in sources().items():
        hand_in = json.loads(released)
        hand_in["cells"][0]["source"] = source
        folder = course / "submitted" / learner / "conv"
        folder.mkdir(parents=True)
        (folder / "conv.ipynb").write_text(json.dumps(hand_in))


def cell(source: str, name: str, **marks: Any) -> dict[str, Any]:
    """A code cell with nbgrader's metadata."""
    metadata = {"nbgrader": {"grade_id": name, "schema_version": 3, **marks}}
    return {
        "cell_type": "code",
        "id": name,
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def nbgrader(course: Path, *arguments: str) -> None:
    """Run nbgrader in the course. Wrong hand-ins are no failure of it."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    subprocess.run(
        [BIN / "nbgrader", *arguments], cwd=course, env=environment, capture_output=True, timeout=600
    )


if __name__ == "__main__":
    main()
