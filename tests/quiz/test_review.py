"""The look back over a session."""

import pytest

from grader.quiz.bank import Library
from grader.quiz.review import short_stem
from grader.quiz.session import Session
from grader.quiz.store import ReviewLog
from tests.quiz.conftest import Clock
from tests.quiz.sessions import begun


@pytest.mark.parametrize(
    ("stem", "short"),
    [
        ("What is **this**?\n\n```python\nprint(1)\n```\n", "What is this? [code]"),
        ("What is `x` here?", "What is x here?"),
        (
            "A word and many more words, so many that no line holds them",
            "A word and many more words, so many that no...",
        ),
    ],
)
def test_a_question_in_a_few_words(
    library: Library, log: ReviewLog, clock: Clock, stem: str, short: str
) -> None:
    session: Session = begun(library, log, clock())
    slot = session.current
    slot.shown = slot.shown.__class__(**{**slot.shown.__dict__, "stem": stem})
    assert short_stem(slot) == short
