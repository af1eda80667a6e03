"""The widgets in which an answer is typed."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Label, TextArea

from grader.quiz.show import Shown
from grader.quiz.tui.messages import Answered, Unanswered


class OneLine(Input):
    """A line to type."""

    def __init__(self, given: object = None, placeholder: str = "Type your answer") -> None:
        super().__init__(str(given) if given is not None else "", placeholder=placeholder, classes="answer")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.confirm()

    @property
    def draft(self) -> object:
        """What is typed so far, as a response."""
        return self.value

    def confirm(self) -> None:
        """Answer with the line."""
        self.post_message(Answered(self.value) if self.value.strip() else Unanswered("Type an answer first."))


class ManyLines(TextArea):
    """Several lines to type; Ctrl+S confirms."""

    def __init__(self, given: object = None) -> None:
        super().__init__(str(given) if given is not None else "", classes="answer", tab_behavior="focus")

    @property
    def draft(self) -> object:
        """What is typed so far, as a response."""
        return self.text

    def confirm(self) -> None:
        """Answer with the text."""
        self.post_message(Answered(self.text) if self.text.strip() else Unanswered("Type an answer first."))


class Blanks(Vertical):
    """A line for each blank; Enter goes to the next one and confirms on the last."""

    def __init__(self, shown: Shown, given: object = None) -> None:
        """Answers with a mapping from the blank's name to what was typed."""
        super().__init__(classes="answer")
        self._names = shown.blanks
        self._given = given if isinstance(given, dict) else {}

    def compose(self) -> ComposeResult:
        """A label and a line a blank."""
        for place, name in enumerate(self._names):
            yield Label(Content(name))
            yield Input(str(self._given.get(name, "")), id=f"blank-{place}")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        place = int(str(event.input.id).removeprefix("blank-"))
        if place + 1 < len(self._names):
            self.query_one(f"#blank-{place + 1}", Input).focus()
        else:
            self.confirm()

    def focus(self, scroll_visible: bool = True) -> Blanks:
        """Focus the first blank."""
        self.query_one("#blank-0", Input).focus(scroll_visible)
        return self

    @property
    def draft(self) -> object:
        """What is typed so far, as a response."""
        return self._typed

    @property
    def _typed(self) -> dict[str, str]:
        return {
            name: self.query_one(f"#blank-{place}", Input).value for place, name in enumerate(self._names)
        }

    def confirm(self) -> None:
        """Answer with what was typed."""
        typed = self._typed
        done = any(text.strip() for text in typed.values())
        self.post_message(Answered(typed) if done else Unanswered("Fill a blank first."))
