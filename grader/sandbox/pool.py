"""Zygotes kept warm, one per framework and set of forbidden operations; each session gets a clean worker from one.

Threads may share a pool: each holds its own sessions, and `jobs` of them at once is what it is sized for. Processes may not.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Literal, Self, TypeVar

from grader.errors import MachineError
from grader.sandbox import gpu_memory, jail, lease, walls
from grader.sandbox.cgroup import Groups
from grader.sandbox.child import Child
from grader.sandbox.farm import Farm
from grader.sandbox.fresh import Fresh
from grader.sandbox.gpu import Gpu, gpu_named
from grader.sandbox.health import Health
from grader.sandbox.leased import Leased
from grader.sandbox.policy import Level, Limits
from grader.sandbox.session import Session
from grader.sandbox.zygotes import Zygote, ZygoteDied

Source = Zygote | Fresh
#: what a zygote is for: a framework, and the GPU its workers open (None: the CPU alone)
Place = tuple[str, Gpu | None]
Framework = Literal["torch", "numpy", "triton", "pytest"]
_STARTS = 4
#: forks after which a zygote is replaced: what little it gathers in that time does not add up
FORKS_EACH = 5000
T = TypeVar("T")


class Pool:
    """Warm sandboxes at one level. Nothing is started before the first session."""

    def __init__(
        self,
        level: Level | None = None,
        jobs: int = 1,
        gpus: Callable[[str], Gpu | None] = gpu_named,
    ) -> None:
        """`level` None: the best this machine gives; `gpus`: a device's name -> what its workers open, None for the CPU.

        Raises: `MachineError` when it cannot do `level`.
        """
        self._gpus = gpus
        self._health = Health()
        self.level = walls.choose(level)
        self.jobs = jobs
        self._lock = threading.RLock()
        self._roots: dict[Place, Source] = {}
        self._branches: dict[tuple[Place, tuple[str, ...]], Source] = {}
        self._retired: list[Source] = []
        self._farms: dict[str, Farm] = {}
        self._groups: Groups | None = None
        self._owner = os.getpid()
        self._total_mib: dict[str, int | None] = {}
        self._reserved: set[str] = set()
        self._closed = False

    def session(
        self,
        framework: Framework,
        forbidden: tuple[str, ...] = (),
        limits: Limits | None = None,
        device: str = "cpu",
    ) -> Session:
        """A conversation with a clean worker on `device`; on a GPU, once there is room. Raises: `MachineError`."""
        limits = limits or Limits()
        gpu = self._gpus(device)
        place = (framework, gpu)
        self._with_source(place, forbidden, lambda source: source.wait_ready())
        if gpu is None:
            return Session(lambda: self._child(place, forbidden, limits), limits, self._groups)
        return self._session_on(gpu, place, forbidden, limits)

    def _session_on(self, gpu: Gpu, place: Place, forbidden: tuple[str, ...], limits: Limits) -> Session:
        def watched(pid: int) -> Callable[[], bool]:
            return gpu_memory.GpuWatcher(pid, limits.device_mib + lease.CONTEXT_MIB, gpu.held_mib).over

        def probe() -> None:
            with Session(lambda: self._child(place, (), limits), limits, None, watched) as trial:
                trial.wait_ready()

        def born() -> Child:
            reserved = gpu.uuid in self._reserved
            held = lease.Lease(None) if reserved else lease.take(gpu.uuid, self._room(gpu, limits))
            try:
                self._health.ensure(gpu.uuid, probe)
                child = self._child(place, forbidden, limits)
            except BaseException:
                held.release()
                raise
            return Leased(child, held, lambda: self._health.suspect(gpu.uuid))

        return Session(born, limits, self._groups, watched)

    @contextlib.contextmanager
    def reserved(self, device: str, limits: Limits | None = None) -> Iterator[None]:
        """Have the whole of a GPU: sessions of this pool share it, no other grader's does. The CPU is everybody's.

        For one thread at a time. Raises: `MachineError` when it does not become free.
        """
        gpu = self._gpus(device)
        held: list[lease.Lease] = []
        try:
            for slot in range(0 if gpu is None else self._room(gpu, limits or Limits())):
                assert gpu is not None
                held.append(lease.take(gpu.uuid, slot + 1))  # those before it are ours
            if gpu is not None:
                self._reserved.add(gpu.uuid)
            yield
        finally:
            if gpu is not None:
                self._reserved.discard(gpu.uuid)
            for one in held:
                one.release()

    def _room(self, gpu: Gpu, limits: Limits) -> int:
        with self._lock:
            if gpu.uuid not in self._total_mib:
                self._total_mib[gpu.uuid] = gpu.total_mib or gpu_memory.total_mib(gpu.uuid)
        return lease.slots(self._total_mib[gpu.uuid], limits.device_mib)

    def warm(self, framework: Framework, forbidden: tuple[str, ...] = ()) -> None:
        """Start what a first session would wait for. Raises: `MachineError`."""
        self._with_source((framework, None), forbidden, lambda source: source.wait_ready())

    def begin(self, framework: Framework) -> None:
        """Start loading a framework and come back at once: it loads while the caller does something else.

        Raises: `MachineError`.
        """
        self._with_source((framework, None), (), lambda source: None)

    def _child(self, place: Place, forbidden: tuple[str, ...], limits: Limits) -> Child:
        home = self._home(place[0])
        groups = self._groups if place[1] is None else None
        return self._with_source(place, forbidden, lambda source: source.fork(home, limits.file_mib, groups))

    def _with_source(self, place: Place, forbidden: tuple[str, ...], use: Callable[[Source], T]) -> T:
        said = ""
        for _ in range(_STARTS):
            try:
                return use(self._source(place, forbidden))
            except ZygoteDied as death:
                said = str(death) or said
        detail = said.splitlines()[-1] if said else "it ended without a word"
        raise MachineError(f"the {self.level} sandbox does not start: {detail}", remedy="run `grader doctor`")

    def _source(self, place: Place, forbidden: tuple[str, ...]) -> Source:
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            if os.getpid() != self._owner:
                raise RuntimeError("a pool belongs to the process that made it: make one in each")
            self._recycle(place)
            root = self._roots.get(place)
            if self._groups is None and not self._roots:
                self._groups = Groups.open()
            if root is None or not root.alive:
                root = self._roots[place] = self._start(place)
            if not forbidden:
                return root
            branch = self._branches.get((place, forbidden))
            if branch is None or not branch.alive:
                if branch is not None:
                    branch.close()
                branch = self._branches[place, forbidden] = root.branch(forbidden)
            return branch

    def _recycle(self, place: Place) -> None:
        """Put away what is dead, and let what has forked often enough go when its last session does."""
        root = self._roots.get(place)
        branches = {key: branch for key, branch in self._branches.items() if key[0] == place}
        if root is not None and not root.alive:
            for source in (*branches.values(), root):
                source.close()
        elif (
            root is not None and root.forks + sum(branch.forks for branch in branches.values()) >= FORKS_EACH
        ):
            for source in (*branches.values(), root):
                source.retire()
                self._retired.append(source)
        else:
            return
        del self._roots[place]
        for key in branches:
            del self._branches[key]
        for source in [source for source in self._retired if source.gone]:
            source.close()
            self._retired.remove(source)

    def _start(self, place: Place) -> Source:
        framework, gpu = place
        if self.level is Level.STRONG:
            return walls.strong_zygote(framework, gpu)
        return walls.basic_source(framework, self._farm(framework), gpu)

    def _home(self, framework: str) -> str:
        return jail.HOME if self.level is Level.STRONG else str(self._farm(framework).home)

    def _farm(self, framework: str) -> Farm:
        with self._lock:
            if framework not in self._farms:
                self._farms[framework] = Farm(framework)
            return self._farms[framework]

    def close(self) -> None:
        """End every sandbox. May be called twice."""
        with self._lock:
            self._closed = True
            for source in (*self._branches.values(), *self._roots.values(), *self._retired):
                source.close()
            for farm in self._farms.values():
                farm.close()
            if self._groups is not None:
                self._groups.close()
                self._groups = None
            self._branches.clear()
            self._roots.clear()
            self._retired.clear()
            self._farms.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
