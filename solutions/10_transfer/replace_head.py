"""replace_head: find the last linear layer, and set another in its place."""

import copy

from torch import nn

from grader.author import Case, Net, chaff, mistake, wheat


def replace_head(model, num_classes):
    # named_modules() walks in registration order: the last linear layer it meets is the head.
    linears = [(name, module) for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    name, old = linears[-1]
    # "classifier.3" is the child "3" of the module "classifier"; without a dot the parent is the model itself.
    path, _, child = name.rpartition(".")
    parent = model.get_submodule(path)
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    setattr(parent, child, new)
    return model


@wheat("the same layer object, given new parameters and a new size")
def replace_head_in_layer(model, num_classes):
    head = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    head.out_features = num_classes
    head.weight = nn.Parameter(head.weight.new_empty(num_classes, head.in_features))
    if head.bias is not None:
        head.bias = nn.Parameter(head.bias.new_empty(num_classes))
    head.reset_parameters()
    return model


@wheat("a copy of the model is changed, found by searching backwards")
def replace_head_copy(model, num_classes):
    def replace(module):
        for name, child in reversed(list(module.named_children())):
            if isinstance(child, nn.Linear):
                fresh = nn.Linear(child.in_features, num_classes, child.bias is not None)
                module._modules[name] = fresh
                return True
            if replace(child):
                return True
        return False

    model = copy.deepcopy(model)
    replace(model)
    return model


@wheat("a new Sequential is built around the layers that are kept")
def replace_head_rebuild(model, num_classes):
    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]

    def rebuilt(module):
        if module is last:
            return nn.Linear(last.in_features, num_classes, bias=last.bias is not None)
        if isinstance(module, nn.Sequential):
            return nn.Sequential(*[rebuilt(child) for child in module])
        return module

    return rebuilt(model)


@wheat("a wrapper that keeps the model and runs its layers one by one, with the new one among them")
class ReplaceHeadWrapper(nn.Module):
    def __init__(self, model, num_classes):
        super().__init__()
        last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
        self.stages = nn.ModuleList(layer for layer in self.layers(model) if layer is not last)
        self.place = next(k for k, layer in enumerate(self.layers(model)) if layer is last)
        self.head = nn.Linear(last.in_features, num_classes, bias=last.bias is not None)
        self.train(model.training)

    @staticmethod
    def layers(module):
        if not isinstance(module, nn.Sequential):
            return [module]
        return [layer for child in module for layer in ReplaceHeadWrapper.layers(child)]

    def forward(self, input):
        for stage in self.stages[: self.place]:
            input = stage(input)
        input = self.head(input)
        for stage in self.stages[self.place :]:
            input = stage(input)
        return input


# ------------------------------------------------------------------------------------------------------------ chaffs

OLD_CLASSES = (
    "The model still has its old number of classes: the new layer was made with the old size, the model never got it, or only "
    "the number out_features was changed and not the parameters."
)

BODY_LOST = "Layers of the body start anew: their weights, which are what is transferred, are lost."

first_linear = mistake(
    "linears[-1]",
    "linears[0]",
    lesson="The first linear layer is replaced. The head is the last one.",
)

always_bias = mistake(
    "bias=old.bias is not None",
    "bias=True",
    lesson="The new head always has a bias. It has one exactly if the old head had one.",
)

never_bias = mistake(
    "bias=old.bias is not None",
    "bias=False",
    lesson="The new head has no bias, even where the old one had.",
)

old_outputs_in = mistake(
    "nn.Linear(old.in_features, num_classes",
    "nn.Linear(old.out_features, num_classes",
    lesson="The new head takes as many features as the old one gave. It stands in its place, so it takes what the old one took.",
)

old_classes = mistake(
    "nn.Linear(old.in_features, num_classes",
    "nn.Linear(old.in_features, old.out_features",
    lesson=OLD_CLASSES,
)

not_installed = mistake(
    "    setattr(parent, child, new)\n",
    "",
    lesson=OLD_CLASSES,
)

appended = mistake(
    "    setattr(parent, child, new)\n",
    "    model.append(nn.Linear(old.out_features, num_classes, bias=old.bias is not None))\n",
    lesson="A layer is put behind the old head, which is still there. Replace it.",
)

