"""Runs a learner's pytest file against an implementation that lives in another process.

The learner's tests ask for it as a fixture. What they get is a stand-in: every call crosses to the judge, which has it
answered by a second worker, so that neither the text of a correct implementation nor that of a wrong one is ever where
the tests could read it. Gradients flow: backward passes cross as well.

Frames beside those of `serve`: {"status": "call", "args": [...], "kwargs": {...}, "backward": bool} with tensors goes out,
{"do": "reply", ...} comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grader.worker.backend import TorchBackend
from grader.worker.wire import Message, Tensor

Ask = Callable[[Message], Message]

_MAX_TESTS = 500
#: plugins that write files or take over descriptors, of which a worker has none to give
_OFF = ("cacheprovider", "faulthandler", "logging", "terminal", "tmpdir", "junitxml", "pastebin")


class SubjectError(RuntimeError):
    """The implementation under test raised an exception; the message has its kind and text."""


def run_tests(module: Any, filename: str, fixture: str, ask: Ask) -> Message:
    """Run the tests of `module`; each test's name, outcome and complaint.

    Raises: `NotImplementedError` when a test is still a stub.
    """
    import pytest

    recorder = _Recorder(module, filename, fixture, StandIn(ask))
    off = [part for name in _OFF for part in ("-p", f"no:{name}")]
    code = pytest.main(["--maxfail=1", "--capture=no", "--rootdir=/", *off], plugins=[recorder])
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise RuntimeError("pytest itself failed; see what was printed")
    if recorder.unwritten:
        raise NotImplementedError
    return Message({"status": "ok", "tests": recorder.results[:_MAX_TESTS]})


class _Recorder:
    """A pytest plugin: the collected module is the one already loaded, the fixture is the stand-in."""

    def __init__(self, module: Any, filename: str, fixture: str, stand_in: StandIn) -> None:
        self.module, self.filename, self.name, self.stand_in = module, filename, fixture, stand_in
        self.results: list[dict[str, Any]] = []
        self.unwritten = False

    def pytest_collection(self, session: Any) -> bool:
        """Collect from the loaded module: there is no file on disk."""
        import pytest

        module = self.module

        class Loaded(pytest.Module):
            def _getobj(self) -> Any:
                return module

        self._offer_fixture()
        node = Loaded.from_parent(session, path=Path(f"/{self.filename}"))
        session.items = list(session.genitems(node))
        session.testscollected = len(session.items)
        return True

    def _offer_fixture(self) -> None:
        import pytest

        if hasattr(self.module, self.name):
            return  # a file that defines its own subject tests that
        stand_in = self.stand_in

        def subject() -> Any:
            return stand_in

        setattr(self.module, self.name, pytest.fixture(name=self.name)(subject))

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        """Note every test once: its call, or the set-up that failed."""
        if call.when == "call" or (call.when == "setup" and call.excinfo is not None):
            wrong = call.excinfo
            self.unwritten |= wrong is not None and wrong.type is NotImplementedError
            skipped = wrong is not None and wrong.type.__name__ == "Skipped"
            outcome = "passed" if wrong is None else "skipped" if skipped else "failed"
            line = (
                next((e.lineno + 1 for e in reversed(wrong.traceback) if self._own(e)), None)
                if wrong
                else None
            )
            said = f"{wrong.type.__name__}: {wrong.value}"[:400] if wrong else ""
            self.results.append({"name": item.name, "outcome": outcome, "said": said, "line": line})

    def _own(self, entry: Any) -> bool:
        return str(entry.path).endswith(self.filename)


class StandIn:
    """Called like the function under test."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._backend = TorchBackend()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the implementation. Raises: `SubjectError` for whatever it raises."""
        tensors: list[Any] = []
        head = {
            "args": [self._encode(value, tensors) for value in args],
            "kwargs": {name: self._encode(value, tensors) for name, value in kwargs.items()},
        }
        return _remote()(self, head, *tensors)

    def _encode(self, value: Any, tensors: list[Any]) -> Any:
        if self._backend.is_array(value):
            tensors.append(value)
            return {"tensor": len(tensors) - 1}
        if isinstance(value, list | tuple):
            return {
                "tuple" if isinstance(value, tuple) else "list": [
                    self._encode(item, tensors) for item in value
                ]
            }
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise TypeError(
            f"an argument of type {type(value).__name__} cannot be given to the function under test"
        )

    def exchange(self, head: Mapping[str, Any], tensors: Mapping[str, Any]) -> Message:
        """One call to the judge. Raises: `SubjectError`."""
        packed = {name: self._backend.wire(value) for name, value in tensors.items()}
        reply = self._ask(Message({"status": "call", **head}, packed))
        if reply.head.get("status") != "ok":
            raise SubjectError(str(reply.head.get("error", "it failed")))
        return reply

    def array(self, tensor: Tensor) -> Any:
        """A tensor of the reply."""
        return self._backend.array(tensor, "plain", "cpu")


