"""freeze: requires_grad off for every parameter below a prefix."""

from grader.author import Case, Net, PerStep, chaff, mistake, wheat


def freeze(model, prefixes):
    for name, parameter in model.named_parameters():
        for prefix in prefixes:
            # With the dot, "features.1" does not reach into "features.10".
            if name == prefix or name.startswith(prefix + "."):
                parameter.requires_grad_(False)
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


@wheat("by walking down to the module, or to the parameter, that each prefix names")
def freeze_walk(model, prefixes):
    for prefix in prefixes:
        target = model
        for part in prefix.split("."):
            target = getattr(target, part)
        target.requires_grad_(False)
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


@wheat("names and prefixes as tuples of parts")
def freeze_parts(model, prefixes):
    wanted = {tuple(prefix.split(".")) for prefix in prefixes}
    trained = []
    for name, parameter in model.named_parameters():
        parts = tuple(name.split("."))
        if any(parts[:length] in wanted for length in range(1, len(parts) + 1)):
            parameter.requires_grad = False
        if parameter.requires_grad:
            trained.append(name)
    return trained


@wheat("recursive: each module is told which of its names to freeze")
def freeze_recursive(model, prefixes, path=""):
    trained = []
    for name, parameter in model.named_parameters(recurse=False):
        if path + name in prefixes:
            parameter.requires_grad = False
        trained += [path + name] if parameter.requires_grad else []
    for name, child in model.named_children():
        if path + name in prefixes:
            child.requires_grad_(False)
        trained += freeze_recursive(child, prefixes, f"{path}{name}.")
    return trained


@wheat("patterns: a prefix, then the end of the name or a dot")
def freeze_pattern(model, prefixes):
    import re

    named = dict(model.named_parameters())
    if prefixes:
        below = re.compile("(?:" + "|".join(re.escape(prefix) for prefix in prefixes) + r")(?:\.|$)")
        for name in filter(below.match, named):
            named[name].requires_grad = False
    return [name for name in named if named[name].requires_grad]


# ------------------------------------------------------------------------------------------------------------ chaffs

NOT_BELOW = (
    "A prefix that names a module freezes nothing. Its parameters, and those of the modules inside, have to be reached one "
    "by one: an attribute set on the module itself means nothing to them."
)
STILL_WANTS = (
    "The parameters still want gradients. Clearing .grad lasts until the next backward(), and a misspelt attribute is a new "
    "attribute about which nobody complains."
)

parts_not_whole = mistake(
    'name == prefix or name.startswith(prefix + ".")',
    "name.startswith(prefix)",
    lesson="Characters are compared where parts of the name should be: a layer whose name merely begins alike is frozen too.",
)

anywhere = mistake(
    'name == prefix or name.startswith(prefix + ".")',
    'f".{prefix}." in f".{name}."',
    lesson="The prefix is looked for anywhere in the name. It must stand at the beginning.",
)

dot_forgotten = mistake(
    'name == prefix or name.startswith(prefix + ".")',
    'name.startswith(prefix + ".")',
    lesson="A prefix that is a parameter's whole name freezes nothing.",
)

exact_only = mistake(
    'name == prefix or name.startswith(prefix + ".")',
    "name == prefix",
    lesson=NOT_BELOW,
)

top_level_only = mistake(
    'name == prefix or name.startswith(prefix + ".")',
    'name == prefix or name.split(".")[0] == prefix',
    lesson="Only the name's first part is looked at, so a prefix that reaches deeper freezes nothing.",
)

others_instead = mistake(
    "parameter.requires_grad_(False)",
    "parameter.requires_grad_(False)\n"
    "    for name, parameter in model.named_parameters():\n"
    '        below = any(name == p or name.startswith(p + ".") for p in prefixes)\n'
    "        parameter.requires_grad_(below)",
    lesson="It is the other way round: the named parameters are trained and all others frozen.",
)

thaws_the_rest = mistake(
    "    for name, parameter in model.named_parameters():\n        for prefix",
    "    model.requires_grad_(True)\n    for name, parameter in model.named_parameters():\n        for prefix",
    lesson="What was frozen before is thawed again. All other parameters stay as they are.",
)

first_prefix = mistake(
    "for prefix in prefixes:",
    "for prefix in prefixes[:1]:",
    lesson="Only one of the prefixes is used.",
)

last_prefix = mistake(
    "for prefix in prefixes:",
    "for prefix in prefixes[-1:]:",
    lesson="Only one of the prefixes is used.",
)

weights_only = mistake(
    "if name == prefix or",
    'if name.endswith("bias"):\n                continue\n            if name == prefix or',
    lesson="The biases below the prefix are still trained.",
)

everything = mistake(
    'if name == prefix or name.startswith(prefix + "."):',
    "if True:",
    lesson="All parameters are frozen, whatever their names.",
)

matrices_only = mistake(
    "if name == prefix or",
    "if parameter.ndim == 1 and 'bias' not in name:\n                continue\n            if name == prefix or",
    lesson="The scales of batch norm are still trained: they are parameters like all others.",
)

frozen_names = mistake(
    "if parameter.requires_grad]",
    "if not parameter.requires_grad]",
    lesson="You return the names of the frozen parameters. Those that are still trained are asked for.",
)

all_names = mistake(
    "model.named_parameters() if parameter.requires_grad]",
    "model.named_parameters()]",
    lesson="You return all names, the frozen ones among them.",
)

sorted_names = mistake(
    "return [name for name, parameter in model.named_parameters() if parameter.requires_grad]",
    "return sorted(name for name, parameter in model.named_parameters() if parameter.requires_grad)",
    lesson="The names are sorted. The model's own order is asked for.",
)

