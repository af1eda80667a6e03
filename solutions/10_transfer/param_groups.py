"""param_groups: a group a child, with rates that grow by a constant factor."""

import math

from grader.author import Case, Net, chaff, mistake, wheat


def param_groups(model, base_lr, head_lr):
    children = [[p for p in child.parameters() if p.requires_grad] for child in model.children()]
    trained = [parameters for parameters in children if parameters]
    groups = []
    for k, parameters in enumerate(trained):
        # From 0 at the first group to 1 at the head; a single group is the head.
        height = k / (len(trained) - 1) if len(trained) > 1 else 1.0
        groups.append({"params": parameters, "lr": base_lr * (head_lr / base_lr) ** height})
    return groups


@wheat("backwards from the head, dividing by a constant factor each time")
def param_groups_backwards(model, base_lr, head_lr):
    trained = []
    for child in model.children():
        parameters = list(filter(lambda p: p.requires_grad, child.parameters()))
        if len(parameters) > 0:
            trained.append(parameters)
    factor = (head_lr / base_lr) ** (1 / max(len(trained) - 1, 1))
    groups, rate = [], head_lr
    for parameters in reversed(trained):
        groups.insert(0, dict(params=parameters, lr=rate))
        rate /= factor
    return groups


@wheat("by the names' first parts; rates evenly spaced in their logarithms")
def param_groups_names(model, base_lr, head_lr):
    by_child = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            by_child.setdefault(name.split(".")[0], []).append(parameter)
    low, high, n = math.log(base_lr), math.log(head_lr), len(by_child)
    rates = [math.exp(high - (high - low) * (n - 1 - k) / max(n - 1, 1)) for k in range(n)]
    return [{"lr": rate, "params": parameters} for rate, parameters in zip(rates, by_child.values())]


@wheat("one rate after the other, multiplied by a constant factor; torch.logspace is its check in float64")
def param_groups_logspace(model, base_lr, head_lr):
    import torch

    groups = []
    for child in model.children():
        group = {"params": [], "lr": float(head_lr)}
        for parameter in child.parameters():
            if parameter.requires_grad:
                group["params"].append(parameter)
        if group["params"]:
            groups.append(group)
    if len(groups) > 1:
        ends = math.log10(base_lr), math.log10(head_lr)
        for group, rate in zip(groups, torch.logspace(*ends, len(groups), dtype=torch.float64)):
            group["lr"] = rate.item()
    return groups


# ------------------------------------------------------------------------------------------------------------ chaffs

linear_rates = mistake(
    "base_lr * (head_lr / base_lr) ** height",
    "base_lr + (head_lr - base_lr) * height",
    lesson="The rates grow by a constant amount. They grow by a constant factor.",
)

reversed_rates = mistake(
    "base_lr * (head_lr / base_lr) ** height",
    "head_lr * (base_lr / head_lr) ** height if len(trained) > 1 else head_lr",
    lesson="The first layers get the large rate and the head the small one. It is the head that has everything to learn.",
)

two_rates = mistake(
    "base_lr * (head_lr / base_lr) ** height",
    "head_lr if height == 1.0 else base_lr",
    lesson="There are only two rates. Between the first group and the head the rates grow from group to group.",
)

n_steps = mistake(
    "k / (len(trained) - 1) if len(trained) > 1 else 1.0",
    "(k + 1) / len(trained)",
    lesson="The first group does not get base_lr: between n groups there are n - 1 steps.",
)

never_reaches_head = mistake(
    "k / (len(trained) - 1) if len(trained) > 1 else 1.0",
    "k / len(trained) if len(trained) > 1 else 1.0",
    lesson="The last group does not get head_lr: between n groups there are n - 1 steps.",
)

single_is_base = mistake(
    "if len(trained) > 1 else 1.0",
    "if len(trained) > 1 else 0.0",
    lesson="A single group gets the base rate. It is the head.",
)

division_by_zero = mistake(
    " if len(trained) > 1 else 1.0",
    "",
    lesson="With a single group you divide by zero.",
)

frozen_included = mistake(
    "[p for p in child.parameters() if p.requires_grad]",
    "list(child.parameters())",
    lesson="Frozen parameters are handed to the optimizer as well.",
)

empty_groups = mistake(
    "trained = [parameters for parameters in children if parameters]",
    "trained = children",
    lesson="Children without parameters to train make empty groups, and shift everybody's rate.",
)

counted_but_skipped = mistake(
    "trained = [parameters for parameters in children if parameters]",
    "trained = children",
    "    return groups",
    '    return [group for group in groups if group["params"]]',
    lesson="Children without parameters to train make no group, but you count them, which shifts everybody's rate.",
)

top_parameters_only = mistake(
    "child.parameters() if",
    "child.parameters(recurse=False) if",
    lesson="Only parameters that lie directly in a child are found, none of those deeper inside.",
)

leaves = mistake(
    "for child in model.children()]",
    "for child in model.modules() if not list(child.children())]",
    lesson="Every layer makes a group. The groups are the model's children, with all that is inside each.",
)

modules_repeated = mistake(
    "for child in model.children()]",
    "for child in list(model.modules())[1:]]",
    lesson="Parameters of nested modules are in several groups; an optimizer would refuse that.",
)

weights_only = mistake(
    "if p.requires_grad]",
    "if p.requires_grad and p.ndim > 1]",
    lesson="Biases and the scales of batch norm are in no group, so nobody trains them.",
)

reversed_groups = mistake(
    "    return groups",
    "    return groups[::-1]",
    lesson="The groups come in reverse order.",
)

head_first_in_group = mistake(
    '{"params": parameters,',
    '{"params": parameters[::-1],',
    lesson="The parameters of a group come in another order than in the model.",
)

