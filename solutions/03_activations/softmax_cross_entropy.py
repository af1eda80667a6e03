"""softmax_cross_entropy: shift by the row's maximum, then log of the sum; checked against pairwise folds and a written gradient."""

import numpy as np
import torch

from grader.author import Case, chaff, mistake, wheat


def softmax_cross_entropy(logits, target):
    # Subtracting a row's maximum changes no probability, and afterwards exp sees nothing above 0: no overflow. The
    # maximum's own exp is 1, so the sum is at least 1 and its logarithm is finite.
    shifted = logits - logits.amax(dim=1, keepdim=True)
    log_sum = shifted.exp().sum(dim=1).log()
    # -log p[target] = log sum exp - logit of the target: no probability is ever formed.
    picked = shifted.gather(1, target.unsqueeze(1)).squeeze(1)
    return (log_sum - picked).mean()


@wheat("the log of the sum, folded class by class with logaddexp")
def cross_entropy_fold(logits, target):
    total = logits[:, 0]
    for column in logits.unbind(1)[1:]:
        total = torch.logaddexp(total, column)
    return (total - logits[torch.arange(len(target), device=target.device), target]).mean()


@wheat("a one-hot target contracted with the log-probabilities, in float64 inside")
def cross_entropy_one_hot(logits, target):
    wide = logits.double()
    wide = wide - wide.max(dim=1, keepdim=True).values
    log_p = wide - wide.exp().sum(dim=1, keepdim=True).log()
    one_hot = torch.zeros_like(wide)
    one_hot[torch.arange(len(target), device=target.device), target] = 1
    return (-torch.einsum("nc,nc->", one_hot, log_p) / len(target)).to(logits.dtype)


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(context, logits, target):
        shifted = logits - logits.max(1, keepdim=True)[0]
        exps = shifted.exp()
        sums = exps.sum(1, keepdim=True)
        context.save_for_backward(exps / sums, target)
        return (sums.log() - shifted.gather(1, target[:, None])).mean()

    @staticmethod
    def backward(context, gradient):
        p, target = context.saved_tensors
        slope = p.clone()
        slope[torch.arange(len(target)), target] -= 1
        return gradient * slope / len(target), None


@wheat("an autograd function with the written gradient, (p - onehot) / N")
def cross_entropy_function(logits, target):
    return _CrossEntropy.apply(logits, target)


@wheat("example by example")
def cross_entropy_loop(logits, target):
    losses = []
    for row, right in zip(logits, target.tolist()):
        margins = row - row[right]
        top = margins.max().detach()
        losses.append(top + (margins - top).exp().sum().log())
    return sum(losses) / len(losses)


# ------------------------------------------------------------------------------------------------------------ chaffs

not_shifted = mistake(
    "shifted = logits - logits.amax(dim=1, keepdim=True)",
    "shifted = logits",
    lesson="exp overflows for large logits and underflows for very negative ones. What can be taken off all logits of an example "
    "without changing a probability?",
)

one_shift_for_all = mistake(
    "logits.amax(dim=1, keepdim=True)",
    "logits.max()",
    lesson="The largest logit of the whole batch is taken off. An example far below it underflows to a sum of 0, whose logarithm is "
    "infinite: every example needs its own shift.",
)

logarithm_of_probability = mistake(
    "return (log_sum - picked).mean()",
    "p = picked.exp() / shifted.exp().sum(dim=1)\n    return -p.log().mean()",
    lesson="A probability that underflows to 0 has an infinite logarithm. Never form it: subtract logarithms instead.",
)

protected_logarithm = mistake(
    "return (log_sum - picked).mean()",
    "p = picked.exp() / shifted.exp().sum(dim=1)\n    return -(p + 1e-8).log().mean()",
    lesson="A small number under the logarithm avoids infinity, and caps the loss: a network that is very wrong gets no gradient.",
)

clamped_probability = mistake(
    "return (log_sum - picked).mean()",
    "p = picked.exp() / shifted.exp().sum(dim=1)\n    return -p.clamp(min=1e-12).log().mean()",
    lesson="Clamping the probability caps the loss: a network that is very wrong gets no gradient at all.",
)

summed = mistake(
    "(log_sum - picked).mean()",
    "(log_sum - picked).sum()",
    lesson="The losses are added up. With a mean the step does not grow with the batch.",
)

divided_by_classes_too = mistake(
    "(log_sum - picked).mean()",
    "(log_sum - picked).sum() / logits.numel()",
    lesson="You divide by N*C. There is one loss per example, so it is divided by N.",
)

one_per_example = mistake(
    "(log_sum - picked).mean()",
    "(log_sum - picked)",
    lesson="You return one loss per example. Asked for is their mean.",
)

sign = mistake(
    "(log_sum - picked).mean()",
    "(picked - log_sum).mean()",
    lesson="The sign is wrong: this is the log-likelihood, which training would make smaller.",
)

over_the_batch = mistake(
    "log_sum = shifted.exp().sum(dim=1).log()",
    "log_sum = shifted.exp().sum(dim=0).log().mean()",
    lesson="The sum runs over the examples. An example's probabilities add up to 1 over its classes.",
)

softmax_twice = mistake(
    "shifted = logits - logits.amax(dim=1, keepdim=True)",
    "logits = (logits - logits.amax(dim=1, keepdim=True)).exp()\n"
    "    logits = logits / logits.sum(dim=1, keepdim=True)\n"
    "    shifted = logits - logits.amax(dim=1, keepdim=True)",
    lesson="Softmax is applied twice: what goes in are logits, and probabilities are not.",
)

