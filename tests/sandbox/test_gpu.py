"""Workers on a GPU, as far as a machine without one shows: a stand-in device that is a device node, and opens nothing."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course.catalog import Course
from grader.errors import MachineError
from grader.judge.check import Checker
from grader.judge.judge import Judge
from grader.judge.keysmith import Keysmith
from grader.judge.report import Status
from grader.sandbox import Level, Limits, Pool, WorkerEnded, gpu_memory, health, lease
from grader.sandbox.child import Pipes, Record
from grader.sandbox.devices import find, torch_built_for
from grader.sandbox.endings import cause
from grader.sandbox.gpu import Gpu, gpu_of
from grader.sandbox.gpu_memory import GpuWatcher
from grader.sandbox.health import TRIES, Health
from grader.sandbox.leased import Leased
from grader.worker import seccomp
from grader.worker.gpu import POISONED
from tests.sandbox.conftest import load
from tests.sandbox.test_devices import CUDA, machine

linux = pytest.mark.skipif(sys.platform != "linux", reason="there are no GPU workers elsewhere")
FAKE = Gpu(
    "cpu", f"GPU-fake-{os.getpid()}", ("/dev/full",), (("driver/nvidia/params", "ModifyDeviceFiles: 0\n"),)
)
#: FIOCLEX is allowed to all; a request of type F to the driver alone; a memory mapping of 8 GiB that is only reserved
LOOK = """
import os, fcntl, json, mmap, resource, socket
def tried(do):
    try:
        do()
    except OSError as wrong:
        return wrong.errno
    return 0
