"""Item analysis: how good each question is at telling who knows, from first attempts alone.

Later attempts measure memory of the question. Formulas: Crocker and Algina, Introduction to Classical and Modern Test
Theory, 1986 (facility, point-biserial on the rest score, KR-20 eq. 7.13, alpha eq. 7.12); variances are of the
population, so that KR-20 and alpha agree exactly where scores are 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from grader.quiz.kinds import Choice, Multiple
from grader.quiz.model import AnyItem

MIN_CORRELATED = 3
"""Learners below which a correlation says nothing at all."""


@dataclass(frozen=True)
class FirstAttempt:
    """One learner's first answer to one item: `score` in [0, 1], `chosen` authored option indices, `seconds` if measured."""

    learner: str
    item: str
    score: float
    chosen: tuple[int, ...] = ()
    seconds: float | None = None


def chosen_options(response: object) -> tuple[int, ...]:
    """Authored option indices, where the response is some."""
    listed = response if isinstance(response, list | tuple) else [response]
    indices = tuple(one for one in listed if isinstance(one, int) and not isinstance(one, bool))
    return indices if len(indices) == len(listed) else ()


@dataclass(frozen=True)
class OptionUse:
    """How often an option was picked first, and by whom.

    `share` is of those who answered; `discrimination` the correlation of picking it with the rest score.
    """

    index: int
    text: str
    is_key: bool
    count: int
    share: float
    discrimination: float | None


@dataclass(frozen=True)
class ItemStats:
    """One item's figures; None is "not measurable".

    `facility` is the mean score, `discrimination` the correlation of the score with the mean score on all other items,
    `alpha_without` Cronbach's alpha of the quiz without the item, `median_s` and `p90_s` seconds.
    """

    item: str
    count: int
    facility: float
    discrimination: float | None
    alpha_without: float | None
    median_s: float | None
    p90_s: float | None
    options: tuple[OptionUse, ...] = ()


@dataclass(frozen=True)
class QuizStats:
    """All figures. Reliability is that of the learners who answered every item (`complete` of `learners`).

    `alpha` is Cronbach's, `kr20` the same by Kuder and Richardson's formula where every score is 0 or 1, `sem` the
    standard error of measurement in items; `totals` the mean score of each learner.
    """

    learners: int
    complete: int
    items: tuple[ItemStats, ...]
    alpha: float | None
    kr20: float | None
    sem: float | None
    totals: tuple[float, ...]


Scores = dict[str, dict[str, float]]
"""learner -> item -> score."""


def analyse(attempts: Iterable[FirstAttempt], items: Mapping[str, AnyItem]) -> QuizStats:
    """The figures of every item that was answered, in the order of `items`, unknown ones last.

    Of several attempts of one learner at one item the first counts. Raises: ValueError for a score outside [0, 1].
    """
    first: dict[tuple[str, str], FirstAttempt] = {}
    for attempt in attempts:
        if not 0 <= attempt.score <= 1:
            raise ValueError(
                f"the score {attempt.score} of {attempt.learner} on {attempt.item} is not in [0, 1]"
            )
        first.setdefault((attempt.learner, attempt.item), attempt)
    scores: Scores = {}
    by_item: dict[str, list[FirstAttempt]] = {}
    for one in first.values():
        scores.setdefault(one.learner, {})[one.item] = one.score
        by_item.setdefault(one.item, []).append(one)
    names = [name for name in items if name in by_item] + sorted(set(by_item) - set(items))
    table = [list(row.values()) for row in _complete(scores, names)]
    spread = reliability(table)
    return QuizStats(
        learners=len(scores),
        complete=len(table),
        items=tuple(
            _item(name, place, by_item[name], scores, items.get(name), table)
            for place, name in enumerate(names)
        ),
        alpha=spread,
        kr20=kr20(table),
        sem=_sem(table, spread),
        totals=tuple(sum(row.values()) / len(row) for row in scores.values()),
    )


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Pearson's r; with a 0/1 variable this is the point-biserial. None below 3 pairs or where one side is constant."""
    if len(xs) < MIN_CORRELATED:
        return None
    mean_x, mean_y = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
    var_x = math.fsum((x - mean_x) ** 2 for x in xs)
    var_y = math.fsum((y - mean_y) ** 2 for y in ys)
    if var_x < 1e-12 or var_y < 1e-12:
        return None
    both = math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return max(-1.0, min(1.0, both / math.sqrt(var_x * var_y)))


