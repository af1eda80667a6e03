"""The generic harness: one runner per way of being called. An author writes none of this.

`observe(request, entries)` is pure apart from what the learner's code does. The judge's side runs the same function on
references and chaffs, in trusted processes, so that both sides are observed alike.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from grader.worker import globals_state, memory
from grader.worker.backend import Backend, backend
from grader.worker.matching import Unfit, candidates, own_state, transfer
from grader.worker.observe import Observation
from grader.worker.values import Arguments, containers, decode, holds_the_same
from grader.worker.wire import Message, Tensor


@dataclass(frozen=True)
class Request:
    """One case as the wire brought it."""

    head: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    backend: Backend

    @property
    def device(self) -> str:
        """The device under test."""
        return str(self.head.get("device", "cpu"))

    def arguments(self, step: int = 0, key: str = "args") -> Arguments:
        """Fresh arguments for one call."""
        return decode(self.head.get(key) or {}, self.tensors, self.backend, self.device, step)

    def names(self, key: str) -> tuple[str, ...]:
        """A list of argument names in the request."""
        return tuple(self.head.get(key, ()))


def observe(request: Message, entries: Mapping[str, Any], around: Any = None) -> Message:
    """Run one case and report what was seen. Whatever the learner's code raises passes through.

    `around`: a context for the learner's calls and their gradients alone, entered anew for each.
    """
    tools = Request(request.head, request.tensors, backend(request.head["framework"]))
    seen = Observation(tools.backend, around=around)
    if request.head.get("watch"):
        from grader.worker.traffic import Traffic

        seen.traffic = seen.around = Traffic(tools.device.partition(":")[0])
    RUNNERS[request.head["kind"]](tools, entries[request.head["entry"]], seen)
    seen.note_traffic()
    return seen.message()


# ------------------------------------------------------------------------------------- function, step and design


def run_call(request: Request, entry: Callable[..., Any], seen: Observation) -> None:
    """Call it, as often as the case has steps; outputs, gradients, mutated arguments and models afterwards."""
    _call_once(request, entry, seen)
    if request.head.get("again"):
        second = Observation(request.backend)
        _call_once(request, entry, second)
        _compare_again(seen, second)


def _call_once(request: Request, entry: Callable[..., Any], seen: Observation) -> None:
    arguments = request.arguments()
    _require_gradients(request, arguments)
    steps = int(request.head.get("steps", 1))
    for step in range(steps):
        _refresh(request, arguments, step)
        watched = _watch(request, arguments)
        result = _guarded_call(request, entry, arguments, seen)
        arrays = seen.add("output" if steps == 1 else f"output of step {step + 1}", result)
        _check_devices(request, arrays, seen)
        seen.note("mutated", _mutated(request, arguments, watched))
    for name in request.names("mutates"):
        seen.add(f"{name} after", arguments.values[name])
        if not getattr(arguments.values[name], "is_leaf", True):
            seen.note("attached", [name])
    for name, net in arguments.nets.items():
        _observe_net(name, net, seen)
        if name in request.names("untrained") and _has_gradients(net):
            seen.note("leaks", [name])
    _backward(request, arrays, seen)
    for name in request.names("grads"):
        seen.add_gradient(f"gradient of {name}", arguments.values[name].grad)


def _guarded_call(
    request: Request, entry: Callable[..., Any], arguments: Arguments, seen: Observation
) -> Any:
    before = globals_state.snapshot(request.backend.name)
    positional = [arguments.values[name] for name in request.names("positional")]
    keywords = {name: arguments.values[name] for name in request.names("keyword")}
    with seen.counted(), _autocast(request):
        result = entry(*positional, **keywords)
    touched = globals_state.touched(before, request.backend.name)
    if request.head.get("global_rng"):  # models are made here: their initial weights are drawn from it
        touched = [name for name in touched if "random state" not in name]
    seen.note("globals", touched)
    return result


def _autocast(request: Request) -> contextlib.AbstractContextManager[Any]:
    """What a training loop wraps around its forward pass; the backward pass runs outside of it, as PyTorch advises."""
    half = request.head.get("autocast")
    if half is None:
        return contextlib.nullcontext()
    import torch

    context: contextlib.AbstractContextManager[Any] = torch.autocast(
        request.device.partition(":")[0], dtype=getattr(torch, half)
    )
    return context


def _require_gradients(request: Request, arguments: Arguments) -> None:
    for name in request.names("grads"):
        arguments.values[name] = arguments.values[name].detach().requires_grad_()


def _refresh(request: Request, arguments: Arguments, step: int) -> None:
    """From the second step on, arguments that differ per step are replaced; models and optimizers live on."""
    if step:
        encoded = request.head["args"]
        changing = {n: v for n, v in encoded.items() if isinstance(v, dict) and "per_step" in v}
        fresh = decode(changing, request.tensors, request.backend, request.device, step)
        arguments.values.update(fresh.values)


def _watch(request: Request, arguments: Arguments) -> dict[str, Any]:
    """The memory of every array that the call must not change, and what every list and dict holds."""
    spared = request.names("mutates")
    given = {name: value for name, value in arguments.values.items() if name not in spared}
    held = {name: memory.snapshot(value) for name, value in _arrays(request, given).items()}
    return held | {name: (value, value.copy()) for name, value in containers(given)}


def _mutated(request: Request, arguments: Arguments, before: Mapping[str, Any]) -> list[str]:
    now = _arrays(request, arguments.values)
    changed = []
    for name, held in before.items():
        if type(held[0]) in (list, dict):  # the object that was given, and a copy from then
            same = holds_the_same(*held)
        else:
            same = name in now and memory.snapshot(now[name]) == held
        if not same:
            changed.append(name)
    return changed


def _arrays(request: Request, values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        items = enumerate(value) if isinstance(value, list | tuple) else ()
        found |= {f"{name}[{index}]": item for index, item in items if request.backend.is_array(item)}
        if request.backend.is_array(value):
            found[name] = value
    return found


def _observe_net(name: str, net: Any, seen: Observation) -> None:
    for key, value in net.state_dict(keep_vars=True).items():
        seen.add(f"{name}.{key} after", value.detach())
        if value.requires_grad is False and key in dict(net.named_parameters()):
            seen.values[f"{name}.{key} frozen"] = True
        elif memory.is_attached(value):
            seen.note("attached", [f"{name}.{key}"])
    seen.values[f"{name}.training after"] = _mode(net)


def _mode(net: Any) -> bool | str:
    """Whether it is in training mode, and which modules inside are not in the same."""
    others = [path for path, module in net.named_modules() if module.training is not net.training]
    return f"{net.training}, but not in {', '.join(others)}" if others else bool(net.training)


def _has_gradients(net: Any) -> bool:
    """Whether a parameter holds a gradient other than 0."""
    return any(parameter.grad is not None and bool(parameter.grad.any()) for parameter in net.parameters())


def _check_devices(request: Request, arrays: Mapping[str, Any], seen: Observation) -> None:
    for name, array in arrays.items():
        device = getattr(array, "device", None)
        if device is not None and getattr(device, "type", "cpu") != request.device.split(":")[0]:
            seen.note("devices", {name: str(device)})


def _backward(request: Request, arrays: Mapping[str, Any], seen: Observation) -> None:
    """Send the request's cotangents back through every output that has one of its shape."""
    outputs, cotangents = [], []
    for name, array in arrays.items():
        wanted = request.tensors.get(f"cotangent of {name}")
        if wanted is None or tuple(array.shape) != wanted.shape:
            continue
        if not array.requires_grad:
            seen.note("detached", [name])
            continue
        outputs.append(array)
        cotangents.append(request.backend.array(wanted, "plain", request.device).to(array.dtype))
    if outputs:
        import torch

        with seen.counted():
            torch.autograd.backward(outputs, cotangents)


