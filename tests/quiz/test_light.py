"""Item classes without pydantic: the same items, and a start that loads nothing heavy."""

import json
import os
import subprocess
import sys
from pathlib import Path

from grader.course.builtin import builtin_root
from grader.quiz.bank import load_banks

BANKS = builtin_root() / "quizzes"
SAID = """
import json, sys
from pathlib import Path
from grader.quiz.modelling import go_light, is_light
from grader.quiz.shelf import are_kept
banks, cache = [Path(sys.argv[1])], Path(sys.argv[2])
if are_kept(banks, cache):
    go_light()
from grader.quiz.bank import load_banks
from grader.quiz.draw import draw
from grader.quiz.model import fingerprint
from grader.quiz.show import show
items = load_banks(banks, cache=cache).items.values()
said = [[item.id, fingerprint(item), item.model_dump(mode="json"), draw(item, 7).model_dump(mode="json"), repr(show(item, draw(item, 7)))] for item in items]
print(json.dumps([is_light(), "pydantic" in sys.modules, said]))
"""


def run(code: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, **environment},
        input="",
        capture_output=True,
        text=True,
        check=True,
    )


def test_items_from_the_cache_are_the_same_without_pydantic(tmp_path: Path) -> None:
    """Every item of the course: its data, its fingerprint, a drawing, what is shown."""
    checked, light = (json.loads(run(SAID, str(BANKS), str(tmp_path)).stdout) for _ in range(2))
    assert (checked[:2], light[:2]) == ([False, True], [True, False])
    assert len(light[2]) > 300
    for one, other in zip(checked[2], light[2], strict=True):
        assert other == one


def test_a_damaged_entry_is_parsed_with_everything_checked(tmp_path: Path) -> None:
    bank = BANKS / "00_seed.yaml"
    run(SAID, str(bank), str(tmp_path))
    (entry,) = tmp_path.glob("quiz-*.json")
    entry.write_text(entry.read_text().replace("a", "b", 1))
    assert json.loads(run(SAID, str(bank), str(tmp_path)).stdout)[0] is False


def test_this_process_has_its_checked_classes() -> None:
    """What `go_light` does late is nothing: classes exist."""
    from grader.quiz import modelling

    load_banks([BANKS / "00_seed.yaml"])
    modelling.go_light()
    assert not modelling.is_light()