top_level_attribute = mistake(
    "setattr(parent, child, new)",
    'setattr(model, name.replace(".", "_"), new)',
    lesson="The head lies inside another module, but the new layer is set on the model itself.",
)

last_child = mistake(
    "    setattr(parent, child, new)\n",
    "    model[-1] = new\n",
    lesson="You replace the model's last layer, whatever it is. The head may lie inside another module, or be followed by layers.",
)

rest_dropped = mistake(
    "    return model",
    "    children = list(parent)\n"
    "    kept = children[: children.index(new) + 1]\n"
    "    if parent is not model:\n"
    "        parent.__init__(*kept)\n"
    "        return model\n"
    "    return nn.Sequential(*kept)",
    lesson="The layers behind the head are lost.",
)

body_lost = mistake(
    "    return model",
    "    torch.manual_seed(0)\n"
    "    for module in model.modules():\n"
    '        if hasattr(module, "reset_parameters"):\n'
    "            module.reset_parameters()\n"
    "    return model",
    lesson=BODY_LOST,
)

statistics_lost = mistake(
    "    return model",
    "    for module in model.modules():\n"
    "        if isinstance(module, nn.BatchNorm2d):\n"
    "            module.reset_running_stats()\n"
    "    return model",
    lesson="Batch norm's running statistics are reset. They belong to what the body has learnt.",
)

body_frozen = mistake(
    "    setattr(parent, child, new)\n",
    "    model.requires_grad_(False)\n    setattr(parent, child, new)\n",
    lesson="The body is frozen. Whether to freeze it is a decision of its own, and not this function's.",
)

all_frozen = mistake(
    "    return model",
    "    model.requires_grad_(False)\n    return model",
    lesson="All parameters are frozen, the new head's too: nothing can be trained.",
)

thawed = mistake(
    "    return model",
    "    model.requires_grad_(True)\n    return model",
    lesson="Parameters of the body that were frozen are thawed.",
)

head_frozen = mistake(
    "    setattr(parent, child, new)\n",
    "    setattr(parent, child, new)\n    new.requires_grad_(False)\n",
    lesson="The new head is frozen. It is the one layer that has everything to learn.",
)

softmax_added = mistake(
    "setattr(parent, child, new)",
    "setattr(parent, child, nn.Sequential(new, nn.Softmax(dim=-1)))",
    lesson="A softmax follows the head. The model gives logits, as it did before.",
)

relu_added = mistake(
    "setattr(parent, child, new)",
    "setattr(parent, child, nn.Sequential(nn.ReLU(), new))",
    lesson="Something is added in front of the new head: it takes its features as the old one did.",
)

two_layers = mistake(
    "setattr(parent, child, new)",
    "setattr(parent, child, nn.Sequential(nn.Linear(old.in_features, old.in_features), new))",
    lesson="The new head has a hidden layer. It is one linear layer.",
)

all_linears = mistake(
    "    return model",
    "    torch.manual_seed(0)\n    for name, layer in linears[:-1]:\n        layer.reset_parameters()\n    return model",
    lesson=BODY_LOST,
)


@chaff("You return the new layer alone. The model with its new head is asked for.")
def head_alone(model, num_classes):
    old = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    return nn.Linear(old.in_features, num_classes, bias=old.bias is not None)


@chaff("The model is changed in place, but not returned.")
def nothing_returned(model, num_classes):
    replace_head(model, num_classes)


@chaff("The gradient stops before the head, so the body could never be fine-tuned.")
class detached(nn.Module):
    def __init__(self, model, num_classes):
        super().__init__()
        self.model = replace_head(model, num_classes)
        head = [module for module in self.model.modules() if isinstance(module, nn.Linear)][-1]
        head.register_forward_pre_hook(lambda module, inputs: (inputs[0].detach(),))

    def forward(self, input):
        return self.model(input)


all_heads = mistake(
    "    name, old = linears[-1]\n",
    "    linears = [(n, m) for n, m in linears if m.out_features == linears[-1][1].out_features]\n"
    "    for name, old in linears[:-1]:\n"
    "        path, _, child = name.rpartition('.')\n"
    "        setattr(model.get_submodule(path), child, nn.Linear(old.in_features, num_classes, old.bias is not None))\n"
    "    name, old = linears[-1]\n",
    lesson="Every linear layer as wide as the head is replaced. Only the last one is the head.",
)

