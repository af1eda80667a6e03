"""The quiz as lines of text: for screen readers, pipes, dumb terminals and scripts.

No colour, no cursor movement, no symbol that stands for a word. An answer is typed as it is; what starts with a colon
is a command (`:help` lists them). The end of the input leaves a session open: it can go on later.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from grader.errors import UsageError
from grader.quiz.commands import HELP, Command, Typed, parse
from grader.quiz.ending import Ending
from grader.quiz.kinds import Cloze, Output
from grader.quiz.plan import Mode
from grader.quiz.prose import code_lines, folded, lines_of
from grader.quiz.rating import Rating
from grader.quiz.reading import Unreadable, how_to, letter, read
from grader.quiz.session import Session, TimeIsUp
from grader.quiz.slot import Slot


class _Moved(Exception):
    """A command went to another question, or to the end."""


class _Left(Exception):
    """The input ended, or the learner left."""


class Plain:
    """Line mode over a session. `read` gives a line without its end, None at the end of the input."""

    def __init__(
        self,
        session: Session,
        read: Callable[[str], str | None],
        write: Callable[[str], None],
        clock: Callable[[], datetime],
        width: int = 80,
    ) -> None:
        """`width` is the number of columns; `clock` gives the time in UTC."""
        self.session, self._read, self._write, self._clock, self.width = session, read, write, clock, width

    def run(self) -> Ending:
        """Ask until the session is over or left."""
        session = self.session
        word = "exam" if session.mode is Mode.EXAM else "quiz"
        self._say(
            f"{word.capitalize()}: {_count(len(session.slots), 'question')}.{self._time()} Type :help for commands."
        )
        try:
            while not session.is_over:
                self._turn()
            return self._after()
        except _Left:
            return self._leave()

    # One question

    def _turn(self) -> None:
        try:
            self._show()
            self._answer()
        except _Moved:
            return
        except TimeIsUp:
            self._say("", "Time is up. What you answered before is handed in.")
            return
        if not self.session.advance(self._clock()):
            self._to_the_end()

    def _show(self) -> None:
        session, slot = self.session, self.session.current
        flag = ", flagged" if slot.flag is not None else ""
        self._say("", f"Question {session.position + 1} of {len(session.slots)}{flag}.{self._time()}")
        self._text(slot.shown.stem)
        if slot.item.image:
            self._say(f"Picture: {slot.item.image_alt or slot.item.image}")
        if slot.shown.code:
            self._say("", *code_lines(slot.shown.code), "")
        if isinstance(slot.item, Cloze):
            self._text(slot.shown.text)
        for place, left in enumerate(slot.shown.lefts, 1):
            self._text(left, f"{place}. ")
        for place, part in enumerate(slot.shown.parts):
            self._text(part.text, f"{letter(place)}) ")
        for place in range(slot.hints):
            self._text(slot.shown.hints[place], "Hint: ")

    def _answer(self) -> None:
        session, slot = self.session, self.session.current
        if slot.is_answered and session.mode is Mode.PRACTICE:
            self._feedback(slot)
            self._line("Enter to go on > ")
            return
        if session.has_new_meaning:
            self._ask_meaning()
        if slot.is_answered:
            self._say("You have answered this. Answer again to change it, or :next to keep it.")
        response = self._response(slot)
        mark = session.submit(response, self._clock())
        if session.mode is Mode.EXAM:
            self._say("Noted.")
            return
        if mark.confirm:
            self._confirm(slot)
        self._feedback(slot, has_seen_points=mark.confirm)

    def _response(self, slot: Slot) -> object:
        tip = how_to(slot.item, slot.shown)
        if tip:
            self._text(tip)
        while True:
            try:
                return self._typed(slot)
            except Unreadable as wrong:
                self._text(f"{wrong} (:skip leaves the question, :help shows all commands)")

    def _typed(self, slot: Slot) -> object:
        if isinstance(slot.item, Cloze):
            blanks = {name: self._line(f"{name} > ") for name in slot.shown.blanks}
            if not any(text.strip() for text in blanks.values()):
                raise Unreadable("Nothing was typed.")
            return blanks
        if slot.item.type in {"output", "recall"}:
            return read(slot.item, slot.shown, self._many_lines(slot))
        return read(slot.item, slot.shown, self._line("> "))

    def _many_lines(self, slot: Slot) -> str:
        more = " A line with only a dot stands for an empty one." if isinstance(slot.item, Output) else ""
        self._text(f"Type as many lines as you need, then an empty line.{more}")
        lines: list[str] = []
        while (line := self._line("> ", is_first=not lines)).strip():
            lines.append("" if line.strip() == "." and more else line)
        return "\n".join(lines)

    def _confirm(self, slot: Slot) -> None:
        """The learner has the last word on a free answer."""
        from grader.quiz.feedback import points

        mark = slot.mark
        assert mark is not None  # just submitted
        self._say("", "What was found in your answer:")
        for said in points(slot):
            self._text(said.text, f"{said.label}: ")
        self._text(slot.shown_answer, "Model answer: ")
        found = [part.status == "found" for part in mark.parts]
        held = [True] * len(mark.misconceptions)
        while True:
            typed = self._line("Enter if that is fair, or the numbers that are not (such as 2 or m1) > ")
            wrong = typed.replace(",", " ").lower().split()
            names = [str(place + 1) for place in range(len(found))] + [
                f"m{place + 1}" for place in range(len(held))
            ]
            unknown = [name for name in wrong if name not in names]
            if not unknown:
                break
            self._say(f"{unknown[0]!r} is not one of {', '.join(names)}.")
        found = [has != (str(place) in wrong) for place, has in enumerate(found, 1)]
        held = [f"m{place}" not in wrong for place in range(1, len(held) + 1)]
        self.session.confirm(found, held, self._clock())

    def _ask_meaning(self) -> None:
        self._say("This question has been changed since you answered it.")
        typed = self._line("Enter if it asks the same as before, or n if it is new to you > ")
        self.session.settle_meaning(not typed.strip().lower().startswith("n"), self._clock())

    def _feedback(self, slot: Slot, *, has_seen_points: bool = False) -> None:
        from grader.quiz.durations import when
        from grader.quiz.feedback import feedback

        for said in feedback(slot, has_seen_points=has_seen_points):
            lead = f"{said.label}: " if said.label else ""
            if said.is_markdown:
                self._text(said.text, lead)
            else:
                shown = said.text.split("\n")
                self._say(
                    *(f"{lead}{line}" if place == 0 else f"    {line}" for place, line in enumerate(shown))
                )
        again = when(self.session.due(slot), self._clock())
        if again and self.session.mode is Mode.PRACTICE:
            self._say(f"Asked again: {again}.")

    # Input

    def _line(self, prompt: str, *, is_first: bool = True) -> str:
        """A line that is no command. Raises: _Moved, _Left."""
        while True:
            typed = self._ask(prompt)
            if typed is None:
                raise _Left
            said = parse(typed)
            if isinstance(said, Typed):
                return said.text
            if not is_first and not said.name:
                return typed
            self._do(said)

    def _do(self, command: Command) -> None:
        """Carry out a command. Raises: _Moved when another question is to be shown; _Left."""
        session, now = self.session, self._clock()
        match command.name:
            case "help":
                self._say(*HELP)
            case "hint":
                hint = session.hint(now)
                self._text(hint, "Hint: ") if hint else self._say("There is no hint left.")
            case "flag":
                session.flag(command.rest, now)
                self._say("Flagged.")
            case "unflag":
                session.flag(None, now)
                self._say("The flag is gone.")
            case "rate":
                self._rate(command.rest)
            case "review":
                self._review()
            case "time":
                self._say(self._time().strip(" .,") or "There is no time limit.")
            case "quit":
                raise _Left
            case "":
                self._say(f"There is no command :{command.rest}. Type :help for all commands.")
            case _:
                self._move(command)

    def _move(self, command: Command) -> None:
        session, now = self.session, self._clock()
        match command.name:
            case "finish":
                session.finish(now)
                raise _Moved
            case "back":
                moved = session.back(now)
                if not moved:
                    self._say("This is the first question.")
            case "go":
                moved = command.rest.isdecimal() and session.go(int(command.rest) - 1, now)
                if not moved:
                    self._say(f"There are questions 1 to {len(session.slots)}: type :go 3.")
            case _:
                moved = session.skip(now) if command.name == "skip" else session.advance(now)
                if not moved:
                    self._to_the_end()
                    moved = True
        if moved:
            raise _Moved

    def _rate(self, word: str) -> None:
        try:
            self.session.rate(Rating(word.lower()), self._clock())
            self._say(f"Rated {word.lower()}.")
        except ValueError:
            self._say(f"The ratings are {', '.join(Rating)}.")
        except UsageError as wrong:
            said = str(wrong)
            self._say(f"{said[:1].upper()}{said[1:]}.")

    # The end

    def _to_the_end(self) -> None:
        """After the last question: practice ends, an exam is looked through before it is handed in."""
        session = self.session
        if session.mode is Mode.PRACTICE:
            session.finish(self._clock())
            return
        self._review()
        self._say("Type :finish to hand in, or :go and a number to change an answer.")
        while True:
            try:
                self._line("> ")
            except _Moved:
                return
            self._say("Type :finish to hand in, or :go and a number to change an answer.")

    def _after(self) -> Ending:
        session = self.session
        self._review()
        missed = len(session.missed) if session.mode is Mode.PRACTICE else 0
        repeat = f", r to repeat the {missed} you missed" if missed else ""
        while True:
            typed = self._ask(f"Type a number to look at a question{repeat}, or Enter to end > ")
            word = (typed or "").strip().lower()
            if word == "r" and missed:
                return Ending.REPEAT
            if not word:
                return Ending.FINISHED
            if word.isdecimal() and session.go(int(word) - 1, self._clock()):
                self._show()
                self._feedback(session.current)
            else:
                self._say(f"{word!r} is not a number from 1 to {len(session.slots)}.")

    def _leave(self) -> Ending:
        session = self.session
        if session.is_over:
            return Ending.FINISHED
        self._say("", f"Left with {session.answered} of {len(session.slots)} answered; everything is saved.")
        self._say("The same command goes on from here.")
        return Ending.LEFT

    def _review(self) -> None:
        from grader.quiz.review import review_lines

        self._say("")
        for line in review_lines(self.session, self._clock()):
            self._say(line)

    # Output

    def _time(self) -> str:
        left = self.session.left_s(self._clock()) if not self.session.is_over else None
        return "" if left is None else f" {int(left // 60)} min {int(left % 60)} s left."

    def _text(self, markdown: str, lead: str = "") -> None:
        hang = " " * len(lead) if len(lead) <= 4 else "  " if lead else ""
        self._say(*lines_of(markdown, self.width, hang, lead))

    def _say(self, *lines: str) -> None:
        for line in lines:
            for row in folded(line, self.width):
                self._write(row)

    def _ask(self, prompt: str) -> str | None:
        """What is typed after a prompt, of which only the last line is one when it is wider than the terminal."""
        *above, last = folded(prompt, self.width)
        for row in above:
            self._write(row)
        return self._read(f"{last} " if prompt.endswith(" ") and above else last)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
