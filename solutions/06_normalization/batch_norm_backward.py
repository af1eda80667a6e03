"""batch_norm_backward: the chain rule through values, mean and variance, collected into two means per channel."""

import numpy as np

from grader.author import Case, chaff, mistake, wheat


def batch_norm_backward(grad_output, cache):
    input, weight, eps = cache
    axes = (0, 2, 3)
    mean = input.mean(axis=axes, keepdims=True)
    std = np.sqrt(input.var(axis=axes, keepdims=True) + eps)
    normalized = (input - mean) / std
    # y = weight * normalized + bias is linear in weight and bias.
    grad_weight = (grad_output * normalized).sum(axis=axes)
    grad_bias = grad_output.sum(axis=axes)
    # With g = dL/dnormalized, the three paths from x_i to the loss add up to
    #     dL/dx_i = (g_i - mean(g) - normalized_i * mean(g * normalized)) / std:
    # the direct one, the one through the mean, and the one through the variance. It is a projection: what points
    # along a common shift of all values or along a stretch of them is taken out, since the output does not see it.
    g = grad_output * weight[:, None, None]
    through_mean = g.mean(axis=axes, keepdims=True)
    through_variance = normalized * (g * normalized).mean(axis=axes, keepdims=True)
    grad_input = (g - through_mean - through_variance) / std
    return grad_input, grad_weight, grad_bias


@wheat("the computation graph, step by step backwards, as the paper writes it")
def batch_norm_backward_steps(grad_output, cache):
    x, weight, eps = cache
    axes, m = (0, 2, 3), x.shape[0] * x.shape[2] * x.shape[3]
    scale = weight.reshape(1, -1, 1, 1)
    centred = x - x.sum(axis=axes, keepdims=True) / m
    var = (centred * centred).sum(axis=axes, keepdims=True) / m
    inverse = (var + eps) ** -0.5
    grad_normalized = grad_output * scale
    grad_var = (grad_normalized * centred * -0.5 * (var + eps) ** -1.5).sum(axis=axes, keepdims=True)
    grad_mean = -(grad_normalized * inverse).sum(axis=axes, keepdims=True)
    grad_mean = grad_mean + grad_var * (-2 * centred).sum(axis=axes, keepdims=True) / m
    grad_x = grad_normalized * inverse + grad_var * 2 * centred / m + grad_mean / m
    return grad_x, (grad_output * centred * inverse).sum(axis=axes), grad_output.sum(axis=axes)


@wheat("the m by m Jacobian of each channel, written out as a matrix")
def batch_norm_backward_jacobian(grad_output, cache):
    x, weight, eps = cache
    n, c, h, w = x.shape
    m = n * h * w
    grad_input = np.empty_like(x)
    grad_weight, grad_bias = np.empty_like(weight), np.empty_like(weight)
    for channel in range(c):
        values = x[:, channel].reshape(m).astype(np.float64)
        gradient = grad_output[:, channel].reshape(m).astype(np.float64)
        std = np.sqrt(values.var() + eps)
        hat = (values - values.mean()) / std
        jacobian = (np.eye(m) - np.full((m, m), 1 / m) - np.outer(hat, hat) / m) / std
        grad_input[:, channel] = (weight[channel] * (gradient @ jacobian)).reshape(n, h, w)
        grad_weight[channel] = hat @ gradient
        grad_bias[channel] = gradient.sum()
    return grad_input, grad_weight, grad_bias


@wheat("one row per channel, and einsum for the sums; grad_input expressed by grad_weight and grad_bias")
def batch_norm_backward_rows(grad_output, cache):
    x, weight, eps = cache
    n, c, h, w = x.shape
    rows = x.transpose(1, 0, 2, 3).reshape(c, -1)
    g = grad_output.transpose(1, 0, 2, 3).reshape(c, -1)
    m = rows.shape[1]
    centred = rows - rows.mean(1, keepdims=True)
    std = np.sqrt(np.einsum("cm,cm->c", centred, centred) / m + eps)
    hat = centred / std[:, None]
    grad_weight, grad_bias = np.einsum("cm,cm->c", g, hat), g.sum(1)
    grad = (weight / std / m)[:, None] * (m * g - grad_bias[:, None] - hat * grad_weight[:, None])
    return grad.reshape(c, n, h, w).transpose(1, 0, 2, 3), grad_weight, grad_bias