widest_last = mistake(
    "    name, old = linears[-1]\n",
    "    name, old = max(linears, key=lambda pair: pair[1].out_features)\n",
    lesson="You look for the linear layer with the most outputs. The head is the last one, however wide it is.",
)

sliced_weights = mistake(
    "    setattr(parent, child, new)\n",
    "    rows = min(num_classes, old.out_features)\n"
    "    frozen = nn.Parameter(old.weight[:rows].detach().clone(), requires_grad=False)\n"
    "    new.weight = frozen if rows == num_classes else new.weight\n"
    "    setattr(parent, child, new)\n",
    lesson="The new head keeps rows of the old one, and they are not trained. The new classes have nothing to do with the old ones.",
)

only_size_changed = mistake(
    "    setattr(parent, child, new)\n",
    "    old.out_features = num_classes\n",
    lesson=OLD_CLASSES,
)

weight_only = mistake(
    "    setattr(parent, child, new)\n",
    "    old.weight = new.weight\n    old.out_features = num_classes\n",
    lesson="The weight is new, but the bias is still the old one, with an entry for each old class.",
)

in_eval_mode = mistake(
    "    return model",
    "    return model.eval()",
    lesson="The model is put in evaluation mode, where batch norm and dropout do not train. Its mode is not yours to change.",
)

moved_to_the_end = mistake(
    "    setattr(parent, child, new)\n",
    "    del parent._modules[child]\n    parent._modules[child] = new\n",
    lesson="The new layer is put at the end of its parent. It takes the old one's place, with what follows still behind it.",
)

features_only = mistake(
    "    setattr(parent, child, new)\n",
    "    setattr(parent, child, nn.Identity())\n    model = nn.Sequential(model, new)\n",
    lesson="The head is taken out and the new one put behind everything else. It takes the old one's place.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"last_layer": 2, "inside_a_module": 2, "not_at_the_end": 2, "frozen_body": 1, "bias": 1}
SKIP_FORMS = ("tiny", "zero")


def cases(draw):
    def case(check, model, num_classes, *sizes):
        return Case(check, dict(input=draw.normal(*sizes)), init=dict(model=model, num_classes=num_classes))

    body = ("Linear", 4, 5)
    inner = Net(("Linear", 6, 5), "Tanh", ("Linear", 5, 7))
    image = [("Conv2d", 2, 3, 3, {"bias": False}), ("BatchNorm2d", 3), "Tanh", "Flatten"]
    yield case("last_layer", Net(("Linear", 2, 3), "Tanh", ("Linear", 3, 4)), 2, 2, 2)
    yield case(
        "last_layer", Net(("Linear", 3, 4), "Tanh", ("Linear", 4, 4), "Tanh", ("Linear", 4, 4)), 2, 2, 3
    )
    yield case("last_layer", Net(("Linear", 3, 7), "Tanh", ("Linear", 7, 4)), 2, 2, 3)
    yield case("last_layer", Net(*image, ("Linear", 18, 10)), 3, 3, 2, 4, 5)
    yield case("inside_a_module", Net(features=Net(body, "Tanh"), classifier=Net(("Linear", 5, 9))), 3, 2, 4)
    yield case("inside_a_module", Net(("Linear", 4, 6), Net("Tanh", inner, "Tanh")), 4, 3, 4)
    yield case("not_at_the_end", Net(body, "Tanh", ("Linear", 5, 6), "Identity", "Tanh"), 3, 2, 4)
    yield case("not_at_the_end", Net(*image, Net(("Linear", 18, 6), "Tanh"), "Tanh"), 5, 2, 2, 4, 5)
    frozen = ["0.weight", "1.bias"]
    yield case("frozen_body", Net(*image, ("Linear", 18, 4), frozen=frozen), 3, 3, 2, 4, 5)
    yield case("bias", Net(body, "Tanh", ("Linear", 5, 6, {"bias": False})), 2, 2, 4)
    yield case("bias", Net(("Linear", 4, 5, {"bias": False}), "Tanh", ("Linear", 5, 6)), 4, 3, 4)
