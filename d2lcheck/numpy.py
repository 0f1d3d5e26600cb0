"""The NumPy lesson's networks, loss and optimiser, for the practice checks."""

from types import SimpleNamespace

from d2lmini import numpy as d2l  # noqa: F401  # isort: skip  (it must come before the framework)
import numpy as np

from d2lcheck import (
    ToDo as ToDo,
    ask as ask,
    check_answer as check_answer,
    checker,
    waits_for as waits_for,
)
from d2lcheck.defaults import (
    COMPILES as COMPILES,
    LOOPS as LOOPS,
    aside as aside,
    eager as eager,
    frozen as frozen,
    handed_on as handed_on,
    holds_graph as holds_graph,
)

KEEPS_GRADIENTS = False  # they are handed from one call to the next

# What an error means, by a part of its message.
ERRORS = {}


class Net:
    """The lesson's MLP with given parameters: linear layers, and tanh between."""

    def __init__(self, weights):
        self.parameters = [w.copy() if w.ndim == 2 else w[None].copy() for w in weights]

    def forward(self, x):
        """Return what enters each layer, and the output."""
        steps = [x]
        for W, b in zip(self.parameters[::2], self.parameters[1::2], strict=True):
            if len(steps) > 1:
                steps[-1] = np.tanh(steps[-1])
            steps.append(steps[-1] @ W + b)
        return steps

    def __call__(self, x):
        """Return the output."""
        return self.forward(x)[-1]

    def backward(self, steps, slope):
        """Return the gradients of the parameters, and the slope in the input."""
        gradients = []
        for i in reversed(range(len(steps) - 1)):
            x, W = steps[i], self.parameters[2 * i]
            gradients = [x.T @ slope, slope.sum(0, keepdims=True), *gradients]
            slope = slope @ W.T
            if i > 0:
                slope = slope * (1 - x**2)
        return gradients, slope


class Loss:
    """The lesson's SigmoidBCE."""

    def __call__(self, o, y):
        """Return the mean cross-entropy of logits (batch, 1) with a label."""
        return np.mean(np.logaddexp(0, o) - y * o)

    def slope(self, o, y):
        """Return the derivative in each logit."""
        return (1 / (1 + np.exp(-o)) - y) / len(o)


class Trainer:
    """SGD with the learning rate 1."""

    def __init__(self, net, calls):
        self.net, self.calls = net, calls

    def step(self, gradients):
        """Move each parameter against its gradient."""
        self.calls += ["gradient", "step"]
        for p, g in zip(self.net.parameters, gradients, strict=True):
            p -= g


net, trainer, tensor = Net, Trainer, np.array
LOOKED_AT = dict.fromkeys(("new_G", "new_D"), ("parameters", "forward", "backward"))
# Another activation, as new_D is given one.
LEAKY = SimpleNamespace(
    value=lambda u: np.maximum(u, 0.2 * u), slope=lambda x: np.where(x > 0, 1, 0.2)
)


def assign(net, weights):
    """Give a net its parameters."""
    for i, (p, w) in enumerate(zip(net.parameters, weights, strict=True)):
        p[...] = w if i % 2 == 0 else w[None]


def shapes(net):
    """Return the shapes of a net's parameters, inputs x outputs."""
    return [p.shape if i % 2 == 0 else p.shape[1:] for i, p in enumerate(net.parameters)]


def learning_rate(trainer):
    """Return the learning rate of an optimiser."""
    return trainer.lr


def single(inputs, outputs):
    """Return a net of one layer."""
    return Net([np.ones((inputs, outputs)), np.ones(outputs)])


def cross_entropy(loss, o):
    """Return what a loss, as the lesson has it, makes of logits with the label 1."""
    return loss(o, 1)


def loss(dtype):
    """Return the loss as the lesson's steps are given it."""
    return Loss()


def weights(net):
    """Return a net's parameters: inputs x outputs, biases in a row."""
    return [p.copy() if i % 2 == 0 else p[0].copy() for i, p in enumerate(net.parameters)]


def array(value):
    """Return a number or an array of the framework as a NumPy array, or raise."""
    return np.asarray(value, dtype=float)


check = checker("numpy")
