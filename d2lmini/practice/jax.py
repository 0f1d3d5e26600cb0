"""The JAX lesson's networks, loss and optimiser, for the practice checks."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax
import numpy as np
import optax
from flax import nnx
from jax import numpy as jnp

from d2lmini import jax as d2l

KEEPS_GRADIENTS = False  # they are handed from one call to the next

# What an error means, by a part of its message.
ERRORS = {}


@contextmanager
def aside(seed: int) -> Iterator[None]:
    """Let there be float64; start d2lmini's keys from a seed, and leave them as they were."""
    keys, precision = d2l.rngs, jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    d2l.seed(seed)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", precision)
        d2l.rngs = keys


def net(weights):
    """Return a net with given parameters: linear layers, and tanh between."""
    layers = []
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        layer = nnx.Linear(*W.shape, param_dtype=W.dtype, rngs=nnx.Rngs(0))
        layer.kernel[...], layer.bias[...] = jnp.asarray(W), jnp.asarray(b)
        layers += [layer, nnx.tanh]
    return nnx.Sequential(*layers[:-1])


class Trainer(nnx.Optimizer):
    """SGD with the learning rate 1, which notes its steps."""

    def __init__(self, net, calls):
        super().__init__(net, optax.sgd(1.0), wrt=nnx.Param)
        self.note = lambda: calls.append("step")

    def update(self, *args, **kwargs):
        """Move each parameter against its gradient."""
        self.note()
        return super().update(*args, **kwargs)


trainer, tensor = Trainer, jnp.asarray


def loss(dtype):
    """Return the loss as the lesson's steps are given it."""
    return lambda o, y: optax.sigmoid_binary_cross_entropy(o, y).mean()


def weights(net):
    """Return a net's parameters: inputs x outputs, biases in a row."""
    layers = [layer for layer in net.layers if isinstance(layer, nnx.Linear)]
    return [np.array(w[...]) for layer in layers for w in (layer.kernel, layer.bias)]


def array(value):
    """Return a number or an array of the framework as a NumPy array, or raise."""
    return np.asarray(value, dtype=float)


def holds_graph(value):
    """Return whether a loss still holds what it was computed from."""
    return False
