"""The ways in which a step may take the loss, right and wrong: what each makes of a logit."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


# A loss takes logits (n, 1) and a label, and returns each one's loss and its slope in the logit.
def cross_entropy(o, label):
    """Return the right loss."""
    return np.logaddexp(0, o) - label * o, sigmoid(o) - label


def sigmoid(o):
    """Return the probabilities that belong to logits."""
    return 1 / (1 + np.exp(-o))


def after_sigmoid(loss):
    """Return a loss that is given probabilities in the place of logits."""

    def of_answers(o, label):
        p = sigmoid(o)
        value, slope = loss(p, label)
        return value, slope * p * (1 - p)

    return of_answers


def slope_forgotten(o, label):
    """Take probabilities for logits, and, where gradients are made by hand, leave out p (1 - p)."""
    return cross_entropy(sigmoid(o), label)


def squares(o, label):
    """Return the squared error."""
    return (o - label) ** 2, 2 * (o - label)


def of_probabilities(o, label):
    """Take logits for probabilities."""
    with np.errstate(invalid="ignore"):
        value = -label * np.log(o) - (1 - label) * np.log(1 - o)
    return value, (o - label) / (o * (1 - o))


def of_clipped(o, label):
    """Take logits for probabilities, cut off at 0 and 1, as Keras does unless told otherwise."""
    p = np.clip(o, 1e-7, 1 - 1e-7)
    value, slope = of_probabilities(p, label)
    return value, slope * (p == o)


class Way(NamedTuple):
    """How a step may take the loss, and what that is called in words.py; "" if it is right."""

    loss: Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]
    name: str = ""


RIGHT_WAY = Way(cross_entropy)
OF_ROUNDED = [
    Way(lambda o, label: cross_entropy(np.round(o), label), "rounded"),
    Way(lambda o, label: cross_entropy(np.round(sigmoid(o)), label), "rounded"),
]
OF_SOFTMAX = Way(lambda o, label: cross_entropy(np.ones_like(o), label), "softmax")
WAYS = [
    Way(after_sigmoid(cross_entropy), "sigmoid"),
    Way(slope_forgotten, "sigmoid"),
    Way(squares, "squares"),
    Way(after_sigmoid(squares), "squares"),
    Way(of_clipped, "no from_logits"),
    Way(of_probabilities, "probabilities"),
    *OF_ROUNDED,  # where gradients are made by hand; elsewhere, nothing moves
]
