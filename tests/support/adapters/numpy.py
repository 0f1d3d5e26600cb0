from contextlib import nullcontext

import numpy as np

from d2lcheck.numpy import learning_rate as learning_rate
from tests.support.lesson import numpy_lesson

eager = double = nullcontext
tensor = np.asarray


def compiled(step):
    return step


def linear_net(weights):
    net = numpy_lesson()["MLP"](*[W.shape[1] for W in weights[::2]], len(weights[-1]))
    for i, w in enumerate(weights):
        net.parameters[i] = np.array(w.T if i % 2 == 0 else w[None])
    return net


def weights(net):
    return [(p.T if i % 2 == 0 else p[0]).copy() for i, p in enumerate(net.parameters)]


def gradient_reached(net):
    return False  # gradients go to the trainer and are not kept


def loss(dtype="float64"):
    return numpy_lesson()["SigmoidBCE"]()


class sgd:
    def __init__(self, net, lr):
        self.parameters, self.lr = net.parameters, lr

    def step(self, gradients):
        for p, g in zip(self.parameters, gradients, strict=True):
            p -= self.lr * g


def adam(net, lr, **options):
    return numpy_lesson()["Adam"](net, lr, **options)


def early_adam(net, lr, epsilon):
    """The lesson's Adam, with epsilon added before the correction for the start at 0."""

    class EarlyAdam(numpy_lesson()["Adam"]):
        def step(self, gradients):
            self.epsilon = epsilon / np.sqrt(1 - self.beta2 ** (self.t + 1))
            super().step(gradients)

    return EarlyAdam(net, lr)


# Does Adam add epsilon before it makes up for the start at 0, or after?
EARLY_EPSILON = False


def default_epsilon():
    return adam(linear_net([np.zeros((1, 1)), np.zeros(1)]), 0.1).epsilon


def fresh_layer(inputs, outputs):
    return weights(numpy_lesson()["MLP"](inputs, outputs))
