"""The other computed numbers and shapes, those of test_bank_answers apart: each worked out here in another way."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate, count, product

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.quiz.agreement import V, number_agrees, shape_agrees
from tests.quiz.test_bank_answers import count as learned
from tests.quiz.test_bank_answers import slope, through


def rows(layer: nn.Module, n: int) -> int:
    """How many rows a layer for one channel makes of `n`."""
    return through(layer, 1, 1, n, 64)[2]


def seen(*layers: nn.Module) -> int:
    """How many rows of a long input change one output of one-channel layers."""
    x = torch.zeros(1, 1, 97, 1, requires_grad=True)
    y = x.expand(1, 1, 97, 97)
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.ones_(layer.weight)
        y = layer(y)
    y[0, 0, y.shape[2] // 2, y.shape[3] // 2].backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    return int((x.grad != 0).sum())


def conv(k: int, s: int = 1) -> nn.Conv2d:
    """A convolution with one channel in and out."""
    return nn.Conv2d(1, 1, k, s, bias=False)


def mean(k: int) -> nn.Module:
    """A pooling that depends on its whole window, as maximum pooling does for some input."""
    return nn.AvgPool2d(k)


def gradient(of: Callable[[torch.Tensor], torch.Tensor], at: list[float], given: list[float]) -> list[float]:
    """The gradient of the input, of which the output's is given, for a map of one row."""
    x = torch.tensor(at, dtype=torch.float64).reshape(1, 1, -1).requires_grad_()
    of(x).backward(torch.tensor(given, dtype=torch.float64).reshape(1, 1, -1))  # type: ignore[no-untyped-call]
    assert x.grad is not None
    return [float(one) for one in x.grad.flatten()]


def smoothed(k: int, g: float) -> float:
    """The gradient that average pooling gives an input."""
    x = torch.ones(1, 1, k, k, dtype=torch.float64, requires_grad=True)
    (g * F.avg_pool2d(x, k)).sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    return float(x.grad[0, 0, 0, 0])


def softmax(*logits: float) -> float:
    """The first class's probability."""
    return float(torch.tensor(logits, dtype=torch.float64).softmax(0)[0])


def class_gradient(v: V) -> float:
    """Cross-entropy's derivative for one image of a batch, whose right class has the probability p."""
    logits = torch.tensor([[v["p"], 1 - v["p"]]] * v["n"], dtype=torch.float64).log().requires_grad_()
    F.cross_entropy(logits, torch.zeros(v["n"], dtype=torch.long)).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    return float(logits.grad[0, 0])