@wheat("channels last, one row per position, in extended precision inside")
def batch_norm_backward_extended(grad_output, cache):
    input, weight, eps = cache
    x = np.moveaxis(input, 1, -1).astype(np.longdouble)
    g = np.moveaxis(grad_output, 1, -1).astype(np.longdouble)
    axes = (0, 1, 2)
    centred = x - x.mean(axes)
    variance = np.square(centred).mean(axes) + eps
    grad_bias, slope = g.sum(axes), (g * centred).sum(axes)
    # The path through the variance: a centred value's share of the slope, over m times the variance.
    m = x[..., 0].size
    grad = weight / np.sqrt(variance) * (g - grad_bias / m - centred * slope / (m * variance))
    grad_weight = slope / np.sqrt(variance)
    found = (np.moveaxis(grad, -1, 1), grad_weight, grad_bias)
    return tuple(values.astype(input.dtype) for values in found)


# ------------------------------------------------------------------------------------------------------------ chaffs

mean_constant = mistake(
    "grad_input = (g - through_mean - through_variance) / std",
    "grad_input = (g - through_variance) / std",
    lesson="The mean is treated as a constant. It contains every value, so the path through it is missing.",
)

variance_constant = mistake(
    "grad_input = (g - through_mean - through_variance) / std",
    "grad_input = (g - through_mean) / std",
    lesson="The variance is treated as a constant. It contains every value, so the path through it is missing.",
)

both_constant = mistake(
    "grad_input = (g - through_mean - through_variance) / std",
    "grad_input = g / std",
    lesson="Mean and variance are both treated as constants: only the direct path is left.",
)

weight_forgotten = mistake(
    "g = grad_output * weight[:, None, None]",
    "g = grad_output",
    lesson="The weight is missing from grad_input: the chain rule passes through y = weight * normalized + bias first.",
)

sums_for_means = mistake(
    "through_mean = g.mean(",
    "through_mean = g.sum(",
    "(g * normalized).mean(",
    "(g * normalized).sum(",
    lesson="The corrections are sums where they should be means: each value has a share of 1/m in the mean and in the variance.",
)

unbiased_variance = mistake(
    "np.sqrt(input.var(axis=axes, keepdims=True) + eps)",
    "np.sqrt(input.var(axis=axes, keepdims=True, ddof=1) + eps)",
    lesson="The variance is the unbiased one, divided by m - 1. The forward pass divides by m.",
)

eps_outside_root = mistake(
    "np.sqrt(input.var(axis=axes, keepdims=True) + eps)",
    "np.sqrt(input.var(axis=axes, keepdims=True)) + eps",
    lesson="eps is added outside the root. The forward pass adds it to the variance.",
)

eps_left_out = mistake(
    "np.sqrt(input.var(axis=axes, keepdims=True) + eps)",
    "np.sqrt(input.var(axis=axes, keepdims=True))",
    lesson="eps is left out. It is part of the forward pass, and of its derivative.",
)

eps_fixed = mistake(
    "np.sqrt(input.var(axis=axes, keepdims=True) + eps)",
    "np.sqrt(input.var(axis=axes, keepdims=True) + 1e-5)",
    lesson="eps is always 10^-5. The cache says which one the forward pass used.",
)

divided_by_variance = mistake(
    "grad_input = (g - through_mean - through_variance) / std",
    "grad_input = (g - through_mean - through_variance) / std**2",
    lesson="grad_input is divided by the variance. The output is in units of the standard deviation.",
)

not_divided = mistake(
    "grad_input = (g - through_mean - through_variance) / std",
    "grad_input = g - through_mean - through_variance",
    lesson="grad_input lacks the factor 1 / std of the normalisation.",
)

