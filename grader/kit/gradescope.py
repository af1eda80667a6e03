"""A Gradescope autograder: a zip with the engine, a kit under a secret seed, and the two scripts Gradescope calls.

setup.sh          installs Python packages, once
run_autograder    judges /autograder/submission and writes /autograder/results/results.json
engine/grader/    this package
course/           a kit: no solution code, but the expected values of hidden cases
"""

from __future__ import annotations

import importlib.metadata
import re
import tempfile
import zipfile
from pathlib import Path

import grader
from grader.course.catalog import Course
from grader.errors import InputError
from grader.judge.keysmith import Keysmith
from grader.kit.learners import Made, fill

SETUP = """#!/usr/bin/env bash
# Gradescope runs this once, when it builds the autograder's image.
set -euo pipefail
apt-get update
apt-get install -y --no-install-recommends python3 python3-venv python3-pip
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: choose a newer base image")'
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install --quiet --extra-index-url https://download.pytorch.org/whl/cpu -r /autograder/source/requirements.txt
"""

RUN = """#!/usr/bin/env bash
# Gradescope runs this for every submission. Without a results.json it shows the fault to the instructor and no score.
cd /autograder/source
export PYTHONPATH=/autograder/source/engine GRADER_HOME=/autograder/grader
exec /autograder/venv/bin/python -m grader.kit.autograde \\
    --course /autograder/source/course --submission /autograder/submission \\
    --results /autograder/results/results.json
"""


def make_bundle(course: Course, out: Path, keysmith: Keysmith, seed: int) -> Made:
    """Write the autograder's zip at `out`. Raises: `InputError` when it is there, `CourseError`."""
    if out.exists():
        raise InputError("is there already", path=out, remedy="name a new file")
    with tempfile.TemporaryDirectory(prefix="grader-bundle-") as place:
        made = fill(course, Path(place), keysmith, seed)
        try:
            with zipfile.ZipFile(out, "x", zipfile.ZIP_DEFLATED) as bundle:
                _script(bundle, "setup.sh", SETUP)
                _script(bundle, "run_autograder", RUN)
                bundle.writestr("requirements.txt", "\n".join(requirements()) + "\n")
                _tree(bundle, Path(place), "course")
                _tree(bundle, Path(grader.__file__).parent, "engine/grader")
        except OSError as wrong:
            raise InputError(f"cannot be written: {wrong.strerror}", path=out) from None
    return Made(out, made.sealed, made.without_key)


def requirements() -> list[str]:
    """What the engine needs, extras aside."""
    found = importlib.metadata.requires("cnn-grader") or []
    return [*(one for one in found if not re.search(r"\bextra\s*==", one)), "nbformat>=5.10"]


def _script(bundle: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
    info.external_attr = 0o100755 << 16
    bundle.writestr(info, text)


def _tree(bundle: zipfile.ZipFile, folder: Path, under: str) -> None:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not {"__pycache__", "_builtin"} & set(inside.parts):
            bundle.write(path, f"{under}/{inside.as_posix()}")