def small_net(v: V) -> nn.Module:
    """The network of `fc-small-net-params`."""
    front = nn.Sequential(nn.Conv2d(1, v["a"], 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    return nn.Sequential(front, nn.Linear(front(torch.zeros(1, 1, 28, 28)).shape[1], v["k"]))


def correlation_matrix(h: int, w: int, k: int) -> torch.Tensor:
    """The matrix of a valid cross-correlation: a column for what each single pixel makes."""
    pixels = torch.eye(h * w).reshape(h * w, 1, h, w)
    return F.conv2d(pixels, torch.ones(1, 1, k, k)).flatten(1).T


def pooled(place: int, k: int) -> list[float]:
    """A map of zeros with one peak, max-pooled."""
    x = torch.zeros(1, 1, 20 * k + 120)
    x[0, 0, place] = 1
    return [float(one) for one in F.max_pool1d(x, k).flatten()]


def norm(v: V) -> float:
    """A value that batch norm meets among others of the given mean and deviation."""
    layer = nn.BatchNorm1d(1, eps=0.0).double().eval()
    values = {"running_mean": v["m"], "running_var": v["s"] ** 2, "weight": v["g"], "bias": v["b"]}
    layer.load_state_dict({key: torch.tensor([float(one)]) for key, one in values.items()}, strict=False)
    return float(layer(torch.tensor([[float(v["x"])]], dtype=torch.float64)).item())


def running(batch: list[float], momentum: float, before: float = 0.0) -> nn.BatchNorm1d:
    """A batch-norm layer after one training batch."""
    layer = nn.BatchNorm1d(1, momentum=momentum).double()
    layer.load_state_dict({"running_mean": torch.tensor([float(before)])}, strict=False)
    layer(torch.tensor(batch, dtype=torch.float64).reshape(-1, 1))
    return layer


def spread(n: int, v: float) -> list[float]:
    """`n` values whose mean squared deviation from their mean is `v`."""
    values = torch.arange(n, dtype=torch.float64)
    return [float(one) for one in values * math.sqrt(v / float(values.var(correction=0)))]


def folded(v: V) -> float:
    """What a pixel of 1 becomes through the weight and the norm after it."""
    layer = nn.BatchNorm2d(1, eps=0.0).double().eval()
    layer.load_state_dict(
        {"running_var": torch.tensor([float(v["v"])]), "weight": torch.tensor([float(v["g"])])}, strict=False
    )
    return float(layer(torch.full((1, 1, 1, 1), float(v["w"]), dtype=torch.float64)).item())


def he(v: V) -> float:
    """PyTorch's own gain and fan."""
    weight = nn.Conv2d(v["c"], v["f"], v["k"], device="meta").weight
    fan, _ = nn.init._calculate_fan_in_and_fan_out(weight)
    return nn.init.calculate_gain("relu") / math.sqrt(fan)


def stopped_after(patience: int) -> int:
    """The epoch after which early stopping stops, on the losses that the question names."""
    losses = [0.90, 0.70, 0.60, 0.65, 0.61, 0.58, 0.59, 0.60, 0.62, 0.57, 0.63]
    best = list(accumulate(losses, min))
    waited = 0
    for epoch in range(1, len(losses)):
        waited = 0 if best[epoch] < best[epoch - 1] else waited + 1
        if waited == patience:
            return epoch + 1
    return len(losses)


def bytes_of_adam(v: V) -> float:
    """Bytes a parameter takes with its gradient and Adam's state, step counters apart."""
    p = nn.Parameter(torch.ones(100))
    optimizer = torch.optim.Adam([p])
    p.grad = torch.ones(100)
    optimizer.step()
    held = [p, p.grad, *(one for one in optimizer.state[p].values() if one.numel() == 100)]
    return v["p"] * sum(one.nbytes for one in held) / 100


def doublings(size: int) -> int:
    """How many transposed convolutions lead from 4 rows to `size`."""
    layer = nn.ConvTranspose2d(1, 1, 4, 2, 1)
    n = 4
    for steps in count():
        if n >= size:
            return steps
        n = through(layer, 1, 1, n, n)[2]
    raise AssertionError


def best_guess(p: float, q: float) -> float:
    """The answer that costs least where the densities are `p` and `q`, found by trying."""
    guesses = torch.linspace(0.0001, 0.9999, 99_981, dtype=torch.float64)
    return float(guesses[(-p * guesses.log() - q * (1 - guesses).log()).argmin()])


NUMBERS: dict[str, Callable[[V], float]] = {
    "conv-size-basic": lambda v: rows(nn.Conv2d(1, 1, v["k"], v["s"], v["p"]), v["n"]),
    "conv-size-dilated": lambda v: rows(nn.Conv2d(1, 1, v["k"], 1, v["p"], v["d"]), v["n"]),
    "conv-params": lambda v: learned(nn.Conv2d(v["c"], v["f"], v["k"], bias=v["bias"] == 1)),
    "conv-macs": lambda v: (
        v["h"] ** 2 * learned(nn.Conv2d(v["c"], v["f"], v["k"], bias=False, device="meta"))
    ),
    "conv-receptive-field": lambda v: seen(conv(v["k1"], v["s1"]), conv(v["k2"], v["s2"]), conv(v["k3"])),
    "conv-stack-of-small": lambda v: (
        learned(nn.Conv2d(v["c"], v["c"], 7, bias=False))
        - 3 * learned(nn.Conv2d(v["c"], v["c"], 3, bias=False))
    ),
    "conv-transpose-size": lambda v: rows(nn.ConvTranspose2d(1, 1, v["k"], v["s"], v["p"], v["o"]), v["n"]),
    "pool-size-default-stride": lambda v: rows(nn.MaxPool2d(v["k"]), v["n"]),
    "pool-size-overlapping": lambda v: rows(nn.MaxPool2d(3, 2, v["p"]), v["n"]),
    "pool-avg-counts-padding": lambda v: float(
        nn.AvgPool2d(3, 1, 1)(torch.full((1, 1, 5, 5), float(v["v"])))[0, 0, 0, 0]
    ),
    "pool-max-gradient-overlap": lambda v: gradient(
        lambda x: F.max_pool1d(x, 3, 1), [1, 5, 2, 4, 3], [v["a"], v["b"], v["c"]]
    )[1],
    "pool-avg-gradient": lambda v: smoothed(v["k"], v["g"]),
    "pool-before-linear": lambda v: (
        v["f"] * (v["c"] * v["h"] ** 2 - math.prod(through(nn.MaxPool2d(2), 1, v["c"], v["h"], v["h"])))
    ),
    "pool-global-head": lambda v: learned(nn.Linear(v["c"], v["f"], device="meta")),
    "pool-receptive-field": lambda v: seen(conv(v["k1"]), mean(v["m"]), conv(v["k2"])),
    "act-sigmoid-derivative": lambda v: slope(torch.sigmoid, math.log(v["y"] / (1 - v["y"]))),
    "act-tanh-derivative": lambda v: slope(torch.tanh, math.atanh(v["y"])),
    "act-depth-until-gone": lambda v: next(n for n in count(1) if 10 ** v["e"] < 4**n),
    "act-softmax-two": lambda v: softmax(v["a"], v["b"]),
    "act-softmax-three": lambda v: softmax(*(math.log(v[name]) for name in "abc")),
    "act-initial-loss": lambda v: float(F.cross_entropy(torch.zeros(1, v["k"]), torch.tensor([0]))),
    "act-ce-gradient": class_gradient,
    "act-leaky": lambda v: float(F.leaky_relu(torch.tensor(float(v["x"])), v["a"])),
    "fc-image-params": lambda v: learned(nn.Linear(3 * v["h"] * v["h"], v["f"], device="meta")),
    "fc-conv-matrix-nonzeros": lambda v: int(correlation_matrix(v["h"], v["h"], v["k"]).count_nonzero()),
    "fc-memory": lambda v: (
        nn.Linear(512 * 7 * 7, v["f"], device="meta", dtype=getattr(torch, v["t"])).weight.nbytes / 2**20
    ),
    "fc-conv-bn-params": lambda v: (
        learned(nn.Conv2d(v["c"], v["f"], v["k"], bias=False)) + learned(nn.BatchNorm2d(v["f"]))
    ),
    "fc-small-net-params": lambda v: learned(small_net(v)),
    "fc-linear-grad-bias": lambda v: sum([v["g"]] * v["n"]),
    "fc-dropout-scale": lambda v: float(F.dropout(torch.full((200,), float(v["v"])), v["p"]).max()),
    "fc-dropout-noise": lambda v: v["p"] * (0 - 1) ** 2 + (1 - v["p"]) * (1 / (1 - v["p"]) - 1) ** 2,
    "inv-pool-how-many": lambda v: sum(
        pooled(v["p"], v["k"]) == pooled(v["p"] + d, v["k"]) for d in range(1, v["k"])
    ),
    "inv-total-stride": lambda v: next(
        d for d in count(1) if all(d % n == 0 for n in accumulate((v["s1"], v["s2"], v["s3"]), int.__mul__))
    ),
    "inv-map-moves-by": lambda v: len(range(0, v["s"] * v["m"], v["s"])),
    "norm-bn-value": norm,
    "norm-bn-samples": lambda v: torch.empty(v["n"], v["c"], v["h"], v["w"])[:, 0].numel(),
    "norm-running-mean": lambda v: float(
        running([v["b"] - 1, v["b"] + 1], v["m"], v["r"]).running_mean  # type: ignore[arg-type]
    ),
    "norm-running-var-unbiased": lambda v: float(
        running(spread(v["n"], v["v"]), 1.0).running_var  # type: ignore[arg-type]
    ),
    "norm-fold": folded,
    "norm-he-std": he,
    "norm-signal-decay": lambda v: math.prod([v["a"]] * v["n"]),
    "res-layer-count": lambda v: 1 + sum(v["per"] * v[stage] for stage in "abde") + 1,
    "res-paths": lambda v: len(list(product("xF", repeat=v["n"]))),
    "train-early-stopping-epoch": lambda v: stopped_after(v["p"]),
    "train-adam-memory": bytes_of_adam,
    "aug-crop-positions": lambda v: math.prod(
        torch.empty(v["h"], v["w"]).unfold(0, v["c"], 1).unfold(1, v["c"], 1).shape[:2]
    ),
    "aug-pad-crop-flip": lambda v: (
        2
        * math.prod(
            torch.empty(v["s"] + 2 * v["p"], v["s"] + 2 * v["p"])
            .unfold(0, v["s"], 1)
            .unfold(1, v["s"], 1)
            .shape[:2]
        )
    ),
    "aug-untouched": lambda v: math.prod([1 - v["p"]] * v["k"]),
    "aug-contrast": lambda v: torch.lerp(
        torch.tensor(v["m"], dtype=torch.float64), torch.tensor(v["v"], dtype=torch.float64), v["f"]
    ).item(),
    "aug-box-flip": lambda v: int(
        (torch.arange(v["w"]) >= v["a"]).logical_and(torch.arange(v["w"]) < v["b"]).flip(0).int().argmax()
    ),
    "aug-normalise": lambda v: (
        (v["v"] / 255 - {"red": 0.485, "green": 0.456, "blue": 0.406}[v["channel"]])
        / {"red": 0.229, "green": 0.224, "blue": 0.225}[v["channel"]]
    ),
    "aug-cutmix-weight": lambda v: float(
        torch.nn.functional.pad(
            torch.zeros(v["a"], v["b"]), (0, v["s"] - v["b"], 0, v["s"] - v["a"]), value=1
        ).mean()
    ),
    "tl-discriminative-rate": lambda v: list(accumulate([v["lr"]] + [v["f"]] * v["g"], float.__truediv__))[
        -1
    ],
    "mod-compound-flops": lambda v: 1.2 ** v["phi"] * (1.1 ** v["phi"] * 1.15 ** v["phi"]) ** 2,
    "gan-doublings": lambda v: doublings(v["size"]),
    "gan-optimal-discriminator": lambda v: best_guess(v["p"], v["q"]),
    "kernel-programs": lambda v: len(range(0, v["n"], v["b"])),
    "kernel-masked-places": lambda v: sum(
        range(v["n"] // v["b"] * v["b"], 10**5)[i] >= v["n"] for i in range(v["b"])
    ),
    "kernel-address": lambda v: (
        torch.arange(v["n"] * v["c"] * v["h"] * v["w"])
        .reshape(v["n"], v["c"], v["h"], v["w"])[1, 2, 3, 4]
        .item()
    ),
    "kernel-intensity": lambda v: (
        2 * torch.empty(v["n"] * 10**6, device="meta").nbytes / (v["r"] * 1e9) * 1e3
    ),
}

N = 2
SHAPES: dict[str, Callable[[V], tuple[int, ...]]] = {
    "conv-shape-of-output": lambda v: through(
        nn.Conv2d(v["c"], v["f"], (v["kh"], v["kw"]), v["s"], v["p"]), N, v["c"], v["h"], v["w"]
    ),
    "conv-weight-shape": lambda v: tuple(
        nn.Conv2d(v["c"], v["f"], (v["kh"], v["kw"]), groups=v["g"]).weight.shape
    ),
    "conv-unfold-shape": lambda v: tuple(
        F.unfold(torch.zeros(N, v["c"], v["n"], v["n"]), v["k"], stride=v["s"]).shape
    ),
    "pool-shape": lambda v: through(nn.AvgPool2d(v["k"]), N, v["c"], v["h"], v["w"]),
    "pool-global-shape": lambda v: tuple(torch.empty(N, v["c"], v["h"], v["w"]).mean(dim=(2, 3)).shape),
    "act-ce-shapes": lambda v: tuple(torch.empty(N, v["k"], v["h"], v["w"], device="meta").argmax(1).shape),
    "fc-flatten-shape": lambda v: tuple(torch.empty(N, v["c"], v["h"], v["w"]).flatten(1).shape),
    "fc-conv-matrix-shape": lambda v: tuple(correlation_matrix(v["h"], v["w"], v["k"]).shape),
    "fc-as-convolution": lambda v: tuple(nn.Conv2d(512, v["f"], v["k"], device="meta").weight.shape),
    "fc-linear-grad-weight": lambda v: tuple(nn.Linear(v["a"], v["b"]).weight.shape),
    "inv-overlap-shape": lambda v: through(conv(v["k"]), N, 1, v["h"], v["w"] - v["d"])[2:],
    "norm-bn-shapes": lambda v: tuple(nn.BatchNorm2d(v["c"]).running_var.shape),  # type: ignore[union-attr]
    "aug-zoom-shape": lambda v: (N, 3, len(range(0, v["h"], v["z"])), len(range(0, v["w"], v["z"]))),
    "tl-feature-shape": lambda v: (v["b"], {18: 512, 34: 512, 50: 4 * 512, 101: 4 * 512}[v["depth"]]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_what_another_way_gives(name: str) -> None:
    number_agrees(name, NUMBERS[name], near=2e-4 if name == "gan-optimal-discriminator" else 1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_what_pytorch_returns(name: str) -> None:
    shape_agrees(name, SHAPES[name])
