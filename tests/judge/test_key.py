"""Keys survive the disk: what is read back is what was made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grader.course.catalog import Course
from grader.judge import key as keys
from grader.judge.keysmith import Keysmith
from grader.worker.wire import MAX_TENSORS, unpack_own


def test_a_key_and_its_chaffs_read_back_equal(course: Course, keysmith: Keysmith) -> None:
    exercise = course.exercise("gan_step")
    made = keysmith.key(exercise)
    again = keys.key_of(keys.key_message(made))
    assert [case.call for case in made.cases] == [case.call for case in again.cases]
    for one, other in zip(made.cases, again.cases, strict=True):
        assert one.request.head == other.request.head
        assert set(one.expected) == set(other.expected)
        for name, expected in one.expected.items():
            read = other.expected[name]
            assert expected.dtype == read.dtype
            np.testing.assert_array_equal(np.asarray(expected.value), np.asarray(read.value))
            np.testing.assert_array_equal(np.asarray(expected.tolerance), np.asarray(read.tolerance))
    seen = keysmith.chaffs(exercise, made)
    read_back = keys.seen_from(keys.seen_message(seen))
    assert set(seen) == set(read_back)
    for name, cases in seen.items():
        for one_seen, other_seen in zip(cases, read_back[name], strict=True):
            assert (one_seen.error, one_seen.facts) == (other_seen.error, other_seen.facts)
            assert set(one_seen.values) == set(other_seen.values)


def test_what_many_chaffs_give_on_many_cases_is_run_once(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five thousand tensors: more than any worker may send in one frame."""
    exercise = course.exercise("freeze")
    first = Keysmith(tmp_path)
    made = first.chaffs(exercise, first.key(exercise))
    monkeypatch.setattr(Keysmith, "run", lambda *_: pytest.fail("a chaff is run again"))
    again = Keysmith(tmp_path)
    found = again.chaffs(exercise, again.key(exercise))
    assert {name: len(seen) for name, seen in found.items()} == {
        name: len(seen) for name, seen in made.items()
    }
    parcel = first.frames(exercise).values()
    assert sum(len(unpack_own(frame).tensors) for frame in parcel) > MAX_TENSORS


def test_a_damaged_key_is_made_anew(course: Course, tmp_path: Path) -> None:
    smith = Keysmith(tmp_path)
    exercise = course.exercise("max_pool2d")
    first = smith.key(exercise)
    (file,) = tmp_path.glob("*.key")
    file.write_bytes(file.read_bytes()[:-10])
    assert len(Keysmith(tmp_path).key(exercise).cases) == len(first.cases)
    assert keys.load(file) is not None


def test_keys_differ_by_seed_and_are_private(course: Course, tmp_path: Path) -> None:
    smith = Keysmith(tmp_path / "keys")
    exercise = course.exercise("max_pool2d")
    one, other = smith.key(exercise, 1), smith.key(exercise, 2)
    assert bytes(one.cases[0].request.tensors["input"].data) != bytes(
        other.cases[0].request.tensors["input"].data
    )
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "keys").iterdir())
