"""train_step: clear, predict, measure, differentiate, move."""

import torch
import torch.nn.functional as F

from grader.author import Case, Net, Optimizer, PerStep, chaff, mistake, wheat


def train_step(model, optimizer, input, target):
    model.train()
    # backward() adds to .grad: what earlier steps left there must go first.
    optimizer.zero_grad()
    logits = model(input)
    loss = F.cross_entropy(logits, target)
    loss.backward()
    optimizer.step()
    # A plain number: the graph behind the loss can be freed.
    return loss.item()


@wheat("a closure, which optimizers that look twice need; the loss as a tensor")
def train_step_closure(model, optimizer, input, target):
    model.train(True)

    def closure():
        optimizer.zero_grad(set_to_none=True)
        loss = F.nll_loss(F.log_softmax(model(input), dim=-1), target)
        loss.backward()
        return loss

    return optimizer.step(closure).detach()


@wheat("the loss from its definition, the gradients by torch.autograd.grad and put in place of the old ones")
def train_step_grad(model, optimizer, input, target):
    model.train()
    logits = model(input)
    true = logits.gather(1, target[:, None])[:, 0]
    loss = (torch.logsumexp(logits, dim=1) - true).sum() / len(target)
    parameters = [p for p in model.parameters() if p.requires_grad]
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
        parameter.grad = gradient
    optimizer.step()
    return float(loss.detach())


@wheat("the logits' gradient written down: softmax minus one-hot, over N; sent back from there")
def train_step_by_hand(model, optimizer, input, target):
    model.train()
    logits = model(input)
    with torch.no_grad():
        shifted = logits - logits.max(dim=1, keepdim=True).values
        log_probabilities = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
        one_hot = F.one_hot(target, logits.shape[1]).to(logits.dtype)
        loss = -(one_hot * log_probabilities).sum(dim=1).mean()
    for parameter in model.parameters():
        parameter.grad = None
    logits.backward((log_probabilities.exp() - one_hot) / len(target))
    optimizer.step()
    return loss


@wheat(
    "losses of single examples added up with backward() for each of them, where batch norm has seen the batch as one"
)
def train_step_examples(model, optimizer, input, target):
    model.train()
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    log_probabilities = F.log_softmax(model(input), dim=1)
    total = 0.0
    for n, label in enumerate(target.tolist()):
        share = -log_probabilities[n, label] / len(target)
        share.backward(retain_graph=n + 1 < len(target))
        total += share.item()
    optimizer.step()
    return total


# ------------------------------------------------------------------------------------------------------------ chaffs

NEVER_MOVES = "The parameters never move: nobody calls the optimizer's step(), or there are no gradients when it is called."

gradients_kept = mistake(
    "    optimizer.zero_grad()\n",
    "",
    lesson="The gradients are never cleared, so each step repeats all earlier ones.",
)

cleared_too_late = mistake(
    "    loss.backward()\n",
    "    loss.backward()\n    optimizer.zero_grad()\n",
    lesson=NEVER_MOVES,
)

no_step = mistake(
    "    optimizer.step()\n",
    "",
    lesson=NEVER_MOVES,
)

no_backward = mistake(
    "    loss.backward()\n",
    "",
    lesson=NEVER_MOVES,
)

step_before_backward = mistake(
    "    loss.backward()\n    optimizer.step()\n",
    "    optimizer.step()\n    loss.backward()\n",
    "    optimizer.zero_grad()\n    logits = model(input)\n",
    "    logits = model(input)\n",
    lesson="The optimizer steps before backward(): it moves along the gradients of the step before.",
)

softmax_twice = mistake(
    "F.cross_entropy(logits, target)",
    "F.cross_entropy(logits.softmax(dim=1), target)",
    lesson="Softmax is applied twice: the model gives logits, and cross_entropy takes logits.",
)

log_softmax_twice = mistake(
    "loss = F.cross_entropy(logits, target)",
    "loss = F.cross_entropy(logits, target)\n"
    "    loss = 0.5 * (loss + F.nll_loss(logits.softmax(dim=1), target))",
    lesson="Probabilities go where log-probabilities belong: nll_loss takes log_softmax.",
)

nll_of_logits = mistake(
    "F.cross_entropy(logits, target)",
    "F.nll_loss(logits, target)",
    lesson="nll_loss takes log-probabilities, and you give it raw logits: the loss can fall for ever.",
)

