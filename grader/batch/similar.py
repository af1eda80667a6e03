"""Likely copies in a class: pairs of files that share more code than the stub and the obvious explain.

Names, strings, comments and spacing do not count, so that renaming hides nothing. Method: winnowed k-gram fingerprints
(Schleimer, Wilkerson and Aiken, Winnowing: Local Algorithms for Document Fingerprinting, SIGMOD 2003), as copydetect
computes them. Code of the stub does not count, nor what more than `COMMON` learners share: that is how the exercise is solved.
One file from more than that many learners is therefore in no pair, but in a group: it may be short, or go round the class.
A high share is a reason to look, and no proof of anything.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from grader.errors import MachineError

COMMON = 10
"""Learners from whom on a piece of code counts as common (MOSS's default, https://theory.stanford.edu/~aiken/moss/)."""
_GRAM = 20
"""Characters of filtered code in a fingerprint: about a short line."""
_WINDOW = 6
_LEAST = 40
"""Characters of filtered code that two files must share."""

Span = tuple[int, int]


@dataclass(frozen=True)
class Work:
    """One learner's file for an exercise."""

    learner: str
    source: str  # where it was found
    text: str


@dataclass(frozen=True)
class Pair:
    """Two files that share code: the share of each, how many filtered characters, and where it stands in each text."""

    exercise: str
    first: Work
    second: Work
    shares: tuple[float, float]
    shared: int
    identical: bool  # character for character
    spans: tuple[tuple[Span, ...], tuple[Span, ...]] = ((), ())

    @property
    def share(self) -> float:
        """The larger share: what of the file that has less of its own stands in the other."""
        return max(self.shares)


@dataclass(frozen=True)
class Group:
    """More than `COMMON` learners with the same file, character for character."""

    exercise: str
    works: tuple[Work, ...]


def groups(exercise: str, stub: str, works: Sequence[Work]) -> list[Group]:
    """The files that too many learners share for a table of pairs, the most frequent first; the stub is none."""
    alike: Mapping[str, list[Work]] = defaultdict(list)
    for work in works:
        alike[work.text.strip()].append(work)
    found = [
        Group(exercise, tuple(sorted(same, key=lambda work: work.learner)))
        for text, same in alike.items()
        if len({work.learner for work in same}) > COMMON and text not in ("", stub.strip())
    ]
    return sorted(found, key=lambda group: (-len(group.works), group.works[0].learner))


def similar(exercise: str, stub: str, works: Sequence[Work], threshold: float = 0.7) -> list[Pair]:
    """The pairs whose larger share is at least `threshold`, most alike first.

    Time grows with the works and with what few of them share, not with the square of the class. Raises: `MachineError`
    when copydetect is not installed.
    """
    prints = _fingerprints(stub, works)
    shared = _candidates(prints)
    pairs = (_pair(exercise, works[a], works[b], prints[a], prints[b]) for a, b in shared)
    found = [pair for pair in pairs if pair.share >= threshold and pair.shared >= _LEAST]
    return sorted(found, key=_rank)


def ranked(pairs: Iterable[Pair]) -> list[Pair]:
    """Pairs of several exercises, most alike first."""
    return sorted(pairs, key=_rank)


def couples(pairs: Iterable[Pair]) -> list[tuple[tuple[str, str], list[str]]]:
    """Which two learners come up together in which exercises, those in the most exercises first."""
    found: Mapping[tuple[str, str], list[str]] = defaultdict(list)
    for pair in pairs:
        first, second = sorted((pair.first.learner, pair.second.learner))
        found[first, second].append(pair.exercise)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def _rank(pair: Pair) -> tuple[Any, ...]:
    names = (pair.exercise, pair.first.learner, pair.second.learner)
    return (not pair.identical, -round(pair.share, 4), -pair.shared, *names)


def _fingerprints(stub: str, works: Sequence[Work]) -> list[Any]:
    try:
        import numpy as np
        from copydetect import CodeFingerprint
        from copydetect.utils import get_token_coverage
    except ImportError:
        raise MachineError("comparing needs copydetect", remedy="pip install 'cnn-grader[similar]'") from None

    def of(text: str, window: int, without: Any = None) -> Any:
        return CodeFingerprint("x.py", _GRAM, window, without, language="python", fp=io.StringIO(text))

    base = np.array(sorted(of(stub, 1).hashes)) if stub.strip() else np.array([])
    prints = [of(work.text, _WINDOW, base) for work in works]
    holders = Counter(mark for one in prints for mark in set(one.hashes))
    for one in prints:
        one.hash_idx = {mark: place for mark, place in one.hash_idx.items() if holders[mark] <= COMMON}
        one.hashes = set(one.hash_idx)
        one.token_coverage = max(1.0, get_token_coverage(one.hash_idx, _GRAM, len(one.filtered_code)))
        if len(one.offsets):  # copydetect counts class names short; offsets only grow
            one.offsets[:, 1] = np.maximum.accumulate(one.offsets[:, 1])
    return prints


def _candidates(prints: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Pairs that share a fingerprint at all: through the few holders of each, not by comparing all with all."""
    holders: Mapping[int, list[int]] = defaultdict(list)
    for place, one in enumerate(prints):
        for mark in one.hashes:
            holders[mark].append(place)
    yield from sorted({pair for places in holders.values() for pair in combinations(places, 2)})


def _pair(exercise: str, first: Work, second: Work, a: Any, b: Any) -> Pair:
    from copydetect import compare_files

    shared, shares, slices = compare_files(a, b)
    spans = (_spans(slices[0], len(first.text)), _spans(slices[1], len(second.text)))
    told = (min(1.0, float(shares[0])), min(1.0, float(shares[1])))
    return Pair(exercise, first, second, told, int(shared), first.text == second.text, spans)


def _spans(slices: Any, length: int) -> tuple[Span, ...]:
    """Slices as spans within the text, in order, joined where they touch."""
    if not len(slices) or not len(slices[0]):
        return ()
    found: list[Span] = []
    for start, end in sorted((int(a), min(int(b), length)) for a, b in zip(*slices, strict=True)):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return tuple(found)
