"""dynamic_routing: share out, add up, squash, compare; and again."""

import torch

from grader.author import Case, chaff, mistake, wheat


def squash(s):
    # s |s| / (1 + |s|^2): the same without a division by |s|, which may be 0.
    length = torch.linalg.vector_norm(s, dim=-1, keepdim=True)
    return s * length / (1 + length.square())


def dynamic_routing(predictions, iterations=3):
    logits = predictions.new_zeros(predictions.shape[:3])
    for iteration in range(iterations):
        # Over j: what a lower capsule sends out sums to 1.
        shares = logits.softmax(dim=2)
        total = torch.einsum("nij,nijd->njd", shares, predictions)
        upper = squash(total)
        if iteration < iterations - 1:
            logits = logits + torch.einsum("nijd,njd->nij", predictions, upper)
    return upper


@wheat("broadcasting instead of einsum, all axes kept")
def dynamic_routing_broadcast(predictions, iterations=3):
    b = torch.zeros_like(predictions[..., :1])
    v = None
    for _ in range(iterations):
        if v is not None:
            b = b + (predictions * v).sum(dim=3, keepdim=True)
        c = torch.softmax(b, dim=2)
        s = (c * predictions).sum(dim=1, keepdim=True)
        length = torch.linalg.vector_norm(s, dim=-1, keepdim=True)
        v = length / (1 + length**2) * s
    return v.squeeze(1)


@wheat("the votes need not be added up: the logits are the predictions times the sum of all outcomes")
def dynamic_routing_sum(predictions, iterations=3):
    upper, summed = None, torch.zeros_like(predictions[:, 0])
    for _ in range(iterations):
        powers = torch.einsum("nijd,njd->nij", predictions, summed)
        powers = torch.exp(powers - powers.amax(dim=2, keepdim=True))
        shares = powers / powers.sum(dim=2, keepdim=True)
        upper = squash((shares[..., None] * predictions).sum(1))
        summed = summed + upper
    return upper


@wheat("image by image, recursively")
def dynamic_routing_recursive(predictions, iterations=3):
    def route(votes, logits, left):
        shares = torch.log_softmax(logits, dim=1).exp()
        upper = squash(torch.stack([shares[:, j] @ votes[:, j] for j in range(votes.shape[1])]))
        agreement = (votes * upper).sum(-1)
        return upper if left == 1 else route(votes, logits + agreement, left - 1)

    return torch.stack([route(votes, torch.zeros_like(votes[..., 0]), iterations) for votes in predictions])


@wheat("upper capsules before lower ones, matrix products, the shares in place of the logits")
def dynamic_routing_products(predictions, iterations=3):
    votes = predictions.transpose(1, 2)
    count = votes.shape[1]
    shares = torch.full_like(votes[..., 0], 1 / count)
    for iteration in range(iterations):
        upper = squash((shares[:, :, None] @ votes)[:, :, 0])
        if iteration + 1 < iterations:
            # softmax(b + a) is proportional to softmax(b) e^a.
            agreement = (votes @ upper[..., None])[..., 0]
            raised = shares * torch.exp(agreement - agreement.amax(dim=1, keepdim=True))
            shares = raised / raised.sum(dim=1, keepdim=True)
    return upper


# ------------------------------------------------------------------------------------------------------------ chaffs

