"""Which devices a submission can be judged on here, found out without importing PyTorch or touching a GPU."""

from __future__ import annotations

from collections.abc import Sequence

from grader.errors import UsageError

REASONS = {
    "cuda": "this version judges on the CPU only: GPU workers are not built yet",
    "mps": "this version judges on the CPU only: workers on Apple GPUs are not built yet",
}


def resolve(wanted: str, offered: Sequence[str]) -> list[tuple[str, str | None]]:
    """The devices to judge an exercise on, each with the reason why it must be skipped, or None.

    `wanted`: auto, all, cpu, cuda, cuda:N or mps; `offered`: what the exercise is written for. Raises: `UsageError`.
    """
    if wanted == "auto":
        return [("cpu", None)]
    if wanted == "all":
        return [("cpu", None), *((device, REASONS[device]) for device in offered if device in REASONS)]
    kind = wanted.split(":")[0]
    if kind == "cpu":
        return [("cpu", None)]
    if kind not in REASONS:
        raise UsageError(f"no such device: {wanted}", remedy="auto, all, cpu, cuda, cuda:N or mps")
    if kind not in offered:
        return [(wanted, f"this exercise is not judged on {kind}")]
    return [(wanted, REASONS[kind])]
