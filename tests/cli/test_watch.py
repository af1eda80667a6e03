"""`grader watch`: a save is judged, keys act, `q` ends it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from grader.course.catalog import Course
from grader.course.progress import Progress


def test_a_save_is_judged_anew(tmp_path: Path, course: Course) -> None:
    exercise = course.exercise("max_pool2d")
    path = tmp_path / exercise.relative_path
    path.parent.mkdir(parents=True)
    path.write_text(exercise.stub)
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "grader", "watch", exercise.id, "--workspace", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "GRADER_HOME": str(tmp_path / "home")},
    )
    assert process.stdin and process.stdout
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.extend(iter(process.stdout.readline, "")), daemon=True)
    reader.start()

    def wait_for(words: str) -> None:
        deadline = time.monotonic() + 120
        while not any(words in line for line in seen):
            assert process.poll() is None and time.monotonic() < deadline, seen
            time.sleep(0.05)

    try:
        wait_for("not written yet")
        path.write_text(exercise.solution.chaffs[0].source)
        wait_for("Why:")
        draft = path.with_suffix(".new")  # editors write a new file and rename it
        draft.write_text(exercise.solution.reference.source)
        draft.rename(path)
        wait_for("3 of 3 points.")
        (kept,) = (tmp_path / "home").rglob("progress.db")
        assert Progress(kept).standings(course.info.id)[exercise.id].passed  # before it was shown
        process.stdin.write("h")
        process.stdin.flush()
        wait_for("Hint 1 of")
        process.stdin.write("q")
        process.stdin.flush()
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
