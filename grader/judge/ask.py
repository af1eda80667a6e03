"""The talk with the worker about one exercise: load the file, ask case by case, take every way it can end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.course.catalog import Exercise
from grader.course.model import Framework, Kind
from grader.judge.answer import read_answer
from grader.judge.compare import Answer
from grader.judge.key import Key, KeyCase, seen_of
from grader.judge.limits import limits_of, reached
from grader.judge.outcome import CaseOutcome, Part, judge_case
from grader.judge.report import Place, Status
from grader.judge.text import clean
from grader.sandbox import Ending, Pool, Session, WorkerEnded
from grader.worker.matching import MAX_CANDIDATES
from grader.worker.wire import MAX_BODY, Message

#: a worker that dies is replaced so often; after that the remaining cases share its fate
MAX_DEATHS = 2
#: what an answer may be larger than what is expected and given
_ROOM_BYTES, _ROOM_TIMES = 1 << 22, 8
_MAX_PLACES = 8

_ENDINGS = {
    Ending.TIMEOUT: Status.TIMEOUT,
    Ending.MEMORY_LIMIT: Status.MEMORY_LIMIT,
    Ending.OUTPUT_LIMIT: Status.OUTPUT_LIMIT,
    Ending.CRASHED: Status.CRASHED,
}


@dataclass
class Interview:
    """What came of asking a submission every case of a key."""

    outcomes: list[CaseOutcome] = field(default_factory=list)
    answers: list[Message | None] = field(default_factory=list)
    output: str = ""
    wall_s: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """Why there is no answer: a status, what to say, and where in the learner's file."""

    status: Status
    message: str
    error_type: str | None = None
    places: tuple[Place, ...] = ()

    def of(self, case: KeyCase) -> CaseOutcome:
        """The failure as this case's outcome."""
        return CaseOutcome(case, self.status, {}, self.message, self.error_type, self.places)


def interview(exercise: Exercise, source: str, key: Key, pool: Pool) -> Interview:
    """Ask every case of `key` of the submitted `source`."""
    held = Interview()
    deaths = 0
    fate: Failure | None = None
    at = 0
    while at < len(key.cases):
        if fate is not None:
            held.outcomes += [fate.of(case) for case in key.cases[at:]]
            held.answers += [None] * (len(key.cases) - at)
            break
        with pool.session(
            exercise.info.framework.value, exercise.info.forbidden, limits_of(exercise), key.device
        ) as session:
            talk = _Talk(exercise, session, held)
            fate = talk.load(source)
            while fate is None and at < len(key.cases):
                ended = talk.ask(key.cases[at])
                at += 1
                if ended is not None:
                    deaths += 1
                    fate = ended if deaths >= MAX_DEATHS else None
                    break
    return held


