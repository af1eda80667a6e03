"""early_stopping: the best loss so far, and how long ago that was."""

import math

from grader.author import Case, chaff, mistake, wheat


def early_stopping(losses, patience, min_delta):
    best = math.inf
    waited = 0
    for epoch, loss in enumerate(losses):
        if loss < best - min_delta:
            best = loss
            waited = 0
        else:
            waited += 1
        if waited == patience:
            return epoch
    return len(losses) - 1


@wheat("remembers when the last improvement was, instead of counting")
def early_stopping_since(losses, patience, min_delta):
    improved = 0
    for epoch in range(1, len(losses)):
        if losses[improved] - losses[epoch] > min_delta:
            improved = epoch
        elif epoch - improved >= patience:
            return epoch
    return len(losses) - 1


@wheat("recursive: from each best epoch look for the next one within reach of the patience")
def early_stopping_recursive(losses, patience, min_delta, best=0):
    window = range(best + 1, min(best + patience, len(losses) - 1) + 1)
    better = next((epoch for epoch in window if losses[epoch] + min_delta < losses[best]), None)
    if better is None:
        return min(best + patience, len(losses) - 1)
    return early_stopping_recursive(losses, patience, min_delta, better)


@wheat("running best losses by accumulate, and the first epoch whose count of idle ones is reached")
def early_stopping_accumulate(losses, patience, min_delta):
    from itertools import accumulate

    def follow(state, loss):
        best, idle = state
        return (loss, 0) if best - loss > min_delta else (best, idle + 1)

    states = accumulate(losses, follow, initial=(math.inf, 0))
    idle = [count for _, count in states][1:]
    return next((epoch for epoch, count in enumerate(idle) if count >= patience), len(losses) - 1)


# ------------------------------------------------------------------------------------------------------------ chaffs

equal_counts = mistake(
    "loss < best - min_delta",
    "loss <= best - min_delta",
    lesson="An epoch that is better by exactly min_delta, or not better at all where min_delta is 0, counts as an improvement. "
    "It must be better by more.",
)

min_delta_ignored = mistake(
    "loss < best - min_delta",
    "loss < best",
    lesson="min_delta has no effect: every improvement counts, however small.",
)

min_delta_added = mistake(
    "loss < best - min_delta",
    "loss < best + min_delta",
    lesson="min_delta has the wrong sign: even an epoch that is a little worse counts as an improvement.",
)

small_steps_move_best = mistake(
    "            waited += 1\n",
    "            waited += 1\n            best = min(best, loss)\n",
    lesson="best follows improvements that are too small to count. Then many of them in a row never add up to one.",
)

compared_with_previous = mistake(
    "            waited += 1\n",
    "            waited += 1\n            best = loss\n",
    lesson="Each epoch is compared with the one before. It is compared with the best so far, which may be long ago.",
)

never_reset = mistake(
    "            best = loss\n            waited = 0\n",
    "            best = loss\n",
    lesson="An improvement does not reset the count: you stop after `patience` bad epochs in all, not in a row.",
)

one_too_late = mistake(
    "if waited == patience:",
    "if waited > patience:",
    lesson="You wait one epoch too long: the epoch that completes `patience` bad ones in a row is the last.",
)

one_too_early = mistake(
    "if waited == patience:",
    "if waited == max(patience - 1, 1):",
    lesson="You stop one epoch too early.",
)

best_epoch = mistake(
    "            return epoch\n    return len(losses) - 1",
    "            break\n    return losses.index(best)",
    lesson="You return the best epoch. That is the one whose weights one keeps; asked for is the last one that is run.",
)

number_of_epochs = mistake(
    "            return epoch\n    return len(losses) - 1",
    "            return epoch + 1\n    return len(losses)",
    lesson="You return how many epochs are run. The index of the last one, counted from 0, is asked for.",
)

length_at_the_end = mistake(
    "return len(losses) - 1",
    "return len(losses)",
    lesson="If training is never stopped, you return the number of epochs, which is one more than the last index.",
)

none_at_the_end = mistake(
    "    return len(losses) - 1",
    "    return None",
    lesson="If training is never stopped, you return nothing. The last epoch is the last one run.",
)

minus_one = mistake(
    "return len(losses) - 1",
    "return -1",
    lesson="If training is never stopped, you return -1. The last epoch is the last one run.",
)

larger_is_better = mistake(
    "best = math.inf",
    "best = -math.inf",
    "loss < best - min_delta",
    "loss > best + min_delta",
    lesson="You take a larger value for an improvement, as for an accuracy. A loss improves by falling.",
)

relative = mistake(
    "loss < best - min_delta",
    "loss < best * (1 - min_delta)",
    lesson="min_delta is taken as a fraction of the best loss. It is an absolute difference.",
)

absolute_change = mistake(
    "loss < best - min_delta",
    "abs(best - loss) > min_delta",
    lesson="Every large change counts as an improvement, upwards too.",
)

starts_at_zero = mistake(
    "best = math.inf",
    "best = 0.0",
    lesson="The best loss starts at 0, which no loss falls below. The first epoch always improves.",
)

first_epoch_waits = mistake(
    "    best = math.inf\n    waited = 0\n",
    "    best = losses[0]\n    waited = 0\n",
    lesson="The first epoch is compared with itself and counts as a bad one. It always improves.",
)

sinks_below_one = mistake(
    "best = math.inf",
    "best = 1.0",
    lesson="The best loss starts at 1, so that the first epoch need not improve. Losses may well begin above 1.",
)


