"""Why a worker ended, in one sentence, from what the system says of it."""

from __future__ import annotations

from grader.sandbox.child import Record
from grader.sandbox.policy import Ending, Limits
from grader.worker.gpu import POISONED
from grader.worker.integrity import CHANGED

#: process 1 of a namespace ignores its own abort, and then runs into a fault
_SIGNALS = {
    -4: "a fault",
    -6: "an abort",
    -7: "a fault",
    -8: "an arithmetic fault",
    -11: "a memory fault or an abort",
    -31: "a system call that is never allowed",
}


def too_much_memory(limits: Limits) -> str:
    """What to say of a worker that took more memory than it may."""
    return f"needed more than {limits.memory_mib} MiB of memory, the limit"


def cause(record: Record, limits: Limits, output: str, out_of_memory: bool) -> tuple[Ending, str]:
    """The ending of a worker that nobody stopped: `output` is what it printed, `out_of_memory` what its group counted."""
    status = record.status
    if out_of_memory or "bad_alloc" in output or output.rstrip().endswith("MemoryError"):
        return Ending.MEMORY_LIMIT, too_much_memory(limits)
    if status == -9 and record.cpu_s >= limits.cpu_s - 1:
        return Ending.TIMEOUT, f"stopped after {limits.cpu_s} s of CPU time, the limit for a session"
    if status == -9:
        return Ending.CRASHED, "the process closed its pipes to the grader, or was killed by the system"
    if status == POISONED:
        said = next((line for line in reversed(output.splitlines()) if line.startswith("the GPU: ")), "")
        why = said.removeprefix("the GPU: ") or "it gives no reason"
        return (
            Ending.CRASHED,
            f"the GPU refused to go on ({why}): a kernel reached past its memory, or failed",
        )
    if status == CHANGED:
        return (
            Ending.CRASHED,
            "the code replaced parts of the grader, or of Python's built-ins, in its process",
        )
    if status >= 0:
        return Ending.CRASHED, f"the process ended itself with status {status}"
    return Ending.CRASHED, f"the process was ended by {_SIGNALS.get(status, f'signal {-status}')}"
