"""A worker on a GPU: holds a slot of it until its process is gone, and tells when it did not end well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from grader.sandbox.cgroup import Group
from grader.sandbox.child import Child, Pipes, Record
from grader.sandbox.lease import Lease

_GONE_S = 10.0


@dataclass
class Leased:
    """A `Child` with a lease. `badly` is called when the process ended before its judge closed it, or does not end."""

    child: Child
    lease: Lease
    badly: Callable[[], None]
    ended: Record | None = field(default=None, init=False)

    @property
    def pipes(self) -> Pipes:
        """See `Child`."""
        return self.child.pipes

    @property
    def pid(self) -> int:
        """See `Child`."""
        return self.child.pid

    @property
    def group(self) -> Group | None:
        """See `Child`."""
        return self.child.group

    def kill(self) -> None:
        """See `Child`."""
        self.child.kill()

    def record(self, timeout_s: float) -> Record | None:
        """See `Child`; a session asks only when something went wrong."""
        self.badly()
        self.ended = self.ended or self.child.record(timeout_s)
        return self.ended

    def close(self) -> None:
        """See `Child`. The slot is free once the process, and with it its context, is gone."""
        try:
            self.child.kill()
            if self.ended is None and self.child.record(_GONE_S) is None:
                self.badly()  # a process that cannot be killed waits for a device that does not answer
        finally:
            self.child.close()
            self.lease.release()
