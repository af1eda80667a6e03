"""A verdict from kept keys needs no PyTorch in the judge's process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_JUDGE = """
import sys
from pathlib import Path
from grader.course.catalog import builtin_root, load_course
from grader.judge.judge import Judge
from grader.judge.keysmith import Keysmith
from grader.sandbox import Pool
with Pool() as pool:
    source = Path(sys.argv[1]).read_text()
    result = Judge(pool, Keysmith(Path(sys.argv[2]))).judge(load_course(builtin_root()).exercise("global_avg_pool"), source)
    diagnosis = next(check.diagnosis for check in result.checks if check.diagnosis)
    print(result.status.value, diagnosis.chaff, "torch" in sys.modules)
"""


def test_a_wrong_answer_is_diagnosed_without_torch(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def global_avg_pool(input):\n    return input.sum((2, 3))\n")
    said = [
        subprocess.run(
            [sys.executable, "-c", _JUDGE, str(wrong), str(tmp_path / "keys")],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert said[0][:2] == said[1][:2] and said[1][0] == "failed"
    assert said[1][2] == "False", "keys are kept now: nothing runs the solution's module"
