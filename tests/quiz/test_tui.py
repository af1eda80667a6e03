"""The full-screen interface, driven by keys alone to the end of a session."""

from datetime import timedelta
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from grader.quiz.bank import Library, load_banks
from grader.quiz.ending import Ending
from grader.quiz.memory import remember
from grader.quiz.rating import Rating
from grader.quiz.session import Session
from grader.quiz.slot import Slot
from grader.quiz.store import ReviewLog
from grader.quiz.tui.answers import draft
from grader.quiz.tui.app import QuizApp
from grader.quiz.tui.screens import Review
from tests.quiz.conftest import Clock
from tests.quiz.sessions import begun, exam, right


async def answer(pilot: Pilot[Ending], slot: Slot, response: object) -> None:
    """Give a response by the keyboard."""
    letters = {part.index: "abcdefgh"[place] for place, part in enumerate(slot.shown.parts)}
    match slot.item.type:
        case "choice":
            await pilot.press(letters[response], "enter")  # type: ignore[index]
        case "true_false":
            await pilot.press("a" if response else "b", "enter")
        case "multiple":
            await pilot.press(*(letters[index] for index in response), "enter")  # type: ignore[attr-defined]
        case "matching":
            await pilot.press(*(letters[index] for index in response), "enter")  # type: ignore[attr-defined]
        case "ordering":
            await arrange(pilot, [part.index for part in slot.shown.parts], list(response))  # type: ignore[call-overload]
        case "cloze":
            for name in slot.shown.blanks:
                await pilot.press(*response[name], "enter")  # type: ignore[index]
        case "output" | "recall":
            await pilot.press(*keys(str(response)), "ctrl+s")
            if slot.item.type == "recall":
                await pilot.pause()
                await pilot.press("enter")  # the judgement is fair
        case _:
            await pilot.press(*keys(str(response)), "enter")
    await pilot.pause()


def keys(text: str) -> list[str]:
    return ["space" if sign == " " else "enter" if sign == "\n" else sign for sign in text]


async def arrange(pilot: Pilot[Ending], shown: list[int], wanted: list[int]) -> None:
    """Move each step up to its place."""
    for place, index in enumerate(wanted):
        at = shown.index(index)
        await pilot.press("home", *["down"] * at, *["shift+up"] * (at - place))
        shown.insert(place, shown.pop(at))
    await pilot.press("enter")