def _compare_again(seen: Observation, second: Observation) -> None:
    same = set(seen.tensors) == set(second.tensors) and all(
        bytes(seen.tensors[name].data) == bytes(second.tensors[name].data) for name in seen.tensors
    )
    if not same or seen.values != second.values:
        seen.note("again", ["differs"])
        seen.tensors.update({f"again {name}": tensor for name, tensor in second.tensors.items()})


# ------------------------------------------------------------------------------------------------------ module


def run_module(request: Request, entry: Callable[..., Any], seen: Observation) -> None:
    """Build it, give it the reference's parameters, run it in train and in eval mode."""
    import torch

    built = request.arguments(key="init")
    positional = [built.values[name] for name in request.names("init_positional")]
    module = entry(*positional, **{name: built.values[name] for name in request.names("init_keyword")})
    if not isinstance(module, torch.nn.Module):
        raise Unfit(f"{request.head['entry']}(...) is no nn.Module but {type(module).__name__}.")
    pairs = give_parameters(request, module, seen)
    if request.names("inherited"):  # made of a given model, whose mode it was to keep
        seen.values["training as returned"] = _mode(module)
    module.train()
    _run_mode(request, module, pairs, seen, "")
    state = own_state(module)
    for name, own in pairs.items():
        value = state.get(own)
        if value is not None and not isinstance(value, torch.nn.Parameter):
            seen.add_gradient(f"{name} after", transfer(value.detach(), _shape(request, name)))
            if memory.is_attached(value):
                seen.note("attached", [name])
        elif value is not None and not value.requires_grad:
            seen.values[f"{name} frozen"] = True
    module.eval()
    with torch.no_grad():
        _run_mode(request, module, {}, seen, "eval ")
        if request.head.get("again"):
            second = Observation(request.backend)
            _run_mode(request, module, {}, second, "eval ")
            first = Observation(
                request.backend, {n: t for n, t in seen.tensors.items() if n.startswith("eval ")}
            )
            _compare_again(first, second)
            seen.note("again", first.facts.get("again", []))