def reliability(table: Sequence[Sequence[float]]) -> float | None:
    """Cronbach's alpha of a table, a row a learner, a column an item: k/(k-1) * (1 - sum of variances / total variance).

    None below 2 items or 2 learners, or where all totals are equal.
    """
    count = len(table[0]) if table else 0
    total = _variance([math.fsum(row) for row in table]) if len(table) > 1 else 0.0
    if count < 2 or total < 1e-12:
        return None
    parts = math.fsum(_variance([row[place] for row in table]) for place in range(count))
    return count / (count - 1) * (1 - parts / total)


def kr20(table: Sequence[Sequence[float]]) -> float | None:
    """Kuder-Richardson 20: k/(k-1) * (1 - sum of p*q / total variance). None unless every score is 0 or 1."""
    if any(score not in (0, 1) for row in table for score in row) or len(table) < 2 or len(table[0]) < 2:
        return None
    count = len(table[0])
    total = _variance([math.fsum(row) for row in table])
    if total < 1e-12:
        return None
    shares = [math.fsum(row[place] for row in table) / len(table) for place in range(count)]
    return count / (count - 1) * (1 - math.fsum(share * (1 - share) for share in shares) / total)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie, interpolated linearly (Hyndman and Fan's type 7)."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _item(
    name: str,
    place: int,
    attempts: list[FirstAttempt],
    scores: Scores,
    item: AnyItem | None,
    table: list[list[float]],
) -> ItemStats:
    rests = [_rest(scores[one.learner], name) for one in attempts]
    known = [(one, rest) for one, rest in zip(attempts, rests, strict=True) if rest is not None]
    seconds = [one.seconds for one in attempts if one.seconds is not None]
    return ItemStats(
        item=name,
        count=len(attempts),
        facility=math.fsum(one.score for one in attempts) / len(attempts),
        discrimination=correlation([one.score for one, _ in known], [rest for _, rest in known]),
        alpha_without=reliability([[*row[:place], *row[place + 1 :]] for row in table]),
        median_s=median(seconds) if seconds else None,
        p90_s=quantile(seconds, 0.9) if seconds else None,
        options=_options(item, attempts, known) if isinstance(item, Choice | Multiple) else (),
    )


def _options(
    item: Choice | Multiple, attempts: list[FirstAttempt], known: list[tuple[FirstAttempt, float]]
) -> tuple[OptionUse, ...]:
    """The use of each option, among those of whom it is known what they chose."""
    told = [one for one in attempts if one.chosen]
    rests = [(one, rest) for one, rest in known if one.chosen]
    found = []
    for index, option in enumerate(item.options):
        count = sum(index in one.chosen for one in told)
        picked = [float(index in one.chosen) for one, _ in rests]
        share = count / len(told) if told else 0.0
        strength = correlation(picked, [rest for _, rest in rests])
        found.append(OptionUse(index, option.text, option.correct is True, count, share, strength))
    return tuple(found) if told else ()


def _rest(scores: dict[str, float], item: str) -> float | None:
    """A learner's mean score on all other items; None when there is no other."""
    others = len(scores) - 1
    return (math.fsum(scores.values()) - scores[item]) / others if others else None


def _complete(scores: Scores, names: list[str]) -> list[dict[str, float]]:
    return [{name: row[name] for name in names} for row in scores.values() if len(row) == len(names)]


def _variance(values: Sequence[float]) -> float:
    """Of the population."""
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / len(values)


def _sem(table: list[list[float]], alpha: float | None) -> float | None:
    if alpha is None or alpha < 0:
        return None
    return math.sqrt(_variance([math.fsum(row) for row in table]) * (1 - alpha))
