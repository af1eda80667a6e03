"""The schedule's weights fitted to one's own log, by the optimiser of the `fsrs` package."""

from __future__ import annotations

import importlib.util
from datetime import datetime

from grader.errors import MachineError, UsageError
from grader.quiz.entry import Entry, Kind
from grader.quiz.memory import Memory, remember
from grader.quiz.schedule import NUMBER_OF, Weights
from grader.quiz.store import ReviewLog

ENOUGH = 1_000
"""Reviews that must be exceeded: with fewer, the default weights predict better than fitted ones."""


def optimize(log: ReviewLog, now: datetime) -> Weights:
    """Fit the weights to all reviews in the log and use them from now on: a row of the log says so.

    Raises: UsageError with too few reviews; MachineError when the extra is not installed.
    """
    memory = remember(log)
    count = count_reviews(memory)
    if count <= ENOUGH:
        raise UsageError(
            f"your log holds {count:,} reviews; weights are fitted from more than {ENOUGH:,} on",
            remedy="go on reviewing: the default weights are the better ones until then",
        )
    missing = [name for name in ("torch", "pandas", "tqdm") if importlib.util.find_spec(name) is None]
    if missing:
        raise MachineError(
            f"fitting needs {', '.join(missing)}", remedy="pip install 'cnn-grader[optimizer]'"
        )
    weights = _fit(memory)
    log.append(Entry(Kind.WEIGHTS, now, data={"weights": list(weights), "reviews": count}))
    return weights


def count_reviews(memory: Memory) -> int:
    """How many rated reviews there are."""
    return sum(one.rating is not None for known in memory.known.values() for one in known.reviews)


def _fit(memory: Memory) -> Weights:
    import fsrs

    reviews = [
        fsrs.ReviewLog(number, fsrs.Rating(NUMBER_OF[one.rating]), one.at, None)
        for number, known in enumerate(memory.known.values())
        for one in known.reviews
        if one.rating is not None
    ]
    return tuple(float(weight) for weight in fsrs.Optimizer(reviews).compute_optimal_parameters())