def _run_mode(
    request: Request, module: Any, pairs: Mapping[str, str], seen: Observation, prefix: str
) -> None:
    arguments = request.arguments()
    if not prefix:
        _require_gradients(request, arguments)
    watched = _watch(request, arguments)
    result = _guarded_call(request, module, arguments, seen)
    arrays = seen.add(f"{prefix}output", result)
    _check_devices(request, arrays, seen)
    seen.note("mutated", _mutated(request, arguments, watched))
    if prefix:
        return
    _backward(request, arrays, seen)
    for name in request.names("grads"):
        seen.add_gradient(f"gradient of {name}", arguments.values[name].grad)
    parameters = dict(module.named_parameters())
    for name, own in pairs.items():
        if own in parameters and request.names("grads"):
            gradient = parameters[own].grad
            moved = None if gradient is None else transfer(gradient, _shape(request, name))
            seen.add_gradient(f"gradient of {name}", moved)


def give_parameters(request: Request, module: Any, seen: Observation) -> dict[str, str]:
    """Copy the request's `state.*` into the module; reference name -> the learner's. Raises: `Unfit`.

    What the reference inherits from a model among the constructor's arguments is the learner's to keep: not copied.
    """
    import torch

    wanted = {n.removeprefix("state."): t for n, t in request.tensors.items() if n.startswith("state.")}
    floating = next((t.dtype for t in wanted.values() if t.dtype.startswith(("float", "bfloat"))), "float32")
    module.to(device=request.device, dtype=getattr(torch, str(request.head.get("dtype", floating))))
    state = own_state(module)
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    pairings = candidates({name: tensor.shape for name, tensor in wanted.items()}, shapes)
    pairs = pairings[min(int(request.head.get("attempt", 0)), len(pairings) - 1)]
    with torch.no_grad():
        for name, own in pairs.items():
            if name in request.names("inherited"):
                continue
            value = request.backend.array(wanted[name], "plain", request.device)
            state[own].copy_(transfer(value, state[own].shape))
    seen.facts["attempts"] = len(pairings)
    return pairs


def _shape(request: Request, name: str) -> tuple[int, ...]:
    return request.tensors[f"state.{name}"].shape


RUNNERS: dict[str, Callable[[Request, Any, Observation], None]] = {
    "function": run_call,
    "step": run_call,
    "design": run_call,
    "module": run_module,
}