weight_from_input = mistake(
    "grad_weight = (grad_output * normalized)",
    "grad_weight = (grad_output * input)",
    lesson="The weight multiplies the normalised values, not the input: its gradient contains the former.",
)

weight_from_centred = mistake(
    "grad_weight = (grad_output * normalized)",
    "grad_weight = (grad_output * (input - mean))",
    lesson="The weight multiplies values that are centred and divided by std; your grad_weight has them only centred.",
)

parameters_averaged = mistake(
    "(grad_output * normalized).sum(axis=axes)",
    "(grad_output * normalized).mean(axis=axes)",
    "grad_output.sum(axis=axes)",
    "grad_output.mean(axis=axes)",
    lesson="The parameters' gradients are averaged. Every position adds its share: they are sums.",
)

parameters_per_image = mistake(
    "(grad_output * normalized).sum(axis=axes)",
    "(grad_output * normalized).sum(axis=(2, 3))",
    "grad_output.sum(axis=axes)",
    "grad_output.sum(axis=(2, 3))",
    lesson="The parameters' gradients are not summed over the batch: all images share one weight and one bias.",
)

swapped_results = mistake(
    "return grad_input, grad_weight, grad_bias",
    "return grad_input, grad_bias, grad_weight",
    lesson="grad_weight and grad_bias are returned in the wrong order.",
)

variance_path_sign = mistake(
    "g - through_mean - through_variance",
    "g - through_mean + through_variance",
    lesson="The path through the variance has the wrong sign: a larger value makes std larger and all outputs smaller.",
)

mean_path_sign = mistake(
    "g - through_mean - through_variance",
    "g + through_mean - through_variance",
    lesson="The path through the mean has the wrong sign: a larger value makes the mean larger and all outputs smaller.",
)

statistics_per_image = mistake(
    "mean = input.mean(axis=axes, keepdims=True)",
    "mean = input.mean(axis=(2, 3), keepdims=True)",
    "input.var(axis=axes, keepdims=True)",
    "input.var(axis=(2, 3), keepdims=True)",
    lesson="Each image is normalised by itself. The statistics of a channel are shared by the whole batch.",
)

corrections_per_image = mistake(
    "through_mean = g.mean(axis=axes, keepdims=True)",
    "through_mean = g.mean(axis=(2, 3), keepdims=True)",
    "(g * normalized).mean(axis=axes, keepdims=True)",
    "(g * normalized).mean(axis=(2, 3), keepdims=True)",
    lesson="The two corrections are taken for each image alone. A value moves the statistics that all images share.",
)

forced_float64 = mistake(
    "input, weight, eps = cache",
    "input, weight, eps = cache\n    input = input.astype(np.float64)",
    lesson="The result is float64 whatever came in. It has the input's dtype.",
)

in_place = mistake(
    "input, weight, eps = cache",
    "input, weight, eps = cache\n    g = grad_output",
    "g = grad_output * weight[:, None, None]",
    "g *= weight[:, None, None]",
    lesson="grad_output is changed in place. It belongs to the caller, who may pass it on along another path.",
)

half_of_variance_path = mistake(
    "through_variance = normalized *",
    "through_variance = 0.5 * normalized *",
    lesson="The path through the variance counts half. The square's 2 and the root's 1/2 cancel; one of them got lost.",
)


@chaff("The forward pass is returned in place of the gradient of the input.")
def forward_instead(grad_output, cache):
    input, weight, eps = cache
    mean, var = input.mean((0, 2, 3), keepdims=True), input.var((0, 2, 3), keepdims=True)
    rest = batch_norm_backward(grad_output, cache)
    return ((input - mean) / np.sqrt(var + eps) * weight[:, None, None], *rest[1:])


@chaff("Rows and columns keep statistics of their own: you sum over the batch alone.")
def per_position(grad_output, cache):
    input, weight, eps = cache
    std = np.sqrt(input.var(0, keepdims=True) + eps)
    normalized = (input - input.mean(0, keepdims=True)) / std
    g = grad_output * weight[:, None, None]
    grad = (g - g.mean(0) - normalized * (g * normalized).mean(0)) / std
    return grad, (grad_output * normalized).sum((0, 2, 3)), grad_output.sum((0, 2, 3))


