"""The guard, tried from inside a worker: every way round it that was thought of, and what must still work."""

from __future__ import annotations

import pytest

from grader.sandbox import Pool
from tests.sandbox.conftest import error_type, run_once

SET_UP = """
import torch, torch.nn as nn, torch.nn.functional as F
x = torch.randn(1, 1, 5, 5, requires_grad=True)
w = torch.randn(1, 1, 3, 3, requires_grad=True)
a, b = x.detach(), w.detach()
where = ([1, 1], [0, 0], [1, 1])
cpu = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)
"""

WAYS_ROUND = {
    "functional": "F.conv2d(x, w)",
    "module": "nn.Conv2d(1, 1, 3)(x)",
    "subclass": "class C(nn.Conv2d): pass\nC(1, 1, 3)(x)",
    "alias": "f = F.conv2d\nf(x, w)",
    "getattr": "getattr(F, 'co' + 'nv2d')(x, w)",
    "exec": "exec('F.co' + 'nv2d(x, w)')",
    "aten": "torch.ops.aten.convolution(x, w, None, *where, False, [0, 0], 1)",
    "aten_overload": "torch.ops.aten.conv2d.padding(x, w, None, [1, 1], 'same')",
    "transposed": "F.conv_transpose2d(x, w)",
    "depthwise": "torch._C._nn._conv_depthwise2d(x, w, (3, 3), None, 1, 0, 1)",
    "mkldnn": "torch.mkldnn_convolution(a, b, None, [0, 0], [1, 1], [1, 1], 1)",
    "mkldnn_fused": "torch.ops.mkldnn._convolution_pointwise(a, b, None, [0, 0], [1, 1], [1, 1], 1, 'none', [], '')",
    "slow": "torch.ops.aten._slow_conv2d_forward(a, b, [3, 3], None, [1, 1], [0, 0])",
    "thnn": "torch.ops.aten.thnn_conv2d(a, b, [3, 3])",
    "quantized": "torch.ops.quantized.conv2d_prepack(torch.quantize_per_tensor(b, .1, 0, torch.qint8), None, [1,1], [0,0], [1,1], 1)",
    "backward_op": "torch.ops.aten.convolution_backward(a, a, b, None, *where, False, [0, 0], 1, [True, True, False])",
    "no_grad": "with torch.no_grad(): F.conv2d(x, w)",
    "inference": "with torch.inference_mode(): F.conv2d(x, w)",
    "autocast": "with torch.autocast('cpu'): F.conv2d(x, w)",
    "double": "F.conv2d(x.double(), w.double())",
    "meta": "F.conv2d(a.to('meta'), b.to('meta'))",
    "disabled_modes": "from torch.utils._python_dispatch import _disable_current_modes as d\nwith d(): F.conv2d(x, w)",
    "disabled_dispatch": "with torch._C._DisableTorchDispatch(): F.conv2d(x, w)",
    "forced_keys": "with torch._C._ForceDispatchKeyGuard(cpu, torch._C.DispatchKeySet(torch._C.DispatchKey.AutogradCPU)): F.conv2d(a, b)",
    "redispatch": "torch.ops.aten.convolution.default.redispatch(cpu, a, b, None, *where, False, [0, 0], 1)",
    "kernel": "torch.library.get_kernel('aten::convolution', 'CPU').call_boxed(cpu, a, b, None, *where, False, [0, 0], 1)",
    "vmap": "torch.vmap(lambda t: F.conv2d(t, w))(x[None])",
    "grad_transform": "torch.func.grad(lambda t: F.conv2d(t, w).sum())(x)",
    "functionalize": "torch.func.functionalize(lambda t: F.conv2d(t, w))(x)",
    "traced": "from torch.fx.experimental.proxy_tensor import make_fx\nmake_fx(lambda t: F.conv2d(t, w))(x)",
    "fake": "from torch._subclasses import FakeTensorMode\nwith FakeTensorMode(allow_non_fake_inputs=True): F.conv2d(x, w)",
    "in_backward": (
        "class G(torch.autograd.Function):\n"
        "    forward = staticmethod(lambda ctx, t: t * 1)\n"
        "    backward = staticmethod(lambda ctx, g: g + F.conv2d(a, b).sum())\n"
        "G.apply(x).sum().backward()"
    ),
    "in_hook": "y = x * 2\ny.register_hook(lambda g: F.conv2d(a, b))\ny.sum().backward()",
    "in_saved_hook": (
        "with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: F.conv2d(a, b)):\n    y = (x * x).sum()\ny.backward()"
    ),
    "reregistered_fallthrough": (
        "lib = torch.library.Library('aten', 'IMPL')\n"
        "for op in ('conv2d', 'convolution', '_slow_conv2d_forward', 'mkldnn_convolution'):\n"
        "    for key in ('CPU', 'AutogradCPU', 'CompositeImplicitAutograd'):\n"
        "        try: lib.impl(op, torch.library.fallthrough_kernel, key)\n"
        "        except RuntimeError: pass\n"
        "try: F.conv2d(x, w)\n"
        "except NotImplementedError: torch.ops.aten.conv_transpose2d.input(x, w)"
    ),
    "undo_by_search": (
        "import gc, weakref, sys\ngc.unfreeze()\n"
        "for o in gc.get_objects():\n"
        "    if type(o).__name__ in ('_DispatchModule', 'Library'):\n"
        "        for undo in ('reset', '_destroy'): getattr(o, undo, lambda: 0)()\n"
        "import torch.library as L\n"
        "for info in list(weakref.finalize._registry.values()):\n"
        "    if getattr(info.func, '__name__', '') == '_del_library':\n"
        "        for part in info.args: getattr(part, 'reset', lambda: 0)()\n"
        "guard = sys.modules['grader.worker.guard']\n"
        "for name in list(vars(guard)):\n"
        "    if not name.startswith('__'): setattr(guard, name, None)\n"
        "F.conv2d(x, w)"
    ),
}


