"""A harness that was changed ends its process; one that was not, or was looked at, does not."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from grader.worker.integrity import CHANGED

HONEST = {
    "nothing": "",
    "print is replaced": "builtins.print = lambda *a: None",
    "a name of one's own": "kinds.mine = 1",
    "the same value again": "kinds.run_call = kinds.run_call",
    "replaced and put back": "kept = kinds.observe; kinds.observe = None; kinds.observe = kept",
    "functions are called": "kinds.RUNNERS.get('x'); kinds._mode.__defaults__; vars(kinds)",
}
CHANGES = {
    "a function": "kinds.observe = lambda *a: None",
    "a built-in": "builtins.len = lambda x: 0",
    "a name is gone": "del kinds.observe",
    "a method": "kinds.Request.names = lambda *a: ()",
    "a function's code": "kinds._mode.__code__ = (lambda net: True).__code__",
    "a function's defaults": "kinds._mode.__defaults__ = (None,)",
    "a function's keywords": "kinds._mode.__kwdefaults__ = {'a': 1}",
    "a constant": "wire.MAX_BODY = 1",
}
PROGRAM = """
import builtins
from grader.worker import integrity, kinds, serve, wire, words
{before}
check = integrity.seal()
check(); check()
{honest}
check(); check()
{change}
check(); check()
print("unnoticed")
"""


def _ends_with(change: str, honest: str = "", before: str = "") -> int:
    code = textwrap.dedent(PROGRAM).format(change=change, honest=honest, before=before)
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ}, capture_output=True, timeout=60)
    assert done.returncode in (0, CHANGED), done.stderr.decode()
    return done.returncode


@pytest.mark.parametrize("how", ["words.dict_version", "words.function_parts", ""])
def test_every_change_ends_the_process_however_it_is_looked_for(how: str) -> None:
    """With the words of memory, and where an interpreter does not have them."""
    before = f"{how} = lambda: None" if how else ""
    together = "\n".join(HONEST.values())
    assert _ends_with("", together, before) == 0
    for change in list(CHANGES.values())[:: 1 if not how else 4]:
        assert _ends_with(change, together, before) == CHANGED, change