def _remote() -> Callable[..., Any]:
    """The function under test as an autograd function; one tensor in the result is one differentiable output."""
    import torch

    class Remote(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, stand_in: StandIn, head: Any, *tensors: Any) -> Any:
            ctx.stand_in, ctx.head = stand_in, head
            named = {str(index): tensor.detach().clone() for index, tensor in enumerate(tensors)}
            ctx.inputs = named
            reply = stand_in.exchange({**head, "needs": _needs(tensors)}, named)
            for index, tensor in enumerate(tensors):
                changed = reply.tensors.get(f"after {index}")
                if changed is not None:
                    tensor.detach().copy_(stand_in.array(changed))
            outputs = [stand_in.array(reply.tensors[name]) for name in reply.head["outputs"]]
            ctx.mark_non_differentiable(
                *(o for o, attached in zip(outputs, reply.head["attached"], strict=True) if not attached)
            )
            return tuple(outputs) if reply.head["many"] else outputs[0]

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> Any:
            sent = {f"gradient {i}": g for i, g in enumerate(gradients) if g is not None}
            needs = [int(name) for name in ctx.inputs if ctx.needs_input_grad[int(name) + 2]]
            reply = ctx.stand_in.exchange(
                {**ctx.head, "needs": needs, "backward": True}, {**ctx.inputs, **sent}
            )
            found = [reply.tensors.get(f"gradient of {name}") for name in ctx.inputs]
            return (None, None, *(None if one is None else ctx.stand_in.array(one) for one in found))

    return Remote.apply


def _needs(tensors: Any) -> list[int]:
    return [index for index, tensor in enumerate(tensors) if tensor.requires_grad]


# ------------------------------------------------------------------------------------------------ the other worker


def answer_call(request: Message, entry: Callable[..., Any]) -> Message:
    """In the worker that holds the implementation: call it as the tests did, and backward if they went backward."""
    import torch

    backend = TorchBackend()
    given = {name: backend.array(t, "plain", "cpu") for name, t in request.tensors.items() if name.isdigit()}
    for name in map(str, request.head["needs"]):
        given[name].requires_grad_()
    before = {name: value.detach().clone() for name, value in given.items()}
    result = entry(
        *(_decode(value, given) for value in request.head["args"]),
        **{name: _decode(value, given) for name, value in request.head["kwargs"].items()},
    )
    outputs = list(result) if isinstance(result, list | tuple) else [result]
    if not all(isinstance(output, torch.Tensor) for output in outputs):
        raise TypeError(f"it returned {type(result).__name__}")
    tensors = {f"output {index}": backend.wire(output) for index, output in enumerate(outputs)}
    for name, value in given.items():
        if not torch.equal(value.detach().nan_to_num(), before[name].nan_to_num()):
            tensors[f"after {name}"] = backend.wire(value)
    if request.head.get("backward"):
        tensors |= _gradients(request, backend, given, outputs)
    head = {
        "status": "ok",
        "outputs": [f"output {index}" for index in range(len(outputs))],
        "attached": [output.requires_grad for output in outputs],
        "many": isinstance(result, list | tuple),
    }
    return Message(head, tensors)


def _gradients(
    request: Message, backend: TorchBackend, given: Mapping[str, Any], outputs: list[Any]
) -> dict[str, Tensor]:
    import torch

    pairs = [
        (output, backend.array(request.tensors[f"gradient {index}"], "plain", "cpu"))
        for index, output in enumerate(outputs)
        if output.requires_grad and f"gradient {index}" in request.tensors
    ]
    if pairs:
        torch.autograd.backward([output for output, _ in pairs], [gradient for _, gradient in pairs])
    wanted = {str(index): given[str(index)].grad for index in request.head["needs"]}
    return {f"gradient of {name}": backend.wire(value) for name, value in wanted.items() if value is not None}


def _decode(value: Any, given: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        if "tensor" in value:
            return given[str(value["tensor"])]
        items = [_decode(item, given) for item in value.get("tuple") or value.get("list") or ()]
        return tuple(items) if "tuple" in value else items
    return value
