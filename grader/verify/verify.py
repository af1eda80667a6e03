"""The course proved: every exercise's parts as jobs over worker processes, only those that changed."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from grader.course.catalog import Course, Exercise
from grader.errors import MachineError, UsageError
from grader.sandbox import Level, Pool
from grader.sandbox.devices import WORKERS, kind_of, present, resolve
from grader.sandbox.frameworks import lacking
from grader.verify import content, work
from grader.verify.quizzes import check_banks
from grader.verify.result import Hunted, Judged, Proof, Verification, flaws_of
from grader.verify.store import Store
from grader.verify.work import Job

SEEDS = 20


@dataclass(frozen=True)
class Settings:
    """How thoroughly, and with how many processes. `devices`: those this machine has."""

    level: Level
    jobs: int = 1
    seeds: int = SEEDS
    fast: bool = False
    devices: tuple[str, ...] = ("cpu",)


@dataclass(frozen=True)
class Progress:
    """One job is done."""

    name: str
    done: int
    total: int
    flaws: int


Told = Callable[[Progress], None]
Results = dict[str, Judged | Hunted]


def prove(
    course: Course, exercises: Sequence[Exercise], settings: Settings, store: Store, told: Told
) -> tuple[Proof, ...]:
    """The proof of each exercise. Raises: `MachineError`."""
    here = [exercise for exercise in exercises if _has_solution(exercise)]
    here = [exercise for exercise in here if lacking(exercise.info.framework) is None]
    jobs = [job for exercise in here for job in _jobs(exercise, settings)]
    contents = {job.name: _content(job, course) for job in jobs}
    kept: Results = {}
    for job in jobs:
        model: type[Judged] | type[Hunted] = Judged if job.what == "judged" else Hunted
        before: Judged | Hunted | None = store.get(job.name, contents[job.name], model)
        if before is not None:
            kept[job.name] = before
    due = _longest_first([job for job in jobs if job.name not in kept], course, store)
    fresh: Results = {}
    for job, found in _run(due, settings, told):
        fresh[job.name] = found
        store.put(job.name, contents[job.name], found)
    quiz_ids = content.quiz_ids_of(course)
    return tuple(_proof(course, exercise, kept | fresh, set(kept), quiz_ids) for exercise in exercises)


def _jobs(exercise: Exercise, settings: Settings) -> Iterator[Job]:
    devices = tuple(device for device in settings.devices if kind_of(device) in exercise.info.devices)
    yield Job(exercise.root, exercise.topic.id, exercise.id, "judged", settings.seeds, devices or ("cpu",))
    if not settings.fast:
        yield Job(exercise.root, exercise.topic.id, exercise.id, "hunted", 0, ("cpu",))


def _longest_first(due: Sequence[Job], course: Course, store: Store) -> list[Job]:
    """By how long they took last, new ones before all by what a call may take: so that no long one is left for the end."""

    def length(job: Job) -> tuple[bool, float]:
        took = store.last_wall_s(job.name)
        return took is None, course.exercise(job.exercise).info.limits.wall_s if took is None else took

    return sorted(due, key=length, reverse=True)


def _has_solution(exercise: Exercise) -> bool:
    path = exercise.root / "solutions" / exercise.relative_path
    return path.is_file() or path.with_suffix("").is_dir()


def _content(job: Job, course: Course) -> str:
    exercise = course.exercise(job.exercise)
    return f"{exercise.fingerprint} {job.what} {job.seeds} {job.devices}"


def _proof(
    course: Course, exercise: Exercise, results: Results, kept: set[str], quiz_ids: frozenset[str] | None
) -> Proof:
    reason = lacking(exercise.info.framework)
    if reason is not None:
        return Proof(exercise=exercise.id, topic=exercise.topic.id, kind=exercise.info.kind, skipped=reason)
    judged = results.get(f"{exercise.id}-judged", Judged())
    hunted = results.get(f"{exercise.id}-hunted")
    names = {name for name in results if name.rsplit("-", 1)[0] == exercise.id}
    return Proof(
        exercise=exercise.id,
        topic=exercise.topic.id,
        kind=exercise.info.kind,
        flaws=flaws_of(content.check_entry(course, exercise, quiz_ids), course.root),
        judged=judged if isinstance(judged, Judged) else Judged(),
        hunted=hunted if isinstance(hunted, Hunted) else None,
        cached=bool(names) and names <= kept,
    )


def _run(due: Sequence[Job], settings: Settings, told: Told) -> Iterator[tuple[Job, Judged | Hunted]]:
    if not due:
        return
    context = multiprocessing.get_context("spawn")
    workers = min(settings.jobs, len(due))
    with ProcessPoolExecutor(workers, context, work.start, (settings.level, os.getpid())) as executor:
        waiting: dict[Future[Judged | Hunted], Job] = {executor.submit(work.do, job): job for job in due}
        try:
            for done, future in enumerate(as_completed(waiting), 1):
                job, found = waiting[future], future.result()
                flaws = found.flaws if isinstance(found, Judged) else found.survivors
                told(Progress(job.name, done, len(due), len(flaws)))
                yield job, found
        except BrokenProcessPool:
            names = ", ".join(job.name for future, job in waiting.items() if not future.done())
            raise MachineError(
                f"a process of `verify` was killed; unfinished: {names or 'none'}",
                remedy="look for memory running out, or run `grader verify ID` one by one",
            ) from None
        finally:
            for future in waiting:
                future.cancel()


def chosen_devices(wanted: str) -> tuple[str, ...]:
    """The devices to prove wheats on: `auto` and `all` are those that can be judged on here, CPU first.

    Raises: `UsageError`.
    """
    here = present()
    if wanted in ("auto", "all"):
        return tuple(dict.fromkeys(device.kind for device in here.devices if device.kind in WORKERS))
    ((name, reason),) = resolve(wanted, [kind_of(wanted)], here)
    if reason is not None:
        raise UsageError(f"nothing can be proved on {name}: {reason}", remedy="run `grader doctor`")
    return (name,)


def verify_course(
    course: Course, chosen: Sequence[Exercise] | None, settings: Settings, cache: Path, told: Told
) -> Verification:
    """The proof of `chosen`; of the whole course with its files and quiz banks when None. Raises: `MachineError`."""
    begin = time.monotonic()
    store = Store(cache)
    proofs = prove(course, course.exercises if chosen is None else chosen, settings, store, told)
    found = Verification(
        course=course.info.id, version=course.version, sandbox=settings.level.value, proofs=proofs
    )
    if chosen is None:
        with Pool(settings.level) as pool:
            errors, warnings = check_banks(course, pool, store)
        found = found.model_copy(
            update={
                "course_flaws": flaws_of(content.check_files(course), course.root),
                "quiz_flaws": flaws_of(errors, course.root),
                "quiz_warnings": flaws_of(warnings, course.root),
            }
        )
    return found.model_copy(update={"wall_s": round(time.monotonic() - begin, 2)})
