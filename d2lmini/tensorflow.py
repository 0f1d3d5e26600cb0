"""d2lmini for TensorFlow: ``from d2lmini import tensorflow as d2l``, before TensorFlow itself."""

from __future__ import annotations  # the book's reference reads them without TensorFlow

import os
import sys
from collections.abc import Sequence
from typing import Any

from d2lmini.common import *  # noqa: F403  (what is the same in all)
from d2lmini.common import needed
from d2lmini.loader import ArrayLoader

# All are read once, at the import, and some may be set for another program. Level 2 keeps the log
# to errors. oneDNN adds sums up in an order of its own on each kind of processor, and says so on
# stderr; a lesson wants the same numbers everywhere and a quiet notebook. Its Keras is version 3,
# on TensorFlow.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = max("2", os.environ.get("TF_CPP_MIN_LOG_LEVEL", ""))
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_USE_LEGACY_KERAS"] = "0"

# TensorFlow imports JAX where that is installed, to convert models of it: seconds for nothing.
without_jax = "jax" not in sys.modules
if without_jax:
    sys.modules["jax"] = None

try:
    with needed("tensorflow"):
        import tensorflow as tf

        tf.keras.config.backend()  # Keras is loaded at its first use
finally:
    if without_jax:
        del sys.modules["jax"]

# It was imported before. (All others by name: the book's reference has no TensorFlow to ask.)
if (backend := tf.keras.config.backend()) in ("jax", "numpy", "openvino", "torch"):
    raise ImportError(
        f"d2lmini.tensorflow: Keras already runs on {backend} (KERAS_BACKEND or keras.json); "
        "restart Python and import d2lmini.tensorflow first"
    )
tf.keras.config.set_floatx("float32")  # a keras.json may say float16, and the lesson then fails

matmul = tf.matmul
normal = tf.random.normal
seed = tf.random.set_seed
tensor = tf.constant


def numpy(x: tf.Tensor | tf.Variable) -> Any:
    """Return a tensor as a NumPy array of the same shape, from any device."""
    return x.numpy()


def load_array(arrays: Sequence[Any], batch_size: int, is_train: bool = True) -> ArrayLoader:
    """Return the minibatches of some arrays, to be iterated again and again: see ArrayLoader."""
    return ArrayLoader(
        arrays,
        batch_size,
        is_train,
        tensor=tf.convert_to_tensor,
        order=lambda n: tf.random.shuffle(tf.range(n)),
        take=_take,
        split=_split,
        own=(tf.Tensor, tf.Variable),
    )


def _take(array, order):
    with tf.device(array.device):
        return tf.gather(array, order)


def _split(array, size):
    """Cut an array into batches in one operation: slicing one by one costs 50 times as much."""
    whole, rest = divmod(array.shape[0], size)
    with tf.device(array.device):
        return tf.split(array, [size] * whole + [rest] * (rest > 0))


def update_D(X, Z, net_D, net_G, loss, trainer_D):
    """Take one step of the discriminator and return loss_D.

    X: real points (batch, 2). Z: noise (batch, latent_dim). loss: the mean cross-entropy on logits.
    """
    fake_X = net_G(Z)  # outside the tape: this step is not about the generator
    with tf.GradientTape() as tape:
        real_Y, fake_Y = net_D(X), net_D(fake_X)
        loss_real = loss(tf.ones_like(real_Y), real_Y)
        loss_fake = loss(tf.zeros_like(fake_Y), fake_Y)
        loss_D = (loss_real + loss_fake) / 2
    gradients = tape.gradient(loss_D, net_D.trainable_variables)
    trainer_D.apply(gradients, net_D.trainable_variables)
    return loss_D


def update_G(Z, net_D, net_G, loss, trainer_G):
    """Take one step of the generator and return loss_G.

    Z: noise (batch, latent_dim). loss: the mean cross-entropy on logits.
    """
    with tf.GradientTape() as tape:
        fake_Y = net_D(net_G(Z))  # computed again: the step needs the path back to net_G
        loss_G = loss(tf.ones_like(fake_Y), fake_Y)  # label 1: "taken for real" is the aim
    gradients = tape.gradient(loss_G, net_G.trainable_variables)
    trainer_G.apply(gradients, net_G.trainable_variables)
    return loss_G
