import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import InputError
from grader.quiz.entry import Entry, Kind
from grader.quiz.rating import Rating
from grader.quiz.store import ReviewLog

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
DICTS = st.none() | st.dictionaries(st.text(max_size=5), JSON, max_size=3)
ENTRIES = st.builds(
    Entry,
    kind=st.sampled_from(list(Kind)),
    at=st.datetimes(timezones=st.just(UTC)),
    session=st.text(max_size=5),
    item=st.text(max_size=9),
    fingerprint=st.text(max_size=4),
    drawn=DICTS,
    response=JSON,
    mark=DICTS,
    rating=st.none() | st.sampled_from(list(Rating)),
    elapsed_s=st.none() | st.floats(0, 1e6),
    data=DICTS,
)


@settings(deadline=None, max_examples=40)
@given(entries=st.lists(ENTRIES, max_size=6))
def test_what_is_appended_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]
) -> None:
    path = tmp_path_factory.mktemp("log") / "quiz.db"
    with ReviewLog(path) as log:
        stored = [log.append(entry) for entry in entries]
    with ReviewLog(path) as log:
        assert list(log.entries()) == stored
    assert [replace(entry, seq=0) for entry in stored] == entries


def test_rows_are_picked_by_item_session_and_kind(log: ReviewLog) -> None:
    for number in range(2000):
        log.append(Entry(Kind.TICK if number % 2 else Kind.SKIP, NOON, f"s{number % 3}", f"i{number}"))
    many = [f"i{number}" for number in range(1500)]
    assert len(list(log.entries(items=many))) == 1500
    assert {row.session for row in log.entries(session="s1")} == {"s1"}
    assert {row.kind for row in log.entries(kinds=[Kind.SKIP])} == {Kind.SKIP}
    assert [row.seq for row in log.entries(after=1998)] == [1999, 2000]


def test_rows_cannot_be_changed_or_removed(log: ReviewLog) -> None:
    log.append(Entry(Kind.TICK, NOON))
    other = sqlite3.connect(log.path)
    for statement in ("UPDATE log SET item = 'x'", "DELETE FROM log"):
        with pytest.raises(sqlite3.DatabaseError, match="append-only"):
            other.execute(statement)


def test_every_commit_reaches_the_disk(log: ReviewLog) -> None:
    assert log._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert log._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    log.append(Entry(Kind.TICK, NOON))
    assert not log._db.in_transaction


def test_several_may_start_and_write_at_once(tmp_path: Path) -> None:
    wrong: list[BaseException] = []

    def write() -> None:
        try:
            with ReviewLog(tmp_path / "quiz.db") as log:
                for _ in range(20):
                    log.append(Entry(Kind.TICK, NOON))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    with ReviewLog(tmp_path / "quiz.db") as log:
        assert len(list(log.entries())) == 120


def test_a_file_that_is_no_log_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "quiz.db").write_bytes(b"not a database, but long enough to be looked at" * 40)
    with pytest.raises(InputError, match=r"quiz\.db: cannot be used as a review log: .*GRADER_HOME"):
        ReviewLog(tmp_path / "quiz.db")


def test_a_log_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "quiz.db")
    db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(InputError, match="newer grader"):
        ReviewLog(tmp_path / "quiz.db")


def test_times_without_a_zone_are_refused(log: ReviewLog) -> None:
    with pytest.raises(ValueError, match="UTC"):
        log.append(Entry(Kind.TICK, datetime(2026, 1, 1)))
