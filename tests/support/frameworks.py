"""A framework as the tests and the benchmarks use it: that of the checks, and optimisers."""

from importlib import import_module

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


def sgd(adapter, net, lr):
    """The framework's own SGD; NumPy's is that of the checks."""
    match type(adapter).__name__:
        case "Torch":
            from torch import optim

            return optim.SGD(net.parameters(), lr)
        case "TensorFlow":
            from tensorflow import keras

            return keras.optimizers.SGD(lr)
        case "MXNet":
            from mxnet import gluon

            return gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})
        case "JAX":
            import optax
            from flax import nnx

            return nnx.Optimizer(net, optax.sgd(lr), wrt=nnx.Param)
    return Trainer(net, [], lr)


def adam(adapter, net, lr, **options):
    """Adam as the lesson has it. options: beta1, beta2 and epsilon, where not its own defaults."""
    match type(adapter).__name__:
        case "Torch":
            from torch import optim

            betas = options.pop("beta1", 0.9), options.pop("beta2", 0.999)
            return optim.Adam(net.parameters(), lr, betas, *options.values())
        case "TensorFlow":
            from tensorflow import keras

            options = {name.replace("beta", "beta_"): value for name, value in options.items()}
            return keras.optimizers.Adam(lr, **options)
        case "MXNet":
            from mxnet import gluon

            return gluon.Trainer(net.collect_params(), "adam", options | {"learning_rate": lr})
        case "JAX":
            import optax
            from flax import nnx

            names = {"beta1": "b1", "beta2": "b2", "epsilon": "eps"}
            options = {names[name]: value for name, value in options.items()}
            return nnx.Optimizer(net, optax.adam(lr, **options), wrt=nnx.Param)
    return numpy_lesson()["Adam"](net, lr, **options)
