from pathlib import Path

from grader.quiz.bank import Library, load_banks
from grader.quiz.entry import Kind
from grader.quiz.memory import remember
from grader.quiz.rating import Rating
from grader.quiz.regrade import regrade
from grader.quiz.store import ReviewLog
from tests.quiz.conftest import Clock
from tests.quiz.sessions import begun


def test_a_mended_key_is_applied_to_past_answers_as_new_rows(
    course: Path, library: Library, log: ReviewLog, clock: Clock
) -> None:
    session = begun(library, log, clock())
    place = [slot.item.id for slot in session.slots].index("et-numeric")
    session.go(place, clock())
    values = session.current.drawn.values
    session.submit(str((values["h"] - values["k"]) // values["s"]), clock())
    assert not session.current.mark.correct
    answers = list(log.entries(kinds=[Kind.ANSWER]))
    bank = course / "quizzes" / "every_type.yaml"
    bank.write_text(bank.read_text().replace("answer: (h - k) // s + 1", "answer: (h - k) // s"))
    mended = load_banks([bank])
    (changed,) = regrade(log, mended, clock())
    assert (changed.item, changed.before, changed.after) == ("et-numeric", 0.0, 1.0)
    assert list(log.entries(kinds=[Kind.ANSWER])) == answers, "the old rows stay"
    assert remember(log).of("et-numeric").reviews[0].rating is Rating.GOOD
    assert regrade(log, mended, clock()) == [], "once is enough"
    assert len(regrade(log, library, clock())) == 1, "and back"
    assert regrade(log, library, clock(), frozenset({"et-short"})) == []
