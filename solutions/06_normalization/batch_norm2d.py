"""batch_norm2d: statistics per channel, and what is remembered of them."""

import torch

from grader.author import Case, PerStep, chaff, mistake, wheat


def batch_norm2d(input, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    if training:
        # One mean and one variance per channel, over every position of every image. The deviations from the mean are
        # squared, rather than E[x^2] - mean^2 taken: that difference of large numbers loses all digits far from zero.
        mean = input.mean(dim=(0, 2, 3))
        var = input.sub(mean[:, None, None]).square().mean(dim=(0, 2, 3))
        count = input.numel() // input.shape[1]
        # The running values are memory, not part of this step's graph.
        with torch.no_grad():
            running_mean += momentum * (mean - running_mean)
            running_var += momentum * (var * count / (count - 1) - running_var)
    else:
        mean, var = running_mean, running_var
    scale = weight / torch.sqrt(var + eps)
    return (input - mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]


@wheat("torch.var_mean, biased for the output and unbiased for the memory, and lerp for the update")
def batch_norm2d_var_mean(input, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    mean, var = running_mean, running_var
    if training:
        var, mean = torch.var_mean(input, dim=(0, 2, 3), correction=0)
        unbiased = input.detach().var(dim=(0, 2, 3))
        running_mean.lerp_(mean.detach(), momentum)
        running_var.lerp_(unbiased, momentum)
    shape = (1, -1, 1, 1)
    normalized = (input - mean.reshape(shape)) * torch.rsqrt(var.reshape(shape) + eps)
    return normalized * weight.reshape(shape) + bias.reshape(shape)


@wheat("channel by channel, on flattened copies")
def batch_norm2d_loop(input, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    planes = []
    for c in range(input.shape[1]):
        values = input[:, c].reshape(-1)
        mean, var = running_mean[c].clone(), running_var[c].clone()
        if training:
            m = len(values)
            mean = values.sum() / m
            var = ((values - mean) ** 2).sum() / m
            running_mean[c] = (1 - momentum) * running_mean[c] + momentum * mean.detach()
            running_var[c] = (1 - momentum) * running_var[c] + momentum * var.detach() * m / (m - 1)
        plane = weight[c] * (input[:, c] - mean) / (var + eps) ** 0.5 + bias[c]
        planes.append(plane)
    return torch.stack(planes, dim=1)


@wheat("one matrix with a row per channel, in float64 inside; running values by copy_")
def batch_norm2d_rows(input, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    n, c, h, w = input.shape
    rows = input.double().transpose(0, 1).reshape(c, -1)
    if training:
        mean = rows.mean(1)
        centred = rows - mean[:, None]
        var = torch.einsum("cm,cm->c", centred, centred) / rows.shape[1]
        unbiased = var.detach() * (rows.shape[1] / (rows.shape[1] - 1))
        running_mean.copy_((1 - momentum) * running_mean.double() + momentum * mean.detach())
        running_var.copy_((1 - momentum) * running_var.double() + momentum * unbiased)
    else:
        mean, var = running_mean.double(), running_var.double()
    # y = a x + b with one a and one b per channel, as inference engines fold it into the convolution before.
    a = weight.double() / (var + eps).sqrt()
    b = bias.double() - a * mean
    return (a[:, None] * rows + b[:, None]).reshape(c, n, h, w).transpose(0, 1).to(input.dtype)


class Normalize(torch.autograd.Function):
    """Rows of shape (C, m) brought to mean 0 and variance 1, with the derivative written by hand."""

    @staticmethod
    def forward(ctx, rows, eps):
        mean = rows.mean(1, keepdim=True)
        std = ((rows - mean).square().mean(1, keepdim=True) + eps).sqrt()
        normalized = (rows - mean) / std
        ctx.save_for_backward(normalized, std)
        return normalized

    @staticmethod
    def backward(ctx, grad):
        normalized, std = ctx.saved_tensors
        along = normalized * (grad * normalized).mean(1, keepdim=True)
        return (grad - grad.mean(1, keepdim=True) - along) / std, None


@wheat("an autograd function of its own, with the backward pass derived by hand")
def batch_norm2d_function(input, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    rows = input.movedim(1, 0).flatten(1)
    if training:
        normalized = Normalize.apply(rows, eps)
        var, mean = torch.var_mean(rows.detach(), dim=1)
        for memory, new in ((running_mean, mean), (running_var, var)):
            memory.mul_(1 - momentum).add_(new, alpha=momentum)
    else:
        normalized = (rows - running_mean[:, None]) / (running_var[:, None] + eps).sqrt()
    output = torch.addcmul(bias[:, None], normalized, weight[:, None])
    return output.unflatten(1, (input.shape[0], *input.shape[2:])).movedim(0, 1)


# ------------------------------------------------------------------------------------------------------------ chaffs

unbiased_in_output = mistake(
    "scale = weight / torch.sqrt(var + eps)",
    "scale = weight / torch.sqrt((var * count / (count - 1) if training else var) + eps)",
    lesson="The batch is normalised with the unbiased variance (divided by m - 1, as var() does unless told otherwise). "
    "The output uses the biased one.",
)

biased_in_memory = mistake(
    "var * count / (count - 1) - running_var",
    "var - running_var",
    lesson="The running variance is fed with the biased variance. It estimates the variance of all data, so it takes the "
    "unbiased one.",
)

eps_outside_root = mistake(
    "torch.sqrt(var + eps)",
    "(torch.sqrt(var) + eps)",
    lesson="eps is added to the standard deviation, outside the root. It belongs to the variance.",
)

eps_left_out = mistake(
    "torch.sqrt(var + eps)",
    "torch.sqrt(var)",
    lesson="eps has no effect. A channel whose values are all alike has variance 0, and eps is what keeps the division finite.",
)

eps_fixed = mistake(
    "torch.sqrt(var + eps)",
    "torch.sqrt(var + 1e-5)",
    lesson="eps is always 10^-5, whatever the caller asks for.",
)

divided_by_variance = mistake(
    "torch.sqrt(var + eps)",
    "(var + eps)",
    lesson="You divide by the variance. Its root, the standard deviation, has the units of the values.",
)

momentum_fixed = mistake(
    "running_mean += momentum * (mean - running_mean)",
    "running_mean += 0.1 * (mean - running_mean)",
    "running_var += momentum * (",
    "running_var += 0.1 * (",
    lesson="The momentum is always 0.1, whatever the caller asks for.",
)

momentum_reversed = mistake(
    "running_mean += momentum * (mean - running_mean)",
    "running_mean += (1 - momentum) * (mean - running_mean)",
    "running_var += momentum * (",
    "running_var += (1 - momentum) * (",
    lesson="The roles of old and new are exchanged: here momentum is the share of the new value, the opposite of an optimizer's.",
)

updates_in_eval = mistake(
    "    else:\n        mean, var = running_mean, running_var\n",
    "    else:\n        mean, var = running_mean.clone(), running_var.clone()\n"
    "        with torch.no_grad():\n"
    "            running_mean += momentum * (input.mean(dim=(0, 2, 3)) - running_mean)\n"
    "            running_var += momentum * (input.var(dim=(0, 2, 3)) - running_var)\n",
    lesson="Evaluation changes the running values. Looking at test images must not change the model.",
)

batch_statistics_in_eval = mistake(
    "        mean, var = running_mean, running_var\n",
    "        mean, var = input.mean(dim=(0, 2, 3)), input.var(dim=(0, 2, 3), unbiased=False)\n",
    lesson="Evaluation uses the batch's own statistics, so an image's result depends on its neighbours, and a batch of one "
    "image of one pixel would be all zeros.",
)

running_statistics_in_training = mistake(
    "    scale = weight",
    "    if training:\n        mean, var = running_mean, running_var\n    scale = weight",
    lesson="Training normalises with the running values. They lag behind; in training the batch's own are used.",
)

never_updated = mistake(
    "running_mean += momentum * (mean - running_mean)",
    "running_mean = running_mean + momentum * (mean - running_mean)",
    "running_var += momentum * (var * count / (count - 1) - running_var)",
    "running_var = running_var + momentum * (var * count / (count - 1) - running_var)",
    lesson="The caller's running values never change: your new ones are bound to local names. Write into the tensors you were given.",
)

memory_of_deviation = mistake(
    "var * count / (count - 1) - running_var",
    "(var * count / (count - 1)).sqrt() - running_var",
    lesson="The running variance is fed with the standard deviation.",
)

memory_not_averaged = mistake(
    "running_mean += momentum * (mean - running_mean)",
    "running_mean.copy_(mean)",
    "running_var += momentum * (var * count / (count - 1) - running_var)",
    "running_var.copy_(var * count / (count - 1))",
    lesson="The running values forget the past: they become the last batch's. They are a moving average.",
)

only_mean_remembered = mistake(
    "            running_var += momentum * (var * count / (count - 1) - running_var)\n",
    "",
    lesson="The running variance is never updated.",
)

memory_in_graph = mistake(
    "with torch.no_grad():",
    "if True:",
    lesson="The running values hold on to the graph of every batch they have seen, so memory grows with each step.",
)

mean_detached = mistake(
    "mean = input.mean(dim=(0, 2, 3))",
    "mean = input.detach().mean(dim=(0, 2, 3))",
    lesson="The values are right, but the mean is treated as a constant: it depends on the input, and the gradient has to say so.",
)

variance_detached = mistake(
    "square().mean(dim=(0, 2, 3))",
    "square().mean(dim=(0, 2, 3)).detach()",
    lesson="The values are right, but the variance is treated as a constant: it depends on the input, and the gradient has to say so.",
)

statistics_detached = mistake(
    "mean = input.mean(dim=(0, 2, 3))",
    "mean = input.detach().mean(dim=(0, 2, 3))",
    "square().mean(dim=(0, 2, 3))",
    "square().mean(dim=(0, 2, 3)).detach()",
    lesson="The values are right, but the batch's statistics are treated as constants, as if computed under no_grad().",
)

weight_detached = mistake(
    "scale = weight / ",
    "scale = weight.detach() / ",
    lesson="The scale can never learn: .data or detach() cuts the weight off from the graph.",
)

instance_norm = mistake(
    "mean = input.mean(dim=(0, 2, 3))",
    "mean = input.mean(dim=(2, 3), keepdim=True).mean(0).flatten()\n"
    "        own = input.mean(dim=(2, 3), keepdim=True)\n"
    "        input = (input - own) / (input.var(dim=(2, 3), unbiased=False, keepdim=True) + eps).sqrt()",
    lesson="Each image is normalised by itself: that is instance norm. The statistics of a channel are shared by the whole batch.",
)

layer_norm = mistake(
    "mean = input.mean(dim=(0, 2, 3))",
    "mean = input.mean().expand(input.shape[1])",
    lesson="One mean is used for all channels. Each channel has statistics of its own.",
)

scale_left_out = mistake(
    "scale = weight / torch.sqrt(var + eps)",
    "scale = 1 / torch.sqrt(var + eps) + 0 * weight",
    lesson="The weight has no effect: after normalising, each channel is multiplied by its own scale.",
)

shift_left_out = mistake(
    "* scale[:, None, None] + bias[:, None, None]",
    "* scale[:, None, None]",
    lesson="The bias never reaches the output.",
)

shift_before_scale = mistake(
    "    scale = weight / torch.sqrt(var + eps)\n"
    "    return (input - mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]",
    "    scale = 1 / torch.sqrt(var + eps)\n"
    "    normalized = (input - mean[:, None, None]) * scale[:, None, None]\n"
    "    return (normalized + bias[:, None, None]) * weight[:, None, None]",
    lesson="The shift is added before the scale, and so gets scaled itself.",
)

difference_of_squares = mistake(
    "var = input.sub(mean[:, None, None]).square().mean(dim=(0, 2, 3))",
    "var = input.square().mean(dim=(0, 2, 3)) - mean.square()",
    lesson="E[x^2] - E[x]^2 subtracts two large, nearly equal numbers. Far from zero nothing is left of the variance.",
)

in_place = mistake(
    "return (input - mean[:, None, None]) *",
    "input.data -= mean.detach()[:, None, None]\n    return input *",
    lesson="The caller's input is changed. Work on a copy: a shortcut may need it again.",
)

forced_float32 = mistake(
    "    if training:\n",
    "    input = input.float()\n    if training:\n",
    lesson="Everything is turned into float32. The result has the input's dtype, whatever that is.",
)

gradient_halved = mistake(
    "    return (input - mean",
    "    input = input * 0.5 + input.detach() * 0.5\n    return (input - mean",
    lesson="The values are right and part of the gradient of the input is lost: half of it is detached on the way.",
)

counts_images_only = mistake(
    "count = input.numel() // input.shape[1]",
    "count = input.shape[0]",
    lesson="m is taken as the number of images. Every position counts: m = N*H*W.",
)

norms_eval_twice = mistake(
    "mean, var = running_mean, running_var",
    "mean, var = running_mean, running_var * (input.numel() // input.shape[1]) / (input.numel() // input.shape[1] - 1)",
    lesson="The running variance is made unbiased once more in evaluation. It already is.",
)


@chaff(
    "In training the channels are normalised, but their order is reversed where scale and shift are applied."
)
def reversed_channels(input, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    return batch_norm2d(
        input, weight.flip(0), bias.flip(0), running_mean, running_var, training, momentum, eps
    )


eps_remembered = mistake(
    "(var * count / (count - 1) - running_var)",
    "((var + eps) * count / (count - 1) - running_var)",
    lesson="eps gets into the running variance. It is there for the division alone, and would be added once more in evaluation.",
)

spread_about_memory = mistake(
    "(var * count / (count - 1) - running_var)",
    "(input.sub(running_mean[:, None, None]).square().sum(dim=(0, 2, 3)) / (count - 1) - running_var)",
    lesson="The running variance measures the spread about the running mean. A batch's variance is about its own mean.",
)

bias_detached = mistake(
    "+ bias[:, None, None]",
    "+ bias.detach()[:, None, None]",
    lesson="The shift can never learn: .data or detach() cuts the bias off from the graph.",
)

evaluation_detached = mistake(
    "    return (input - mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]",
    "    output = (input - mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]\n"
    "    return output if training else output.detach()",
    lesson="In evaluation no gradient flows. Fine-tuning with frozen statistics, or asking what a trained network looks at, needs it.",
)

statistics_per_position = mistake(
    "mean = input.mean(dim=(0, 2, 3))",
    "own = input.mean(dim=0, keepdim=True)\n"
    "        input = (input - own) / (input.var(dim=0, unbiased=False, keepdim=True) + eps).sqrt()\n"
    "        mean = input.mean(dim=(0, 2, 3))",
    lesson="Every position is normalised by itself over the batch. A channel has one mean and one variance for all its positions.",
)

eps_as_floor = mistake(
    "torch.sqrt(var + eps)",
    "torch.sqrt(var.clamp(min=eps))",
    lesson="eps is used as a lower bound of the variance. It is added, whatever the variance is.",
)

one_image_as_evaluation = mistake(
    "    if training:\n",
    "    if training and len(input) > 1:\n",
    lesson="A batch of one image is treated as in evaluation. It has N*H*W values like any other: mean and variance are its own.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {
    "training": 3,
    "evaluation": 2,
    "momentum_and_eps": 2,
    "several_steps": 1,
    "far_from_zero": 1,
    "gradients": 3,
}
MUTATES = ("running_mean", "running_var")


def layer(draw, input, training, **options):
    channels = input.shape[1]
    return dict(
        input=input,
        weight=draw.normal(channels),
        bias=draw.normal(channels),
        running_mean=draw.normal(channels),
        running_var=draw.uniform(channels, low=0.5, high=2.0),
        training=training,
        **options,
    )


def cases(draw):
    whole = dict(
        weight=draw.integers(1, low=1, high=3),
        bias=draw.integers(1),
        running_mean=draw.integers(1),
        running_var=draw.integers(1, low=1, high=4),
    )
    values = draw.distinct(1, 1, 2, 2, spacing=1.0)
    yield Case("training", dict(input=values, **whole, training=True))
    yield Case("training", layer(draw, draw.normal(2, 2, 1, 3), True))
    yield Case("training", layer(draw, draw.normal(3, 4, 5, 2, scale=2.0, shift=1.5), True))

    yield Case("evaluation", dict(input=values, **whole, training=False))
    yield Case("evaluation", layer(draw, draw.normal(2, 3, 3, 2), False))
    yield Case("evaluation", layer(draw, draw.normal(1, 5, 1, 1), False, eps=0.1))

    yield Case("momentum_and_eps", layer(draw, draw.normal(2, 2, 2, 3), True, momentum=0.3, eps=0.5))
    yield Case("momentum_and_eps", layer(draw, draw.normal(2, 3, 3, 2, scale=1e-3), True, momentum=0.75))
    yield Case("momentum_and_eps", layer(draw, draw.normal(3, 2, 2, 4), True, momentum=1.0, eps=1e-3))

    steps = layer(draw, draw.normal(2, 3, 2, 3), True)
    steps["input"] = PerStep([draw.normal(2, 3, 2, 3, shift=step) for step in range(3)])
    yield Case("several_steps", steps, steps=3)

    yield Case("far_from_zero", layer(draw, draw.normal(2, 2, 4, 5, shift=1000.0), True))
