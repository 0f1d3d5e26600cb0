"""d2lmini for MXNet: ``from d2lmini import mxnet as d2l``, before MXNet itself."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from d2lmini.common import *  # noqa: F403  (what is the same in all)
from d2lmini.common import needed
from d2lmini.loader import ArrayLoader, slices

# MXNet 1.9.1, its last release, reads this name at import; NumPy dropped it in 1.24.
if "bool" not in vars(np):
    np.bool = bool

with needed("mxnet"):
    import mxnet as mx
    from mxnet import autograd

mx.npx.set_np()  # arrays that behave as NumPy's do, shapes with a 0 in them included

matmul = mx.np.dot
normal = mx.np.random.normal
seed = mx.random.seed
tensor = mx.np.array


def numpy(x: mx.np.ndarray) -> Any:
    """Return an array as a NumPy array of the same shape, from any device."""
    return x.asnumpy()


def load_array(arrays: Sequence[Any], batch_size: int, is_train: bool = True) -> ArrayLoader:
    """Return the minibatches of some arrays, to be iterated again and again: see ArrayLoader."""
    return ArrayLoader(
        arrays,
        batch_size,
        is_train,
        tensor=_tensor,
        order=_order,
        take=lambda array, order: mx.np.take(array, order.as_in_ctx(array.ctx), axis=0),
        split=slices,
        own=mx.np.ndarray,
    )


def _tensor(array):
    if isinstance(array, np.ndarray):  # mx.np.array alone would make it float32
        return mx.np.array(array, dtype=array.dtype)
    return array if isinstance(array, mx.np.ndarray) else mx.np.array(array)


def _order(n):
    order = mx.np.arange(n, dtype="int64")
    mx.np.random.shuffle(order)
    return order


def update_D(X, Z, net_D, net_G, loss, trainer_D):
    """Take one step of the discriminator and return loss_D.

    X: real points (batch, 2). Z: noise (batch, latent_dim).
    loss: the cross-entropy on logits, one value per example.
    """
    with autograd.record():
        fake_X = net_G(Z).detach()  # this step is not about the generator
        real_Y, fake_Y = net_D(X), net_D(fake_X)
        loss_real = loss(real_Y, mx.np.ones_like(real_Y))
        loss_fake = loss(fake_Y, mx.np.zeros_like(fake_Y))
        loss_D = (loss_real + loss_fake) / 2
    loss_D.backward()
    trainer_D.step(X.shape[0])  # divides the summed gradient by the batch size
    return loss_D.mean()


def update_G(Z, net_D, net_G, loss, trainer_G):
    """Take one step of the generator and return loss_G.

    Z: noise (batch, latent_dim).
    loss: the cross-entropy on logits, one value per example.
    """
    with autograd.record():
        fake_Y = net_D(net_G(Z))  # computed again: the step needs the path back to net_G
        loss_G = loss(fake_Y, mx.np.ones_like(fake_Y))  # label 1: "taken for real" is the aim
    loss_G.backward()
    trainer_G.step(Z.shape[0])  # divides the summed gradient by the batch size
    return loss_G.mean()
