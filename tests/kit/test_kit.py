"""Kits: what leaves the instructor's machine judges as the course does, and holds no line of solution code."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from grader.cli.kit import kit
from grader.course.catalog import Course, load_course
from grader.judge.key import load
from grader.kit.gradescope import requirements
from tests.batch.conftest import TINY, source


@pytest.fixture(scope="module")
def tiny() -> Course:
    return load_course(TINY)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def bundle(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Gradescope autograder, unpacked as Gradescope does: into DIR/source."""
    folder = tmp_path_factory.mktemp("autograder")
    made(home, folder / "autograder.zip", "--gradescope", "--seed", "11")
    with zipfile.ZipFile(folder / "autograder.zip") as packed:
        for info in packed.infolist():
            target = Path(packed.extract(info, folder / "source"))
            target.chmod(info.external_attr >> 16 or 0o644)
    return folder


def made(home: Path, out: Path, *options: str) -> str:
    done = CliRunner().invoke(
        kit, [str(out), "--course", str(TINY), *options], env={"GRADER_HOME": str(home)}
    )
    assert done.exit_code == 0, done.output
    return done.output


def grader(home: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "GRADER_HOME": str(home)}
    )


def solution_lines(tiny: Course) -> Iterator[bytes]:
    """Lines that only somebody who knows an implementation could have written."""
    for exercise in tiny.exercises:
        solution = exercise.solution
        given = {line.strip() for line in exercise.stub.splitlines()}
        for variant in (*solution.wheats, *solution.chaffs):
            for line in map(str.strip, variant.source.splitlines()):
                if (
                    len(line) > 8
                    and line not in given
                    and not line.startswith(('"""', "#", "import ", "from ", "def "))
                ):
                    yield line.encode()


def held(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file; what is packed in a key is looked at too."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and "engine" not in p.parts):
        yield path, path.read_bytes()
        if path.suffix in (".key", ".chaffs"):
            message = load(path)
            assert message is not None
            yield path, json.dumps(message.head, default=str).encode()


def has_no_solution(folder: Path, tiny: Course) -> bool:
    lines = set(solution_lines(tiny))
    assert len(lines) > 5
    assert not list(folder.rglob("solutions"))
    return not [(path, line) for path, data in held(folder) for line in lines if line in data]


def test_solution_code_would_be_found(tiny: Course) -> None:
    lines = set(solution_lines(tiny))
    assert any(line in data for _, data in held(TINY / "solutions") for line in lines)


def test_a_learners_kit_judges_as_the_course_does(home: Path, tiny: Course, tmp_path: Path) -> None:
    said = made(home, tmp_path / "kit")
    assert "grader init --course kit" in said
    assert has_no_solution(tmp_path / "kit", tiny)
    work = tmp_path / "work"
    assert grader(tmp_path / "new", "init", work, "--course", tmp_path / "kit").returncode == 0
    for variant in ("axpy_fused", "a_left_out"):
        (work / tiny.exercise("axpy").relative_path).write_text(source(tiny, "axpy", variant))
        words = ("check", "axpy", "--workspace", work, "--format", "json")
        away = json.loads(grader(tmp_path / "new", *words, "--course", tmp_path / "kit").stdout)
        here = json.loads(grader(home, *words, "--course", TINY).stdout)
        assert timeless(away) == timeless(here)
    assert away["results"][0]["status"] == "failed"
    assert "lesson" in json.dumps(away)


def timeless(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [{name: value for name, value in one.items() if name != "wall_s"} for one in report["results"]]


def test_a_kit_of_a_kit_is_refused(home: Path, tmp_path: Path) -> None:
    made(home, tmp_path / "kit")
    again = grader(home, "kit", tmp_path / "again", "--course", tmp_path / "kit")
    assert again.returncode == 3 and "it is a kit itself" in again.stderr
    twice = grader(home, "kit", tmp_path / "kit", "--course", TINY)
    assert twice.returncode == 3 and "is there already" in twice.stderr


def test_gradescopes_autograder_runs_in_a_clean_folder(bundle: Path, tiny: Course) -> None:
    assert has_no_solution(bundle / "source" / "course", tiny)
    script = bundle / "source" / "run_autograder"
    assert (
        script.stat().st_mode & stat.S_IXUSR
        and (bundle / "source" / "setup.sh").stat().st_mode & stat.S_IXUSR
    )
    here = script.read_text().replace("/autograder/venv/bin/python", sys.executable)  # what setup.sh installs
    script.write_text(here.replace("/autograder/", f"{bundle}/"))
    (bundle / "submission").mkdir()
    (bundle / "submission" / "axpy.py").write_text(source(tiny, "axpy", "a_left_out"))
    (bundle / "submission" / "steps.py").write_bytes(b"\xff\xfe")
    clean = {"PATH": os.environ["PATH"], "HOME": str(bundle)}
    done = subprocess.run([script], cwd=bundle, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads((bundle / "results" / "results.json").read_text())
    tests = {one["name"]: one for one in found["tests"]}
    assert found.get("score", sum(one["score"] for one in found["tests"])) < sum(
        one["max_score"] for one in found["tests"]
    )
    assert any("axpy" in name for name in tests) and any("steps" in name for name in tests)
    lesson = tiny.exercise("axpy").lessons["a_left_out"]
    assert lesson in json.dumps(found, ensure_ascii=False)


def test_gradescopes_requirements_are_the_engines_own() -> None:
    wanted = requirements()
    assert any(one.startswith("torch") for one in wanted) and not any("extra ==" in one for one in wanted)


def test_githubs_workflow(home: Path, tiny: Course, tmp_path: Path) -> None:
    out = tmp_path / "template"
    made(home, out, "--github", "--install", "cnn-grader==9.9")
    assert has_no_solution(out, tiny)
    workflow = yaml.safe_load((out / ".github" / "workflows" / "grader.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    lines = [step["run"] for step in job["steps"] if "run" in step]
    assert any(line.endswith('"cnn-grader==9.9"') for line in lines)
    checks = [line for line in lines if line.startswith("grader check")]
    assert checks
    (out / tiny.exercise("axpy").relative_path).write_text(source(tiny, "axpy", "axpy_fused"))
    (out / tiny.exercise("steps").relative_path).write_text(source(tiny, "steps"))
    shim = tmp_path / "bin" / "grader"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m grader "$@"\n')
    shim.chmod(0o755)
    where = {
        **os.environ,
        "PATH": f"{shim.parent}:{os.environ['PATH']}",
        "GRADER_HOME": str(tmp_path / "new"),
    }
    for line in checks:  # as the workflow runs them
        done = subprocess.run(["bash", "-e", "-c", line], cwd=out, env=where, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (out / "report.xml").read_text().startswith("<?xml")


@pytest.mark.parametrize("install", ["x; rm -rf /\n", 'a"b', "$(id)", " "])
def test_what_pip_installs_cannot_be_a_command(install: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        kit, [str(tmp_path / "out"), "--course", str(TINY), "--github", "--install", install]
    )
    assert done.exit_code != 0 and not (tmp_path / "out").exists()
