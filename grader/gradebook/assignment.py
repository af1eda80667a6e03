"""An assignment as YAML states it: which exercises, what they weigh, when they are due, what lateness costs.

format: 1
id: homework1
exercises:                      # ids or topics; a mapping where one has a weight or is extra credit
  - conv2d
  - {id: residual_block, weight: 2}
  - {id: gan_step, extra_credit: true}
due: 2026-03-01 23:59
timezone: Europe/Zurich
late: {grace: 15 min, per: day, penalty: 0.1, floor: 0.5, until: 7 days}
extensions: {ada: 2 days, emmy: 2026-03-10 12:00}
attempts: best                  # or last
hidden_seed: 20260301
devices: [cpu]
limits: {wall_s: 10}
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from grader.course.catalog import Course
from grader.course.model import Identifier, Text
from grader.course.yamlfile import parse, problems_of, read_text
from grader.errors import InputError, Problem

_UNITS = {
    "s": 1,
    "sec": 1,
    "min": 60,
    "m": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
    "week": 604800,
}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+?)s?")


def _duration(value: object) -> object:
    """`15 min`, `2 days` -> timedelta."""
    if isinstance(value, timedelta):
        return value
    if value == 0:
        return timedelta()
    found = _DURATION.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    unit = None if found is None else _UNITS.get(found[2], _UNITS.get(found[2] + "s"))
    if found is None or unit is None:
        raise ValueError("must be a duration such as `15 min`, `2 hours` or `7 days`")
    return timedelta(seconds=float(found[1]) * unit)


def _moment(value: object) -> object:
    """A date and time; a date alone is the end of that day."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(23, 59, 59))
    try:
        text = str(value).strip() if isinstance(value, str) else ""
        return datetime.fromisoformat(f"{text} 23:59:59" if len(text) == 10 else text)
    except ValueError:
        pass
    raise ValueError("must be a date and time such as 2026-03-01 23:59")


def _extension(value: object) -> object:
    try:
        return _duration(value)
    except ValueError:
        pass
    try:
        return _moment(value)
    except ValueError:
        raise ValueError("must be a duration such as `2 days`, or a date and time") from None


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(
        lambda value: f"{value.total_seconds()} s", return_type=str, when_used="json-unless-none"
    ),
]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Attempts(StrEnum):
    """Which of several attempts counts."""

    BEST = "best"
    LAST = "last"


class Entry(_Strict):
    """An exercise or topic of the assignment; `weight` None: the exercise's own points."""

    id: Identifier
    weight: Annotated[float, Field(ge=0, le=1e6)] | None = None
    extra_credit: bool = False


class Late(_Strict):
    """What lateness costs: `penalty` (a share of the score) for each `per` begun, down to `floor`, `until` nothing counts."""

    grace: Duration = timedelta()
    per: Literal["day", "hour"] = "day"
    penalty: Annotated[float, Field(ge=0, le=1)] = 0.0
    floor: Annotated[float, Field(ge=0, le=1)] = 0.0
    until: Duration | None = None

    @property
    def unit(self) -> timedelta:
        """How long one `per` is."""
        return timedelta(days=1) if self.per == "day" else timedelta(hours=1)


class Limits(_Strict):
    """Limits for every exercise of the assignment in place of the course's own."""

    wall_s: Annotated[float, Field(gt=0, le=600)] | None = None
    memory_mib: Annotated[int, Field(ge=64, le=65536)] | None = None
    output_kib: Annotated[int, Field(ge=1, le=16384)] | None = None