def text_of(app: QuizApp) -> str:
    """What stands on the screen, as plain text."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)


@pytest.fixture
def session(library: Library, log: ReviewLog, clock: Clock) -> Session:
    return begun(library, log, clock())


async def test_a_whole_session_with_every_type(session: Session, clock: Clock) -> None:
    app = QuizApp(session, clock)
    async with app.run_test(size=(100, 40)) as pilot:
        for place, slot in enumerate(session.slots, 1):
            await pilot.pause()
            assert f"Question {place} of 11" in text_of(app)
            assert slot.shown.stem.split()[0] in text_of(app)
            await answer(pilot, slot, right(slot.item, slot.drawn))
            assert slot.mark is not None and slot.mark.correct, (slot.item.id, slot.response)
            assert "Right." in text_of(app)
            await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, Review)
        assert "11 of 11 answered, 11 right" in text_of(app)
        assert "Score: 11 of 11 points." in text_of(app)
        await pilot.press("f")
    assert app.return_value is Ending.FINISHED
    assert session.is_over


async def test_a_narrow_footer_shows_the_keys_needed_first(session: Session, clock: Clock) -> None:
    session.go([slot.item.id for slot in session.slots].index("et-choice"), clock())  # it has a hint
    app = QuizApp(session, clock)
    async with app.run_test(size=(40, 24)) as pilot:
        await pilot.pause()
        shown = [one.binding for one in app.screen.active_bindings.values() if one.binding.show]
        actions = [one.action for one in shown if one.action in {"confirm", "keys", "hint", "skip", "leave"}]
        assert list(dict.fromkeys(actions)) == ["confirm", "keys", "hint", "skip", "leave"], (
            "two keys an action"
        )


async def test_hint_skip_back_flag_rate_and_help(session: Session, clock: Clock) -> None:
    app = QuizApp(session, clock)
    place = [slot.item.id for slot in session.slots].index("et-choice")
    session.go(place, clock())
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("f2")
        await pilot.pause()
        assert "Count the positions" in text_of(app)
        await pilot.press("f5")
        await pilot.pause()
        await pilot.press(*keys("two fit"), "enter")
        await pilot.pause()
        assert session.current.flag == "two fit"
        assert "flagged" in text_of(app)
        await answer(pilot, session.current, 0)
        assert session.current.rating is Rating.HARD
        await pilot.press("4")
        await pilot.pause()
        assert session.current.rating is Rating.EASY
        await pilot.press("f4")
        await pilot.pause()
        assert session.position == place - 1
        await pilot.press("ctrl+n")
        await pilot.pause()
        assert session.slots[place - 1].skips == 1
        await pilot.press("f1")
        await pilot.pause()
        assert "the next hint" in text_of(app)
        await pilot.press("escape")
        await pilot.press("ctrl+q")
    assert app.return_value is Ending.LEFT


async def test_an_answer_half_given_survives_a_flag(session: Session, clock: Clock) -> None:
    app = QuizApp(session, clock)
    places = {slot.item.type: place for place, slot in enumerate(session.slots)}
    first = {
        "choice": ["b"],
        "multiple": ["a", "c"],
        "matching": ["b"],
        "ordering": ["shift+down"],
        "cloze": ["2", "enter", "s"],
        "output": ["4", "enter", "5"],
        "numeric": ["4"],
    }
    async with app.run_test(size=(100, 40)) as pilot:
        for kind, typed in first.items():
            session.go(places[kind], clock())
            await app._show()
            await pilot.pause()
            await pilot.press(*typed)
            before = draft(app.query(".answer").first())
            await pilot.press("f5")
            await pilot.pause()
            await pilot.press("x", "enter")
            await pilot.pause()
            assert session.current.flag == "x", kind
            assert draft(app.query(".answer").first()) == before, kind
            assert before not in (None, "", [], {}), kind


async def test_what_is_no_number_costs_nothing(session: Session, clock: Clock) -> None:
    app = QuizApp(session, clock)
    async with app.run_test(size=(100, 40)) as pilot:
        session.go(next(n for n, slot in enumerate(session.slots) if slot.item.type == "numeric"), clock())
        await app._show()
        await pilot.press(*"twelve", "enter")
        await pilot.pause()
        assert not session.current.is_answered
        assert app.query_one(Input).value == "twelve"


async def test_the_answer_stays_in_focus_when_the_window_does_not(session: Session, clock: Clock) -> None:
    """A page in a browser begins so."""
    app = QuizApp(session, clock)
    async with app.run_test(size=(100, 40)) as pilot:
        app.post_message(events.AppBlur())
        await pilot.pause()
        assert app.focused is not None and app.focused.has_class("answer")


async def test_an_empty_answer_is_not_taken(session: Session, clock: Clock) -> None:
    app = QuizApp(session, clock)
    async with app.run_test(size=(100, 40)) as pilot:
        for place in range(len(session.slots)):
            session.go(place, clock())
            await app._show()
            await pilot.pause()
            await pilot.press("ctrl+s")
            await pilot.press("enter")
            await pilot.pause()
            assert not session.slots[place].is_answered, session.slots[place].item.type


async def test_a_learner_corrects_the_marking_of_a_free_answer(session: Session, clock: Clock) -> None:
    session.go([slot.item.id for slot in session.slots].index("et-recall"), clock())
    app = QuizApp(session, clock)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press(*keys("The image is resized."), "ctrl+s")
        await pilot.pause()
        assert "wrong idea" in text_of(app)
        await pilot.press("space", "down", "space", "down", "space", "enter")
        await pilot.pause()
        assert session.current.mark.correct
        assert "Right." in text_of(app)


async def test_an_exam_says_nothing_is_looked_through_and_handed_in(
    library: Library, log: ReviewLog, clock: Clock
) -> None:
    session = exam(library, log, clock(), time_limit_s=3600, count=4)
    app = QuizApp(session, clock)
    async with app.run_test(size=(100, 40)) as pilot:
        for place in range(4):
            await pilot.pause()
            assert session.position == place
            assert "left" in text_of(app)
            await pilot.press("f2")
            slot = session.current
            await answer_exam(pilot, slot)
            assert "Right" not in text_of(app) and "Wrong" not in text_of(app)
        assert isinstance(app.screen, Review)
        assert "Score" not in text_of(app)
        await pilot.press("home", "enter")
        await pilot.pause()
        assert session.position == 0
        await pilot.press("f6")
        await pilot.pause()
        await pilot.press("f")
        await pilot.pause()
        assert "Score: 4 of 4" in text_of(app)
        await pilot.press("end", "enter")
        await pilot.pause()
        assert "Why:" in text_of(app), "after the end the answers may be looked at"
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("f")
    assert app.return_value is Ending.FINISHED


async def test_an_exam_with_open_questions_is_not_handed_in_by_one_key(
    library: Library, log: ReviewLog, clock: Clock
) -> None:
    session = exam(library, log, clock())
    app = QuizApp(session, clock)
    async with app.run_test(size=(40, 24)) as pilot:
        await pilot.press("f6")
        await pilot.pause()
        assert "spent." in text_of(app), "the heading is not cut off"
        await pilot.press("f")
        await pilot.pause()
        assert "Not answered yet: 11." in text_of(app)
        await pilot.press("home", "enter")
        await pilot.pause()
        assert not session.is_over
        await pilot.press("f")
        await pilot.pause()
        await pilot.press("end", "enter")
        await pilot.pause()
        assert session.is_over


async def answer_exam(pilot: Pilot[Ending], slot: Slot) -> None:
    if slot.item.type == "recall":
        await pilot.press(*keys(str(right(slot.item, slot.drawn))), "ctrl+s")
        await pilot.pause()
    else:
        await answer(pilot, slot, right(slot.item, slot.drawn))


async def test_the_time_runs_out_by_itself(library: Library, log: ReviewLog, clock: Clock) -> None:
    session = exam(library, log, clock(), time_limit_s=3600)
    app = QuizApp(session, clock)
    async with app.run_test(size=(100, 40)) as pilot:
        clock.now += timedelta(hours=1)
        app._show_time()
        await pilot.pause()
        assert session.is_over
        assert "Time is up." in text_of(app)


async def test_a_changed_question_asks(course: Path, session: Session, log: ReviewLog, clock: Clock) -> None:
    session.submit(None, clock())
    name = session.current.item.id
    bank = course / "quizzes" / "every_type.yaml"
    text = bank.read_text().replace(session.current.item.stem.strip().split("\n")[0], "Something else?")
    bank.write_text(text)
    again = begun(load_banks([bank]), log, clock(), "t")
    assert again.current.item.id == name
    app = QuizApp(again, clock)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        assert "has been changed" in text_of(app)
        await pilot.press("end", "enter")
        await pilot.pause()
        await app.workers.wait_for_complete()
        assert remember(log).of(name).card is None
        assert not again.has_new_meaning


async def test_a_narrow_terminal_is_enough(session: Session, clock: Clock) -> None:
    app = QuizApp(session, clock)
    async with app.run_test(size=(30, 12)) as pilot:
        await pilot.pause()
        assert "Question 1 of 11" in text_of(app)
        app.query_one("#where", Static)
        assert app.query(Input) or app.query(OptionList) or app.query(".answer")


def test_pictures_are_half_blocks_and_words_where_there_is_none(tmp_path: Path) -> None:
    pil = pytest.importorskip("PIL.Image")
    from grader.quiz.tui.figure import half_blocks

    pil.new("RGBA", (300, 100), (255, 0, 0, 255)).save(tmp_path / "red.png")
    shown = half_blocks(tmp_path / "red.png", 40, 20)
    lines = shown.plain.splitlines()
    assert {len(line) for line in lines} == {40}
    assert len(lines) == 7, "13 rows of pixels, two a line"
    assert shown.spans[0].style.color.triplet == (255, 0, 0)
    (tmp_path / "no.png").write_text("no picture")
    assert half_blocks(tmp_path / "no.png", 40, 20) is None
    assert half_blocks(tmp_path / "missing.png", 40, 20) is None