class _Talk:
    def __init__(self, exercise: Exercise, session: Session, held: Interview) -> None:
        self.exercise, self.session, self.held = exercise, session, held
        self.pairings: dict[str, int] = {}  # constructor's arguments -> which pairing of parameters fits

    def load(self, source: str) -> Failure | None:
        """Run the file's top level. A failure is every case's failure."""
        head = {
            "do": "load",
            "name": self.exercise.id,
            "source": source,
            "entries": self.exercise.info.entry_names,
        }
        answer, ended = self._exchange(Message({**head, "entries": list(self.exercise.info.entry_names)}))
        if answer is None:
            return ended
        if answer.head.get("status") != "ok":
            return failure_of(answer, self.exercise)
        claimed = answer.head.get("missing", ())
        missing = ", ".join(name for name in self.exercise.info.entry_names if name in claimed)
        if missing:
            said = f"Your file defines no {missing}. Keep the name the stub gave it."
            return Failure(Status.ERROR, said, "missing")
        return None

    def ask(self, case: KeyCase) -> Failure | None:
        """Judge one case; the failure is returned too when it cost the worker its life."""
        answer, ended = self._exchange(self._request(case), reply_bound(case))
        if answer is None:
            assert ended is not None
            self._note(ended.of(case), None)
            return ended
        outcome = self._judged(case, answer)
        if (
            self.exercise.info.kind is Kind.MODULE and _made_as(case) not in self.pairings
        ):  # elsewhere it buys guesses
            outcome, answer = self._other_pairings(case, outcome, answer)
        self._note(outcome, answer)
        return None

    def _other_pairings(
        self, case: KeyCase, outcome: CaseOutcome, answer: Message
    ) -> tuple[CaseOutcome, Message]:
        """A module's parameters can be paired with the reference's in several ways: one that is right is right."""
        claimed = Answer.of(answer).facts.get("attempts", 1) if outcome.of(Part.FORWARD) else 1
        for attempt in range(1, min(claimed, MAX_CANDIDATES)):
            self.pairings[_made_as(case)] = attempt
            other, ended = self._exchange(self._request(case), reply_bound(case))
            if other is None or ended is not None:
                break
            judged = self._judged(case, other)
            if not judged.of(Part.FORWARD):
                return judged, other
        self.pairings[_made_as(case)] = 0
        return outcome, answer

    def _request(self, case: KeyCase) -> Message:
        head: Mapping[str, Any] = case.request.head
        attempt = self.pairings.get(_made_as(case), 0) if self.pairings else 0
        return Message({**head, "attempt": attempt}, case.request.tensors)

    def _judged(self, case: KeyCase, answer: Message) -> CaseOutcome:
        return judged(case, answer, self.exercise)

    def _exchange(
        self, request: Message, max_reply_bytes: int = _ROOM_BYTES
    ) -> tuple[Message | None, Failure | None]:
        try:
            answer = self.session.ask(request, max_reply_bytes=max_reply_bytes)
        except WorkerEnded as end:
            return None, Failure(_ENDINGS[end.outcome.ending], end.outcome.detail, end.outcome.ending.value)
        finally:
            self.held.wall_s += self.session.wall_s or 0.0
            self.held.output = (self.held.output + self.session.output)[:65536]
        return read_answer(answer), None

    def _note(self, outcome: CaseOutcome, answer: Message | None) -> None:
        self.held.outcomes.append(outcome)
        self.held.answers.append(answer)


def reply_bound(case: KeyCase) -> int:
    """Bytes that an answer may have: room for results of a wrong shape, not for filling the judge's memory."""
    return min(_ROOM_BYTES + _ROOM_TIMES * case.nbytes, MAX_BODY)


def judged(case: KeyCase, answer: Message, exercise: Exercise) -> CaseOutcome:
    """What an answer that `read_answer` gave shows of a case."""
    if answer.head.get("status") != "ok":
        return failure_of(answer, exercise).of(case)
    return judge_case(case, Answer.of(answer), seen_of(answer), exercise.info.kind)


def _made_as(case: KeyCase) -> str:
    """What decides how a module is built, and so how its parameters pair up."""
    return json.dumps([case.request.head["entry"], case.request.head.get("init")])


_THERE = {
    Framework.NUMPY: "is NumPy here, without PyTorch",
    Framework.TORCH: "are PyTorch and NumPy here",
    Framework.TRITON: "are Triton, PyTorch and NumPy here",
}


def failure_of(answer: Message, exercise: Exercise) -> Failure:
    """An `error` answer that `read_answer` gave, as the learner should read it."""
    error = answer.head["error"]
    kinds, text = error["kinds"], clean(error["message"])
    kind = " ".join(clean(error["type"], limit=200).split())  # a class may have any name, line ends too
    places = tuple(
        Place(line=line, function=clean(function, limit=200), text=clean(said, keep_indent=True, limit=400))
        for line, function, said in error["frames"][:_MAX_PLACES]
    )
    if "ForbiddenOperation" in kinds:
        return Failure(
            Status.FORBIDDEN, f"This exercise does not allow {text}: build it yourself.", kind, places
        )
    if "NotImplementedError" in kinds:
        return Failure(Status.NOT_IMPLEMENTED, "Not written yet.", kind, places)
    met = reached(kind, kinds, text, limits_of(exercise))
    if met is not None:
        return Failure(*met, kind, places)
    if "Unfit" in kinds:
        return Failure(Status.FAILED, text, kind, places)
    if "SyntaxError" in kinds:
        return Failure(Status.ERROR, f"Python cannot read your file: {text}.", kind, places)
    if "SystemExit" in kinds or "KeyboardInterrupt" in kinds:
        return Failure(Status.ERROR, f"Your code ended the program ({kind}).", kind, places)
    if "ModuleNotFoundError" in kinds:
        text += f". There {_THERE[exercise.info.framework]}, and Python's own modules, whatever is installed on your machine"
    return Failure(Status.ERROR, f"{kind}: {text}" if text else kind, kind, places)
