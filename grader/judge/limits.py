"""What a submission may use, and which limit it met when it was told so by an exception of its own."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from grader.course.catalog import Exercise
from grader.judge.report import Status
from grader.sandbox import Limits
from grader.worker.protocol import MAX_FILES

#: CPU time of a session in limits of one request: a session holds every case of an exercise
_REQUESTS = 10
#: what an exception says where a limit of the sandbox refused -> the limit, in words
_REFUSALS = (
    ("No space left on device", "at most {0.file_mib} MiB in {files} files may be written"),
    ("File too large", "at most {0.file_mib} MiB may be written"),
    ("Too many open files", "at most {0.open_files} files may be open"),
    ("can't start new thread", "at most {0.processes} threads may run"),
)


def limits_of(exercise: Exercise) -> Limits:
    """The limits of a session in which an exercise is judged."""
    bounds = exercise.info.limits
    return Limits(
        wall_s=bounds.wall_s,
        cpu_s=max(Limits.cpu_s, ceil(_REQUESTS * bounds.wall_s)),
        memory_mib=bounds.memory_mib,
        output_kib=bounds.output_kib,
    )


def reached(kind: str, kinds: Sequence[str], text: str, limits: Limits) -> tuple[Status, str] | None:
    """The status and sentence for an exception that a limit caused, naming it and its value; None for any other.

    `kind` and `text` are fit to be shown; `kinds`, the names of its class and of those above, are not.
    """
    if "MemoryError" in kinds or "can't allocate memory" in text:
        said = f"More memory was asked for than {limits.memory_mib} MiB, the limit. {text}"
        return Status.MEMORY_LIMIT, said.strip()
    for words, limit in _REFUSALS:
        if words in text:
            return (
                Status.ERROR,
                f"{kind}: {text} ({limit.format(limits, files=MAX_FILES)}: the limit)",
            )
    return None
