"""axpy: one product, one sum."""

import torch

from grader.author import Case, chaff, mistake, wheat


def axpy(x, y, a=1):
    # Multiply first: a belongs to x alone.
    return a * x + y


@wheat("torch's fused operation")
def axpy_fused(x, y, a=1):
    return torch.add(y, x, alpha=a)


@wheat("by interpolation")
def axpy_stacked(x, y, a=1):
    return (torch.stack([x, y], dim=-1) * x.new_tensor([a, 1])).sum(dim=-1)


a_left_out = mistake("a * x + y", "x + y", lesson="The factor has no effect.")
y_left_out = mistake("a * x + y", "a * x", lesson="y is never added.")
subtracted = mistake("a * x + y", "a * x - y", lesson="y is taken away. It is added.")
both_scaled = mistake("a * x + y", "a * (x + y)", lesson="y is scaled as well. The factor is for x alone.")
wrong_one = mistake("a * x + y", "x + a * y", lesson="y is scaled, not x.")
squared = mistake("a * x + y", "a * a * x + y", lesson="The factor is applied twice.")
x_detached = mistake(
    "a * x + y", "a * x.detach() + y", lesson="x is cut off from the graph, so it cannot learn."
)
forced_float32 = mistake(
    "a * x + y", "(a * x + y).float()", lesson="The result has the dtype of x, whatever that is."
)


@chaff("y is overwritten. It belongs to the caller.")
def in_place(x, y, a=1):
    return y.data.add_(x, alpha=a) + 0 * x + y - y.data


def cases(draw):
    yield Case("sum", dict(x=draw.integers(2), y=draw.integers(2)))
    yield Case("sum", dict(x=draw.normal(3, 2), y=draw.normal(3, 2)))
    yield Case("scaled", dict(x=draw.integers(2), y=draw.integers(2), a=3))
    yield Case("scaled", dict(x=draw.normal(2, 3), y=draw.normal(2, 3), a=-2.5))
