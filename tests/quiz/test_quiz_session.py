from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.quiz.bank import Library, load_banks
from grader.quiz.entry import Kind
from grader.quiz.memory import remember
from grader.quiz.plan import Mode
from grader.quiz.rating import Rating
from grader.quiz.session import Session, TimeIsUp
from grader.quiz.store import ReviewLog
from grader.quiz.timekeeping import UNSEEN_S
from tests.quiz.conftest import NOON, Clock
from tests.quiz.sessions import begun, exam, right


def finished(session: Session, clock: Clock) -> Session:
    while True:
        session.submit(right(session.current.item, session.current.drawn), clock())
        if not session.advance(clock()):
            session.finish(clock())
            return session


def test_every_type_is_asked_and_marked_right(library: Library, log: ReviewLog, clock: Clock) -> None:
    session = finished(begun(library, log, clock()), clock)
    assert [slot.item.id for slot in session.slots if not slot.mark.correct] == []
    assert session.score == session.max_score == 11
    assert {slot.rating for slot in session.slots} == {Rating.GOOD}


def test_a_response_is_in_the_log_with_its_drawing_and_mark(
    library: Library, log: ReviewLog, clock: Clock
) -> None:
    session = begun(library, log, clock())
    slot = session.current
    session.submit(right(slot.item, slot.drawn), clock())
    (row,) = ReviewLog(log.path).entries(kinds=[Kind.ANSWER])
    assert (row.item, row.rating, row.session) == (slot.item.id, Rating.GOOD, "s")
    assert row.drawn == slot.drawn.model_dump(mode="json")
    assert row.mark == slot.mark.as_json() | {
        "feedback": [],
        "parts": row.mark["parts"],
        "misconceptions": [],
    }
    assert row.elapsed_s == 1


def test_a_hint_makes_it_hard_and_is_refused_after_the_answer(
    library: Library, log: ReviewLog, clock: Clock
) -> None:
    session = begun(library, log, clock())
    session.go([slot.item.id for slot in session.slots].index("et-choice"), clock())
    assert session.hint(clock()) == "Count the positions at which the filter is put down."
    assert session.hint(clock()) is None
    session.submit(right(session.current.item, session.current.drawn), clock())
    assert session.current.rating is Rating.HARD
    assert session.hint(clock()) is None


def test_what_is_skipped_comes_once_more_at_the_end(library: Library, log: ReviewLog, clock: Clock) -> None:
    session = begun(library, log, clock())
    skipped = session.current.item.id
    assert session.skip(clock())
    asked = []
    while session.current.item.id != skipped:
        asked.append(session.current.item.id)
        session.submit(right(session.current.item, session.current.drawn), clock())
        assert session.advance(clock())
    assert len(asked) == 10
    assert not session.skip(clock()), "the second time it is left"


def test_in_practice_a_question_is_answered_once(library: Library, log: ReviewLog, clock: Clock) -> None:
    session = begun(library, log, clock())
    session.submit(None, clock())
    with pytest.raises(UsageError, match="has been answered"):
        session.submit(None, clock())


def test_the_learner_has_the_last_word_on_a_free_answer(
    library: Library, log: ReviewLog, clock: Clock
) -> None:
    session = begun(library, log, clock())
    session.go([slot.item.id for slot in session.slots].index("et-recall"), clock())
    assert session.submit("It is cheaper.", clock()).confirm
    assert session.current.rating is Rating.AGAIN
    session.confirm([True, True], [], clock())
    assert session.current.rating is Rating.GOOD
    assert remember(log).of("et-recall").reviews[0].rating is Rating.GOOD
    session.rate(Rating.EASY, clock())
    assert remember(log).of("et-recall") == session.memory.of("et-recall")
    assert session.current.mark.correct


def test_an_exam_says_nothing_and_the_last_answer_counts(
    library: Library, log: ReviewLog, clock: Clock
) -> None:
    session = exam(library, log, clock())
    assert session.hint(clock()) is None
    first = session.current.item.id
    session.submit(None, clock())
    assert not session.shows_marks
    session.submit(right(session.current.item, session.current.drawn), clock())
    assert remember(log).of(first).card is None, "an exam counts when it is handed in"
    session.finish(clock())
    assert session.shows_marks
    assert session.score == 1
    assert [one.rating for one in remember(log).of(first).reviews] == [None, Rating.GOOD]
    with pytest.raises(UsageError, match="over"):
        session.submit(None, clock())


