"""The widgets in which an answer is picked or arranged. Enter confirms; what is chosen is always said in words or signs.

Never by colour alone: a screen may have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from grader.quiz.prose import plain
from grader.quiz.reading import letter
from grader.quiz.show import Part
from grader.quiz.tui.messages import Answered, Judged, Unanswered


class PickOne(OptionList):
    """Options of which one is picked: arrows and Enter, or its letter."""

    def __init__(self, labels: Sequence[str], values: Sequence[object], given: object = None) -> None:
        """`labels` are Markdown; picking one answers with its value. `given` is highlighted."""
        super().__init__(
            *(Option(_lettered(place, text)) for place, text in enumerate(labels)), classes="answer"
        )
        self._values = list(values)
        self._given = given

    def on_mount(self) -> None:
        """Start on the answer given before, or on none: a second Enter must not answer the next question."""
        self.highlighted = self._values.index(self._given) if self._given in self._values else None

    def on_key(self, event: events.Key) -> None:
        """A letter moves to its option."""
        place = _place(event, len(self._values))
        if place is not None:
            self.highlighted = place
            event.stop()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter, or a click."""
        event.stop()
        self.confirm(event.option_index)

    @property
    def draft(self) -> object:
        """What is chosen so far, as a response."""
        return None if self.highlighted is None else self._values[self.highlighted]

    def confirm(self, place: int | None = None) -> None:
        """Answer with the option at `place`, or the highlighted one."""
        place = self.highlighted if place is None else place
        if place is None:
            self.post_message(Unanswered("Pick an option first."))
        else:
            self.post_message(Answered(self._values[place]))


class PickMany(OptionList):
    """Options of which any number is ticked: Space or its letter ticks, Enter confirms."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "tick", "Tick")]

    def __init__(self, parts: Sequence[Part], given: object = None) -> None:
        """Answers with the list of the ticked parts' authored indices."""
        self._parts = list(parts)
        self._ticked = set(given) if isinstance(given, list) else set()
        super().__init__(*self._prompts(), classes="answer")

    def on_mount(self) -> None:
        """Start at the top."""
        self.highlighted = 0

    def on_key(self, event: events.Key) -> None:
        """A letter ticks its option."""
        place = _place(event, len(self._parts))
        if place is not None:
            self.highlighted = place
            self.action_tick()
            event.stop()

    def action_tick(self) -> None:
        """Tick or untick the highlighted option."""
        if self.highlighted is not None:
            self._ticked ^= {self._parts[self.highlighted].index}
            redraw(self, self._prompts())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter."""
        event.stop()
        self.confirm()

    async def on_click(self, event: events.Click) -> None:
        """A click ticks and does not confirm."""
        place = event.style.meta.get("option")
        if isinstance(place, int):
            event.prevent_default()
            self.highlighted = place
            self.action_tick()

    @property
    def draft(self) -> object:
        """What is chosen so far, as a response."""
        return sorted(self._ticked)

    def confirm(self) -> None:
        """Answer with what is ticked."""
        ticked = sorted(self._ticked)
        self.post_message(Answered(ticked) if ticked else Unanswered("Tick at least one option (Space)."))

    def _prompts(self) -> list[Option]:
        boxes = ("[x]" if part.index in self._ticked else "[ ]" for part in self._parts)
        return [
            Option(Content(f"{box} {letter(place)}) {plain(part.text)}"))
            for place, (box, part) in enumerate(zip(boxes, self._parts, strict=True))
        ]


class Arrange(OptionList):
    """Steps to put in order: Shift+arrows (or K and J) move the highlighted one, Enter confirms."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+up,K,k,ctrl+up", "shift(-1)", "Move up", key_display="⇧↑"),
        Binding("shift+down,J,j,ctrl+down", "shift(1)", "Move down", key_display="⇧↓"),
    ]

    def __init__(self, parts: Sequence[Part], given: object = None) -> None:
        """Answers with the authored indices in the order made."""
        by_index = {part.index: part for part in parts}
        self._shown = list(by_index)
        order = given if isinstance(given, list) and sorted(given) == sorted(by_index) else list(by_index)
        self._parts = [by_index[index] for index in order]
        super().__init__(*self._prompts(), classes="answer")

    def on_mount(self) -> None:
        """Start at the top."""
        self.highlighted = 0

    def action_shift(self, by: int) -> None:
        """Move the highlighted step by one place."""
        place = self.highlighted
        if place is None or not 0 <= place + by < len(self._parts):
            return
        self._parts[place], self._parts[place + by] = self._parts[place + by], self._parts[place]
        redraw(self, self._prompts())
        self.highlighted = place + by

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter."""
        event.stop()
        self.confirm()

    @property
    def draft(self) -> object:
        """What is chosen so far, as a response."""
        return [part.index for part in self._parts]

    def confirm(self) -> None:
        """Answer with the order as it stands. The order shown first is never the right one."""
        if [part.index for part in self._parts] == self._shown:
            self.post_message(Unanswered("Move the steps first (Shift and an arrow)."))
            return
        self.post_message(Answered([part.index for part in self._parts]))

    def _prompts(self) -> list[Option]:
        return [Option(Content(f"{place}. {plain(part.text)}")) for place, part in enumerate(self._parts, 1)]


class Match(OptionList):
    """Left-hand sides that each get the letter of a right-hand side; Backspace takes it away, Enter confirms."""

    def __init__(self, lefts: Sequence[str], parts: Sequence[Part], given: object = None) -> None:
        """Answers with, for each left-hand side, the index of its partner or None."""
        self._lefts, self._parts = list(lefts), list(parts)
        chosen = given if isinstance(given, list) else []
        self._chosen: list[int | None] = [*chosen, *[None] * len(lefts)][: len(lefts)]
        super().__init__(*self._prompts(), classes="answer")

    def on_mount(self) -> None:
        """Start at the top."""
        self.highlighted = 0

    def on_key(self, event: events.Key) -> None:
        """A letter is given to the highlighted row, and the next row is highlighted."""
        place = _place(event, len(self._parts))
        row = self.highlighted
        if row is None or (place is None and event.key not in {"backspace", "delete"}):
            return
        event.stop()
        self._chosen[row] = None if place is None else self._parts[place].index
        redraw(self, self._prompts())
        self.highlighted = row if place is None else min(row + 1, len(self._lefts) - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter."""
        event.stop()
        self.confirm()

    @property
    def draft(self) -> object:
        """What is chosen so far, as a response."""
        return list(self._chosen)

    def confirm(self) -> None:
        """Answer with the pairs as they stand."""
        done = any(index is not None for index in self._chosen)
        self.post_message(
            Answered(list(self._chosen)) if done else Unanswered("Press a letter for each row.")
        )

    def _prompts(self) -> list[Option]:
        places = {part.index: place for place, part in enumerate(self._parts)}
        rows = []
        for left, index in zip(self._lefts, self._chosen, strict=True):
            partner = (
                "…" if index is None else f"{letter(places[index])}) {plain(self._parts[places[index]].text)}"
            )
            rows.append(Option(Content(f"{plain(left)}  →  {partner}")))
        return rows


