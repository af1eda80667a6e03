"""A submission that hangs or poisons its device costs itself alone. On the CPU a stand-in is leased and tried like a GPU."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.course.catalog import Course, Exercise
from grader.course.model import Bounds
from grader.errors import MachineError
from grader.judge.judge import Judge
from grader.judge.keysmith import Keysmith
from grader.judge.report import Status
from grader.sandbox import Level, Pool, WorkerEnded, health, lease
from grader.sandbox.devices import present
from grader.sandbox.gpu import Gpu
from grader.sandbox.health import TRIES, Health
from grader.worker.gpu import POISONED
from tests.sandbox.conftest import load

FAKE = Gpu("cpu", f"GPU-faulty-{os.getpid()}", ("/dev/full",))
RIGHT = "def global_avg_pool(input):\n    return input.mean((2, 3))\n"
#: a loop in C, which no signal handler of Python's interrupts, as little as a wait for a kernel that never ends
HANGS = "import itertools\n\n\ndef global_avg_pool(input):\n    return max(itertools.repeat(1))\n"
#: what the worker does where the device refuses to go on
POISONS = (
    "import os\n\n\ndef global_avg_pool(input):\n"
    f"    os.write(2, b'\\nthe GPU: an illegal memory access was encountered\\n')\n    os._exit({POISONED})\n"
)


@pytest.fixture
def exercise(course: Course) -> Exercise:
    """With half a second for each call."""
    given = course.exercise("global_avg_pool")
    return dataclasses.replace(given, info=given.info.model_copy(update={"limits": Bounds(wall_s=0.5)}))


@dataclasses.dataclass
class Trials:
    """How often the device was tried before a submission, and whether it works."""

    count: int = 0
    works: bool = True


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Trials:
    found = Trials()
    ensure = Health.ensure

    def counted(self: Health, uuid: str, probe: Callable[[], None]) -> None:
        def tried() -> None:
            found.count += 1
            if not found.works:
                raise MachineError("a small kernel never came back")
            probe()

        ensure(self, uuid, tried)

    monkeypatch.setattr(Health, "ensure", counted)
    monkeypatch.setattr(health, "PAUSE_S", 0.0)
    monkeypatch.setattr(lease.tempfile, "gettempdir", lambda: str(tmp_path))
    return found


@pytest.fixture(scope="module")
def shared(pools: Callable[[Level], Pool]) -> Iterator[Pool]:
    pools(Level.STRONG)
    with Pool(Level.STRONG, gpus=lambda name: FAKE) as pool:
        yield pool


@pytest.fixture
def leased(shared: Pool, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """A pool whose every worker is on the stand-in, of which nothing is known yet."""
    monkeypatch.setattr(shared, "_health", Health())
    return shared


def _is_free(tmp_path: Path) -> bool:
    """Whether another grader would get the device at once."""
    try:
        lease.take(FAKE.uuid, 1, tmp_path / "cnn-grader-gpu", 0.0).release()
    except MachineError:
        return False
    return True


@pytest.mark.parametrize(
    ("source", "status", "said"),
    [(HANGS, Status.TIMEOUT, "stopped after 0.5 s"), (POISONS, Status.CRASHED, "illegal memory access")],
    ids=["hung", "poisoned"],
)
def test_it_costs_that_submission_alone(
    source: str,
    status: Status,
    said: str,
    exercise: Exercise,
    keysmith: Keysmith,
    leased: Pool,
    trials: Trials,
    tmp_path: Path,
) -> None:
    judge = Judge(leased, keysmith)
    result = judge.judge(exercise, source)
    assert (result.status, result.score) == (status, 0.0) and said in result.checks[0].message
    assert trials.count == 2 and _is_free(
        tmp_path
    )  # before the first worker, and before the one that replaced it
    for tried in (3, 3):  # once for the worker that ended badly last; then it is known to be well
        result = judge.judge(exercise, RIGHT)
        assert (result.status, result.score) == (Status.PASSED, result.max_score)
        assert trials.count == tried and _is_free(tmp_path)


def test_while_one_is_judged_nobody_else_gets_the_device(
    keysmith: Keysmith, leased: Pool, trials: Trials, tmp_path: Path
) -> None:
    with leased.session("torch") as session:
        session.wait_ready()
        assert not _is_free(tmp_path)
    assert _is_free(tmp_path)


def test_a_device_that_stays_ill_is_given_up_and_fails_nobody(
    exercise: Exercise, keysmith: Keysmith, leased: Pool, trials: Trials, tmp_path: Path
) -> None:
    judge = Judge(leased, keysmith)
    assert judge.judge(exercise, RIGHT).status is Status.PASSED
    with leased.session("torch") as session, pytest.raises(WorkerEnded):
        session.ask(load(f"import os\nos._exit({POISONED})"))
    trials.works = False
    for _ in range(2):
        with pytest.raises(
            MachineError, match=rf"the GPU {FAKE.uuid} does not work: a small kernel never came back"
        ):
            judge.judge(exercise, RIGHT)  # the grader's error: no verdict on the learner's work
        assert trials.count == 1 + TRIES  # the second learner does not wait for tries in vain
        assert _is_free(tmp_path)


# --------------------------------------------------------------------------------------------------- on a real GPU

#: kernels that never end, or read where nothing is
REAL = {
    "a kernel that never ends": (
        "import torch\n\n\ndef global_avg_pool(input):\n    torch.cuda._sleep(1 << 62)\n    return input.mean((2, 3))\n",
        Status.TIMEOUT,
    ),
    "kernels that never end on a stream of their own": (
        "import torch\n\n\ndef global_avg_pool(input):\n    with torch.cuda.stream(torch.cuda.Stream()):\n"
        "        torch.cuda._sleep(1 << 62)\n    return input.mean((2, 3))\n",
        Status.TIMEOUT,
    ),
    "an index out of range": (
        "import torch\n\n\ndef global_avg_pool(input):\n"
        "    far = torch.full((1,), 1 << 40, device=input.device)\n"
        "    return input.mean((2, 3)) + input.reshape(-1).index_select(0, far)\n",
        Status.CRASHED,
    ),
}


@pytest.mark.cuda
@pytest.mark.parametrize(("source", "status"), REAL.values(), ids=REAL)
def test_on_a_gpu_too(
    source: str, status: Status, exercise: Exercise, keysmith: Keysmith, pools: Callable[[Level], Pool]
) -> None:
    if present().named("cuda") is None:
        pytest.skip(present().missing["cuda"])
    judge = Judge(pools(Level.STRONG), keysmith)
    for _ in range(2):  # a poisoned device must not be left behind for the next one
        result = judge.judge(exercise, source, "cuda")
        assert (result.status, result.score) == (status, 0.0), result
        honest = judge.judge(exercise, RIGHT, "cuda")
        assert (honest.status, honest.score) == (Status.PASSED, honest.max_score), honest
