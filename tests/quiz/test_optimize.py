from datetime import timedelta

import pytest

from grader.errors import MachineError, UsageError
from grader.quiz import optimize as module
from grader.quiz.entry import Entry, Kind
from grader.quiz.memory import remember
from grader.quiz.optimize import ENOUGH, optimize
from grader.quiz.rating import Rating
from grader.quiz.store import ReviewLog
from tests.quiz.conftest import NOON


def fill(log: ReviewLog, reviews: int) -> None:
    log._db.execute("PRAGMA synchronous = OFF")  # a thousand rows need not reach the disk one by one here
    for number in range(reviews):
        at = NOON + timedelta(days=number // 50)
        rating = Rating.AGAIN if number % 4 == 0 else Rating.GOOD
        log.append(Entry(Kind.ANSWER, at, item=f"i{number % 50}", fingerprint="f", rating=rating))


def test_too_few_reviews_are_refused_with_their_number(log: ReviewLog) -> None:
    fill(log, ENOUGH)
    with pytest.raises(UsageError, match="holds 1,000 reviews; weights are fitted from more than 1,000"):
        optimize(log, NOON)


def test_the_missing_extra_is_named(log: ReviewLog, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(log, ENOUGH + 1)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MachineError, match=r"pip install 'cnn-grader\[optimizer\]'"):
        optimize(log, NOON)


@pytest.mark.slow
def test_weights_fitted_to_a_log_are_used_from_then_on(log: ReviewLog) -> None:
    pytest.importorskip("pandas")
    fill(log, ENOUGH + 50)
    before = remember(log).of("i1").card
    weights = optimize(log, NOON + timedelta(days=40))
    assert len(weights) == 21
    after = remember(log)
    assert after.weights == weights
    assert after.of("i1").card != before
    assert remember(log, ["i1"]).of("i1") == after.of("i1")