class Judge(OptionList):
    """The key points and wrong ideas found in a free answer; Space corrects one, Enter confirms."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "correct", "Correct")]

    def __init__(self, points: Sequence[tuple[str, bool]], ideas: Sequence[str]) -> None:
        """`points` are texts and whether they were found; `ideas` are all held until corrected."""
        self._texts = [*(text for text, _ in points), *ideas]
        self._is_so = [*(found for _, found in points), *(True for _ in ideas)]
        self._count = len(points)
        super().__init__(*self._prompts(), classes="answer")

    def on_mount(self) -> None:
        """Start at the top."""
        self.highlighted = 0

    def action_correct(self) -> None:
        """Turn the highlighted line round."""
        if self.highlighted is not None:
            self._is_so[self.highlighted] = not self._is_so[self.highlighted]
            redraw(self, self._prompts())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter."""
        event.stop()
        self.confirm()

    def confirm(self) -> None:
        """Post the judgement."""
        self.post_message(Judged(self._is_so[: self._count], self._is_so[self._count :]))

    def _prompts(self) -> list[Option]:
        rows = []
        for place, (text, is_so) in enumerate(zip(self._texts, self._is_so, strict=True)):
            if place < self._count:
                word = "[x] said:    " if is_so else "[ ] not said:"
            else:
                word = "[!] wrong idea:" if is_so else "[ ] not meant: "
            rows.append(Option(Content(f"{word} {text}")))
        return rows


def redraw(widget: OptionList, prompts: Sequence[Option]) -> None:
    """Give a list other prompts and keep its place."""
    place = widget.highlighted
    widget.clear_options()
    widget.add_options(prompts)
    widget.highlighted = place


def _lettered(place: int, text: str) -> Content:
    return Content(f"{letter(place)}) {plain(text)}")


def _place(event: events.Key, count: int) -> int | None:
    """The place that a letter key names."""
    sign = event.character or ""
    place = ord(sign.lower()) - ord("a") if len(sign) == 1 and sign.isalpha() else -1
    return place if 0 <= place < count else None
