"""The TensorFlow lesson's networks, loss and optimiser, for the practice checks."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

from d2lmini.practice.steps import CUT

KEEPS_GRADIENTS = False  # a tape hands them out

# What an error means, by a part of its message.
ERRORS = {"No gradients provided": f"it does not move: {CUT}"}


@contextmanager
def aside(seed: int) -> Iterator[None]:
    """As in the other modules, for NumPy's random state; TensorFlow's cannot be read."""
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)


def net(weights):
    """Return a net with given parameters: linear layers, and tanh between."""
    hidden = len(weights) // 2 - 1
    layers = [
        tf.keras.layers.Dense(len(b), "tanh" if i < hidden else None, dtype=b.dtype.name)
        for i, b in enumerate(weights[1::2])
    ]
    net = tf.keras.Sequential(layers)
    net.build((None, len(weights[0])))
    net.set_weights(weights)
    return net


class Trainer(tf.keras.optimizers.SGD):
    """SGD with the learning rate 1, which notes its steps."""

    def __init__(self, net, calls):
        super().__init__(1.0)
        self.calls = calls

    def apply(self, *args, **kwargs):
        """Move each variable against its gradient."""
        self.calls.append("step")
        return super().apply(*args, **kwargs)


trainer, tensor = Trainer, tf.constant


def loss(dtype):
    """Return the loss as the lesson's steps are given it."""
    return tf.keras.losses.BinaryCrossentropy(from_logits=True, dtype=dtype)


def weights(net):
    """Return a net's parameters: inputs x outputs, biases in a row."""
    return net.get_weights()


def array(value):
    """Return what a step has returned as a NumPy array, or None if it is no number."""
    return np.asarray(value, dtype=float)


def holds_graph(value):
    """Return whether a loss still holds what it was computed from."""
    return False