@pytest.mark.parametrize("way", WAYS_ROUND)
def test_a_forbidden_operator_is_refused_whatever_the_way(strong: Pool, way: str) -> None:
    said = run_once(strong, SET_UP + WAYS_ROUND[way], "torch", forbidden=("*conv*",))
    assert error_type(said) == "ForbiddenOperation", said
    assert "conv" in said["error"]["message"]


def test_other_threads_are_refused(strong: Pool) -> None:
    source = (
        "import threading, traceback\nseen = []\n"
        "def work():\n"
        "    try: F.conv2d(x, w); seen.append('ran')\n"
        "    except RuntimeError as e: seen.append(type(e).__name__)\n"
        "t = threading.Thread(target=work); t.start(); t.join(); print(seen)"
    )
    said = run_once(strong, SET_UP + source, "torch", forbidden=("*conv*",))
    assert said["printed"] == "['ForbiddenOperation']\n"


@pytest.mark.parametrize("way", ["F.conv2d(a.to_mkldnn(), b.to_mkldnn())", "torch.jit.script(lambda_)(x, w)"])
def test_what_cannot_say_it_still_does_not_run(strong: Pool, way: str) -> None:
    source = f"from torch import conv2d\ndef lambda_(x, w): return conv2d(x, w)\n{way}"
    assert run_once(strong, SET_UP + source, "torch", forbidden=("*conv*",))["status"] == "error"


@pytest.mark.parametrize(
    "source",
    [
        "F.unfold(x, 3).sum().backward()",
        "(F.unfold(x, 3).transpose(1, 2) @ w.view(-1, 1)).sum().backward()",
        "F.max_pool2d(x, 2).sum().backward()",
        "nn.LSTM(2, 2)(torch.randn(2, 1, 2))[0].sum().backward()",
        "F.fold(F.unfold(x, 3), (5, 5), 3).sum().backward()",
        "nn.BatchNorm2d(1)(x).sum().backward()",
        "F.interpolate(x, scale_factor=2, mode='bilinear').sum().backward()",
        "m = nn.Linear(5, 5); o = torch.optim.Adam(m.parameters()); m(x).sum().backward(); o.step()",
        "torch.randn(3).to(torch.int64).to(torch.float16)",
    ],
)
def test_what_is_allowed_works_gradient_and_all(strong: Pool, source: str) -> None:
    assert run_once(strong, SET_UP + source, "torch", forbidden=("*conv*",))["status"] == "ok"


