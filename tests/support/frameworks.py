"""A framework as the tests and the benchmarks use it: that of the checks, and optimisers."""

from functools import partial
from importlib import import_module

import numpy as np

from d2lcheck.framework import Framework
from d2lcheck.numpy import NumPy, Trainer
from tests.support.lesson import numpy_lesson


class NumPyLesson(NumPy):
    """NumPy with the lesson's own networks and loss."""

    def net(self, weights):
        net = numpy_lesson()["MLP"](*map(len, weights[::2]), len(weights[-1]))
        net.parameters = super().net(weights).parameters
        return net

    def loss(self, dtype="float64"):
        return numpy_lesson()["SigmoidBCE"]()


def adapter_of(key: str) -> Framework:
    return NumPyLesson() if key == "numpy" else import_module(f"d2lcheck.{key}").framework


def optimiser(kind, adapter, net, lr, **options):
    """The framework's own optimiser, of the kind sgd, NumPy's that of the checks, or adam.

    options: of Adam, beta1, beta2 and epsilon, where not the framework's own defaults.
    """
    match type(adapter).__name__:
        case "Torch":
            from torch import optim

            if kind == "sgd":
                return optim.SGD(net.parameters(), lr)
            betas = options.pop("beta1", 0.9), options.pop("beta2", 0.999)
            return optim.Adam(net.parameters(), lr, betas, *options.values())
        case "TensorFlow":
            from tensorflow import keras

            make = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}[kind]
            return make(lr, **{k.replace("beta", "beta_"): value for k, value in options.items()})
        case "MXNet":
            from mxnet import gluon

            return gluon.Trainer(net.collect_params(), kind, options | {"learning_rate": lr})
        case "JAX":
            import optax
            from flax import nnx

            names = {"beta1": "b1", "beta2": "b2", "epsilon": "eps"}
            options = {names[name]: value for name, value in options.items()}
            return nnx.Optimizer(net, getattr(optax, kind)(lr, **options), wrt=nnx.Param)
    return Trainer(net, [], lr) if kind == "sgd" else numpy_lesson()["Adam"](net, lr, **options)


sgd, adam = (partial(optimiser, kind) for kind in ("sgd", "adam"))


def early_adam(adapter, net, lr, epsilon, **options):
    """The NumPy lesson's Adam, with epsilon added before the correction for the start at 0.

    So TensorFlow and MXNet have it.
    """

    class EarlyAdam(numpy_lesson()["Adam"]):
        def step(self, gradients):
            self.epsilon = epsilon / np.sqrt(1 - self.beta2 ** (self.t + 1))
            super().step(gradients)

    return EarlyAdam(net, lr, **options)
