"""The full-screen quiz: one screen, drawn anew from the session after every step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import ClassVar

from textual import events, on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Footer, ProgressBar, Static

from grader.quiz.durations import clock_face
from grader.quiz.ending import Ending
from grader.quiz.plan import Mode
from grader.quiz.rating import Rating
from grader.quiz.reading import refusal
from grader.quiz.session import Session, TimeIsUp
from grader.quiz.tui import body
from grader.quiz.tui.answers import confirm, draft
from grader.quiz.tui.messages import Answered, Judged, Unanswered
from grader.quiz.tui.screens import Ask, Asking, Choose, Help, Review


class QuizApp(App[Ending]):
    """A session on the screen; its return value says how the learner left."""

    CSS_PATH = "quiz.tcss"
    TITLE = "Quiz"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "keys", "Keys", priority=True),
        Binding("f2,ctrl+t", "hint", "Hint", priority=True),
        Binding("f3,ctrl+n", "skip", "Skip", priority=True),
        Binding("f4,ctrl+b", "back", "Back", priority=True),
        Binding("f5,ctrl+g", "flag", "Flag", priority=True),
        Binding("f6,ctrl+r", "review", "Review", priority=True),
        Binding("ctrl+s", "confirm", "Confirm", priority=True),
        Binding("ctrl+q", "leave", "Leave", priority=True),
        Binding("enter", "go_on", "Go on"),
        *(
            Binding(str(place), f"rate('{rating}')", str(rating), show=False)
            for place, rating in enumerate(Rating, 1)
        ),
    ]

    def __init__(self, session: Session, clock: Callable[[], datetime], note: str = "") -> None:
        """`clock` gives the time in UTC; `note` is shown at the start."""
        super().__init__()
        self._note = note
        self.session, self.clock = session, clock
        self._judges = False

    def get_default_screen(self) -> Asking:
        """The screen with the question."""
        return Asking()

    def compose(self) -> ComposeResult:
        """A bar, the question, the keys."""
        with Horizontal(classes="bar"):
            yield Static(id="where")
            yield ProgressBar(len(self.session.slots), show_eta=False, show_percentage=False, id="progress")
            yield Static(id="time")
        yield VerticalScroll(id="body", can_focus=True)
        yield Footer()

    async def on_mount(self) -> None:
        """Show the first question and start the clock."""
        self.set_interval(1, self._show_time)
        await self._show()
        if self._note:
            self.notify(self._note)

    def on_app_blur(self, event: events.AppBlur) -> None:
        """Keep the answer in focus: in a browser the first screen comes with a blur and no focus after it."""
        event.prevent_default()

    # What is on the screen

    async def _show(self, draft: object = None) -> None:
        """Draw everything from the session; `draft` is an answer that is not confirmed yet."""
        session, slot = self.session, self.session.current
        flag = "  ⚑ flagged" if slot.flag is not None else ""
        self.query_one("#where", Static).update(
            Content(f"Question {session.position + 1} of {len(session.slots)}{flag}")
        )
        self.query_one("#progress", ProgressBar).update(progress=session.answered)
        self._show_time()
        area = self.query_one("#body", VerticalScroll)
        with self.batch_update():
            await area.remove_children()
            await area.mount_all(self._widgets(draft))
        area.scroll_home(animate=False)
        answers = area.query(".answer")
        target: Widget = answers.first() if answers else area
        target.focus()
        if not answers:
            area.query(".said").first().scroll_visible(
                animate=False, top=True
            )  # as much as fits, from its start
        if not session.is_over and not slot.is_answered and session.has_new_meaning:
            self._ask_meaning()

    def _widgets(self, draft: object) -> Iterator[Widget]:
        session, slot = self.session, self.session.current
        folder = session.library.shelf_of[slot.item.id].path.parent
        half = self.size.height // 2 - 4  # a picture leaves room for its question and the answers
        yield from body.question(slot, folder, max(20, self.size.width - 8), max(5, min(20, half)))
        if self._judges:
            yield from body.judgement(slot)
        elif session.is_over or (slot.is_answered and session.mode is Mode.PRACTICE):
            yield from body.outcome(session, slot, self.clock())
        else:
            yield from body.answer(slot, draft)

    def _show_time(self) -> None:
        now, session = self.clock(), self.session
        left = session.left_s(now)
        text = clock_face(session.used_s(now)) if left is None else f"{clock_face(left)} left"
        for place in self.screen_stack[0].query("#time").results(Static):
            place.update(Content("over" if session.is_over else text))
        if left == 0 and not session.is_over:
            session.finish(now, "time is up")
            self._look_back("Time is up.")

    # Answers

    @on(Answered)
    async def _answered(self, event: Answered) -> None:
        """Save and mark what was confirmed; the next screen comes after that."""
        session = self.session
        if (wrong := refusal(session.current.item, event.response)) is not None:
            self.notify(wrong, severity="warning")
            return
        try:
            mark = session.submit(event.response, self.clock())
        except TimeIsUp:
            self._look_back("Time is up.")
            return
        if session.mode is Mode.EXAM:
            await self._advance()
            return
        self._judges = mark.confirm
        await self._show()

    @on(Unanswered)
    def _unanswered(self, event: Unanswered) -> None:
        self.notify(event.why, severity="warning")

    @on(Judged)
    async def _judged(self, event: Judged) -> None:
        """The learner has the last word on a free answer."""
        self.session.confirm(event.found, event.held, self.clock())
        self._judges = False
        await self._show()

    async def _advance(self) -> None:
        self._judges = False
        if self.session.advance(self.clock()):
            await self._show()
        else:
            self._to_the_end()

    def _to_the_end(self) -> None:
        if self.session.mode is Mode.PRACTICE:
            self.session.finish(self.clock())
        self._look_back()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that do nothing now are not offered."""
        session = self.session
        is_covered = len(self.screen_stack) > 1
        if is_covered and action in {
            "hint",
            "skip",
            "back",
            "flag",
            "review",
            "confirm",
            "leave",
            "keys",
            "rate",
        }:
            return False
        done = session.is_over or (session.current.is_answered and session.mode is Mode.PRACTICE)
        match action:
            case "hint":
                return not done and session.mode is Mode.PRACTICE and bool(session.current.shown.hints)
            case "skip" | "confirm":
                return not done or self._judges
            case "go_on" | "rate":
                return done and not self._judges and not is_covered
        return True

    async def action_hint(self) -> None:
        """Show the next hint."""
        given = self._draft()
        if self.session.hint(self.clock()) is None:
            self.notify("There is no hint left.")
            return
        await self._show(given)

    async def action_skip(self) -> None:
        """Leave the question for later."""
        self._judges = False
        if self.session.skip(self.clock()):
            await self._show()
        else:
            self._to_the_end()

    async def action_back(self) -> None:
        """The question before."""
        if self.session.back(self.clock()):
            self._judges = False
            await self._show()
        else:
            self.notify("This is the first question.")

    async def action_go_on(self) -> None:
        """The next question, or the review."""
        if self.session.is_over:
            self._look_back()
        else:
            await self._advance()

    def action_confirm(self) -> None:
        """Confirm what stands in the answer."""
        for widget in self.query(".answer"):
            confirm(widget)

    async def action_rate(self, rating: str) -> None:
        """How well it was remembered."""
        if self.session.mode is Mode.PRACTICE and not self.session.is_over:
            self.session.rate(Rating(rating), self.clock())
            await self._show()
            self.notify(f"Rated: {rating}.")  # the line that says so may be below the edge

    def action_keys(self) -> None:
        """The table of keys."""
        self.push_screen(Help())

    def action_leave(self) -> None:
        """Leave; an open session goes on next time."""
        self.exit(Ending.FINISHED if self.session.is_over else Ending.LEFT)

    def action_review(self) -> None:
        """All questions."""
        self._look_back()

    @work
    async def action_flag(self) -> None:
        """Flag the item with a reason, or take the flag away."""
        if self.session.current.flag is not None:
            self.session.flag(None, self.clock())
        else:
            note = await self.push_screen_wait(Ask("What is wrong with this question?"))
            if note is None:
                return
            self.session.flag(note, self.clock())
        await self._show(self._draft())

    @work
    async def _ask_meaning(self) -> None:
        choice = await self.push_screen_wait(
            Choose(
                "This question has been changed since you answered it.",
                "It asks the same: keep what is known of it",
                "It is new to me: start afresh",
            )
        )
        self.session.settle_meaning(choice == 0, self.clock())

    @work(exclusive=True, group="review")
    async def _look_back(self, note: str = "") -> None:
        how = await self.push_screen_wait(Review(self.session, self.clock(), note))
        if how.startswith("go "):
            self._judges = False
            self.session.go(int(how[3:]), self.clock())
            await self._show()
        elif how == "repeat":
            self.exit(Ending.REPEAT)
        elif how == "quit":
            self.action_leave()
        elif how == "finish" and self.session.is_over:
            self.exit(Ending.FINISHED)
        elif how == "finish":
            if await self._is_to_end():
                self.session.finish(self.clock())
            self._look_back()

    async def _is_to_end(self) -> bool:
        """Whether the learner means it: an exam with open questions is not handed in by one key."""
        missing = len(self.session.slots) - self.session.answered
        if self.session.mode is not Mode.EXAM or not missing:
            return True
        asked = f"Not answered yet: {missing}. An exam that is handed in cannot be changed."
        return await self.push_screen_wait(Choose(asked, "Go back", "Hand in now")) == 1

    # An answer half given survives a hint or a flag

    def _draft(self) -> object:
        found = [draft(widget) for widget in self.screen_stack[0].query(".answer")]
        return found[0] if found else None


def run(session: Session, clock: Callable[[], datetime], note: str = "") -> Ending:
    """Show the session until it is over or left."""
    return QuizApp(session, clock, note).run() or Ending.LEFT
