"""The checks for the NumPy lesson: ``from d2lcheck.numpy import ToDo, ask, check``."""

from types import SimpleNamespace

import numpy as np

from d2lcheck import *  # noqa: F403  (what a student uses, beside check)
from d2lcheck import checker
from d2lcheck.framework import Framework
from d2lmini import numpy as d2l


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
    """SGD, which notes its steps."""

    def __init__(self, net, calls, lr=1.0):
        self.net, self.calls, self.lr = net, calls, lr

    def step(self, gradients):
        """Move each parameter against its gradient."""
        self.calls += ["gradient", "step"]
        for p, g in zip(self.net.parameters, gradients, strict=True):
            p -= self.lr * g


class NumPy(Framework):
    """NumPy alone. Biases are a row, and gradients are handed from one call to the next."""

    d2l = d2l
    looked_at = dict.fromkeys(("new_G", "new_D"), ("parameters", "forward", "backward"))
    leaky = SimpleNamespace(
        value=lambda u: np.maximum(u, 0.2 * u), slope=lambda x: np.where(x > 0, 1, 0.2)
    )
    tensor, net, trainer = staticmethod(np.array), Net, Trainer

    def single(self, inputs, outputs):
        return Net([np.ones((inputs, outputs)), np.ones(outputs)])

    def assign(self, net, weights):
        for i, (p, w) in enumerate(zip(net.parameters, weights, strict=True)):
            p[...] = w if i % 2 == 0 else w[None]

    def weights(self, net):
        return [p.copy() if i % 2 == 0 else p[0].copy() for i, p in enumerate(net.parameters)]

    def shapes(self, net):
        return [p.shape if i % 2 == 0 else p.shape[1:] for i, p in enumerate(net.parameters)]

    def learning_rate(self, trainer):
        return trainer.lr

    def loss(self, dtype="float64"):
        return Loss()

    def cross_entropy(self, loss, o):
        return loss(o, 1)


framework = NumPy()
check = checker(framework)
