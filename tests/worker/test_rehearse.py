"""The zygote's rehearsal: every request of it is answered, and nothing of it stays."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, linecache, random, sys
import numpy as np
from grader.worker import birth, rehearse, serve
from grader.worker.confine import Walls

heads, pack = [], serve.pack
def noted(answer):
    heads.append(answer.head)
    return pack(answer)
serve.pack = noted
def state():
    found = [random.getstate()[1], [word.tolist() for word in np.random.get_state()[1:2]]]
    if framework != "numpy":
        import torch
        found += [torch.get_rng_state().tolist(), torch.is_grad_enabled(), str(torch.get_default_dtype())]
    return json.dumps(found)

framework = sys.argv[1]
birth.warm(framework)
before, names = state(), {*sys.modules}
rehearse.rehearse(framework)
print(json.dumps({
    "wrong": [head for head in heads if head["status"] != "ok" or head.get("missing") or head.get("facts", {}).get("again")],
    "answers": len(heads),
    "stayed": [name for name in sys.modules if "rehearsal" in name] + [name for name in linecache.cache if "rehearsal" in name],
    "untouched": state() == before,
}))
"""


@pytest.mark.parametrize("framework, answers", [("numpy", 21), ("torch", 31)])
def test_all_is_answered_and_nothing_stays(framework: str, answers: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, framework], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"wrong": [], "answers": answers, "stayed": [], "untouched": True}
