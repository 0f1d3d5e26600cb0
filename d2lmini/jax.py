"""d2lmini for JAX, with networks of flax.nnx: ``from d2lmini import jax as d2l``."""

from __future__ import annotations  # the book's reference reads them without JAX

import logging
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from d2lmini.common import *  # noqa: F403  (what is the same in all)
from d2lmini.common import needed
from d2lmini.loader import ArrayLoader

# Read once, at the import; level 2 keeps the log to errors, where JAX 0.12 tells its devices.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = max("2", os.environ.get("TF_CPP_MIN_LOG_LEVEL", ""))

with needed("jax", "flax"):
    import jax
    from flax import nnx
    from jax import numpy as jnp

# It warns of an accelerator that this installation of JAX cannot use. The lesson needs none.
logging.getLogger("jax._src.xla_bridge").setLevel(logging.ERROR)

matmul = jnp.matmul
tensor = jnp.array

# JAX has no hidden random state: each draw is given a key. These are the keys of the draws here.
rngs = nnx.Rngs(0)


def seed(seed: int) -> None:
    """Start ``rngs``, the keys behind ``normal`` and ``load_array``, anew from a whole number."""
    global rngs
    rngs = nnx.Rngs(seed)


def normal(mean: float, std: float, shape: tuple[int, ...]) -> jax.Array:
    """Return an array of this shape from N(mean, std), drawn with the next key of ``rngs``."""
    return mean + std * jax.random.normal(rngs(), shape)


def numpy(x: jax.Array | nnx.Variable) -> Any:
    """Return an array as a NumPy array of the same shape, from any device. It is read-only."""
    return np.asarray(x)


def load_array(arrays: Sequence[Any], batch_size: int, is_train: bool = True) -> ArrayLoader:
    """Return the minibatches of some arrays, to be iterated again and again: see ArrayLoader."""
    return ArrayLoader(
        arrays,
        batch_size,
        is_train,
        tensor=jnp.asarray,
        order=lambda n: jax.random.permutation(rngs(), n),
        take=lambda array, order: array[order],
        split=_split,
        own=jax.Array,
    )


# Compiled: called as it is, it costs 20 times as much.
_slice = jax.jit(jax.lax.dynamic_slice_in_dim, static_argnums=2)


def _split(array, size):
    n = len(array)
    return (_slice(array, i, min(size, n - i)) for i in range(0, n, size))


def update_D(X, Z, net_D, net_G, loss, trainer_D):
    """Take one step of the discriminator and return loss_D.

    X: real points (batch, 2). Z: noise (batch, latent_dim). loss: the mean cross-entropy on logits.
    """
    fake_X = net_G(Z)  # outside of what is differentiated: this step is not about the generator

    def loss_of(net_D):
        real_Y, fake_Y = net_D(X), net_D(fake_X)
        loss_real = loss(real_Y, jnp.ones_like(real_Y))
        loss_fake = loss(fake_Y, jnp.zeros_like(fake_Y))
        return (loss_real + loss_fake) / 2

    loss_D, gradients = nnx.value_and_grad(loss_of)(net_D)
    trainer_D.update(net_D, gradients)
    return loss_D


def update_G(Z, net_D, net_G, loss, trainer_G):
    """Take one step of the generator and return loss_G.

    Z: noise (batch, latent_dim). loss: the mean cross-entropy on logits.
    """

    def loss_of(net_G):
        fake_Y = net_D(net_G(Z))  # computed again: the step needs the path back to net_G
        return loss(fake_Y, jnp.ones_like(fake_Y))  # label 1: "taken for real" is the aim

    loss_G, gradients = nnx.value_and_grad(loss_of)(net_G)
    trainer_G.update(net_G, gradients)
    return loss_G
