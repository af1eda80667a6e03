"""What a call does with its device: copies to the host, waits for a value, memory held at once. Counted at torch's dispatcher.

Every operator passes there, whatever name it was called by. Allocators and streams are not asked, so that the count is the same
on every device, and the reference's can be taken on the CPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

#: operators whose result Python must have before it goes on: the host waits until the device has caught up
_WAITS = {"_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "_unique2", "unique_dim"}


class Traffic(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts while it is entered. `kind`: the type of device under test; every other type is the host."""

    def __init__(self, kind: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kind = kind
        self.to_host: list[str] = []
        "operators that copied a tensor from the device, in order"
        self.waits: list[str] = []
        self.peak_bytes = 0
        "most bytes of results that were alive at once"
        self._alive: dict[int, tuple[StorageWeakRef, int]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run the operator, then count it."""
        given = dict(kwargs or {})
        result = func(*args, **given)
        name = func.overloadpacket.__name__
        source, target = _ends(name, args, result)
        if source == self.kind and target not in (None, self.kind):
            self.to_host.append(name)
        masked = name.startswith("index") and any(_is_mask(value) for value in _flat(args[1:2]))
        if (name in _WAITS or masked) and any(self._is_here(value) for value in (*args, *given.values())):
            self.waits.append(name)
        self._measure(result)
        return result

    def _is_here(self, value: Any) -> bool:
        return isinstance(value, torch.Tensor) and value.device.type == self.kind

    def _measure(self, result: Any) -> None:
        values = result if isinstance(result, tuple | list) else [result]
        for value in values:
            if self._is_here(value) and value.layout == torch.strided:
                storage = value.untyped_storage()
                weak = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
                self._alive[storage._cdata] = (weak, storage.nbytes())
        self._alive = {
            key: entry
            for key, entry in self._alive.items()
            if not entry[0].expired()  # type: ignore[no-untyped-call]
        }
        self.peak_bytes = max(self.peak_bytes, sum(size for _, size in self._alive.values()))


def _flat(values: Any) -> list[Any]:
    return [item for value in values for item in (value if isinstance(value, list | tuple) else [value])]


def _is_mask(value: Any) -> bool:
    """Whether an index says which, not where: how many are chosen is known only when all are looked at."""
    return isinstance(value, torch.Tensor) and value.dtype in (torch.bool, torch.uint8)


def _ends(name: str, args: tuple[Any, ...], result: Any) -> tuple[str | None, str | None]:
    """From what type of device to what type a copying operator copies."""
    if name == "_to_copy":
        return args[0].device.type, result.device.type
    if name == "copy_":
        return args[1].device.type, args[0].device.type
    return None, None
