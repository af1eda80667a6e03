"""Sessions for tests: the right and a wrong way to answer each item, on either terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from grader.quiz.bank import Library
from grader.quiz.draw import Drawn
from grader.quiz.kinds import Choice, Cloze, Matching, Multiple, Ordering, Output, TrueFalse
from grader.quiz.mark import mark
from grader.quiz.marking.pick import key_of
from grader.quiz.memory import remember
from grader.quiz.model import AnyItem
from grader.quiz.plan import Mode, Wish, make_plan
from grader.quiz.reading import letter
from grader.quiz.session import Session
from grader.quiz.slot import Slot
from grader.quiz.store import ReviewLog

SEED = 7


def begun(library: Library, log: ReviewLog, now: datetime, name: str = "s", **wishes: object) -> Session:
    wish = Wish(**{"seed": SEED, **wishes})  # type: ignore[arg-type]
    memory = remember(log)
    plan = make_plan(library, memory, wish, now=now, seed=1)
    return Session.begin(library, log, memory, plan, name, now)


def exam(library: Library, log: ReviewLog, now: datetime, name: str = "s", **wishes: object) -> Session:
    return begun(library, log, now, name, mode=Mode.EXAM, **wishes)


def right(item: AnyItem, drawn: Drawn) -> object:
    """A response that earns full marks."""
    match item:
        case Choice():
            return next(iter(key_of(item, drawn)))
        case Multiple():
            return sorted(key_of(item, drawn))
        case TrueFalse():
            return mark(item, drawn, True).correct
        case Cloze():
            return {"pad": "2", "what": "size"}
        case Ordering():
            return list(range(len(item.sequence)))
        case Matching():
            return [item.rights.index(pair.right) for pair in item.pairs]
        case Output():
            return mark(item, drawn, None).key
    if item.type == "recall":
        return "weight sharing; local region"
    return mark(item, drawn, None).key


def wrong(item: AnyItem, drawn: Drawn) -> object:
    """A response that earns nothing."""
    match item:
        case Choice() | Multiple():
            others = sorted(set(range(len(item.options))) - set(key_of(item, drawn)))
            return others[0] if isinstance(item, Choice) else others
        case TrueFalse():
            return not mark(item, drawn, True).correct
        case Cloze():
            return {"pad": "99", "what": "zebra"}
        case Ordering():
            return list(reversed(range(len(item.sequence))))
        case Matching():
            first, *others = [item.rights.index(pair.right) for pair in item.pairs]
            return [*others, first]
    return "99"


def typed(slot: Slot, response: object) -> list[str]:
    """The lines by which line mode is given a response."""
    places = {part.index: letter(place) for place, part in enumerate(slot.shown.parts)}
    match slot.item.type:
        case "choice":
            return [places[response]]  # type: ignore[index]
        case "multiple" | "ordering":
            return [" ".join(places[index] for index in response)]  # type: ignore[attr-defined]
        case "true_false":
            return ["true" if response else "false"]
        case "matching":
            pairs = enumerate(response, 1)  # type: ignore[arg-type]
            return [" ".join(f"{number}{places[index]}" for number, index in pairs)]
        case "cloze":
            return [response[name] for name in slot.shown.blanks]  # type: ignore[index]
        case "output":
            return [*str(response).split("\n"), ""]
        case "recall":
            return [str(response), "", ""]  # an empty line ends it; another accepts the judgement
    return [str(response)]


def script(slots: Sequence[Slot]) -> list[str]:
    """Every question of a practice session answered rightly, line by line."""
    return [line for slot in slots for line in typed(slot, right(slot.item, slot.drawn))]
