"""The computed answers of parametrised items, against PyTorch itself: a wrong key teaches something wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.quiz.agreement import V, number_agrees, shape_agrees


def block(c: int, o: int, stride: int) -> nn.ModuleList:
    """The layers of the course's residual block."""
    layers = [nn.Conv2d(c, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)]
    layers += [nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)]
    if c != o or stride != 1:
        layers += [nn.Conv2d(c, o, 1, stride, bias=False), nn.BatchNorm2d(o)]
    return nn.ModuleList(layers)


def count(module: nn.Module) -> int:
    """Learned numbers of a module."""
    return sum(p.numel() for p in module.parameters())


def separable(ci: int, co: int, k: int, bias: bool = False) -> nn.Sequential:
    """A depthwise and a pointwise convolution."""
    return nn.Sequential(nn.Conv2d(ci, ci, k, groups=ci, bias=bias), nn.Conv2d(ci, co, 1, bias=bias))


def stepped(w: float, gradients: list[float], make: Callable[..., Any], **options: float) -> float:
    """Where an optimiser takes a parameter that starts at `w` and meets these gradients."""
    p = torch.tensor(float(w), dtype=torch.float64, requires_grad=True)
    optimizer = make([p], **options)
    for g in gradients:
        p.grad = torch.tensor(float(g), dtype=torch.float64)
        optimizer.step()
    return p.item()


def scheduled(lr: float, epochs: int, make: Callable[..., Any], *args: float) -> float:
    """The learning rate that a schedule gives after so many epochs."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=lr)
    schedule = make(optimizer, *args)
    for _ in range(epochs):
        optimizer.step()
        schedule.step()
    return float(optimizer.param_groups[0]["lr"])


def slope(loss: Callable[[torch.Tensor], torch.Tensor], at: float) -> float:
    """The derivative of a loss at a logit, in float64."""
    x = torch.tensor(float(at), dtype=torch.float64, requires_grad=True)
    loss(x).backward()  # type: ignore[no-untyped-call]
    return float(x.grad)  # type: ignore[arg-type]


def running_mean(v: V) -> float:
    """What batch norm's running mean becomes when every batch has the mean `b`."""
    norm = nn.BatchNorm1d(1)
    norm.running_mean.fill_(v["m"])  # type: ignore[union-attr, operator]
    batch = torch.tensor([[v["b"] - 1.0], [v["b"] + 1.0]])
    for _ in range(v["n"]):
        norm(batch)
    return float(norm.running_mean)  # type: ignore[arg-type]


def accumulated(v: V) -> float:
    """Two SGD steps on w * x whose gradients are never cleared."""
    w = torch.tensor(float(v["w"]), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=v["lr"])
    for x in (v["a"], v["b"]):
        (w * x).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return w.item()


def squashed(v: V) -> float:
    """The length of a squashed capsule."""
    s = torch.tensor([3.0 * v["m"], 4.0 * v["m"]])
    return float((s.norm() ** 2 / (1 + s.norm() ** 2) * s / s.norm()).norm())


def separable_ratio(v: V) -> float:
    """Weights of a full convolution over those of a separable one; the positions cancel."""
    return count(nn.Conv2d(8, v["co"], v["k"], bias=False)) / count(separable(8, v["co"], v["k"]))


def mixed_loss(v: V) -> float:
    """Cross-entropy against a blend of two labels."""
    probabilities = torch.tensor([[v["a"], v["b"], 1 - v["a"] - v["b"]]])
    target = torch.tensor([[v["l"], 1 - v["l"], 0.0]])
    return float(F.cross_entropy(probabilities.log(), target))


def discriminator_loss(real: float, fake: float) -> float:
    """The loss of two logits, as binary cross-entropy sums it up."""
    logits = torch.tensor([float(real), float(fake)])
    return float(F.binary_cross_entropy_with_logits(logits, torch.tensor([1.0, 0.0]), reduction="sum"))