summed = mistake(
    "F.cross_entropy(logits, target)",
    'F.cross_entropy(logits, target, reduction="sum")',
    lesson="The loss is summed over the batch. With a mean, the step does not grow with the batch.",
)

summed_for_report = mistake(
    "return loss.item()",
    "return loss.item() * len(target)",
    lesson="The training is right, but the loss you return is the batch's sum instead of its mean.",
)

mean_over_classes = mistake(
    "F.cross_entropy(logits, target)",
    "F.cross_entropy(logits, target) / logits.shape[1]",
    lesson="The loss is divided by the number of classes. Each example has one true class; the mean is over examples.",
)

squared_error = mistake(
    "F.cross_entropy(logits, target)",
    "F.mse_loss(logits.softmax(dim=1), F.one_hot(target, logits.shape[1]).to(logits.dtype))",
    lesson="This is the squared error of the probabilities. Where the model is confidently wrong its gradient vanishes; "
    "cross-entropy's does not.",
)

smoothed = mistake(
    "F.cross_entropy(logits, target)",
    "F.cross_entropy(logits, target, label_smoothing=0.1)",
    lesson="The labels are smoothed. That can help, but the statement's loss looks at the true class alone.",
)

not_in_training_mode = mistake(
    "    model.train()\n",
    "",
    lesson="The model stays in the mode it was in: after an evaluation, batch norm would go on using its running statistics.",
)

in_eval_mode = mistake(
    "    model.train()\n",
    "    model.eval()\n",
    lesson="The model is put in evaluation mode for its training step.",
)

left_in_eval = mistake(
    "    return loss.item()",
    "    model.eval()\n    return loss.item()",
    lesson="The model is left in evaluation mode, which the rest of the training will not expect.",
)

loss_after_the_step = mistake(
    "    return loss.item()",
    "    with torch.no_grad():\n        return F.cross_entropy(model(input), target).item()",
    lesson="You return the loss after the step. The one that was minimised, before it, is asked for; and the model has run twice.",
)

accuracy = mistake(
    "return loss.item()",
    "return (logits.argmax(dim=1) == target).float().mean().item()",
    lesson="You return the accuracy. The loss is asked for.",
)

two_steps = mistake(
    "    optimizer.step()\n",
    "    optimizer.step()\n    optimizer.step()\n",
    lesson="The optimizer steps twice along the same gradient.",
)

plain_sgd = mistake(
    "    optimizer.step()\n",
    "    with torch.no_grad():\n        for parameter in model.parameters():\n"
    '            parameter -= optimizer.param_groups[0]["lr"] * parameter.grad\n',
    lesson="You move the parameters yourself, by plain gradient descent. The optimizer may have momentum or step sizes of its own.",
)

ascent = mistake(
    "    loss.backward()\n",
    "    (-loss).backward()\n",
    lesson="The step goes uphill: the sign of the loss is turned.",
)

gradient_halved = mistake(
    "    loss.backward()\n",
    "    (loss / 2).backward()\n",
    lesson="Only half of the loss is differentiated.",
)

clipped = mistake(
    "    optimizer.step()\n",
    "    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)\n    optimizer.step()\n",
    lesson="The gradients are clipped. That is a useful habit elsewhere; this step uses them as they are.",
)

decayed = mistake(
    "    loss.backward()\n",
    "    (loss + 0.01 * sum(p.square().sum() for p in model.parameters())).backward()\n",
    lesson="A penalty on the weights is added. Weight decay is the optimizer's setting, not the step's.",
)

biases_frozen = mistake(
    "    optimizer.step()\n",
    "    for name, parameter in model.named_parameters():\n"
    '        if name.endswith("bias"):\n            parameter.grad = None\n    optimizer.step()\n',
    lesson="The biases never move: their gradients are thrown away.",
)

first_example_only = mistake(
    "F.cross_entropy(logits, target)",
    "F.cross_entropy(logits[:1], target[:1])",
    lesson="Only the first example of the batch enters the loss.",
)

argmax_target = mistake(
    "F.cross_entropy(logits, target)",
    "F.cross_entropy(logits, logits.argmax(dim=1))",
    lesson="The model is trained on its own predictions. The target is what it should learn.",
)

first_layer_only = mistake(
    "logits = model(input)",
    "logits = model[-1](model[:-1](input).detach())",
    lesson="Only the last layer learns: the features are cut off from the graph.",
)

frozen_afterwards = mistake(
    "    return loss.item()",
    "    for parameter in model.parameters():\n        parameter.requires_grad_(False)\n    return loss.item()",
    lesson="The parameters are frozen after the step, so the next one has nothing to learn with.",
)


