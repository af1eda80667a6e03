"""How well something was remembered."""

from __future__ import annotations

from enum import StrEnum


class Rating(StrEnum):
    """How well an item was remembered, as the schedule counts it. `easy` is never proposed, only chosen."""

    AGAIN = "again"
    HARD = "hard"
    GOOD = "good"
    EASY = "easy"
