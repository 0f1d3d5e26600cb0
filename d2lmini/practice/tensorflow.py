"""The TensorFlow lesson's networks, loss and optimiser, for the practice checks."""

from contextlib import AbstractContextManager, nullcontext

import numpy as np
import tensorflow as tf

from d2lmini.practice.steps import CUT

KEEPS_GRADIENTS = False  # a tape hands them out

# What an error means, by a part of its message.
ERRORS = {"No gradients provided": f"it does not move: {CUT}"}


def aside(seed: int) -> AbstractContextManager[None]:
    """Do nothing: TensorFlow's random state cannot be read."""
    return nullcontext()


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
        self.note = lambda: calls.append("step")  # Keras would keep a copy of the list

    def apply(self, *args, **kwargs):
        """Move each variable against its gradient."""
        self.note()
        return super().apply(*args, **kwargs)


trainer, tensor = Trainer, tf.constant


def loss(dtype):
    """Return the loss as the lesson's steps are given it."""
    return tf.keras.losses.BinaryCrossentropy(from_logits=True, dtype=dtype)


def weights(net):
    """Return a net's parameters: inputs x outputs, biases in a row."""
    return net.get_weights()


def array(value):
    """Return a number or an array of the framework as a NumPy array, or raise."""
    return np.asarray(value, dtype=float)


def holds_graph(value):
    """Return whether a loss still holds what it was computed from."""
    return False
