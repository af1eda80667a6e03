"""Peers that grade a hand-in with a process of its own: pytest, gradescope-utils, check50, `otter run`.

    PYTHON -m benchmarks.peers.one_each PEER [--jobs N] [--limit N]         PYTHON is the peer's own interpreter

Each is used as its documentation says. Prints {"inner_s", "submissions", "scores"}.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ASSIGNMENT = Path(__file__).resolve().parent.parent / "assignment"
sys.path[:0] = [str(ASSIGNMENT), str(ASSIGNMENT / "core")]

from cases import POINTS  # noqa: E402
from submissions import write  # noqa: E402

LIMIT_S = 120
BIN = Path(sys.executable).parent


def run(command: list[str | Path], folder: Path) -> None:
    """One grading, ended from outside when it takes too long."""
    subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, timeout=LIMIT_S)


def lay_out(folder: Path, *names: str) -> None:
    """Copy the assignment's core beside the hand-in."""
    for path in [*(ASSIGNMENT / "core").glob("*.py"), *(ASSIGNMENT / name for name in names)]:
        shutil.copy(path, folder / path.name)


def grade_pytest(hand_in: Path, work: Path) -> float:
    """`pytest` over the instructor's test file, scored from its JUnit report."""
    lay_out(work, "test_conv.py")
    shutil.copy(hand_in / "conv.py", work / "conv.py")
    run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--junitxml=out.xml",
            "test_conv.py",
        ],
        work,
    )
    cases = ElementTree.parse(work / "out.xml").iter("testcase")
    return sum(POINTS[str(case.get("name")).split("[")[1][:-1]] for case in cases if not list(case))


def grade_pytest_torch(hand_in: Path, work: Path) -> float:
    """The same for a torch convolution: the hand-in is `submission.py`."""
    shutil.copy(ASSIGNMENT / "test_conv2d_torch.py", work / "test_conv2d_torch.py")
    shutil.copy(hand_in, work / "submission.py")
    run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=out.xml", "."], work)
    cases = list(ElementTree.parse(work / "out.xml").iter("testcase"))
    return sum(not list(case) for case in cases) / max(1, len(cases))


GRADESCOPE = """
import unittest
from gradescope_utils.autograder_utils.decorators import weight
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner
import cases, reference
class TestConv(unittest.TestCase):
    pass
def make(case):
    @weight(cases.POINTS[case.__name__])
    def test(self):
        import conv
        case(conv.conv2d, conv.maxpool2d, reference)
    return test
for case in cases.CASES:
    setattr(TestConv, "test_" + case.__name__, make(case))
with open("results.json", "w") as file:
    JSONTestRunner(visibility="visible", stream=file).run(unittest.defaultTestLoader.loadTestsFromTestCase(TestConv))
"""


def grade_gradescope(hand_in: Path, work: Path) -> float:
    """`run_tests.py` of Gradescope's own template, scored from results.json."""
    lay_out(work)
    shutil.copy(hand_in / "conv.py", work / "conv.py")
    (work / "run_tests.py").write_text(GRADESCOPE)
    run([sys.executable, "run_tests.py"], work)
    return float(json.loads((work / "results.json").read_text())["score"])


CHECK50 = """
import sys, pathlib, check50, check50.py
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cases, reference
def go(case):
    module = check50.py.import_("conv.py")
    try:
        case(module.conv2d, module.maxpool2d, reference)
    except Exception as error:
        raise check50.Failure(repr(error)[:300])
@check50.check()
def exists():
    "conv.py exists"
    check50.exists("conv.py")
"""


def grade_check50(hand_in: Path, work: Path) -> float:
    """`check50 --dev` (local and offline), scored from its JSON."""
    checks = work / "checks"
    checks.mkdir()
    lay_out(checks)
    named = [
        f'@check50.check(exists)\ndef {name}():\n    "{name}"\n    go(cases.{name})\n' for name in POINTS
    ]
    (checks / "__init__.py").write_text(CHECK50 + "\n".join(named))
    (checks / ".cs50.yml").write_text(
        "check50:\n  checks: __init__.py\n  files:\n    - !exclude '*'\n    - !require conv.py\n"
    )
    shutil.copy(hand_in / "conv.py", work / "conv.py")
    command = [sys.executable, "-m", "check50", "--dev", "--log-level", "warning", "-o", "json"]
    run([*command, "--output-file", "out.json", "--", str(checks)], work)
    results = json.loads((work / "out.json").read_text())["results"]
    return sum(POINTS.get(result["name"], 0) for result in results if result["passed"])


def grade_otter(hand_in: Path, work: Path) -> float:
    """`otter run` of a notebook against an autograder archive."""
    run([BIN / "otter", "run", "-a", ARCHIVE, hand_in / "conv.ipynb", "-o", ".", "--no-logo"], work)
    return sum(test.get("score", 0) for test in json.loads((work / "results.json").read_text())["tests"])


ARCHIVE = Path(tempfile.gettempdir()) / "benchmark-otter" / "autograder.zip"
_OTTER_TEST = """OK_FORMAT = True
test = {{"name": "{name}", "points": {points}, "suites": [{{"cases": [{{"code": ">>> import cases, reference\\n>>> cases.{name}(conv2d, maxpool2d, reference)\\n", "hidden": False, "locked": False}}], "scored": True, "setup": "", "teardown": "", "type": "doctest"}}]}}
"""


def make_otter_archive() -> None:
    """`otter generate`, once."""
    folder = ARCHIVE.parent
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tests").mkdir(parents=True)
    for name, points in POINTS.items():
        (folder / "tests" / f"{name}.py").write_text(_OTTER_TEST.format(name=name, points=points))
    lay_out(folder)
    subprocess.run(
        [BIN / "otter", "generate", "-t", "tests", "-o", str(ARCHIVE), "--no-requirements", "--no-environment", "cases.py", "reference.py"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


GRADERS: dict[str, Callable[[Path, Path], float]] = {
    "pytest": grade_pytest,
    "pytest-torch": grade_pytest_torch,
    "gradescope-utils": grade_gradescope,
    "check50": grade_check50,
    "otter": grade_otter,
}


def main() -> None:
    """Grade the class with one peer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=list(GRADERS))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=int, default=20)
    parser.add_argument("--hand-ins", type=Path, help="a folder of files instead of the assignment's own")
    options = parser.parse_args()
    if options.peer == "otter":
        make_otter_archive()
    with tempfile.TemporaryDirectory() as folder:
        hand_ins = sorted(options.hand_ins.iterdir()) if options.hand_ins else write(Path(folder))
        start = time.perf_counter()
        with ThreadPoolExecutor(options.jobs) as threads:
            scores = dict(threads.map(lambda path: _grade(options.peer, path), hand_ins[: options.limit]))
    inner = time.perf_counter() - start
    print(json.dumps({"inner_s": inner, "submissions": len(scores), "scores": scores}))


def _grade(peer: str, hand_in: Path) -> tuple[str, float | None]:
    with tempfile.TemporaryDirectory() as work:
        try:
            return hand_in.stem, GRADERS[peer](hand_in, Path(work))
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired, ElementTree.ParseError):
            return hand_in.stem, None


if __name__ == "__main__":
    main()
