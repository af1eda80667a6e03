"""Computed gaps and statements, each worked out here in another way; and no drawn item is left without a check."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.quiz.bank import load_banks
from grader.quiz.draw import draw
from grader.quiz.kinds import Choice, Multiple
from grader.quiz.mark import mark
from tests.quiz import test_bank_answers, test_bank_computed
from tests.quiz.test_bank_answers import block, slope
from tests.quiz.test_bank_answers import count as learned
from tests.quiz.test_bank_computed import pooled, rows, running

QUIZZES = Path(__file__).parents[2] / "quizzes"
SEEDS = range(12)
V = dict[str, Any]


def padded_same(k: int) -> dict[str, float]:
    """Where `padding="same"` puts its rows: a kernel that is 1 at one place shows what that place meets."""
    x = torch.arange(1.0, 31.0).reshape(1, 1, 30)
    first = torch.zeros(1, 1, k)
    first[0, 0, 0] = 1
    last = first.flip(2)
    before = int((F.conv1d(x, first, padding="same") == 0).sum())
    after = int((F.conv1d(x, last, padding="same") == 0).sum())
    return {"total": before + after, "before": before, "after": after}


def stem(n: int) -> dict[str, float]:
    """Rows behind the first layers of a ResNet and behind the last stage."""
    at_conv = rows(nn.Conv2d(1, 1, 7, 2, 3), n)
    at_pool = rows(nn.MaxPool2d(3, 2, 1), at_conv)
    last = at_pool
    for _ in range(3):
        last = rows(nn.Conv2d(1, 1, 3, 2, 1), last)
    return {"conv": at_conv, "pool": at_pool, "last": last}


def head(v: V) -> dict[str, float]:
    """The end of a ResNet-50."""
    side = stem(v["h"])["last"]
    features = nn.AdaptiveAvgPool2d(1)(torch.zeros(1, 2048, int(side), int(side))).numel()
    return {
        "side": side,
        "side2": side,
        "features": features,
        "weights": nn.Linear(features, v["k"]).weight.numel(),
    }


def entropy(v: V) -> dict[str, float]:
    """Sizes of what cross-entropy takes and gives."""
    logits = torch.zeros(v["b"], v["k"])
    targets = logits.argmax(1)
    largest = next(
        k for k in count(v["k"], -1) if 0 <= k < logits.shape[1] and F.cross_entropy(logits, targets + k) > 0
    )
    return {
        "logits": logits.numel(),
        "targets": targets.numel(),
        "largest": largest,
        "dims": F.cross_entropy(logits, targets).dim(),
    }


def adam_state(v: V) -> dict[str, float]:
    """Numbers that Adam keeps for a head."""
    layer = nn.Linear(v["d"], v["k"])
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.ones(1, v["d"])).sum().backward()
    optimizer.step()
    kept = sum(
        one.numel() for p, state in optimizer.state.items() for one in state.values() if one.shape == p.shape
    )
    return {"head": learned(layer), "state": kept, "full": v["p"] * round(kept / learned(layer))}


def gates(v: V) -> dict[str, float]:
    """Spatial attention as CBAM has it."""
    x = torch.zeros(1, v["c"], v["h"], v["h"])
    stacked = torch.stack([x.mean(1), x.amax(1)], 1)
    for padding in range(v["k"]):
        made = nn.Conv2d(2, 1, v["k"], padding=padding)(stacked)
        if made.shape[2:] == x.shape[2:]:
            break
    return {"stacked": stacked.shape[1], "padding": padding, "maps": made.shape[1], "gates": made.numel()}


GAPS: dict[str, Callable[[V], dict[str, float]]] = {
    "conv-same-even": lambda v: padded_same(v["k"]),
    "pool-resnet-stem": lambda v: stem(v["n"]),
    "norm-momentum-conventions": lambda v: {
        "p": 1 - v["m"],
        "one": float(running([0, 0], 1 - v["m"], 1).running_mean),  # type: ignore[arg-type]
        "two": float(running([0, 0], 1 - v["m"], v["m"]).running_mean),  # type: ignore[arg-type]
    },
    "res-head-cloze": head,
    "train-cross-entropy-shapes": entropy,
    "tl-adam-state": adam_state,
    "mod-compound-cloze": lambda v: {
        "depth": math.ceil(v["n"] * math.prod([1.2] * v["phi"])),
        "width": v["c"] * math.prod([1.1] * v["phi"]),
        "side": 224 * math.prod([1.15] * v["phi"]),
    },
    "mod-spatial-attention": gates,
}

STATEMENTS: dict[str, Callable[[V], bool]] = {
    "conv-size-kept": lambda v: rows(nn.Conv2d(1, 1, v["k"], 1, v["p"]), 30) == 30,
    "act-sigmoid-saturated": lambda v: slope(torch.sigmoid, v["x"]) < 0.01,
    "inv-pool-unchanged": lambda v: pooled(v["p"], v["k"]) == pooled(v["p"] + v["d"], v["k"]),
    "inv-stride-exact": lambda v: any(v["s"] * places == v["d"] for places in range(13)),
    "res-shortcut-has-parameters": lambda v: len(block(v["a"], v["b"], v["s"])) > 4,
}


@pytest.fixture(scope="module")
def items() -> V:
    """All items of the course's banks."""
    return load_banks([QUIZZES]).items


@pytest.mark.parametrize("name", GAPS)
@pytest.mark.filterwarnings("ignore:Using padding")
def test_gaps_take_what_another_way_gives_and_nothing_far_from_it(name: str, items: V) -> None:
    item = items[name]
    for seed in SEEDS:
        drawn = draw(item, seed)
        truth = GAPS[name](drawn.values)
        assert set(truth) == set(item.blanks)
        assert mark(item, drawn, {gap: str(one) for gap, one in truth.items()}).correct, (drawn.values, truth)
        assert mark(item, drawn, {gap: str(one * 1.1 + 1) for gap, one in truth.items()}).score == 0


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_as_true_as_when_tried(name: str, items: V) -> None:
    item = items[name]
    for seed in range(40):
        drawn = draw(item, seed)
        truth = STATEMENTS[name](drawn.values)
        assert mark(item, drawn, truth).correct and not mark(item, drawn, not truth).correct, drawn.values


def test_no_drawn_item_is_left_unchecked(items: V) -> None:
    """Printed outputs are proved by running them; options whose truth no variable decides need no computing."""
    checked = {*GAPS, *STATEMENTS}
    for module in (test_bank_answers, test_bank_computed):
        checked |= {*module.NUMBERS, *module.SHAPES}
    left = {name for name, item in items.items() if item.vars and item.type != "output"} - checked
    for name in left:
        item = items[name]
        assert isinstance(item, Choice | Multiple), name
        assert all(isinstance(option.correct, bool) for option in item.options), name
