"""What is seen of one call: outputs, gradients, state afterwards, and what it did to what it should leave alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.worker.backend import Backend
from grader.worker.values import as_scalar, flatten, is_scalar
from grader.worker.wire import Message, Tensor


@dataclass
class Observation:
    """Collected by a kind's runner; `message()` is what crosses the wire."""

    backend: Backend
    tensors: dict[str, Tensor] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    traffic: Any = None
    "counts what the learner's code does with its device; None: nobody asked"
    around: Any = None
    "a context for what the learner's code does"

    def add(self, name: str, value: Any) -> dict[str, Any]:
        """Record a result under `name`; gives its array leaves by name, for gradients."""
        arrays = {}
        for leaf_name, leaf in flatten(name, value, self.backend):
            if self.backend.is_array(leaf) and self.backend.is_plain(leaf):
                arrays[leaf_name] = leaf
                self.tensors[leaf_name] = self.backend.wire(leaf)
            elif is_scalar(plain := as_scalar(leaf)):
                self.values[leaf_name] = plain
            else:
                self.note("types", {leaf_name: type(leaf).__name__})
        return arrays

    def add_gradient(self, name: str, gradient: Any) -> None:
        """Record a gradient; a missing one is a value of its own, since `None` is what the learner would see."""
        if gradient is None:
            self.values[name] = None
        else:
            self.tensors[name] = self.backend.wire(gradient)

    def note(self, fact: str, what: Mapping[str, Any] | Iterable[Any]) -> None:
        """Add to a fact; facts that never happened are absent."""
        if isinstance(what, Mapping):
            self.facts.setdefault(fact, {}).update(what)
        else:
            entries = [entry for entry in what if entry not in self.facts.get(fact, [])]
            if entries:
                self.facts.setdefault(fact, []).extend(entries)

    def counted(self) -> contextlib.AbstractContextManager[Any]:
        """Around what the learner's code does, and nothing of ours."""
        return contextlib.nullcontext() if self.around is None else self.around

    def note_traffic(self) -> None:
        """Turn the counts into facts."""
        if self.traffic is not None:
            self.note("to_host", self.traffic.to_host)
            self.note("waits", self.traffic.waits)
            self.facts["peak_bytes"] = self.traffic.peak_bytes

    def message(self) -> Message:
        """The observation as one message."""
        return Message({"status": "ok", "values": self.values, "facts": self.facts}, self.tensors)
