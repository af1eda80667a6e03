"""A repository template for GitHub Classroom: a workspace, the kit it is judged by, and a workflow.

OUT/<topic>/<id>.py                  the stubs, to be edited
OUT/.grader/course/                  the kit
OUT/.github/workflows/grader.yml     judges every push
"""

from __future__ import annotations

from pathlib import Path

from grader.course.catalog import Course
from grader.judge.keysmith import Keysmith
from grader.kit.learners import Made, copy_stubs, fill, fresh_folder

WORKFLOW = """# Judges every push against the public cases in .grader/course, and shows the result.
# A learner can change anything in this repository, this file too: marks come from `grader grade` over the clones.
name: grader
on: [push, workflow_dispatch]
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
          cache: pip
          cache-dependency-path: .github/workflows/grader.yml
      - run: python -m pip install --extra-index-url https://download.pytorch.org/whl/cpu "{install}"
      - run: grader check --course .grader/course --workspace . --format junit > report.xml || test $? -eq 1
      - run: grader check --course .grader/course --workspace .
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: report
          path: report.xml
"""


def make_template(course: Course, out: Path, keysmith: Keysmith, install: str, seed: int = 0) -> Made:
    """Write the template at `out`, whole or not at all. `install`: what pip is to install. Raises: as `make_kit`."""
    with fresh_folder(out) as building:
        copy_stubs(course, building)
        (building / ".grader" / "course").mkdir(parents=True)
        made = fill(course, building / ".grader" / "course", keysmith, seed)
        workflow = building / ".github" / "workflows" / "grader.yml"
        workflow.parent.mkdir(parents=True)
        workflow.write_text(WORKFLOW.replace("{install}", install), encoding="utf-8")
    return Made(out, made.sealed, made.without_key)
