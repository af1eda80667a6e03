"""conv2d_backward: offset by offset, as the forward pass; checked against loops, im2col, windows and dilation."""

import numpy as np

from grader.author import Case, chaff, mistake, wheat


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def conv2d_backward(grad_output, input, weight, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    height, width = input.shape[2:]
    kh, kw = weight.shape[2:]
    out_height, out_width = grad_output.shape[2:]
    padded = np.pad(input, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    grad_padded, grad_weight = np.zeros_like(padded), np.zeros_like(weight)
    # For a fixed offset (i, j) the weight meets one strided slice of the image: the same slice gives the weight's
    # gradient and receives the image's.
    for i in range(kh):
        for j in range(kw):
            rows = slice(i, i + sh * (out_height - 1) + 1, sh)
            columns = slice(j, j + sw * (out_width - 1) + 1, sw)
            grad_weight[:, :, i, j] = np.einsum("nohw,nchw->oc", grad_output, padded[:, :, rows, columns])
            grad_padded[:, :, rows, columns] += np.einsum("nohw,oc->nchw", grad_output, weight[:, :, i, j])
    # The border is no part of the input: what arrives there is dropped.
    grad_input = grad_padded[:, :, ph : ph + height, pw : pw + width]
    return grad_input, grad_weight, grad_output.sum(axis=(0, 2, 3))


@wheat("the definition: every window of every image hands its share to what it met")
def conv2d_backward_loops(grad_output, input, weight, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    batch, channels, height, width = input.shape
    out_channels, _, kh, kw = weight.shape
    padded = np.zeros((batch, channels, height + 2 * ph, width + 2 * pw), input.dtype)
    padded[:, :, ph : ph + height, pw : pw + width] = input
    grad_padded, grad_weight = np.zeros(padded.shape, input.dtype), np.zeros(weight.shape, input.dtype)
    grad_bias = np.zeros(out_channels, input.dtype)
    for n, o, y, x in np.ndindex(*grad_output.shape):
        gradient = grad_output[n, o, y, x]
        window = (n, slice(None), slice(y * sh, y * sh + kh), slice(x * sw, x * sw + kw))
        grad_padded[window] += gradient * weight[o]
        grad_weight[o] += gradient * padded[window]
        grad_bias[o] += gradient
    return grad_padded[:, :, ph : ph + height, pw : pw + width], grad_weight, grad_bias


@wheat("im2col: the transposed matrix products, and windows added back to their places with add.at")
def conv2d_backward_im2col(grad_output, input, weight, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    batch, channels, height, width = input.shape
    out_channels, _, kh, kw = weight.shape
    out_height, out_width = grad_output.shape[2:]
    padded = np.pad(input, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    rows = (np.arange(kh)[:, None] + sh * np.arange(out_height))[:, None, :, None]
    columns = (np.arange(kw)[:, None] + sw * np.arange(out_width))[None, :, None, :]
    windows = padded[:, :, rows, columns].reshape(batch, channels * kh * kw, -1)
    flat = grad_output.reshape(batch, out_channels, -1)
    grad_weight = (flat @ windows.transpose(0, 2, 1)).sum(0).reshape(weight.shape)
    grad_windows = weight.reshape(out_channels, -1).T @ flat
    grad_padded = np.zeros_like(padded)
    shape = (batch, channels, kh, kw, out_height, out_width)
    np.add.at(grad_padded, (slice(None), slice(None), rows, columns), grad_windows.reshape(shape))
    return grad_padded[:, :, ph : ph + height, pw : pw + width], grad_weight, flat.sum(axis=(0, 2))


@wheat(
    "the input's gradient as a full correlation of the spread gradient with the flipped kernel, in float64 inside"
)
def conv2d_backward_flipped(grad_output, input, weight, stride=1, padding=0):
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    height, width = input.shape[2:]
    kh, kw = weight.shape[2:]
    gradient = grad_output.astype(np.float64)
    padded = np.pad(input, ((0, 0), (0, 0), (ph, ph), (pw, pw))).astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]
    grad_weight = np.einsum("nohw,nchwij->ocij", gradient, windows)
    spread = np.zeros(
        (*gradient.shape[:2], padded.shape[2] + kh - 1, padded.shape[3] + kw - 1)
    )  # zeros between the gradients, and a border of kernel size less one
    last = (kh - 1 + sh * gradient.shape[2], kw - 1 + sw * gradient.shape[3])
    spread[:, :, kh - 1 : last[0] : sh, kw - 1 : last[1] : sw] = gradient
    views = np.lib.stride_tricks.sliding_window_view(spread, (kh, kw), axis=(2, 3))
    grad_padded = np.einsum("nohwij,ocij->nchw", views, weight[:, :, ::-1, ::-1])
    grad_input = grad_padded[:, :, ph : ph + height, pw : pw + width]
    return tuple(g.astype(input.dtype) for g in (grad_input, grad_weight, gradient.sum((0, 2, 3))))


# ------------------------------------------------------------------------------------------------------------ chaffs

flipped_for_the_input = mistake(
    "grad_output, weight[:, :, i, j])",
    "grad_output, weight[:, :, kh - 1 - i, kw - 1 - j])",
    lesson="The kernel is flipped once too often in grad_input. Each output hands its gradient back through the very weights it "
    "was made with.",
)

flipped_weight_gradient = mistake(
    "grad_weight[:, :, i, j] =",
    "grad_weight[:, :, kh - 1 - i, kw - 1 - j] =",
    lesson="grad_weight is flipped. Element (i, j) of it belongs to weight element (i, j), which met the slice from (i, j) on.",
)

overlaps_overwritten = mistake(
    "grad_padded[:, :, rows, columns] +=",
    "grad_padded[:, :, rows, columns] =",
    lesson="Where windows overlap, a later contribution overwrites earlier ones. Contributions add up.",
)

stride_ignored = mistake(
    "(sh, sw), (ph, pw) = pair(stride), pair(padding)",
    "(sh, sw), (ph, pw) = (1, 1), pair(padding)",
    lesson="The stride has no effect. Output (y, x) looked at the window that starts at (y*sh, x*sw).",
)

stride_swapped = mistake(
    "(sh, sw), (ph, pw) = pair(stride), pair(padding)",
    "(sw, sh), (ph, pw) = pair(stride), pair(padding)",
    lesson="Vertical and horizontal stride are exchanged: a pair is (vertical, horizontal).",
)

border_kept = mistake(
    "grad_padded[:, :, ph : ph + height, pw : pw + width]",
    "grad_padded",
    lesson="grad_input still has its border. It has the input's shape: the padding was no part of the input.",
)

border_cut_at_the_end = mistake(
    "grad_padded[:, :, ph : ph + height, pw : pw + width]",
    "grad_padded[:, :, :height, :width]",
    lesson="The border is cut off at the bottom and right only, so grad_input is shifted.",
)

negative_slices = mistake(
    "grad_padded[:, :, ph : ph + height, pw : pw + width]",
    "grad_padded[:, :, ph:-ph, pw:-pw]",
    lesson="A slice that ends at -padding is empty when the padding is 0, for -0 is the start. Count its end from the start.",
)

padding_ignored = mistake(
    "padded = np.pad(input, ((0, 0), (0, 0), (ph, ph), (pw, pw)))",
    "padded = np.pad(input, ((0, 0), (0, 0), (0, 2 * ph), (0, 2 * pw)))",
    "grad_padded[:, :, ph : ph + height, pw : pw + width]",
    "grad_padded[:, :, :height, :width]",
    lesson="The padding has no effect: the windows are placed as if the image began at the border's corner.",
)

weights_from_unpadded = mistake(
    "padded[:, :, rows, columns])",
    "np.pad(input, ((0, 0), (0, 0), (0, 2 * ph), (0, 2 * pw)))[:, :, rows, columns])",
    lesson="grad_weight is computed from the image without its border in front. The weights met padded pixels.",
)

batch_averaged = mistake(
    "return grad_input, grad_weight, grad_output.sum(axis=(0, 2, 3))",
    "return grad_input, grad_weight / len(input), grad_output.sum(axis=(0, 2, 3)) / len(input)",
    lesson="The parameters' gradients are averaged over the batch. If the loss is a mean, grad_output has the 1/N in it already.",
)

bias_mean = mistake(
    "grad_output.sum(axis=(0, 2, 3))",
    "grad_output.mean(axis=(0, 2, 3))",
    lesson="grad_bias is a mean. The bias entered every output value once, and all their gradients add up.",
)

bias_per_image = mistake(
    "grad_output.sum(axis=(0, 2, 3))",
    "grad_output.sum(axis=(2, 3))",
    lesson="grad_bias has a row for every image. The same bias served them all, so the batch is summed over too.",
)

bias_over_channels = mistake(
    "grad_output.sum(axis=(0, 2, 3))",
    "grad_output.sum(axis=(0, 1, 2))",
    lesson="grad_bias is summed over the output channels. Every channel has a bias of its own.",
)

first_image_only = mistake(
    '"nohw,nchw->oc", grad_output, padded[:, :, rows, columns]',
    '"nohw,nchw->oc", grad_output[:1], padded[:1, :, rows, columns]',
    lesson="grad_weight knows only the first image. The same weights met every image of the batch.",
)

results_exchanged = mistake(
    "return grad_input, grad_weight,",
    "return grad_weight, grad_input,",
    lesson="The results come in the wrong order: first the input's gradient, then the weight's, then the bias's.",
)

square_kernel_only = mistake(
    "kh, kw = weight.shape[2:]",
    "kh = kw = weight.shape[2]",
    lesson="You use the kernel's height for both of its sizes. Kernels need not be square.",
)

gradient_of_the_output = mistake(
    '"nohw,nchw->oc", grad_output, padded',
    '"nohw,nchw->oc", np.ones_like(grad_output), padded',
    lesson="grad_weight does not depend on grad_output: this is the gradient of the sum of the outputs. The chain rule multiplies "
    "by what comes from above.",
)

forced_float64 = mistake(
    "grad_padded, grad_weight = np.zeros_like(padded), np.zeros_like(weight)",
    "grad_padded, grad_weight = np.zeros(padded.shape), np.zeros(weight.shape)",
    lesson="np.zeros makes float64 unless told otherwise. The gradients have the input's dtype.",
)

input_changed = mistake(
    "    return grad_input,",
    "    input *= 0.5\n    return grad_input,",
    lesson="The caller's arrays are changed. An argument belongs to the caller: write to a new array.",
)


@chaff(
    "The results are rounded to a few decimals, which leaves nothing of small gradients. Rounding is for printing."
)
def rounded_results(grad_output, input, weight, stride=1, padding=0):
    return tuple(
        np.round(gradient, 3) for gradient in conv2d_backward(grad_output, input, weight, stride, padding)
    )


# Written after the cases were fixed.

channels_exchanged = mistake(
    '"nohw,oc->nchw", grad_output, weight[:, :, i, j]',
    '"nohw,co->nchw", grad_output, np.resize(weight[:, :, i, j], weight.shape[1::-1])',
    lesson="In grad_input the weight's two channel axes are exchanged. weight[o, c] leads from input channel c to output channel o.",
)

crop_swapped = mistake(
    "grad_padded[:, :, ph : ph + height, pw : pw + width]",
    "grad_padded[:, :, pw : pw + height, ph : ph + width]",
    lesson="The vertical and horizontal padding are exchanged when the border is cut off.",
)

padded_once = mistake(
    "((0, 0), (0, 0), (ph, ph), (pw, pw))",
    "((0, 0), (0, 0), (ph, ph + sh), (pw, pw + sw))",
    "columns = slice(j, j + sw * (out_width - 1) + 1, sw)",
    "columns = slice(j + 1, j + 1 + sw * (out_width - 1) + 1, sw)",
    lesson="The windows are shifted by one column. Window x starts at x * stride, counted from the border's first column.",
)

unit_gradient_to_the_input = mistake(
    '"nohw,oc->nchw", grad_output, weight',
    '"nohw,oc->nchw", np.sign(grad_output), weight',
    lesson="grad_input keeps only the sign of grad_output. The chain rule multiplies by all of it.",
)

gradient_halved = mistake(
    "    return grad_input,",
    "    grad_input = grad_input / 2\n    return grad_input,",
    lesson="grad_input is half of what it should be. The output is linear in the input: no factor arises.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"small": 1, "batch_and_channels": 2, "stride": 2, "padding": 2}


def cases(draw):
    def case(check, batch, channels, outputs, size, kernel, stride=None, padding=None, whole=False):
        make = draw.integers if whole else draw.normal
        (sh, sw), (ph, pw) = pair(stride or 1), pair(padding or 0)
        out = ((size[0] + 2 * ph - kernel[0]) // sh + 1, (size[1] + 2 * pw - kernel[1]) // sw + 1)
        options = {k: v for k, v in (("stride", stride), ("padding", padding)) if v is not None}
        return Case(
            check,
            dict(
                grad_output=make(batch, outputs, *out),
                input=make(batch, channels, *size),
                weight=make(outputs, channels, *kernel),
                **options,
            ),
        )

    yield case("small", 1, 1, 1, (1, 3), (1, 2), whole=True)
    yield case("small", 1, 1, 1, (3, 3), (2, 2), whole=True)
    yield case("small", 1, 1, 1, (4, 5), (3, 2))

    yield case("batch_and_channels", 2, 1, 1, (3, 2), (2, 1), whole=True)
    yield case("batch_and_channels", 1, 2, 3, (3, 4), (2, 2))
    yield case("batch_and_channels", 3, 2, 4, (5, 4), (2, 3))
    yield case("batch_and_channels", 2, 4, 3, (4, 6), (3, 2))

    yield case("stride", 1, 1, 1, (4, 4), (2, 2), stride=2, whole=True)
    yield case("stride", 2, 2, 3, (6, 5), (3, 2), stride=(2, 1))
    yield case("stride", 2, 3, 2, (7, 8), (2, 3), stride=(3, 2))  # some pixels are never reached
    yield case("stride", 2, 2, 3, (6, 9), (2, 1), stride=(1, 4))

    yield case("padding", 1, 1, 1, (2, 2), (2, 2), padding=1, whole=True)
    yield case("padding", 2, 2, 3, (4, 3), (3, 3), padding=(1, 2))
    yield case("padding", 2, 3, 2, (5, 4), (3, 2), padding=(2, 0))
    yield case("padding", 2, 2, 3, (6, 5), (3, 4), stride=(2, 3), padding=(1, 2))