m_without_batch = mistake(
    "through_mean = g.mean(axis=axes, keepdims=True)",
    "m = input.shape[2] * input.shape[3]\n    through_mean = g.sum(axis=axes, keepdims=True) / m",
    "(g * normalized).mean(axis=axes, keepdims=True)",
    "(g * normalized).sum(axis=axes, keepdims=True) / m",
    lesson="The corrections are divided by H*W. The images of the batch count too: m = N*H*W.",
)

weight_twice = mistake(
    "grad_weight = (grad_output * normalized).sum(axis=axes)",
    "grad_weight = (grad_output * weight[:, None, None] * normalized).sum(axis=axes)",
    lesson="grad_weight contains the weight. y is linear in it, so the derivative is what the weight is multiplied by.",
)

eps_in_one_place = mistake(
    "through_variance = normalized * (g * normalized).mean(axis=axes, keepdims=True)",
    "centred = input - mean\n"
    "    spread = (centred**2).mean(axis=axes, keepdims=True)\n"
    "    through_variance = centred * (g * centred).mean(axis=axes, keepdims=True) / spread",
    lesson="eps is left out on the path through the variance. There, too, the forward pass divides by the root of var + eps.",
)

corrections_over_channels = mistake(
    "through_mean = g.mean(axis=axes, keepdims=True)",
    "through_mean = g.mean()",
    "(g * normalized).mean(axis=axes, keepdims=True)",
    "(g * normalized).mean()",
    lesson="The two corrections are taken over all channels at once. A channel's statistics hold its own values alone.",
)

axes_kept = mistake(
    "(grad_output * normalized).sum(axis=axes)",
    "(grad_output * normalized).sum(axis=axes, keepdims=True)",
    "grad_output.sum(axis=axes)",
    "grad_output.sum(axis=axes, keepdims=True)",
    lesson="The parameters' gradients keep four axes. A gradient has the shape of what it belongs to: (C,).",
)

difference_of_squares = mistake(
    "std = np.sqrt(input.var(axis=axes, keepdims=True) + eps)",
    "std = np.sqrt((input**2).mean(axis=axes, keepdims=True) - mean**2 + eps)",
    lesson="E[x^2] - E[x]^2 subtracts two large, nearly equal numbers. Far from zero nothing is left of the variance.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_channel": 2, "batches": 2, "eps": 1, "far_from_zero": 1}


def cases(draw):
    whole = draw.distinct(1, 1, 2, 2, spacing=1.0)
    yield Case(
        "one_channel",
        dict(grad_output=draw.integers(1, 1, 2, 2), cache=(whole, draw.integers(1, low=1), 1.0)),
    )
    yield Case(
        "one_channel",
        dict(grad_output=draw.normal(1, 1, 3, 5), cache=(draw.normal(1, 1, 3, 5), draw.normal(1), 0.1)),
    )
    for size, eps in (((2, 3, 2, 3), 1e-5), ((4, 2, 3, 1), 1e-3), ((3, 4, 2, 5), 1e-5)):
        input = draw.normal(*size, scale=1.5, shift=0.75)
        yield Case("batches", dict(grad_output=draw.normal(*size), cache=(input, draw.normal(size[1]), eps)))
    yield Case(
        "eps", dict(grad_output=draw.normal(2, 2, 2, 3), cache=(draw.normal(2, 2, 2, 3), draw.normal(2), 2.0))
    )
    yield Case(
        "eps",
        dict(
            grad_output=draw.normal(2, 3, 3, 2),
            cache=(draw.normal(2, 3, 3, 2, scale=0.125), draw.normal(3), 0.01),
        ),
    )
    input = draw.normal(2, 2, 3, 4, shift=500.0)
    yield Case(
        "far_from_zero", dict(grad_output=draw.normal(2, 2, 3, 4), cache=(input, draw.normal(2), 1e-5))
    )
