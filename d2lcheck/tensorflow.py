"""The TensorFlow lesson's networks, loss and optimiser, for the practice checks."""

from collections.abc import Iterator
from contextlib import contextmanager

from d2lmini import tensorflow as d2l  # noqa: F401  # isort: skip  (it must come before the framework)
import numpy as np
import tensorflow as tf

from d2lcheck import (
    ToDo as ToDo,
    ask as ask,
    check_answer as check_answer,
    checker,
    waits_for as waits_for,
)
from d2lcheck.defaults import (
    aside as aside,
    handed_on as handed_on,
    holds_graph as holds_graph,
)

KEEPS_GRADIENTS = False  # a tape hands them out

# What an error means, by a part of its message.
ERRORS = {
    "has no attribute '_unique_id'": "the optimiser is given something else where it wants "
    "variables: are the arguments of apply exchanged?",
}


def net(weights):
    """Return a net with given parameters: linear layers, and tanh between."""
    hidden = len(weights) // 2 - 1
    layers = [
        tf.keras.layers.Dense(len(b), "tanh" if i < hidden else None, dtype=b.dtype.name)
        for i, b in enumerate(weights[1::2])
    ]
    net = tf.keras.Sequential(layers)
    net.build((None, len(weights[0])))
    assign(net, weights)
    return net


def assign(net, weights):
    """Give a net its parameters."""
    net.set_weights(weights)


def shapes(net):
    """Return the shapes of a net's parameters, inputs x outputs."""
    return [tuple(w.shape) for w in net.weights]


class Trainer(tf.keras.optimizers.SGD):
    """SGD with the learning rate 1, which notes its steps."""

    def __init__(self, net, calls):
        super().__init__(1.0)
        self.note = calls.append  # Keras would keep a copy of the list

    def apply(self, grads, *args, **kwargs):
        """Move each variable against its gradient; without any, go on, where Keras stops."""
        arrives = any(gradient is not None for gradient in grads)
        if arrives:
            self.note("gradient")
        self.note("step")
        return super().apply(grads, *args, **kwargs) if arrives else None


trainer, tensor = Trainer, tf.constant
LOOKED_AT = dict.fromkeys(("new_G", "new_D"), ("layers",))


@contextmanager
def eager() -> Iterator[None]:
    """Run compiled functions step by step, so that a spy in them sees numbers."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def around_update_both(update_both, says):
    """Return a train_epochs around a step of both players."""

    def train_epochs(net_D, net_G, data_iter, num_epochs, lr_D, lr_G, latent_dim):
        trainers = tf.keras.optimizers.SGD(lr_D), tf.keras.optimizers.SGD(lr_G)
        players = net_D, net_G, loss("float32"), *trainers
        for _ in range(num_epochs):
            losses = 0
            for (X,) in data_iter:
                pair = update_both(*players, latent_dim, X)
                if not isinstance(pair, tuple | list) or len(pair) != 2:
                    says.append("it returns both losses")
                    pair = np.nan, np.nan
                losses += len(X) * np.array([float(each) for each in pair])
            yield losses / data_iter.num_examples

    return train_epochs


LOOPS, COMPILES = {"update_both": around_update_both}, True


def LEAKY(o):
    """Compute another activation, as new_D is given one."""
    return tf.nn.leaky_relu(o, 0.2)


def learning_rate(trainer):
    """Return the learning rate of an optimiser."""
    return float(trainer.learning_rate)


def single(inputs, outputs):
    """Return a net of one layer, as the lesson makes it."""
    net = tf.keras.Sequential([tf.keras.layers.Dense(outputs, bias_initializer="ones")])
    net.build((None, inputs))
    return net


def compile(step):
    """Return a step compiled, as the lesson's loop does it."""

    def call(*points_and_players):
        *points, net_D, net_G, loss, trainer = points_and_players
        return tf.function(lambda *points: step(*points, net_D, net_G, loss, trainer))(*points)

    return call


def cross_entropy(loss, o):
    """Return what a loss, as the lesson has it, makes of logits with the label 1."""
    return loss(tf.ones_like(o), o)


def loss(dtype):
    """Return the loss as the lesson's steps are given it."""
    return tf.keras.losses.BinaryCrossentropy(from_logits=True, dtype=dtype)


def weights(net):
    """Return a net's parameters: inputs x outputs, biases in a row."""
    return net.get_weights()


def frozen(net):
    """Return whether a parameter of a net can no longer move."""
    return len(net.trainable_variables) < len(net.weights)


def array(value):
    """Return a number or an array of the framework as a NumPy array, or raise."""
    return np.asarray(value, dtype=float)


check = checker("tensorflow")
