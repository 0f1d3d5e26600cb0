"""The checks for the TensorFlow lesson: ``from d2lcheck.tensorflow import ToDo, ask, check``."""

from contextlib import contextmanager

import numpy as np

from d2lmini import tensorflow as d2l  # isort: skip  (it keeps TensorFlow's start quiet)
import tensorflow as tf

from d2lcheck import *  # noqa: F403  (what a student uses, beside check)
from d2lcheck import checker
from d2lcheck.framework import Framework


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


def leaky(o):
    """Compute LeakyReLU, under a name for Keras."""
    return tf.nn.leaky_relu(o, 0.2)


class TensorFlow(Framework):
    """TensorFlow with Keras, whose tapes hand gradients out."""

    d2l = d2l
    looked_at = dict.fromkeys(("new_G", "new_D"), ("layers",))
    leaky = staticmethod(leaky)
    errors = {
        "has no attribute '_unique_id'": "the optimiser is given something else where it wants "
        "variables: are the arguments of apply exchanged?",
    }
    compiles = True
    image_net = {"weights": "the lesson's other cells look at its `weights`, and it has none"}
    tensor, trainer = staticmethod(tf.constant), Trainer

    def net(self, weights):
        hidden = len(weights) // 2 - 1
        layers = [
            tf.keras.layers.Dense(len(b), "tanh" if i < hidden else None, dtype=b.dtype.name)
            for i, b in enumerate(weights[1::2])
        ]
        net = tf.keras.Sequential(layers)
        net.build((None, len(weights[0])))
        self.assign(net, weights)
        return net

    def single(self, inputs, outputs):
        net = tf.keras.Sequential([tf.keras.layers.Dense(outputs, bias_initializer="ones")])
        net.build((None, inputs))
        return net

    def parameters(self, net):
        return list(net.weights)

    def put(self, parameter, w):
        parameter.assign(w)

    def value(self, parameter):
        return parameter.numpy()

    def assign(self, net, weights):
        net.set_weights(weights)

    def weights(self, net):
        return net.get_weights()

    def shapes(self, net):
        return [tuple(w.shape) for w in net.weights]

    def frozen(self, net):
        return len(net.trainable_variables) < len(net.weights)

    def learning_rate(self, trainer):
        return float(trainer.learning_rate)

    def loss(self, dtype="float64"):
        return tf.keras.losses.BinaryCrossentropy(from_logits=True, dtype=dtype)

    def cross_entropy(self, loss, o):
        return loss(tf.ones_like(o), o)

    def compiled(self, step, *nets):
        def call(players, *tensors):
            return players, losses(players, *tensors)

        @tf.function
        def losses(players, *tensors):
            return step(players, *tensors)[1]

        return call

    @contextmanager
    def eager(self):
        before = tf.config.functions_run_eagerly()
        tf.config.run_functions_eagerly(True)
        try:
            yield
        finally:
            tf.config.run_functions_eagerly(before)

    def train_epochs(self, work, says):
        return self.around(work, says) if work.__name__ == "update_both" else work

    def around(self, update_both, says):
        """Return a train_epochs around a step of both players."""

        def train_epochs(net_D, net_G, data_iter, num_epochs, lr_D, lr_G, latent_dim):
            trainers = tf.keras.optimizers.SGD(lr_D), tf.keras.optimizers.SGD(lr_G)
            players = net_D, net_G, self.loss("float32"), *trainers
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


framework = TensorFlow()
check = checker(framework)