NUMBERS: dict[str, Callable[[V], float]] = {
    "res-gradient-product": lambda v: slope(lambda x: x * (1 + v["a"]) ** v["n"], 1),
    "res-block-parameters": lambda v: count(block(v["c"], v["c"], 1)),
    "res-projection-parameters": lambda v: count(block(v["c"], 2 * v["c"], 2)),
    "res-bottleneck-weights": lambda v: sum(
        count(nn.Conv2d(i, o, k, bias=False))
        for i, o, k in ((4 * v["c"], v["c"], 1), (v["c"], v["c"], 3), (v["c"], 4 * v["c"], 1))
    ),
    "train-steps-in-all": lambda v: len(torch.utils.data.DataLoader(range(v["n"]), v["b"])) * v["e"],  # type: ignore[arg-type]
    "train-no-zero-grad": accumulated,
    "train-momentum": lambda v: -stepped(0, [v["g"]] * 3, torch.optim.SGD, lr=v["lr"], momentum=v["m"]),
    "train-adam-first-step": lambda v: stepped(v["w"], [v["g"]], torch.optim.Adam, lr=v["lr"]),
    "train-step-schedule": lambda v: scheduled(
        v["lr"], v["e"], torch.optim.lr_scheduler.StepLR, v["s"], v["gamma"]
    ),
    "train-cosine-schedule": lambda v: scheduled(
        v["lr"], v["t"] * v["q"] // 4, torch.optim.lr_scheduler.CosineAnnealingLR, v["t"]
    ),
    "train-first-loss": lambda v: float(F.cross_entropy(torch.zeros(1, v["k"]), torch.tensor([0]))),
    "train-softmax-twice": lambda v: float(F.cross_entropy(torch.eye(v["k"])[:1], torch.tensor([0]))),
    "train-weight-decay": lambda v: stepped(
        v["w"], [0.0] * v["n"], torch.optim.SGD, lr=v["lr"], weight_decay=v["wd"]
    ),
    "aug-mixup-loss": mixed_loss,
    "tl-head-parameters": lambda v: count(nn.Linear(v["d"], v["k"])),
    "tl-running-mean-drift": running_mean,
    "tl-trained-share": lambda v: (
        100 * count(nn.Linear(512, v["k"])) / (11_176_512 + count(nn.Linear(512, v["k"])))
    ),
    "mod-separable-weights": lambda v: count(separable(v["ci"], v["co"], v["k"])),
    "mod-separable-cost": lambda v: v["h"] ** 2 * count(separable(v["ci"], v["co"], 3)),
    "mod-separable-ratio": separable_ratio,
    "mod-inverted-weights": lambda v: (
        count(nn.Conv2d(v["c"], v["t"] * v["c"], 1, bias=False))
        + count(separable(v["t"] * v["c"], v["o"], 3))
    ),
    "mod-se-parameters": lambda v: (
        count(nn.Linear(v["c"], v["c"] // v["r"])) + count(nn.Linear(v["c"] // v["r"], v["c"]))
    ),
    "mod-attention-memory": lambda v: torch.empty(v["h"] ** 2, v["h"] ** 2, device="meta").nbytes / 2**20,
    "mod-squash-length": squashed,
    "gan-d-loss": lambda v: discriminator_loss(v["a"], v["b"]),
    "gan-g-loss": lambda v: float(-F.logsigmoid(torch.tensor(float(v["b"])))),
    "gan-gradient-ratio": lambda v: abs(
        slope(lambda x: -F.logsigmoid(x), v["b"]) / slope(lambda x: (1 - x.sigmoid()).log(), v["b"])
    ),
    "gan-generator-parameters": lambda v: count(nn.ConvTranspose2d(v["a"], v["b"], v["k"], 2, 1)),
}


def through(layers: nn.Module, *shape: int) -> tuple[int, ...]:
    """The shape that layers make of a shape, without computing anything."""
    return tuple(layers.to("meta")(torch.empty(*shape, device="meta")).shape)


def lenet(v: V) -> tuple[int, ...]:
    """Features of the LeNet-like network."""
    layers = [nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.Flatten()]
    return through(nn.Sequential(*layers), N, 1, v["h"], v["h"])


def attention(v: V) -> tuple[int, ...]:
    """Weights of attention over positions."""
    q = torch.zeros(N, v["c"], v["h"], v["w"]).flatten(2)
    return tuple((q.transpose(1, 2) @ q).shape)


N = 2
SHAPES: dict[str, Callable[[V], tuple[int, ...]]] = {
    "res-block-shape": lambda v: through(block(v["c"], v["o"], 2)[0], N, v["c"], v["h"], v["w"]),
    "res-bottleneck-middle-shape": lambda v: through(
        nn.Conv2d(4 * v["c"], v["c"], 1), N, 4 * v["c"], v["h"], v["h"]
    ),
    "res-stem-shape": lambda v: through(
        nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3), nn.MaxPool2d(3, 2, 1)), N, 3, v["h"], v["h"]
    ),
    "train-lenet-features": lenet,
    "aug-rot-batch-shape": lambda v: tuple(
        torch.rot90(torch.zeros(N, v["c"], v["h"], v["w"]), v["k"], (2, 3)).shape
    ),
    "tl-new-head-shape": lambda v: tuple(nn.Linear(v["d"], v["k"]).weight.shape),
    "tl-grey-first-layer": lambda v: tuple(
        nn.Conv2d(3, v["c"], v["k"]).weight.sum(dim=1, keepdim=True).shape
    ),
    "mod-depthwise-weight-shape": lambda v: tuple(
        nn.Conv2d(v["c"], v["m"] * v["c"], v["k"], groups=v["c"]).weight.shape
    ),
    "mod-inverted-hidden-shape": lambda v: through(
        nn.Conv2d(v["t"] * v["c"], v["t"] * v["c"], 3, v["s"], 1, groups=v["c"]),
        N,
        v["t"] * v["c"],
        v["h"],
        v["h"],
    ),
    "mod-attention-shape": attention,
    "gan-transposed-shape": lambda v: through(
        nn.ConvTranspose2d(v["a"], v["b"], v["k"], v["s"], v["p"]), N, v["a"], v["h"], v["h"]
    ),
    "gan-transposed-weight": lambda v: tuple(nn.ConvTranspose2d(v["a"], v["b"], v["k"]).weight.shape),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_what_pytorch_computes(name: str) -> None:
    number_agrees(name, NUMBERS[name])


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_what_pytorch_returns(name: str) -> None:
    shape_agrees(name, SHAPES[name])
