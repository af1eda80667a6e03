"""What stands on the screen for one question, built from the session's state alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Markdown, Static

from grader.quiz.durations import when
from grader.quiz.feedback import Said, feedback, points
from grader.quiz.kinds import BLANK
from grader.quiz.maths import unicode_maths
from grader.quiz.plan import Mode
from grader.quiz.prose import plain
from grader.quiz.reading import letter
from grader.quiz.session import Session
from grader.quiz.slot import Slot
from grader.quiz.tui.answers import answer_widget
from grader.quiz.tui.figure import figure
from grader.quiz.tui.picking import Judge

_TIPS = {
    "choice": "↑ ↓ or a letter, then Enter.",
    "true_false": "↑ ↓ or a letter, then Enter.",
    "multiple": "Space or a letter ticks, Enter confirms. Tick all that are right.",
    "ordering": "Shift+↑ and Shift+↓ (or K and J) move the highlighted step, Enter confirms.",
    "matching": "A letter gives the highlighted row its partner, Enter confirms.",
    "cloze": "Enter goes to the next blank and confirms on the last.",
    "output": "Type what is printed, then Ctrl+S.",
    "recall": "Answer in your own words, then Ctrl+S.",
}


def question(slot: Slot, folder: Path, columns: int, height: int) -> Iterator[Widget]:
    """The question itself; `folder` is where the bank's pictures are looked for, which get `columns` by `height` at most."""
    yield markdown(slot.shown.stem, "stem")
    if slot.item.image:
        yield figure(folder / slot.item.image, slot.item.image_alt, columns, height)
    if slot.shown.code:
        yield markdown(f"```python\n{slot.shown.code.strip()}\n```", "code")
    if slot.shown.text:
        yield markdown(BLANK.sub(r"**▁▁ \1 ▁▁**", slot.shown.text), "cloze")
    if slot.item.type == "matching":
        rows = [f"{letter(place)}) {plain(part.text)}" for place, part in enumerate(slot.shown.parts)]
        yield Static(Content("\n".join(rows)), classes="rights")


def answer(slot: Slot, draft: object = None) -> Iterator[Widget]:
    """Where the answer is given, with the hints shown so far; `draft` was chosen or typed and is not confirmed."""
    for place in range(slot.hints):
        yield markdown(f"**Hint {place + 1}:** {slot.shown.hints[place]}", "hint")
    yield Static(_TIPS.get(slot.item.type, "Type your answer, then Enter."), classes="tip")
    yield answer_widget(slot.item.type, slot.shown, slot.response if draft is None else draft)


def judgement(slot: Slot) -> Iterator[Widget]:
    """A free answer beside the model answer, for the learner to judge."""
    mark = slot.mark
    assert mark is not None  # it was just marked
    said = points(slot)
    rows = [(one.text, part.status == "found") for one, part in zip(said, mark.parts, strict=False)]
    ideas = [one.text for one in said[len(mark.parts) :]]
    yield Static(Content(str(slot.response)), classes="given")
    yield markdown(f"**Model answer:** {mark.key}", "model")
    yield Static("What was found in your answer. Space corrects a line, Enter confirms.", classes="tip")
    yield Judge(rows, ideas)


def outcome(session: Session, slot: Slot, now: datetime) -> Iterator[Widget]:
    """What there is to say about the answer."""
    if slot.item.type == "recall" and isinstance(slot.response, str):
        yield Static(Content(slot.response), classes="given")
    if slot.item.type in {"choice", "multiple"}:
        yield Static(Content("\n".join(_options(slot))), classes="rights")
    for said in feedback(slot):
        yield _line(said)
    again = when(session.due(slot), now)
    if session.mode is Mode.PRACTICE:
        rated = f"Rated: {slot.rating}" if slot.rating else "Not rated"
        yield Static(
            Content(f"{rated}; asked again {again or 'later'}. 1 again, 2 hard, 3 good, 4 easy."),
            classes="tip",
        )


def _options(slot: Slot) -> Iterator[str]:
    """The options as they were ticked."""
    ticked = slot.response if isinstance(slot.response, list) else [slot.response]
    for place, part in enumerate(slot.shown.parts):
        box = "[x]" if part.index in ticked else "[ ]"
        yield f"{box} {letter(place)}) {plain(part.text)}"


def markdown(text: str, kind: str) -> Markdown:
    """A text of the bank, its maths as Unicode."""
    return Markdown(unicode_maths(text), classes=kind, open_links=False)


def _line(said: Said) -> Widget:
    if not said.is_markdown:
        return Static(Content(f"{said.label}: {said.text}"), classes=f"said {said.tone}")
    lead = f"**{said.label}:** " if said.label else ""
    if said.label in {"Why", "Model answer"} or "\n" in said.text:
        return markdown(lead + said.text, f"said {said.tone}")
    text = Content.assemble((f"{said.label}: ", "bold") if said.label else "", plain(said.text))
    return Static(text, classes=f"said {said.tone}")