@chaff("You look for the smallest loss of all. While training, the future is not known.")
def smallest_of_all(losses, patience, min_delta):
    return min(losses.index(min(losses)) + patience, len(losses) - 1)


@chaff("You stop at the first rise, whatever the patience.")
def first_rise(losses, patience, min_delta):
    for epoch in range(1, len(losses)):
        if losses[epoch] >= losses[epoch - 1] - min_delta:
            return epoch
    return len(losses) - 1


uses_up_the_list = mistake(
    "    for epoch, loss in enumerate(losses):\n",
    "    length = len(losses)\n    for epoch in range(length):\n        loss = losses.pop(0)\n",
    "    return len(losses) - 1",
    "    return length - 1",
    lesson="The list of losses is emptied on the way: whoever wants to plot it afterwards finds nothing. It belongs to the caller.",
)

equal_is_skipped = mistake(
    "        else:\n            waited += 1\n",
    "        elif loss > best - min_delta:\n            waited += 1\n",
    lesson="An epoch that is better by exactly min_delta neither improves nor counts. What is no improvement counts as waiting.",
)

min_delta_twice = mistake(
    "            best = loss\n",
    "            best = loss - min_delta\n",
    lesson="min_delta is taken off twice: when a loss is remembered, and again when the next one is compared.",
)

forgives_one = mistake(
    "            best = loss\n            waited = 0\n",
    "            best = loss\n            waited = max(waited - 1, 0)\n",
    lesson="An improvement forgives one bad epoch only. It ends the row: counting begins anew.",
)

patience_ago = mistake(
    "    best = math.inf\n",
    "    best = math.inf\n    kept = losses\n",
    "        if loss < best - min_delta:\n",
    "        best = kept[epoch - patience] if epoch >= patience else math.inf\n"
    "        if loss < best - min_delta:\n",
    lesson="Each epoch is compared with the one `patience` epochs ago. It is compared with the best of all before.",
)

smoothed = mistake(
    "    for epoch, loss in enumerate(losses):\n",
    "    for epoch, loss in enumerate(losses):\n        loss = (loss + losses[max(epoch - 1, 0)]) / 2\n",
    lesson="The losses are averaged with their neighbours before they are compared. The statement compares them as they are.",
)


@chaff(
    "The last `patience` losses are compared with all before them, at their best. Small steps then move the best, too."
)
def last_window(losses, patience, min_delta):
    for epoch in range(patience, len(losses)):
        split = epoch - patience + 1
        if min(losses[split : epoch + 1]) >= min(losses[:split]) - min_delta:
            return epoch
    return len(losses) - 1


# ------------------------------------------------------------------------------------------------------------- cases

CHECKS = {"patience": 3, "runs_to_the_end": 1, "min_delta": 3, "long_runs": 2}


def cases(draw):
    def run(check, losses, patience, min_delta=0.0):
        return Case(check, dict(losses=losses, patience=patience, min_delta=min_delta))

    yield run("patience", [3.0, 4.0], 1)
    yield run("patience", [3.0, 2.0, 2.5, 1.0], 1)
    yield run("patience", [5.0, 4.0, 4.5, 4.25, 3.0], 2)
    yield run("patience", [5.0, 4.0, 4.5, 3.0, 3.5, 3.25, 3.125, 1.0], 3)
    yield run("patience", [2.0, 2.0, 2.0, 1.0], 2)
    yield run("patience", [2.0, 3.0, 2.0, 3.0, 1.0], 2)
    yield run("patience", [4.0, 1.0, 3.0, 2.0, 1.5, 1.25, 0.5], 4)
    yield run("patience", [2.5, 3.5, 3.0, 2.75, 2.0, 4.0], 3)

    yield run("runs_to_the_end", [2.0], 1)
    yield run("runs_to_the_end", [3.0, 2.0, 1.0], 1)
    yield run("runs_to_the_end", [5.0, 4.0, 4.5, 3.0, 3.5], 2)
    yield run("runs_to_the_end", [1.0, 2.0, 3.0], 5)

    yield run("min_delta", [4.0, 3.5, 2.0], 1, 0.5)
    yield run("min_delta", [4.0, 3.25, 2.5], 1, 0.5)
    yield run("min_delta", [5.0, 6.0, 4.5, 6.0, 3.0], 2, 0.5)
    yield run("min_delta", [5.0, 4.75, 4.25, 4.0, 3.0], 2, 0.5)
    yield run("min_delta", [8.0, 7.75, 7.5, 7.25, 7.0, 6.75], 3, 0.5)
    yield run("min_delta", [8.0, 7.5, 7.0, 6.5, 6.0], 2, 1.0)
    yield run("min_delta", [2.0, 2.25, 2.5, 1.0], 2, 0.5)
    yield run("min_delta", [6.0, 8.0, 7.0, 6.5, 5.0], 4, 0.5)
    yield run("min_delta", [0.5, 0.375, 0.25, 0.25, 0.125], 2, 0.25)

    for size, patience, min_delta in ((30, 3, 0.0), (60, 5, 0.125), (60, 8, 0.0), (80, 10, 0.25)):
        noise = draw.integers(size, low=-4, high=4) / 8
        falling = [3.0 - 0.0625 * min(epoch, size // 2) + float(noise[epoch]) for epoch in range(size)]
        yield run("long_runs", falling, patience, min_delta)
