"""Streaming, whatever the size: no query sorts a class in memory; a large gradebook needs no more than a small one."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks.gradebook import QUERIES, measured
from grader.gradebook.current import current
from grader.gradebook.store import Gradebook
from grader.gradebook.summary import refresh
from tests.gradebook.generated import fill

STREAMED = tuple(name for name in QUERIES if name != "statuses")


def test_current_grades_are_read_in_the_order_of_an_index(book: Gradebook) -> None:
    with book.engine.connect() as connection:
        query = str(current().compile(book.engine))
        plan = " ".join(str(row) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))
    assert "result_by_learner" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.slow
def test_a_hundred_times_the_results_take_the_same_memory(tmp_path: Path) -> None:
    found = {}
    for results in (2_000, 200_000):
        with Gradebook(tmp_path / f"{results}.db") as book:
            fill(book, results)
            refresh(book)
        found[results] = {row["name"]: row for row in measured(str(tmp_path / f"{results}.db"))}
    for name, row in found[200_000].items():
        assert row["peak_mib"] < found[2_000][name]["peak_mib"] + 24, name
    for name in STREAMED:  # the contract's bound, with room for a busy machine
        assert found[200_000][name]["starts_s"] < 1.0, name