def listed(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return None
full = os.open("/dev/full", os.O_RDWR)
print(json.dumps({
    "dev": listed("/dev"),
    "proc": [os.path.join(at, name)[6:] for at, _, names in os.walk("/proc") for name in names],
    "params": open("/proc/driver/nvidia/params").read() if os.path.exists("/proc/driver/nvidia/params") else None,
    "driver": tried(lambda: fcntl.ioctl(full, 0xC0204632, bytes(32))),
    "unified": tried(lambda: fcntl.ioctl(full, 0x30000001, bytes(16))),
    "terminal": tried(lambda: fcntl.ioctl(full, 0x5402, bytes(64))),
    "local": tried(lambda: socket.socket(socket.AF_UNIX)),
    "internet": tried(lambda: socket.socket(socket.AF_INET)),
    "space": resource.getrlimit(resource.RLIMIT_AS)[0], "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
}))
"""
_NOT_A_TERMINAL, _NOT_PERMITTED = 25, 1


# ----------------------------------------------------------------------------------------------- what is shown


def test_a_worker_is_shown_one_gpu_and_what_its_library_reads(tmp_path: Path) -> None:
    root = machine(tmp_path, {"0000:65:00.0": (0, "GPU-b"), "0000:17:00.0": (1, "GPU-a")})
    (root / "dev/nvidia-uvm").touch()
    (root / "proc/driver/nvidia/params").write_text("ModifyDeviceFiles: 0\n")
    gpu = gpu_of(find(root, "linux", "x86_64", CUDA).of_kind("cuda")[0], root)
    assert gpu.uuid == "GPU-a" and gpu.nodes == ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia1")
    assert [path for path, _ in gpu.files] == [
        "driver/nvidia/params", "driver/nvidia/gpus/0000:17:00.0/information",
    ]  # fmt: skip


def test_a_missing_node_is_named_with_a_remedy(tmp_path: Path) -> None:
    root = machine(tmp_path, {"0000:17:00.0": (0, "GPU-a")})
    with pytest.raises(MachineError, match="no /dev/nvidia-uvm"):
        gpu_of(find(root, "linux", "x86_64", CUDA).of_kind("cuda")[0], root)


# -------------------------------------------------------------------------------------------------- the walls


@pytest.fixture(params=list(Level), ids=str)
def on_fake(
    request: pytest.FixtureRequest,
    pools: Callable[[Level], Pool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Pool:
    pools(request.param)
    monkeypatch.setattr(lease.tempfile, "gettempdir", lambda: str(tmp_path))
    with Pool(request.param, gpus=lambda name: FAKE if name == "cuda" else None) as pool:
        yield pool


@linux
def test_what_a_worker_on_a_device_sees_and_may_do(on_fake: Pool) -> None:
    with on_fake.session("torch", device="cuda") as session:
        session.ask(load(LOOK))
        seen = json.loads(session.output)
    assert (
        seen["driver"] == seen["unified"] == _NOT_A_TERMINAL
    )  # they reached the node, which knows none of them
    assert seen["terminal"] == seen["internet"] == _NOT_PERMITTED and seen["local"] == 0
    assert seen["space"] == -1 and seen["files"] >= 512
    if on_fake.level is Level.STRONG:
        assert seen["dev"] == ["full", "null", "random", "urandom", "zero"]
        assert seen["proc"] == ["driver/nvidia/params"] and seen["params"] == "ModifyDeviceFiles: 0\n"


@linux
def test_memory_of_the_host_is_bounded_all_the_same(on_fake: Pool) -> None:
    take = "import mmap\nreserved = mmap.mmap(-1, 8 << 30, prot=0, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\nheld = bytearray(b'x') * (600 << 20)"
    with on_fake.session("torch", limits=Limits(memory_mib=256), device="cuda") as session:
        said = session.ask(load(take)).head
    assert said["error"]["type"] == "MemoryError" and "held =" in str(said["error"]["frames"])


@linux
def test_one_worker_at_a_time_where_nobody_says_how_large_the_device_is(
    on_fake: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "WAIT_S", 0.0)
    monkeypatch.setattr(lease.take, "__defaults__", (1, None, 0.0, lambda seconds: None))
    with on_fake.session("torch", device="cuda") as session:
        session.wait_ready()
        with pytest.raises(MachineError, match="is taken"):
            on_fake.session("torch", device="cuda")
    on_fake.session("torch", device="cuda").close()


@linux
def test_a_device_that_stops_working_costs_one_submission_and_is_tried_anew(
    on_fake: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []
    real = Health.ensure
    monkeypatch.setattr(
        Health, "ensure", lambda self, uuid, probe: real(self, uuid, lambda: (tried.append(uuid), probe())[1])
    )
    poison = f"import os\nos.write(2, b'\\nthe GPU: illegal memory access\\n')\nos._exit({POISONED})"
    with (
        on_fake.session("torch", device="cuda") as session,
        pytest.raises(WorkerEnded, match="illegal memory access"),
    ):
        session.ask(load(poison))
    for _ in range(2):
        with on_fake.session("torch", device="cuda") as session:
            assert session.ask(load("x = 1")).head["status"] == "ok"
    assert len(tried) == 2  # before the first, and after the one that ended badly


@linux
def test_a_device_that_cannot_be_opened_costs_nobody_a_point(
    course: Course, keysmith: Keysmith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if torch_built_for().get("cuda"):
        pytest.skip("the stand-in is refused because this PyTorch has no CUDA")
    monkeypatch.setattr(lease.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(health, "PAUSE_S", 0.0)
    exercise = course.exercise("global_avg_pool")
    (tmp_path / exercise.relative_path).parent.mkdir(parents=True)
    (tmp_path / exercise.relative_path).write_text(
        "def global_avg_pool(input):\n    return input.mean((2, 3))\n"
    )
    gone = Gpu("cuda", "GPU-gone", ("/dev/full",))
    with (
        Checker(course, tmp_path, sandbox="auto", device="cuda", cache=keysmith.cache) as checker,
        Pool(gpus=lambda name: gone) as pool,
    ):
        checker.pool.close()
        checker.pool = pool
        checker.judge = Judge(pool, keysmith)
        monkeypatch.setattr("grader.judge.check.resolve", lambda wanted, offered: [("cuda", None)])
        report, (trouble,) = checker.check(["global_avg_pool"])
    assert report.results[0].status is Status.GRADER_ERROR and "GPU-gone does not work" in str(trouble)


def test_other_workers_get_no_request_through() -> None:
    if not seccomp.supported():
        pytest.skip("no filter on this machine")
    plain, gpu = seccomp.program(7), seccomp.program(7, gpu=True)
    wanted = struct.pack("I", 0x30000001)
    assert wanted in gpu and wanted not in plain


# ------------------------------------------------------------------------------------------- lease, health, memory


def test_a_lease_holds_between_processes_and_ends_with_its_holder(tmp_path: Path) -> None:
    code = f"from pathlib import Path; from grader.sandbox import lease; held = lease.take('GPU-a', 1, Path({str(tmp_path)!r}), 5.0); print(); input()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline()
    with pytest.raises(MachineError, match="GPU-a is taken"):
        lease.take("GPU-a", 1, tmp_path, 0.0)
    lease.take("GPU-b", 1, tmp_path, 0.0).release()
    second = lease.take("GPU-a", 2, tmp_path, 0.0)  # where there is room for two
    holder.kill()  # it gives nothing back itself
    holder.communicate()
    lease.take("GPU-a", 1, tmp_path, 5.0).release()
    second.release()


@pytest.mark.parametrize(("total", "room"), [(None, 1), (4096, 1), (12288, 2), (81920, lease.MAX_SLOTS)])
def test_room_follows_memory(total: int | None, room: int) -> None:
    assert lease.slots(total, 4096) == room


def test_an_ill_device_is_tried_often_enough_and_then_no_more() -> None:
    tried, pauses = [], []
    health = Health(pauses.append)

    def fail() -> None:
        tried.append(1)
        raise MachineError("a small kernel never came back")

    for _ in range(2):
        with pytest.raises(MachineError, match="never came back"):
            health.ensure("GPU-a", fail)
    assert len(tried) == TRIES and len(pauses) == TRIES - 1
    health.ensure("GPU-b", lambda: None)
    health.ensure("GPU-b", fail)  # known to be well: not tried
    health.suspect("GPU-b")
    with pytest.raises(MachineError, match="GPU-b does not work"):
        health.ensure("GPU-b", fail)


class _Child:
    pid, pipes = 1, Pipes(0, 1, 2)

    def __init__(self, ends: bool) -> None:
        self.ends, self.did = ends, list[str]()

    def kill(self) -> None:
        self.did.append("kill")

    def record(self, timeout_s: float) -> Record | None:
        self.did.append("wait")
        return Record(-9, 0.0) if self.ends else None

    def close(self) -> None:
        self.did.append("close")


@pytest.mark.parametrize(("ends", "suspected"), [(True, 0), (False, 1)])
def test_a_slot_is_free_when_the_process_is_gone(tmp_path: Path, ends: bool, suspected: int) -> None:
    bad: list[int] = []
    child = _Child(ends)
    held = lease.take("GPU-a", 1, tmp_path, 0.0)
    Leased(child, held, lambda: bad.append(1)).close()
    assert child.did == ["kill", "wait", "close"] and len(bad) == suspected
    lease.take("GPU-a", 1, tmp_path, 0.0).release()


def test_the_driver_counts_what_a_process_holds() -> None:
    said = "17, 5000\n18, [N/A]\nnonsense\n19, 3\n"
    assert gpu_memory.held_mib("GPU-a", lambda options: said) == {17: 5000, 19: 3}
    assert gpu_memory.total_mib("GPU-a", lambda options: "81559\n") == 81559
    assert gpu_memory.total_mib("GPU-a", lambda options: "") is None
    clock = iter([0.0, 0.5, 1.5, 1.5, 3.0, 3.0])
    watcher = GpuWatcher(17, 4096, lambda: {17: 5000}, lambda: next(clock))
    assert not watcher.over()  # too soon
    assert watcher.over()
    assert not GpuWatcher(19, 4096, lambda: {17: 5000}, iter([0.0, 2.0, 2.0]).__next__).over()


def test_a_poisoned_context_is_told_with_its_reason() -> None:
    _, detail = cause(Record(POISONED, 0.1), Limits(), "hello\nthe GPU: CUDA error: illegal address\n", False)
    assert "illegal address" in detail