over_lower = mistake(
    "logits.softmax(dim=2)",
    "logits.softmax(dim=1)",
    lesson="The softmax runs over the lower capsules. It is each lower capsule that shares itself out, among the upper ones.",
)
over_both = mistake(
    "logits.softmax(dim=2)",
    "logits.flatten(1).softmax(dim=1).view_as(logits)",
    lesson="The softmax runs over all pairs. Each lower capsule's shares sum to 1.",
)
no_softmax = mistake(
    "logits.softmax(dim=2)",
    "logits + 1 / logits.shape[2]",
    lesson="The logits are used as shares: there is no softmax, so they can be negative and need not sum to 1.",
)
sigmoid = mistake(
    "logits.softmax(dim=2)",
    "logits.sigmoid()",
    lesson="The shares are sigmoids: a lower capsule can then send all of itself to every upper one.",
)
one_iteration_less = mistake(
    "range(iterations)",
    "range(max(iterations - 1, 1))",
    lesson="There is one iteration too few. An iteration ends with new upper capsules.",
)
one_iteration_more = mistake(
    "range(iterations)",
    "range(iterations + 1)",
    "iterations - 1:",
    "iterations:",
    lesson="There is one iteration too many: the first one already gives upper capsules.",
)
always_three = mistake(
    "range(iterations)",
    "range(3)",
    "iterations - 1:",
    "2:",
    lesson="The number of iterations is fixed at 3. It is an argument.",
)
no_squash = mistake(
    "upper = squash(total)",
    "upper = total",
    lesson="The sums are not squashed: lengths exceed 1, and agreement runs away.",
)
squashed_at_end = mistake(
    "upper = squash(total)",
    "upper = total",
    "    return upper",
    "    return squash(upper)",
    lesson="Only the last sum is squashed. Agreement is measured with squashed vectors in every iteration.",
)
agreement_with_sum = mistake(
    "predictions, upper)",
    "predictions, total)",
    lesson="Only the last sum is squashed. Agreement is measured with squashed vectors in every iteration.",
)
replaced = mistake(
    "logits = logits + torch",
    "logits = torch",
    lesson="The agreement replaces the logits. It is added to what earlier iterations found.",
)
subtracted = mistake(
    "logits = logits + torch",
    "logits = logits - torch",
    lesson="Agreement is subtracted: a lower capsule turns away from those it agrees with.",
)
averaged_over_batch = mistake(
    'logits = logits + torch.einsum("nijd,njd->nij", predictions, upper)',
    'logits = logits + torch.einsum("nijd,njd->nij", predictions, upper).mean(0, keepdim=True)',
    lesson="The agreement is averaged over the batch, as in some listings. Routing is found for each image on its own.",
)
averaged_over_lower = mistake(
    'total = torch.einsum("nij,nijd->njd", shares, predictions)',
    'total = torch.einsum("nij,nijd->njd", shares, predictions) / predictions.shape[1]',
    lesson="The predictions are averaged instead of added up: agreement of many counts no more than that of a few.",
)
cosine = mistake(
    "predictions, upper)",
    "predictions / predictions.norm(dim=-1, keepdim=True).clamp(min=1e-12), upper)",
    lesson="The agreement is scaled by the prediction's length. The plain scalar product is meant.",
)
routing_detached = mistake(
    'logits = logits + torch.einsum("nijd,njd->nij", predictions, upper)',
    'logits = logits + torch.einsum("nijd,njd->nij", predictions, upper).detach()',
    lesson="The shares are cut off from the graph, as some listings do to save memory. Here gradients flow through the routing.",
)
predictions_detached = mistake(
    'torch.einsum("nijd,njd->nij", predictions, upper)',
    'torch.einsum("nijd,njd->nij", predictions.detach(), upper)',
    lesson="The agreement is cut off from the predictions: their share of the gradient is missing.",
)
nan_at_zero = mistake(
    "return s * length / (1 + length.square())",
    "return length.square() / (1 + length.square()) * s / length",
    lesson="Predictions that cancel make a sum of length 0, by which you divide.",
)
gradient_nan = mistake(
    "torch.linalg.vector_norm(s, dim=-1, keepdim=True)",
    "s.square().sum(dim=-1, keepdim=True).sqrt()",
    lesson="Where predictions cancel the values are right, but the gradient is NaN: the square root's slope at 0 is infinite.",
)
eps_in_root = mistake(
    "torch.linalg.vector_norm(s, dim=-1, keepdim=True)",
    "(s.square().sum(dim=-1, keepdim=True) + 1e-4).sqrt()",
    lesson="A number is added inside the root that is not small next to short vectors.",
)
squash_wrong = mistake(
    "s * length / (1 + length.square())",
    "s / (1 + length)",
    lesson="That is another squash: the statement's shrinks short vectors by the square of their length.",
)
wrong_axis_length = mistake(
    "vector_norm(s, dim=-1, keepdim=True)",
    "vector_norm(s, dim=1, keepdim=True)",
    lesson="The length is taken over the capsules. Each capsule is a vector along the last axis.",
)
one_first = mistake(
    "predictions.new_zeros(predictions.shape[:3])",
    "predictions.norm(dim=-1)",
    lesson="The logits start from the predictions' lengths. At first no upper capsule is preferred: they start at 0.",
)
lengths = mistake(
    "    return upper",
    "    return upper.norm(dim=-1)",
    lesson="You return the capsules' lengths. The vectors are asked for.",
)
axis_kept = mistake(
    "    return upper",
    "    return upper[:, None]",
    lesson="The result keeps an axis for the lower capsules, which have been summed over.",
)
forced_float = mistake(
    "    return upper",
    "    return upper.float()",
    lesson="The result is always float32. Keep the dtype of the predictions.",
)


