"""What the answer widgets tell the screen."""

from __future__ import annotations

from textual.message import Message


class Answered(Message):
    """The learner confirmed a response, plain JSON data as `grader.quiz.mark` takes it."""

    def __init__(self, response: object) -> None:
        super().__init__()
        self.response = response


class Unanswered(Message):
    """The learner confirmed, but something is missing; `why` says what."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class Judged(Message):
    """The learner's judgement: for each point whether it was said, for each idea whether it is held."""

    def __init__(self, found: list[bool], held: list[bool]) -> None:
        super().__init__()
        self.found, self.held = found, held
