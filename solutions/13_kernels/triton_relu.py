"""triton_relu: one program a block, masked at the end; checked against selection and programs that stride."""

import torch
import triton
import triton.language as tl

from grader.author import Case, mistake, wheat


@triton.jit
def relu_kernel(input, output, count, BLOCK: tl.constexpr):
    places = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    real = places < count
    values = tl.load(input + places, mask=real, other=0.0)
    tl.store(output + places, tl.maximum(values, 0.0), mask=real)


def triton_relu(input):
    # The kernel walks along memory, so the values must lie there in order.
    flat = input.contiguous()
    output = torch.zeros_like(flat)
    count = flat.numel()
    relu_kernel[(triton.cdiv(count, 256),)](flat, output, count, BLOCK=256)
    return output


@triton.jit
def select_kernel(input, output, count, BLOCK: tl.constexpr):
    places = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    values = tl.load(input + places, mask=places < count, other=-1.0)
    tl.store(output + places, tl.where(values > 0, values, 0.0), mask=places < count)


@wheat("by selection, into memory that nobody has cleared")
def relu_by_selection(input):
    flat = input.contiguous()
    output = torch.empty_like(flat)
    select_kernel[(triton.cdiv(flat.numel(), 64),)](flat, output, flat.numel(), BLOCK=64)
    return output


@triton.jit
def striding_kernel(input, output, count, step, BLOCK: tl.constexpr):
    for start in range(tl.program_id(0) * BLOCK, count, step):
        places = start + tl.arange(0, BLOCK)
        values = tl.load(input + places, mask=places < count, other=0.0)
        tl.store(output + places, (values + tl.abs(values)) * 0.5, mask=places < count)


@wheat("three programs that walk through all blocks; half the sum of a number and its magnitude")
def relu_striding(input):
    flat = input.contiguous().reshape(-1)
    output = torch.empty_like(flat)
    striding_kernel[(3,)](flat, output, flat.numel(), 3 * 128, BLOCK=128)
    return output.reshape(input.shape)


# ------------------------------------------------------------------------------------------------------------ chaffs

leaky = mistake(
    "tl.maximum(values, 0.0)",
    "tl.maximum(values, 0.01 * values)",
    lesson="A small slope on the negative side is leaky ReLU's. ReLU lets nothing negative through.",
)

magnitude = mistake(
    "tl.maximum(values, 0.0)",
    "tl.abs(values)",
    lesson="Negative values become positive. They become 0.",
)

wrong_side = mistake(
    "tl.maximum(values, 0.0)",
    "tl.minimum(values, 0.0)",
    lesson="The negative side is kept. ReLU keeps the positive one.",
)

capped = mistake(
    "tl.maximum(values, 0.0)",
    "tl.minimum(tl.maximum(values, 0.0), 6.0)",
    lesson="Large values are cut off, as ReLU6 does. ReLU has no upper bound.",
)

one_program = mistake(
    "(triton.cdiv(count, 256),)",
    "(1,)",
    lesson="One program is started, so one block is computed. There must be enough programs for all blocks.",
)

last_block_missing = mistake(
    "triton.cdiv(count, 256)",
    "max(count // 256, 1)",
    lesson="The number of programs is rounded down, and the rest that fills no whole block is never computed. Round up: "
    "triton.cdiv does.",
)

last_value_missing = mistake(
    "real = places < count",
    "real = places < count - 1",
    lesson="The mask ends one place early. Places are counted from 0, so the real ones are those below count.",
)

program_number_forgotten = mistake(
    "tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)",
    "tl.program_id(0) + tl.arange(0, BLOCK)",
    lesson="Neighbouring programs' blocks overlap but for one place. Program p starts at p*BLOCK.",
)

forced_float32 = mistake(
    "flat = input.contiguous()",
    "flat = input.float().contiguous()",
    lesson="Everything is turned into float32. The result has the input's dtype, whatever that is.",
)

in_place = mistake(
    "output = torch.zeros_like(flat)",
    "output = flat",
    lesson="The kernel writes over the caller's input. Store into a tensor of your own.",
)

flattened = mistake(
    "    return output\n",
    "    return output.reshape(-1)\n",
    lesson="The values are right, but lie in one long row. The result has the input's shape.",
)

strides_ignored = mistake(
    "flat = input.contiguous()\n    output = torch.zeros_like(flat)",
    "flat = input\n    output = torch.zeros(input.shape, dtype=input.dtype, device=input.device)",
    lesson="A view's values do not lie in memory in its own order. The kernel counts along memory: make it contiguous first.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_block": 1, "many_blocks": 2}
SKIP_FORMS = ("bfloat16",)  # Triton's interpreter compares bfloat16 wrongly


def cases(draw):
    yield Case("one_block", dict(input=draw.integers(3)))
    yield Case("one_block", dict(input=draw.normal(2, 3, scale=8.0)))
    yield Case("many_blocks", dict(input=draw.normal(4, 5, 64)))
    yield Case("many_blocks", dict(input=draw.normal(3, 7, 131, scale=8.0)))