@chaff("There is no routing: every lower capsule sends the same share to all, however often you iterate.")
def no_routing(predictions, iterations=3):
    return squash(predictions.sum(dim=1) / predictions.shape[2])


outcome_detached = mistake(
    "predictions, upper)",
    "predictions, upper.detach())",
    lesson="The outcome is cut off from the graph where agreement is measured: a part of the gradient that flows through the routing is missing.",
)
predictions_squashed = mistake(
    "    logits = predictions.new",
    "    predictions = squash(predictions)\n    logits = predictions.new",
    lesson="The predictions are squashed before they vote. Only the sums are.",
)
scaled_agreement = mistake(
    'logits + torch.einsum("nijd,njd->nij", predictions, upper)',
    'logits + torch.einsum("nijd,njd->nij", predictions, upper) / predictions.shape[3] ** 0.5',
    lesson="The agreement is divided by a root, as attention does. Routing takes the plain scalar product.",
)
naive_softmax = mistake(
    "logits.softmax(dim=2)",
    "logits.exp() / logits.exp().sum(dim=2, keepdim=True)",
    lesson="exp overflows for strong votes, and infinity by infinity is no number. What may be subtracted from all logits of a row?",
)
first_image = mistake(
    'logits = logits + torch.einsum("nijd,njd->nij", predictions, upper)',
    'logits = logits + torch.einsum("nijd,njd->nij", predictions, upper)[:1]',
    lesson="All images are routed by the first one's agreement. Each has a routing of its own.",
)
KEPT = {}


@chaff(
    "The logits are kept for the next call, which then starts from what an earlier one found. They begin at 0 each time."
)
def remembers(predictions, iterations=3):
    shape = predictions.shape[:3]
    logits = KEPT.get(shape, torch.zeros(shape)).to(predictions)
    for _ in range(iterations):
        upper = squash(torch.einsum("nij,nijd->njd", logits.softmax(dim=2), predictions))
        logits = logits + torch.einsum("nijd,njd->nij", predictions, upper)
    KEPT[shape] = logits.detach()
    return upper


@chaff("You return the mean over all iterations. The capsules of the last one are asked for.")
def mean_of_iterations(predictions, iterations=3):
    return sum(dynamic_routing(predictions, count) for count in range(1, iterations + 1)) / iterations


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_iteration": 1, "routing": 3, "cancelling_votes": 1, "strong_votes": 1}
# Products of tiny numbers vanish next to rounding; large ones make the softmax a step.
SKIP_FORMS = ("large", "tiny")


def cases(draw):
    def case(check, *sizes, scale=1.0, gradients=True, **options):
        return Case(check, dict(predictions=draw.normal(*sizes, scale=scale), **options), gradients=gradients)

    yield Case("one_iteration", dict(predictions=draw.integers(1, 1, 2, 2) + 4, iterations=1))
    yield case("one_iteration", 2, 3, 2, 4, iterations=1)
    yield case("routing", 1, 2, 2, 3, iterations=2)
    yield case("routing", 2, 4, 3, 2)
    yield case("routing", 3, 5, 2, 4, iterations=4)
    yield case("routing", 2, 6, 4, 3, iterations=3)
    votes = draw.normal(2, 2, 3, 2)
    votes[0, 1, 1] = -votes[0, 0, 1]
    yield Case("cancelling_votes", dict(predictions=votes, iterations=1))
    zeros = draw.normal(2, 3, 2, 4)
    zeros[1, :, 0] = 0
    yield Case("cancelling_votes", dict(predictions=zeros, iterations=3))
    # A logit of several hundreds: exp overflows in float32.
    yield case("strong_votes", 2, 3, 2, 2, scale=300.0, iterations=2, gradients=False)
