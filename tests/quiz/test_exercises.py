from datetime import UTC, datetime, timedelta

from grader.quiz.entry import Entry, Kind
from grader.quiz.exercises import due_exercises, put_due, record_exercise
from grader.quiz.memory import remember
from grader.quiz.rating import Rating
from grader.quiz.store import ReviewLog

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_passing_is_good_passing_after_hints_is_hard_failing_is_again(log: ReviewLog) -> None:
    rows = [
        record_exercise(log, "conv2d", passed=True, hints_used=0, now=NOON),
        record_exercise(log, "pool", passed=True, hints_used=2, now=NOON),
        record_exercise(log, "gan", passed=False, hints_used=0, now=NOON),
    ]
    assert [row and row.rating for row in rows] == [Rating.GOOD, Rating.HARD, Rating.AGAIN]


def test_a_learner_at_work_is_not_forgetting(log: ReviewLog) -> None:
    """Failing every minute is one attempt, and running the check once more is no review."""
    assert record_exercise(log, "conv2d", passed=False, hints_used=0, now=NOON)
    for minute in range(1, 30):
        assert record_exercise(log, "conv2d", passed=False, hints_used=0, now=NOON + minute * MINUTE) is None
    assert record_exercise(log, "conv2d", passed=True, hints_used=0, now=NOON + 31 * MINUTE)
    assert record_exercise(log, "conv2d", passed=True, hints_used=0, now=NOON + 32 * MINUTE) is None
    later = NOON + timedelta(days=300)
    assert due_exercises(log, later) == ["conv2d"]
    assert record_exercise(log, "conv2d", passed=True, hints_used=0, now=later)
    assert due_exercises(log, later) == []


def test_a_failed_check_puts_its_items_due(log: ReviewLog) -> None:
    log.append(Entry(Kind.ANSWER, NOON, item="known", fingerprint="f", rating=Rating.EASY))
    later = NOON + timedelta(days=1)
    assert not remember(log).of("known").is_due(later)
    assert put_due(log, ["known", "new", "known"], later, "conv2d failed") == ["known", "new"]
    assert put_due(log, ["known", "new"], later + MINUTE, "conv2d failed") == []
    memory = remember(log)
    assert memory.of("known").is_due(later)
    assert memory.of("new").is_due(later)
    log.append(Entry(Kind.ANSWER, later, item="known", fingerprint="f", rating=Rating.EASY))
    assert not remember(log).of("known").is_due(later + MINUTE)