class Assignment(_Strict):
    """The whole file. All moments are in UTC once it is loaded."""

    format: Literal[1]
    id: Identifier
    title: Text | None = None
    exercises: tuple[Entry, ...] = ()
    due: Moment | None = None
    timezone: str | None = None
    late: Late = Late()
    extensions: dict[str, Annotated[datetime | timedelta, BeforeValidator(_extension)]] = {}
    attempts: Annotated[Attempts, Field(strict=False)] = Attempts.BEST
    hidden_seed: Annotated[int, Field(ge=0)] | None = None
    devices: tuple[Literal["cpu", "cuda", "mps"], ...] = ("cpu",)
    limits: Limits = Limits()

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, data: object) -> object:
        """Lists as tuples, bare ids as entries."""
        if not isinstance(data, dict):
            return data
        found: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        entries = found.get("exercises")
        if isinstance(entries, tuple):
            found["exercises"] = tuple({"id": e} if isinstance(e, str) else e for e in entries)
        return found

    @model_validator(mode="after")
    def _in_utc(self) -> Self:
        zone = _zone(self.timezone)
        moments = [self.due, *(v for v in self.extensions.values() if isinstance(v, datetime))]
        if zone is None and any(moment is not None and moment.tzinfo is None for moment in moments):
            raise ValueError(
                "`timezone` is missing: say whose clock `due` is on, e.g. timezone: Europe/Zurich"
            )
        if self.due is None and self.extensions:
            raise ValueError("`extensions` without `due`: there is nothing to extend")
        due = None if self.due is None else _utc(self.due, zone)
        moved = {
            name: _utc(value, zone) if isinstance(value, datetime) else due + value
            for name, value in self.extensions.items()
            if due is not None
        }
        object.__setattr__(self, "due", due)
        object.__setattr__(self, "extensions", moved)
        return self

    @property
    def device(self) -> str:
        """The devices in the word that `--device` takes."""
        return self.devices[0] if len(self.devices) == 1 else "all"

    def deadline(self, learner: str) -> datetime | None:
        """When this learner's work is due, extension included, in UTC; None without a due date."""
        extension = self.extensions.get(learner, self.due)
        assert not isinstance(extension, timedelta)  # made moments on reading
        return extension

    def closing(self, learner: str) -> datetime | None:
        """The last moment at which anything handed in can count: deadline, grace and late days; None: no end."""
        due = self.deadline(learner)
        if due is None or (self.late.penalty and self.late.until is None):
            return None
        return due + max(self.late.grace, self.late.until or timedelta())

    def entry(self, exercise: str) -> Entry | None:
        """What the file says of an exercise; None when it is no part of the assignment."""
        if not self.exercises:
            return Entry(id=exercise)
        return next((entry for entry in self.exercises if entry.id == exercise), None)


def with_limits(course: Course, limits: Limits) -> Course:
    """The course under the assignment's limits."""
    changed = {name: value for name, value in limits.model_dump().items() if value is not None}
    if not changed:
        return course
    topics = []
    for topic in course.info.topics:
        infos = tuple(
            info.model_copy(update={"limits": info.limits.model_copy(update=changed)})
            for info in topic.exercises
        )
        topics.append(topic.model_copy(update={"exercises": infos}))
    return Course(course.root, course.info.model_copy(update={"topics": tuple(topics)}))


def load_assignment(path: Path, course: Course) -> Assignment:
    """The assignment at `path`. Raises: `InputError` with every problem, unknown exercises among them."""
    return assignment_of(read_text(path), path, course)


def assignment_of(text: str, path: Path, course: Course) -> Assignment:
    """The assignment that `text` states. Raises: `InputError` as `load_assignment` does."""
    data = parse(text, path)
    try:
        assignment = Assignment.model_validate(data)
    except ValidationError as wrong:
        raise InputError("", problems=problems_of(wrong, path, text)) from None
    known = {exercise.id for exercise in course.exercises} | {topic.id for topic in course.info.topics}
    unknown = [entry.id for entry in assignment.exercises if entry.id not in known]
    repeated = {e.id for e in assignment.exercises if sum(o.id == e.id for o in assignment.exercises) > 1}
    problems = [
        Problem(f"no exercise or topic {name!r} in this course", path, key="exercises") for name in unknown
    ]
    problems += [Problem("is listed twice", path, key=f"exercises.{name}") for name in sorted(repeated)]
    if problems:
        raise InputError("", problems=problems)
    return assignment.model_copy(update={"exercises": _expanded(assignment, course)})


def _expanded(assignment: Assignment, course: Course) -> tuple[Entry, ...]:
    """The entries with topics as their exercises; an exercise's own entry beats its topic's."""
    own = {entry.id: entry for entry in assignment.exercises}
    found = []
    for exercise in course.exercises:
        entry = own.get(exercise.id) or own.get(exercise.topic.id)
        if entry is not None:
            found.append(entry.model_copy(update={"id": exercise.id}))
    return tuple(found)


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f"no such time zone: {name!r} (a name such as Europe/Zurich or UTC)") from None


def _utc(moment: datetime, zone: ZoneInfo | None) -> datetime:
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
