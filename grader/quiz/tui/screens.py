"""The screens beside the question: the look back, a question to the learner, and the keys."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from grader.quiz.plan import Mode
from grader.quiz.review import review_lines
from grader.quiz.session import Session

KEYS = (
    ("Enter", "confirm the answer, then go on"),
    ("Ctrl+S", "confirm a text of several lines"),
    ("F2, Ctrl+T", "the next hint"),
    ("F3, Ctrl+N", "leave the question for later"),
    ("F4, Ctrl+B", "the question before"),
    ("F5, Ctrl+G", "flag a bad question, with the reason; again to take the flag away"),
    ("F6, Ctrl+R", "all questions of the session"),
    ("1 2 3 4", "after answering: again, hard, good, easy"),
    ("Ctrl+Q", "leave; the same command goes on from here"),
)


_ORDER = ("confirm", "go_on", "keys", "hint", "skip", "back", "flag", "review", "leave")
"""The actions of the footer, those a learner needs first to the left: a narrow terminal cuts off the rest."""


class Asking(Screen[None]):
    """The screen with the question. Keys of the answer's widget come first in its footer."""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The bindings by key, in the order of their use."""
        found = super().active_bindings
        place = {action: number for number, action in enumerate(_ORDER)}
        return dict(sorted(found.items(), key=lambda one: place.get(one[1].binding.action, -1)))


class Review(Screen[str]):
    """All questions of the session. Enter goes to one; closes with `go N`, `finish`, `repeat` or `back`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close('back')", "Back"),
        Binding("f", "close('finish')", "Finish"),
        Binding("r", "close('repeat')", "Repeat the missed"),
        Binding("ctrl+q", "close('quit')", "Leave", priority=True),
    ]

    def __init__(self, session: Session, now: datetime, note: str = "") -> None:
        """`note` is said above the list."""
        super().__init__()
        self._session = session
        self._lines = review_lines(session, now)
        self._note = note

    def compose(self) -> ComposeResult:
        """A heading, a row a question, what was earned."""
        count = len(self._session.slots)
        yield Static(
            Content("  ".join(part for part in (self._note, self._lines[0]) if part)), classes="heading"
        )
        yield OptionList(*(Option(Content(line)) for line in self._lines[1 : count + 1]), classes="review")
        yield Static(Content("\n".join([*self._lines[count + 1 :], self._advice()])), classes="advice")
        yield Footer()

    def on_mount(self) -> None:
        """The first question is highlighted."""
        self.query_one(OptionList).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense now."""
        over, exam = self._session.is_over, self._session.mode is Mode.EXAM
        match parameters:
            case ("repeat",):
                return over and not exam and bool(self._session.missed)
            case ("back",):
                return not over
        return True

    def action_close(self, how: str) -> None:
        """Leave the screen."""
        self.dismiss(how)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go to a question."""
        self.dismiss(f"go {event.option_index}")

    def _advice(self) -> str:
        if not self._session.is_over:
            word = "hands the exam in" if self._session.mode is Mode.EXAM else "ends the session"
            return f"Enter opens a question, F {word}, Esc goes back."
        missed = len(self._session.missed)
        more = (
            f", R repeats the {missed} you missed" if self._session.mode is Mode.PRACTICE and missed else ""
        )
        return f"Enter opens a question{more}, F ends."


class Ask(ModalScreen[str | None]):
    """One line from the learner; None when Escape was pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question and a line."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question))
            yield Input()
            yield Static("Enter confirms, Esc cancels.", classes="tip")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        self.dismiss(event.value)

    def action_cancel(self) -> None:
        """Escape."""
        self.dismiss(None)


class Choose(ModalScreen[int]):
    """One of a few answers; closes with its place."""

    def __init__(self, question: str, *answers: str) -> None:
        super().__init__()
        self._question, self._answers = question, answers

    def compose(self) -> ComposeResult:
        """The question and the answers."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question))
            yield OptionList(*(Option(Content(text)) for text in self._answers))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter, or a click."""
        self.dismiss(event.option_index)


class Help(ModalScreen[None]):
    """The keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,f1,q", "close", "Close")]

    def compose(self) -> ComposeResult:
        """A table of keys."""
        wide = max(len(key) for key, _ in KEYS)
        rows = "\n".join(f"{key:<{wide}}   {what}" for key, what in KEYS)
        with Vertical(classes="dialog"):
            yield Static(Content(rows))
            yield Static("Esc closes.", classes="tip")

    def action_close(self) -> None:
        """Any of the keys."""
        self.dismiss(None)
