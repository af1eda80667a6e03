"""Mutants of a reference: its text with one small change each, by the standard operators of mutation testing.

After DeMillo, Lipton and Sayward, "Hints on test data selection", IEEE Computer 11(4), 1978; operators as in Offutt et
al., "An experimental determination of sufficient mutant operators", TOSEM 5(2), 1996, and some of tensor code's own.
"""

from __future__ import annotations

import ast
import difflib
import random
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.verify import operators
from grader.verify.operators import Change


@dataclass(frozen=True)
class Mutant:
    """The whole changed text, and which operator made it where."""

    operator: str
    line: int
    source: str

    def diff(self, original: str) -> str:
        """The change as a unified diff of two lines' context."""
        lines = difflib.unified_diff(
            original.splitlines(), self.source.splitlines(), "reference", "mutant", n=2, lineterm=""
        )
        return "\n".join(lines)


def mutants(source: str, tensors: Sequence[str] = (), entries: Sequence[str] = ()) -> list[Mutant]:
    """Every mutant that is Python and differs from `source` in more than spelling.

    `tensors`: names of arguments that may carry gradients, for the operators that cut them;
    `entries`: the functions whose results are judged.
    """
    tree = ast.parse(source)
    seen = {ast.dump(tree)}
    found = []
    for change in operators.changes(tree, tensors, entries):
        text = _applied(source, change)
        try:
            shape = ast.dump(ast.parse(text))
        except (SyntaxError, ValueError):
            continue
        if shape not in seen:
            seen.add(shape)
            found.append(Mutant(change.operator, change.node.lineno, text))
    return found


def sample(found: Sequence[Mutant], count: int, name: str) -> list[Mutant]:
    """At most `count` of them, the same for the same exercise, each operator getting its share."""
    if len(found) <= count:
        return list(found)
    rng = random.Random(zlib.crc32(name.encode()))
    by_operator: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in rng.sample(list(found), len(found)):
        by_operator[mutant.operator].append(mutant)
    chosen: list[Mutant] = []
    while len(chosen) < count:
        for waiting in by_operator.values():
            if waiting and len(chosen) < count:
                chosen.append(waiting.pop())
    return sorted(chosen, key=lambda mutant: mutant.line)


def _applied(source: str, change: Change) -> str:
    """The text with one node's span replaced; the rest keeps its spelling."""
    lines = source.encode().splitlines(keepends=True)
    offsets = _offsets(lines)
    node = change.node
    assert node.end_lineno is not None and node.end_col_offset is not None
    start = offsets[node.lineno - 1] + node.col_offset
    end = offsets[node.end_lineno - 1] + node.end_col_offset
    text = source.encode()
    return (text[:start] + change.text.encode() + text[end:]).decode()


def _offsets(lines: Sequence[bytes]) -> list[int]:
    return list(_running(lines))


def _running(lines: Sequence[bytes]) -> Iterator[int]:
    at = 0
    for line in lines:
        yield at
        at += len(line)
