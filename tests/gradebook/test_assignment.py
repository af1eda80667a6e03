from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grader.course.catalog import Course, load_course
from grader.errors import InputError
from grader.gradebook.assignment import Assignment, Attempts, load_assignment, with_limits

TINY = Path(__file__).parent.parent / "course" / "tiny"

WHOLE = """
format: 1
id: homework1
title: First steps
exercises:
  - axpy
  - {id: steps, weight: 3, extra_credit: true}
due: 2026-03-01 23:59
timezone: Europe/Zurich
late: {grace: 15 min, per: hour, penalty: 0.1, floor: 0.5, until: 7 days}
extensions:
  ada: 2 days
  emmy: 2026-03-10 12:00
attempts: last
hidden_seed: 20260301
devices: [cpu]
limits: {wall_s: 10.0}
"""


@pytest.fixture(scope="module")
def tiny() -> Course:
    return load_course(TINY)


def loaded(text: str, tiny: Course, tmp_path: Path) -> Assignment:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return load_assignment(path, tiny)


def test_a_whole_assignment(tiny: Course, tmp_path: Path) -> None:
    found = loaded(WHOLE, tiny, tmp_path)
    assert found.due == datetime(2026, 3, 1, 22, 59, tzinfo=UTC)
    assert found.deadline("ada") == datetime(2026, 3, 3, 22, 59, tzinfo=UTC)
    assert found.deadline("emmy") == datetime(2026, 3, 10, 11, tzinfo=UTC)
    assert found.closing("bob") == datetime(2026, 3, 8, 22, 59, tzinfo=UTC)
    assert found.late.grace == timedelta(minutes=15)
    assert found.attempts is Attempts.LAST
    assert [(e.id, e.weight, e.extra_credit) for e in found.exercises] == [
        ("axpy", None, False),
        ("steps", 3, True),
    ]
    assert found.entry("nothing") is None
    assert {e.info.limits.wall_s for e in with_limits(tiny, found.limits).exercises} == {10.0}
    assert Assignment.model_validate_json(found.model_dump_json()) == found


def test_topics_stand_for_their_exercises(tiny: Course, tmp_path: Path) -> None:
    found = loaded("format: 1\nid: a\nexercises: [01_numbers, {id: steps, weight: 5}]", tiny, tmp_path)
    assert [(e.id, e.weight) for e in found.exercises] == [("axpy", None), ("steps", 5)]
    assert loaded("format: 1\nid: a", tiny, tmp_path).entry("steps") is not None


@pytest.mark.parametrize(
    ("due", "moment"),
    [
        ("2026-03-01", datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)),
        ("'2026-03-01'", datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)),
        ("2026-03-01 08:30:00", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)),
        ("2026-03-01T08:30", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)),
        ("2026-03-01 08:30:00+02:00", datetime(2026, 3, 1, 6, 30, tzinfo=UTC)),
    ],
)
def test_moments(due: str, moment: datetime, tiny: Course, tmp_path: Path) -> None:
    assert loaded(f"format: 1\nid: a\ntimezone: UTC\ndue: {due}", tiny, tmp_path).due == moment


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("due: 2026-03-01", "`timezone` is missing"),
        ("due: tomorrow\ntimezone: UTC", r"a\.yaml:3: due: must be a date and time"),
        ("due: 2026-02-30 10:00\ntimezone: UTC", "must be a date and time"),
        ("due: 2026-03-01\ntimezone: Mars/Base", "no such time zone"),
        ("timezone: ../../etc/passwd\ndue: 2026-03-01", "no such time zone"),
        ("extensions: {ada: 1 day}", "nothing to extend"),
        ("exercises: [axpi]", "no exercise or topic 'axpi'"),
        ("exercises: [axpy, axpy]", "is listed twice"),
        ("late: {grace: soon}", r"a\.yaml:3: late\.grace: must be a duration"),
        ("late: {penalty: 10}", "less than or equal to 1"),
        ("late: {per: week}", "'day' or 'hour'"),
        ("attempts: mean", "'best' or 'last'"),
        ("deadline: 3", "unknown key"),
        ("hidden_seed: 1e3", "must be a number|integer"),
        ("devices: [tpu]", "'cpu', 'cuda' or 'mps'"),
        ("- x", "not YAML"),
        ("id: b", "appears twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(lines: str, says: str, tiny: Course, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says):
        loaded(f"format: 1\nid: a\n{lines}\n", tiny, tmp_path)