nothing_returned = mistake(
    "return [name for",
    "[name for",
    lesson="The parameters are frozen, but nothing is returned.",
)

also_in_state = mistake(
    "    return [name",
    "    model.eval()\n    return [name",
    lesson="The model is put in evaluation mode. Freezing parameters leaves its mode alone.",
)

zeroed = mistake(
    "parameter.requires_grad_(False)",
    "parameter.requires_grad_(False).zero_()",
    lesson="The parameters' values are lost. They are what freezing is to preserve.",
)

gradient_cleared = mistake(
    "parameter.requires_grad_(False)",
    "parameter.grad = None",
    lesson=STILL_WANTS,
)

misspelt = mistake(
    "parameter.requires_grad_(False)",
    "parameter.require_grad = False",
    lesson=STILL_WANTS,
)


@chaff(NOT_BELOW)
def on_the_module(model, prefixes):
    for prefix in prefixes:
        target = model
        for part in prefix.split("."):
            target = getattr(target, part)
        target.requires_grad = False
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


@chaff("A copy is frozen; the caller's model stays as it was.")
def freezes_a_copy(model, prefixes):
    import copy

    return freeze(copy.deepcopy(model), prefixes)


breaks_at_first = mistake(
    "                parameter.requires_grad_(False)\n    return",
    "                parameter.requires_grad_(False)\n                break\n        else:\n            continue\n        break\n    return",
    lesson="Only the first parameter that fits is frozen: the search ends there instead of going on to the next parameter.",
)

numbered_by_hand = mistake(
    'name == prefix or name.startswith(prefix + ".")',
    'name in (prefix, prefix + ".weight", prefix + ".bias")',
    lesson="Only a layer's own weight and bias are found. Below a prefix there may be modules inside modules.",
)

end_of_name = mistake(
    'name == prefix or name.startswith(prefix + ".")',
    'name == prefix or name.rpartition(".")[0].endswith(prefix)',
    lesson="The prefix is compared with the end of the module's name. It is the beginning that counts.",
)

needs_all_prefixes = mistake(
    "        for prefix in prefixes:\n"
    '            # With the dot, "features.1" does not reach into "features.10".\n'
    '            if name == prefix or name.startswith(prefix + "."):\n'
    "                parameter.requires_grad_(False)",
    '        if all(name == prefix or name.startswith(prefix + ".") for prefix in prefixes):\n'
    "            parameter.requires_grad_(False)",
    lesson="A parameter is frozen only if all prefixes fit it. One that fits is enough, and with no prefix nothing is frozen.",
)

names_before = mistake(
    "    for name, parameter in model.named_parameters():\n        for prefix",
    "    trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]\n"
    "    for name, parameter in model.named_parameters():\n        for prefix",
    "    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]",
    "    return trained",
    lesson="The names are collected before anything is frozen, so the list is that of the state before.",
)

parameters_replaced = mistake(
    "                parameter.requires_grad_(False)",
    "                path, _, own = name.rpartition('.')\n"
    "                del model.get_submodule(path)._parameters[own]\n"
    "                model.get_submodule(path).register_buffer(own, parameter.detach())",
    "model.named_parameters():\n        for prefix",
    "list(model.named_parameters()):\n        for prefix",
    lesson="Frozen parameters are turned into buffers. They stay parameters, which somebody may thaw again.",
)


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"whole_layers": 2, "parts_of_names": 3, "single_parameters": 1, "earlier_ones": 2}


def cases(draw):
    small = Net(("Linear", 2, 3), "ReLU", ("Linear", 3, 2))
    network = Net(
        stem=Net(("Conv2d", 1, 2, 3), ("BatchNorm2d", 2), "ReLU"),
        stem2=Net(("Conv2d", 2, 3, 3, {"bias": False}), ("BatchNorm2d", 3)),
        head=Net(("Linear", 3, 4), "ReLU", ("Linear", 4, 2)),
        stem_=("Linear", 2, 2),
    )
    # Twelve layers: "1" must not reach 10 and 11.
    long = Net(*[("Linear", 2, 2) for _ in range(12)])

    def case(check, model, *prefixes):
        steps = len(prefixes)
        return Case(
            check, dict(model=model, prefixes=PerStep(prefixes) if steps > 1 else prefixes[0]), steps=steps
        )

    yield case("whole_layers", small, ["0"])
    yield case("whole_layers", small, [])
    yield case("whole_layers", network, ["head"])
    evaluated = Net(("Linear", 2, 3), "Tanh", ("Linear", 3, 1), training=False)
    yield case("whole_layers", evaluated, ["2", "0"])
    yield case("parts_of_names", network, ["stem"])
    yield case("parts_of_names", network, ["stem2.0", "head.2"])
    yield case("parts_of_names", long, ["1"])
    yield case("parts_of_names", Net(body=small, **{"0": ("Linear", 2, 2)}), ["0"])
    yield case("single_parameters", small, ["2.weight"])
    yield case("single_parameters", network, ["stem.1.bias", "head", "stem_.weight"])
    yield case("earlier_ones", small, ["0.bias"], ["2"])
    yield case("earlier_ones", network, ["stem", "stem2"], [], ["head.0"])
    frozen = Net(("Linear", 2, 3), ("Linear", 3, 3), ("Linear", 3, 1), frozen=["0.weight", "1.bias"])
    yield case("earlier_ones", frozen, ["2"])


modes_too = mistake(
    "                parameter.requires_grad_(False)",
    "                parameter.requires_grad_(False)\n"
    "                path = name.rpartition('.')[0]\n"
    "                model.get_submodule(path).eval()",
    lesson="Layers with frozen parameters are put in evaluation mode. That is a decision of its own; freezing leaves modes alone.",
)