no_normalisation = mistake(
    "(log_sum - picked).mean()",
    "-logits.gather(1, target.unsqueeze(1)).mean()",
    lesson="The logit of the right class alone says nothing: raising all of them would be an improvement. Where is the sum over "
    "classes?",
)

probability_without_logarithm = mistake(
    "return (log_sum - picked).mean()",
    "return (1 - (picked - log_sum).exp()).mean()",
    lesson="You return how far the probability is from 1. Cross-entropy is minus its logarithm.",
)

base_two = mistake(
    "return (log_sum - picked).mean()",
    "return ((log_sum - picked) / 0.6931471805599453).mean()",
    lesson="This counts in bits, with the logarithm to base 2. The loss uses the natural one.",
)

largest_logit_as_target = mistake(
    "target.unsqueeze(1)",
    "logits.argmax(dim=1, keepdim=True)",
    lesson="The target never enters: you reward the class that the network prefers already.",
)

sigmoids = mistake(
    "return (log_sum - picked).mean()",
    "one_hot = torch.zeros_like(logits).scatter(1, target.unsqueeze(1), 1)\n"
    "    terms = logits.clamp(min=0) - logits * one_hot + torch.log1p((-logits.abs()).exp())\n"
    "    return terms.sum(dim=1).mean()",
    lesson="Each class is judged by itself, with a sigmoid. Softmax lets the classes compete: their probabilities add up to 1.",
)

detached_maximum_sum = mistake(
    "log_sum = shifted.exp().sum(dim=1).log()",
    "log_sum = shifted.exp().sum(dim=1).log().detach()",
    lesson="The value is right, but the gradient is not: the sum over classes is cut off from the graph, so the wrong classes are "
    "never pushed down.",
)

gradient_halved = mistake(
    "return (log_sum - picked).mean()",
    "loss = (log_sum - picked).mean()\n    return loss / 2 + loss.detach() / 2",
    lesson="The value is right and every gradient is half of what it should be: half of the result is detached.",
)

a_number = mistake(
    "(log_sum - picked).mean()",
    "(log_sum - picked).mean().item()",
    lesson="item() gives a plain number, cut off from the graph: backward() has nothing to start from. Return the tensor.",
)

forced_float32 = mistake(
    "(log_sum - picked).mean()",
    "(log_sum - picked).float().mean()",
    lesson="The loss is always float32. It has the logits' dtype, whatever that is.",
)

logits_shifted_in_place = mistake(
    "    picked = ",
    "    logits.data -= logits.amax(dim=1, keepdim=True).data\n    picked = ",
    lesson="The caller's logits are changed. An argument belongs to the caller: make a new tensor.",
)


@chaff("Targets are shifted by one: classes are counted from 0.")
def counted_from_one(logits, target):
    return softmax_cross_entropy(logits, (target - 1) % logits.shape[1])


# Written after the cases were fixed.

smoothed = mistake(
    "return (log_sum - picked).mean()",
    "return (log_sum - 0.9 * picked - 0.1 * shifted.mean(dim=1)).mean()",
    lesson="Part of the target goes to all classes: that is label smoothing. Here the right class gets all of it.",
)

target_left_out_of_the_sum = mistake(
    "log_sum = shifted.exp().sum(dim=1).log()",
    "log_sum = (shifted.exp().sum(dim=1) - shifted.gather(1, target.unsqueeze(1)).squeeze(1).exp() + 1e-30).log()",
    lesson="The right class is left out of the sum. It is one of the classes whose probabilities add up to 1.",
)

maximum_for_the_sum = mistake(
    "log_sum = shifted.exp().sum(dim=1).log()",
    "log_sum = shifted.amax(dim=1)",
    lesson="The largest logit stands for the logarithm of the sum. That is nearly so when one class leads by far, and not otherwise.",
)

clipped_logits = mistake(
    "shifted = logits - logits.amax(dim=1, keepdim=True)",
    "shifted = logits.clamp(-50, 50)",
    lesson="Clipping the logits avoids the overflow and caps the loss: beyond 50 it is wrong and its gradient is 0.",
)

focal = mistake(
    "return (log_sum - picked).mean()",
    "return ((1 - (picked - log_sum).exp()) * (log_sum - picked)).mean()",
    lesson="Well-classified examples are weighed down, as in the focal loss. In cross-entropy every example counts the same.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"ordinary_logits": 2, "large_logits": 2, "gradients": 2}


def cases(draw):
    def case(check, logits):
        # The first example is always wrong. Were all of them right and sure, loss and gradient would be the small
        # difference of two numbers near 1, which no float32 implementation gets to its last digits.
        target = draw.labels(logits.shape[0], classes=logits.shape[1])
        target[0] = logits[0].argmin()
        return Case(check, dict(logits=logits, target=target))

    yield case("ordinary_logits", draw.integers(1, 2))
    yield case("ordinary_logits", draw.integers(2, 3))
    yield case("ordinary_logits", draw.normal(5, 3, scale=2.0))
    yield case("ordinary_logits", draw.normal(3, 7, scale=3.0, shift=-1.0))

    rows = [[1000.0, 0.0, -1000.0], [-1000.0, -999.0, -1001.0], [999.0, 1000.0, 999.5], [0.5, -0.5, 1.0]]
    for target in ([2, 0, 0, 1], [0, 2, 1, 0]):
        yield Case("large_logits", dict(logits=np.array(rows), target=np.array(target)))
    yield case("large_logits", draw.uniform(4, 6, low=-1000.0, high=1000.0))
    offsets = np.array([[1000.0], [-1000.0], [0.0], [300.0], [-60.0]])
    yield case("large_logits", draw.normal(5, 4, scale=2.0) + offsets)