def test_pooling_by_hand_works_where_pooling_is_forbidden(strong: Pool) -> None:
    by_hand = "x.unfold(2, 2, 2).unfold(3, 2, 2).amax((-1, -2)).sum().backward()\nassert x.grad is not None"
    assert run_once(strong, SET_UP + by_hand, "torch", forbidden=("*max_pool*",))["status"] == "ok"
    for way in (
        "F.max_pool2d(x, 2)",
        "nn.MaxPool2d(2)(x)",
        "F.adaptive_max_pool2d(x, 2)",
        "nn.FractionalMaxPool2d(2, 2)(x)",
    ):
        said = run_once(strong, SET_UP + way, "torch", forbidden=("*max_pool*",))
        assert error_type(said) == "ForbiddenOperation", way


NUMPY = (
    "numpy.convolve",
    "numpy.correlate*",
    "numpy.lib.stride_tricks.sliding_window_view",
    "numpy.*einsum*",
)


@pytest.mark.parametrize(
    "call",
    [
        "np.convolve([1, 2], [1])",
        "from numpy import convolve as c\nc([1, 2], [1])",
        "getattr(np, 'conv' + 'olve')([1, 2], [1])",
        "np._core.numeric.convolve([1, 2], [1])",
        "np.correlate([1, 2], [1])",
        "np._core.multiarray.correlate([1, 2], [1])",
        "np._core._multiarray_umath.correlate2([1, 2], [1])",
        "np.lib.stride_tricks.sliding_window_view(np.ones(4), 2)",
        "np.einsum('i,i', [1], [2])",
        "np._core.multiarray.c_einsum('i,i', [1], [2])",
        "import importlib, sys\nimportlib.reload(np._core.numeric).convolve([1, 2], [1])",
        "import gc\ngc.unfreeze()\n[f for f in gc.get_objects() if getattr(f, '__name__', '') == 'convolve'][0]([1, 2], [1])",
    ],
)
def test_forbidden_numpy_functions_refuse(strong: Pool, call: str) -> None:
    said = run_once(strong, f"import numpy as np\n{call}", "numpy", forbidden=NUMPY)
    assert error_type(said) == "ForbiddenOperation", said


@pytest.mark.parametrize(
    "call", ["import math\nmath.tanh(0.5)", "import cmath\ngetattr(cmath, 'ta' + 'nh')(0.5)"]
)
def test_forbidden_functions_of_pythons_own_refuse(strong: Pool, call: str) -> None:
    said = run_once(strong, call, "numpy", forbidden=("math.tanh", "cmath.tanh"))
    assert error_type(said) == "ForbiddenOperation", said
    assert run_once(strong, "import math\nmath.exp(0.5)", "numpy", forbidden=("math.tanh",))["status"] == "ok"


def test_other_numpy_functions_work(strong: Pool) -> None:
    source = (
        "import numpy as np\na = np.arange(12.).reshape(3, 4)\nnp.dot(a, a.T); np.tensordot(a, a); np.pad(a, 1); np.lib.stride_tricks."
        "as_strided(a, (2, 2), a.strides); np.linalg.svd(a); np.fft.fft(a); np.matmul(a, a.T); np.vdot(a, a)"
    )
    assert run_once(strong, source, "numpy", forbidden=NUMPY)["status"] == "ok"


def test_sets_of_forbidden_operations_do_not_mix(strong: Pool) -> None:
    source = SET_UP + "F.conv2d(x, w)"
    assert error_type(run_once(strong, source, "torch", forbidden=("*conv*",))) == "ForbiddenOperation"
    assert run_once(strong, source, "torch")["status"] == "ok"
    assert run_once(strong, source, "torch", forbidden=("*max_pool*",))["status"] == "ok"
