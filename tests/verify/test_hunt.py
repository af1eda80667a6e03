"""What a mutant that the judge passes comes to: shown to be wrong, equivalent on many cases, or neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.catalog import load_course
from grader.verify import hunt as hunting
from grader.verify.hunt import hunt


def test_what_meets_no_further_case_is_not_called_equivalent(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = load_course(tiny).exercise("steps")
    monkeypatch.setattr(hunting, "_failures", lambda exercise, chosen, cases, cost_s: [None] * len(chosen))
    found = hunt(steps, tmp_path)
    assert found.total == found.equivalent > 3 and not found.survivors
    monkeypatch.setattr(hunting, "_more", lambda exercise, most: [])
    found = hunt(steps, tmp_path)
    assert (found.equivalent, len(found.survivors)) == (0, found.total)
    assert {survivor.shown_by for survivor in found.survivors} == {""}
