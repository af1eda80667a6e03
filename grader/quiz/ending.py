"""How a learner left a session."""

from __future__ import annotations

from enum import StrEnum


class Ending(StrEnum):
    """What the caller does next depends on it."""

    FINISHED = "finished"
    LEFT = "left"
    """Not finished: the session goes on next time."""
    REPEAT = "repeat"
    """Finished, and what was missed is to be asked again."""
