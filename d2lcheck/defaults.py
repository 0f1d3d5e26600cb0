"""What most frameworks have alike, for the practice checks; the others have their own."""

from contextlib import AbstractContextManager, nullcontext

# No part of train_epochs is a function of its own, and none is compiled.
LOOPS, COMPILES, eager = {}, False, nullcontext


def aside(seed: int) -> AbstractContextManager[None]:
    """Do nothing: NumPy's random state is set aside for all; that of some cannot be read."""
    return nullcontext()


def handed_on(names, says):
    """Do nothing: the players are changed in place."""
    return nullcontext()


def holds_graph(value):
    """Return whether a loss still holds what it was computed from: it is a mere number."""
    return False


def frozen(net):
    """Return whether a parameter of a net can no longer move: nothing in the net says so."""
    return False