half_step = mistake(
    "** height}",
    "** (height / 2)}",
    lesson="The rates grow only to the geometric mean of the two: the head does not get head_lr.",
)

other_key = mistake(
    '"lr": base_lr',
    '"learning_rate": base_lr',
    lesson='The rate\'s key is "lr"; under any other name an optimizer does not see it.',
)

parameters_copied = mistake(
    "[p for p in child.parameters() if p.requires_grad]",
    "[p * 0 for p in child.parameters() if p.requires_grad]",
    lesson="The groups hold new tensors. An optimizer can only move the model's own parameters.",
)

last_left_out = mistake(
    "for k, parameters in enumerate(trained):",
    "for k, parameters in enumerate(trained[:-1] if len(trained) > 1 else trained):",
    lesson="The head is in no group.",
)


@chaff("Everything lies in two groups, body and head. One group for each child is asked for.")
def body_and_head(model, base_lr, head_lr):
    groups = param_groups(model, base_lr, head_lr)
    body = [parameter for group in groups[:-1] for parameter in group["params"]]
    return [{"params": body, "lr": base_lr}, {"params": groups[-1]["params"], "lr": head_lr}]


@chaff("Each parameter has a group of its own. One group for each child is asked for.")
def one_each(model, base_lr, head_lr):
    groups = param_groups(model, base_lr, head_lr)
    return [{"params": [parameter], "lr": group["lr"]} for group in groups for parameter in group["params"]]


decayed = mistake(
    "base_lr * (head_lr / base_lr) ** height",
    "head_lr / 2.6 ** (len(trained) - 1 - k)",
    lesson="The rates fall from the head by a fixed factor, as in the paper. Here the factor follows from base_lr and head_lr.",
)

harmonic = mistake(
    "base_lr * (head_lr / base_lr) ** height",
    "1 / (1 / base_lr + (1 / head_lr - 1 / base_lr) * height)",
    lesson="The reciprocals of the rates grow evenly. It is their logarithms that should: from group to group by one factor.",
)

squared_heights = mistake(
    "k / (len(trained) - 1) if",
    "(k / (len(trained) - 1)) ** 2 if",
    lesson="The exponents do not grow in equal steps, so the factor differs from group to group.",
)

by_parameter_count = mistake(
    "        height = k / (len(trained) - 1) if len(trained) > 1 else 1.0\n",
    "        before = sum(len(group) for group in trained[:k])\n"
    "        rest = sum(len(group) for group in trained) - len(trained[-1])\n"
    "        height = before / rest if len(trained) > 1 else 1.0\n",
    lesson="The steps are counted in parameters. It is groups that are counted, however many parameters each has.",
)

generator_once = mistake(
    "[p for p in child.parameters() if p.requires_grad]",
    "(p for p in child.parameters() if p.requires_grad)",
    lesson="The parameters are generators: they are never empty, and give their parameters only once. A list is asked for.",
)

frozen_child_dropped = mistake(
    "[p for p in child.parameters() if p.requires_grad]",
    "list(child.parameters()) if all(p.requires_grad for p in child.parameters()) else []",
    lesson="A child is left out as soon as one of its parameters is frozen. Its others are trained all the same.",
)

frozen_by_first = mistake(
    "[p for p in child.parameters() if p.requires_grad]",
    "list(child.parameters()) if next((p.requires_grad for p in child.parameters()), False) else []",
    lesson="One parameter decides for its whole child. Each has a requires_grad of its own.",
)

rounded_rates = mistake(
    "base_lr * (head_lr / base_lr) ** height",
    "round(base_lr * (head_lr / base_lr) ** height, 4)",
    lesson="The rates are rounded. Small ones lose most by that, and may become 0.",
)

# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"rates": 3, "nested": 2, "frozen": 2, "one_group": 1}


def cases(draw):
    def case(check, model, base_lr, head_lr):
        return Case(check, dict(model=model, base_lr=base_lr, head_lr=head_lr))

    plain = [("Linear", 2, 3), "ReLU", ("Linear", 3, 2), "ReLU", ("Linear", 2, 2), ("Linear", 2, 1)]
    yield case("rates", Net(("Linear", 2, 3), "ReLU", ("Linear", 3, 1)), 0.01, 0.1)
    yield case("rates", Net(*plain), 0.001, 0.064)
    yield case("rates", Net("Flatten", *plain, "Tanh", ("Linear", 1, 4)), draw.size(1, 9) / 1000, 0.5)
    yield case("rates", Net(*plain), 0.1, 0.1)
    nested = dict(
        stem=Net(("Conv2d", 1, 2, 3), ("BatchNorm2d", 2), "ReLU"),
        pool=("MaxPool2d", 2),
        body=Net(Net(("Conv2d", 2, 2, 3), ("BatchNorm2d", 2)), "ReLU", Net(("Conv2d", 2, 3, 1))),
        head=Net("Flatten", ("Linear", 3, 2)),
    )
    yield case("nested", Net(Net(("Linear", 2, 2), ("Linear", 2, 2)), ("Linear", 2, 1)), 0.02, 0.5)
    yield case("nested", Net(**nested), 0.001, 0.03)
    yield case("frozen", Net(*plain, frozen=["0.weight", "0.bias"]), 0.01, 0.04)
    yield case("frozen", Net(*plain, frozen=["2.weight", "2.bias", "5.bias"]), 0.003, 0.3)
    yield case("frozen", Net(**nested, frozen=["stem.0.weight", "stem.1.weight", "body.2.0.bias"]), 0.01, 0.7)
    yield case("one_group", Net(("Linear", 2, 3), "ReLU"), 0.01, 0.1)
    yield case("one_group", Net(*plain[:3], frozen=["2.weight", "2.bias"]), 0.5, 0.25)