@chaff("A copy of the model is trained; the caller's stays as it was.")
def trains_a_copy(model, optimizer, input, target):
    import copy

    twin = copy.deepcopy(model)
    return train_step(twin, torch.optim.SGD(twin.parameters(), lr=0.1), input, target)


class_zero_ignored = mistake(
    "F.cross_entropy(logits, target)",
    "F.cross_entropy(logits, target, ignore_index=0)",
    lesson="Examples of class 0 do not count. It is a class like any other, not a filler.",
)

sigmoid_per_class = mistake(
    "F.cross_entropy(logits, target)",
    "F.binary_cross_entropy_with_logits(logits, F.one_hot(target, logits.shape[1]).to(logits.dtype))",
    lesson="Each class gets a yes or no of its own. An example has exactly one class here: the classes share one softmax.",
)

classes_weighted = mistake(
    "F.cross_entropy(logits, target)",
    "F.cross_entropy(\n"
    "        logits, target, (1 / torch.bincount(target, minlength=logits.shape[1]).clamp(min=1)).to(logits.dtype)\n    )",
    lesson="Rare classes weigh more. The statement's mean treats every example alike.",
)

rate_falls = mistake(
    "    return loss.item()",
    '    for group in optimizer.param_groups:\n        group["lr"] *= 0.9\n    return loss.item()',
    lesson="The learning rate shrinks with every step. A schedule is the caller's business.",
)

norms_in_eval = mistake(
    "    model.train()\n",
    "    model.train()\n    for part in model.modules():\n"
    "        if isinstance(part, torch.nn.BatchNorm2d):\n            part.eval()\n",
    lesson="Batch norm stays in evaluation mode while all else trains. That is a trick for fine-tuning; here the whole model trains.",
)

thaws_all = mistake(
    "    model.train()\n",
    "    model.train()\n    model.requires_grad_(True)\n",
    lesson="Parameters that the caller has frozen are thawed. Which of them learn is the caller's choice.",
)

runs_twice = mistake(
    "    logits = model(input)\n",
    "    with torch.no_grad():\n        model(input)\n    logits = model(input)\n",
    lesson="The model runs twice, and batch norm's running statistics count the batch twice.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"one_step": 2, "several_steps": 2, "training_mode": 1, "other_optimizers": 2}


def batches(draw, steps, classes, *sizes):
    return dict(
        input=PerStep([draw.normal(*sizes) for _ in range(steps)]),
        target=PerStep([draw.labels(sizes[0], classes=classes) for _ in range(steps)]),
    )


def cases(draw):
    perceptron = Net(("Linear", 3, 5), "Tanh", ("Linear", 5, 4))
    convolutional = [("Conv2d", 2, 3, 3), ("BatchNorm2d", 3), "Tanh", "Flatten", ("Linear", 18, 3)]
    slow = Optimizer("SGD", of="model", lr=0.5)
    tiny = dict(input=draw.integers(1, 2), target=draw.labels(1, classes=2))
    yield Case("one_step", dict(model=Net(("Linear", 2, 2)), optimizer=slow, **tiny))
    yield Case("one_step", dict(model=perceptron, optimizer=slow, **batches(draw, 1, 4, 6, 3)))
    yield Case("several_steps", dict(model=perceptron, optimizer=slow, **batches(draw, 3, 4, 5, 3)), steps=3)
    yield Case(
        "several_steps",
        dict(model=Net(*convolutional), optimizer=slow, **batches(draw, 2, 3, 4, 2, 4, 5)),
        steps=2,
    )
    frozen = Net(*convolutional, frozen=("0.weight", "1.bias"))
    yield Case(
        "several_steps", dict(model=frozen, optimizer=slow, **batches(draw, 2, 3, 4, 2, 4, 5)), steps=2
    )
    yield Case(
        "training_mode",
        dict(model=Net(*convolutional, training=False), optimizer=slow, **batches(draw, 2, 3, 3, 2, 4, 5)),
        steps=2,
    )
    momentum = Optimizer("SGD", of="model", lr=0.2, momentum=0.9)
    adam = Optimizer("Adam", of="model", lr=0.05, eps=1e-3)
    for optimizer in (momentum, adam):
        yield Case(
            "other_optimizers",
            dict(model=perceptron, optimizer=optimizer, **batches(draw, 3, 4, 7, 3)),
            steps=3,
        )
