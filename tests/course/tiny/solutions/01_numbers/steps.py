"""steps: division, rounded up."""

import math

from grader.author import Case, mistake, wheat


def steps(distance, length=1):
    return -(-distance // length)


@wheat("by walking")
def steps_walked(distance, length=1):
    count = 0
    while count * length < distance:
        count += 1
    return count


@wheat("in floating point")
def steps_ceil(distance, length=1):
    return math.ceil(distance / length)


rounds_down = mistake(
    "-(-distance // length)", "distance // length", lesson="The last, partial step is missing."
)
one_more = mistake(
    "-(-distance // length)", "distance // length + 1", lesson="An exact fit needs no further step."
)
default_two = mistake("length=1", "length=2", lesson="A step is 1 long where nothing else is said.")
fraction = mistake("-(-distance // length)", "distance / length", lesson="A number of steps is whole.")


def cases(draw):
    yield Case("exact", dict(distance=6, length=2))
    yield Case("exact", dict(distance=draw.size(2, 9)))
    yield Case("partial", dict(distance=7, length=3))
    yield Case("partial", dict(distance=5 * draw.size(2, 9) + 1, length=5))
