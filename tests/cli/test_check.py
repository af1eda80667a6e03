"""The learner's loop through the real command: workspace, verdict, exit codes, and every kind of bad input."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.course.catalog import Course, builtin_root
from grader.judge.report import Report


def grader(home: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would: another process, with its own home."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "GRADER_HOME": str(home), "COLUMNS": "120", **environment},
        check=False,
    )


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def workspace(shared_home: Path, tmp_path: Path) -> Path:
    done = grader(shared_home, "init", tmp_path / "work")
    assert done.returncode == 0, done.stderr
    return tmp_path / "work"


def submit(workspace: Path, course: Course, exercise_id: str, variant: str) -> Path:
    exercise = course.exercise(exercise_id)
    found = {v.name: v for v in (*exercise.solution.wheats, *exercise.solution.chaffs)}[variant]
    path = workspace / exercise.relative_path
    path.write_text(found.source)
    return path


def test_init_writes_the_stubs_and_nothing_else_and_keeps_work(
    shared_home: Path, workspace: Path, course: Course
) -> None:
    files = sorted(path.relative_to(workspace) for path in workspace.rglob("*") if path.is_file())
    assert files == sorted(exercise.relative_path for exercise in course.exercises)
    mine = workspace / course.exercise("conv2d").relative_path
    mine.write_text("my own work")
    again = grader(shared_home, "init", workspace)
    assert again.returncode == 0 and "were there already" in again.stdout
    assert mine.read_text() == "my own work"


def test_right_wrong_and_untouched(shared_home: Path, workspace: Path, course: Course) -> None:
    submit(workspace, course, "conv2d", "padding_one_side")
    submit(workspace, course, "max_pool2d", "max_pool2d_loops")
    done = grader(
        shared_home, "check", "--workspace", workspace, "conv2d", "max_pool2d", "gan_step", "--format", "json"
    )
    assert done.returncode == 1, done.stderr
    report = Report.model_validate_json(done.stdout)
    statuses = {result.exercise: result.status.value for result in report.results}
    assert statuses == {"conv2d": "failed", "max_pool2d": "passed", "gan_step": "not_implemented"}
    padding = next(check for check in report.results[0].checks if check.name == "padding")
    assert padding.diagnosis is not None and padding.diagnosis.chaff == "padding_one_side"
    assert padding.case is not None and padding.case.shapes["input"] == [1, 1, 3, 3]
    assert padding.first_difference is not None and padding.expected and padding.actual


def test_the_text_teaches(shared_home: Path, workspace: Path, course: Course) -> None:
    submit(workspace, course, "conv2d", "flipped_kernel")
    done = grader(shared_home, "check", "--workspace", workspace, "conv2d")
    assert done.returncode == 1
    assert "conv2d(input: float32 (1, 1, 3, 3), weight: float32 (1, 1, 2, 2))" in done.stdout
    assert "Why: You convolve as mathematicians do" in done.stdout
    assert "Next: grader hint conv2d" in done.stdout
    assert "\x1b" not in done.stdout  # no colour where there is no terminal
    assert "Traceback" not in done.stdout + done.stderr


def test_passing_is_exit_0_and_is_remembered(shared_home: Path, workspace: Path, course: Course) -> None:
    refused = grader(shared_home, "solution", "residual_block")
    assert refused.returncode == 2 and "--give-up" in refused.stderr
    submit(workspace, course, "residual_block", "ResidualBlockFunctional")
    assert grader(shared_home, "check", "--workspace", workspace, "residual_block").returncode == 0
    listed = grader(shared_home, "list").stdout
    assert any("residual_block" in line and "passed" in line for line in listed.splitlines())
    shown = grader(shared_home, "solution", "residual_block")
    assert shown.returncode == 0 and "class ResidualBlock" in shown.stdout


def test_the_given_up_solution_scores_full_marks(shared_home: Path, workspace: Path, course: Course) -> None:
    shown = grader(shared_home, "solution", "gan_step", "--give-up")
    (workspace / course.exercise("gan_step").relative_path).write_text(shown.stdout)
    assert grader(shared_home, "check", "--workspace", workspace, "gan_step").returncode == 0


def test_wheats_and_chaffs_as_files(shared_home: Path, tmp_path: Path, course: Course) -> None:
    solution = course.exercise("max_pool2d").solution
    assert grader(shared_home, "wheats", "max_pool2d", "--out", tmp_path / "w").returncode == 0
    assert grader(shared_home, "chaffs", "max_pool2d", "--out", tmp_path / "c").returncode == 0
    assert {path.stem for path in (tmp_path / "w").iterdir()} == {wheat.name for wheat in solution.wheats}
    assert {path.stem for path in (tmp_path / "c").iterdir()} == {chaff.name for chaff in solution.chaffs}


def test_junit(shared_home: Path, workspace: Path, course: Course) -> None:
    submit(workspace, course, "max_pool2d", "zero_padding")
    done = grader(shared_home, "check", "--workspace", workspace, "max_pool2d", "--format", "junit")
    root = ElementTree.fromstring(done.stdout.split("\n", 1)[1])
    suite = root.find("testsuite")
    assert (
        suite is not None and suite.get("name") == "max_pool2d.cpu" and int(suite.get("failures", "0")) >= 1
    )
    failures = [case.find("failure") for case in suite if case.find("failure") is not None]
    assert any("must lose against every number" in (failure.text or "") for failure in failures)


def test_hints_come_one_by_one(tmp_path: Path) -> None:
    first, second = grader(tmp_path, "hint", "conv2d"), grader(tmp_path, "hint", "conv2d")
    assert first.stdout.startswith("Hint 1 of") and second.stdout.startswith("Hint 2 of")


def test_reset_keeps_a_copy(shared_home: Path, workspace: Path, course: Course) -> None:
    path = workspace / course.exercise("conv2d").relative_path
    path.write_text("precious")
    assert grader(shared_home, "reset", "conv2d", "--workspace", workspace).returncode == 0
    assert path.read_text() == course.exercise("conv2d").stub
    assert [copy.read_text() for copy in path.parent.glob("conv2d.*.bak")] == ["precious"]


BAD_FILES = {
    "not UTF-8": lambda path: path.write_bytes(b"x = '\xff\xfe'\n"),
    "is a folder": lambda path: (path.unlink(), path.mkdir()),
    "at most": lambda path: path.write_bytes(b"#" * (50 << 20)),
    "NUL byte": lambda path: path.write_bytes(b"x = 1\0\n"),
    "not a regular file": lambda path: (path.unlink(), os.mkfifo(path)),
    "symbolic link": lambda path: (path.unlink(), path.symlink_to("/etc/passwd")),
}


@pytest.mark.parametrize("words", BAD_FILES)
def test_bad_files_are_errors_and_stop_nothing(
    shared_home: Path, workspace: Path, course: Course, words: str
) -> None:
    BAD_FILES[words](workspace / course.exercise("conv2d").relative_path)
    submit(workspace, course, "max_pool2d", "reference")
    done = grader(shared_home, "check", "--workspace", workspace, "conv2d", "max_pool2d", "--format", "json")
    assert done.returncode == 3
    assert "conv2d.py" in done.stderr and words in done.stderr and "Traceback" not in done.stderr
    statuses = {result["exercise"]: result["status"] for result in json.loads(done.stdout)["results"]}
    assert statuses == {"conv2d": "grader_error", "max_pool2d": "passed"}


@pytest.fixture
def broken_course(tmp_path: Path) -> Path:
    root = tmp_path / "course"
    for folder in ("exercises", "solutions"):
        shutil.copytree(builtin_root() / folder, root / folder)
    return root


def test_a_broken_course_names_file_and_line(shared_home: Path, workspace: Path, broken_course: Path) -> None:
    path = broken_course / "exercises" / "course.yaml"
    path.write_text(path.read_text().replace("kind: function", "kind: fucntion", 1))
    done = grader(shared_home, "check", "--workspace", workspace, "--course", broken_course)
    assert done.returncode == 3 and f"{path}:" in done.stderr and "kind" in done.stderr
    path.write_text("format: 1\n  title: [")
    done = grader(shared_home, "list", "--course", broken_course)
    assert done.returncode == 3 and f"{path}:2" in done.stderr and "Traceback" not in done.stderr


def test_a_missing_solution_costs_no_points_and_stops_nothing(
    shared_home: Path, workspace: Path, broken_course: Path, course: Course
) -> None:
    missing = broken_course / "solutions" / course.exercise("conv2d").relative_path
    missing.unlink()
    submit(workspace, course, "conv2d", "conv2d_loops")
    submit(workspace, course, "max_pool2d", "reference")
    done = grader(
        shared_home,
        "check",
        "--workspace",
        workspace,
        "--course",
        broken_course,
        "conv2d",
        "max_pool2d",
        "--format",
        "json",
    )
    assert done.returncode == 3 and str(missing) in done.stderr
    statuses = {result["exercise"]: result["status"] for result in json.loads(done.stdout)["results"]}
    assert statuses == {"conv2d": "grader_error", "max_pool2d": "passed"}


def test_usage(shared_home: Path, workspace: Path, tmp_path: Path) -> None:
    wrong = grader(shared_home, "check", "--workspace", workspace, "conv2")
    assert wrong.returncode == 2 and "did you mean" in wrong.stderr
    empty = grader(shared_home, "check", "--workspace", tmp_path / "nowhere")
    assert empty.returncode == 3 and "grader init" in empty.stderr
    assert grader(shared_home, "check", "--format", "xml").returncode == 2
    assert grader(shared_home, "frobnicate").returncode == 2


def test_devices_that_are_not_there_are_skipped_with_a_reason(
    shared_home: Path, workspace: Path, course: Course
) -> None:
    submit(workspace, course, "max_pool2d", "reference")
    done = grader(
        shared_home, "check", "--workspace", workspace, "max_pool2d", "--device", "mps", "--format", "json"
    )
    (result,) = json.loads(done.stdout)["results"]
    assert (result["status"], result["score"]) == ("skipped", 0) and result["message"]
    assert done.returncode == 1


def test_help_and_list_do_not_import_torch(shared_home: Path) -> None:
    for command in ("--help", "list", "show conv2d", "hint conv2d", "schema report", "schema course"):
        code = (
            "import sys, runpy\n"
            f"sys.argv = ['grader', *{command.split()!r}]\n"
            "try:\n    runpy.run_module('grader', run_name='__main__')\n"
            "except SystemExit as end:\n    assert not end.code, end.code\n"
            "assert 'torch' not in sys.modules and 'textual' not in sys.modules\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env={**os.environ, "GRADER_HOME": str(shared_home)},
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)


def test_the_published_schema_accepts_a_real_report(
    shared_home: Path, workspace: Path, course: Course
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    submit(workspace, course, "conv2d", "bias_detached")
    report = json.loads(
        grader(shared_home, "check", "--workspace", workspace, "conv2d", "--format", "json").stdout
    )
    schema = json.loads(grader(shared_home, "schema", "report").stdout)
    jsonschema.validate(report, schema)