def test_time_runs_out_and_what_was_answered_is_handed_in(
    library: Library, log: ReviewLog, clock: Clock
) -> None:
    session = exam(library, log, clock(), time_limit_s=60)
    session.submit(right(session.current.item, session.current.drawn), clock())
    session.advance(clock())
    clock.now += timedelta(seconds=60)
    with pytest.raises(TimeIsUp):
        session.submit(right(session.current.item, session.current.drawn), clock())
    assert session.is_over
    assert session.answered == 1


def test_a_break_does_not_count_as_time_used(library: Library, log: ReviewLog, clock: Clock) -> None:
    session = exam(library, log, clock(), time_limit_s=600)
    clock.now += timedelta(seconds=100)
    session.submit(None, clock())
    used = session.used_s(clock.now) + UNSEEN_S
    clock.now += timedelta(hours=3)
    resumed = Session.resume(library, log, remember(log), "s", clock.now)
    assert resumed.used_s(clock.now) == used
    assert resumed.breaks_s == 3 * 3600 - UNSEEN_S
    assert resumed.left_s(clock.now) == 600 - used
    assert resumed.answered == 1
    assert resumed.position == 1


def test_a_clock_set_back_adds_no_time(library: Library, log: ReviewLog, clock: Clock) -> None:
    session = begun(library, log, NOON)
    session.submit(None, NOON - timedelta(hours=2))
    assert session.current.elapsed_s == 0
    assert session.used_s(NOON - timedelta(hours=2)) == 0


def test_a_changed_meaning_asks_and_a_changed_explanation_does_not(
    course: Path, library: Library, log: ReviewLog, clock: Clock
) -> None:
    finished(begun(library, log, clock()), clock)
    bank = course / "quizzes" / "every_type.yaml"
    text = bank.read_text(encoding="utf-8").replace("Gradients add up until", "Gradients are summed until")
    bank.write_text(
        text.replace("accept: [translation equivariance,", "accept: [invariance,"), encoding="utf-8"
    )
    session = begun(load_banks([bank]), log, clock(), "t")
    changed = []
    for place, slot in enumerate(session.slots):
        session.go(place, clock())
        if session.has_new_meaning:
            changed.append(slot.item.id)
            session.settle_meaning(False, clock())
            assert session.memory.of(slot.item.id).card is None
            assert not session.has_new_meaning
    assert changed == ["et-short"]
    assert session.memory.of("et-ordering").card is not None


STEPS = st.lists(
    st.sampled_from(["right", "wrong", "skip", "hint", "back", "flag", "rate", "crash"]), max_size=25
)


@settings(deadline=None, max_examples=40)
@given(steps=STEPS, mode=st.sampled_from(Mode))
def test_a_crash_at_any_step_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], mode: Mode
) -> None:
    """The session resumed from its rows is the session that was; the memory too."""
    library = load_banks([Path(__file__).parent / "fixtures" / "every_type.yaml"])
    clock = Clock()
    with ReviewLog(tmp_path_factory.mktemp("home") / "quiz.db") as log:
        session = begun(library, log, clock(), mode=mode)
        for step in steps:
            session = _after(session, step, clock)
        again = Session.resume(library, log, remember(log), "s", clock())
        kept = ("item", "drawn", "hints", "skips", "flag", "seq", "response", "mark", "rating")
        for one, two in zip(session.slots, again.slots, strict=True):
            assert [getattr(one, name) for name in kept] == [getattr(two, name) for name in kept]
        assert again.memory == session.memory == remember(log)


def _after(session: Session, step: str, clock: Clock) -> Session:
    slot = session.current
    match step:
        case "right" | "wrong":
            if session.mode is Mode.EXAM or not slot.is_answered:
                session.submit(right(slot.item, slot.drawn) if step == "right" else None, clock())
            session.advance(clock())
        case "skip":
            session.skip(clock())
        case "hint":
            session.hint(clock())
        case "back":
            session.back(clock())
        case "flag":
            session.flag(None if slot.flag is not None else "why", clock())
        case "rate" if slot.is_answered and session.mode is Mode.PRACTICE:
            session.rate(Rating.EASY, clock())
        case "crash":
            return Session.resume(session.library, session.log, remember(session.log), "s", clock())
    return session
