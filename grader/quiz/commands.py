"""What can be typed beside an answer: a colon, a word, and sometimes more."""

from __future__ import annotations

from dataclasses import dataclass

HELP = (
    ":hint         the next hint",
    ":skip         leave this question for later",
    ":next         go on without an answer, or keep the one given",
    ":back         the question before",
    ":go 3         question 3",
    ":flag why     say that this question is bad; :unflag takes it back",
    ":rate easy    say how well you knew it: again, hard, good, easy (after answering; go :back)",
    ":review       all questions so far",
    ":time         the time left",
    ":finish       end the session, or hand in the exam",
    ":quit         leave; the same command goes on from here",
    "Any beginning of a word will do, such as :h. An answer that starts with a colon is typed with two.",
)

_NAMES = (
    "hint",
    "skip",
    "next",
    "back",
    "go",
    "flag",
    "unflag",
    "rate",
    "review",
    "time",
    "finish",
    "quit",
    "help",
)


@dataclass(frozen=True)
class Typed:
    """Text that is an answer, or a part of one."""

    text: str


@dataclass(frozen=True)
class Command:
    """A command by its full name and what follows it; an unknown one has no name and is `rest`."""

    name: str
    rest: str = ""


def parse(line: str) -> Typed | Command:
    """What a line is. `?` alone asks for help; two colons are one that starts an answer."""
    text = line.strip()
    if text == "?":
        return Command("help")
    if text.startswith("::"):
        return Typed(line.replace("::", ":", 1))
    if not text.startswith(":"):
        return Typed(line)
    word, _, rest = text[1:].partition(" ")
    name = next((name for name in _NAMES if word and name.startswith(word.lower())), "")
    return Command(name, rest.strip() if name else word)
