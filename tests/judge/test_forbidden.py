from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.judge.forbidden import Finding, find_forbidden

CONV = ("*conv*", "im2col")

USES = [
    ("import torch.nn.functional as F\ny = F.conv2d(x, w)", 2),
    ("import torch\ny = torch.nn.functional.conv2d(x, w)", 2),
    ("from torch import nn\n\nlayer = nn.Conv2d(1, 2, 3)", 3),
    ("from torch.nn.functional import conv2d as c\ndef f(x, w):\n    return c(x, w)", 3),
    ("from torch.nn.functional import *\nconv2d(x, w)", 2),
    ("import torch\ntorch.ops.aten.convolution.default(x)", 2),
    ("import torch\naten = torch.ops.aten\naten.conv2d(x)", 3),
    ("import torch.nn.functional as F\nname = getattr(F, 'conv2d')", 2),
    ("import torch.nn.functional as F\nF.__dict__['conv2d'](x)", 2),
    ("import torch.nn.functional as F\nvars(F)['conv2d'](x)", 2),
    ("import importlib\nimportlib.import_module('torch.nn.functional').conv1d(x)", 2),
    ("def f(x):\n    import torch\n    return torch.conv2d(x)", 3),
    ("import torch.nn as nn\nclass Net(nn.LazyConv2d):\n    pass", 2),
    ("import torch\nf = lambda x: torch.conv1d(x)", 2),
    ("import torch as t\n@t.conv1d\ndef f(): pass", 2),
]

HONEST = [
    "import torch\ndef conv2d(x, w):\n    return torch.einsum('ij,jk', x, w)\nprint(conv2d(1, 2))",
    "import torch.nn.functional as F\ndef f(x):\n    return F.unfold(x, 3)",
    "import torch.nn.functional as F\nif __name__ == '__main__':\n    print(F.conv2d(x, w))",
    "from torch.nn.functional import conv2d\n",
    "class Net:\n    def forward(self, x):\n        return self.conv(x) + self.conv2d(x)",
    "def f(conv2d, x):\n    return conv2d(x)",
    "import torch.nn as nn\ndef f(m: nn.Conv2d) -> nn.Conv2d:\n    return isinstance(m, nn.Conv2d)",
    "# F.conv2d is forbidden here\ntext = 'torch.nn.functional.conv2d'",
    "import torch\nF = make()\nF.conv2d(x)",
    "import torch.nn.functional as F\ndef f(F, x):\n    return F.conv2d(x)",
    "from mylib import *\nconv2d(x)",
    "this is not Python: F.conv2d(",
]


@pytest.mark.parametrize(("source", "line"), USES)
def test_a_use_is_found_at_its_line(source: str, line: int) -> None:
    assert [finding.line for finding in find_forbidden(source, CONV)] == [line]


@pytest.mark.parametrize("source", HONEST)
def test_honest_code_is_left_alone(source: str) -> None:
    assert find_forbidden(source, CONV) == []


def test_the_full_name_is_given() -> None:
    source = "import torch.nn.functional as F\nF.max_pool2d(x, 2)"
    assert find_forbidden(source, ("*max_pool*",)) == [Finding("torch.nn.functional.max_pool2d", 2)]


def test_class_names_are_operators() -> None:
    assert find_forbidden("from torch import nn\nnn.MaxPool2d(2)", ("*max_pool*",))
    assert find_forbidden("from torch import nn\nnn.BatchNorm2d(2)", ("batch_norm*",))
    assert not find_forbidden("from torch import nn\nnn.AvgPool2d(2)", ("*max_pool*",))


def test_functions_of_pythons_own_are_found() -> None:
    source = "import math as m\nfrom cmath import tanh\nimport numpy as np\nm.tanh(1)\ntanh(1)\nnp.tanh(1)"
    assert [found.line for found in find_forbidden(source, ("math.tanh", "cmath.tanh"))] == [4, 5]


def test_numpy_patterns_are_numpys_alone() -> None:
    source = "import numpy as np\nimport torch\nnp.convolve(a, b)\ntorch.conv1d(a, b)"
    assert [f.line for f in find_forbidden(source, ("numpy.*conv*",))] == [3]
    assert [f.line for f in find_forbidden(source, ("*conv*",))] == [4]
    strided = "import numpy as np\nnp.lib.stride_tricks.sliding_window_view(a, 3)"
    assert find_forbidden(strided, ("numpy.lib.stride_tricks.*",))


def test_the_matmul_operator_is_matmul() -> None:
    assert find_forbidden("y = x @ w", ("matmul",))
    assert not find_forbidden("y = x @ w", CONV)


def test_a_deep_tree_is_left_to_the_guard() -> None:
    assert find_forbidden("conv=" + "(" * 5000 + ")" * 5000, CONV) == []
    assert find_forbidden("conv=" + "-" * 100_000 + "1", CONV) == []
    assert find_forbidden("conv=" + "a." * 50_000 + "b", CONV) == []


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=50)
def test_no_text_is_an_error(text: str) -> None:
    find_forbidden(f"import torch as conv\n{text}", CONV)
