"""d2lmini for PyTorch: ``from d2lmini import torch as d2l``."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from d2lmini.common import *  # noqa: F403  (what is the same in all)
from d2lmini.common import needed
from d2lmini.loader import ArrayLoader

with needed("torch"):
    import torch

matmul = torch.matmul
normal = torch.normal
seed = torch.manual_seed
tensor = torch.tensor


def numpy(x: torch.Tensor) -> Any:
    """Return a tensor as a NumPy array of the same shape, without its graph and from any device."""
    return x.detach().cpu().numpy()


def load_array(arrays: Sequence[Any], batch_size: int, is_train: bool = True) -> ArrayLoader:
    """Return the minibatches of some arrays, to be iterated again and again: see ArrayLoader."""
    return ArrayLoader(
        arrays,
        batch_size,
        is_train,
        tensor=_tensor,
        order=torch.randperm,
        take=lambda array, order: array[order.to(array.device)],
        split=torch.split,
        own=torch.Tensor,
    )


def _tensor(array):
    if isinstance(array, torch.Tensor) and not _is_dense(array):
        kind = f"{type(array).__name__} of layout {array.layout} on {array.device}"
        raise TypeError(f"arrays: want dense tensors, got {kind}{', nested' * array.is_nested}")
    if isinstance(array, np.ndarray):  # PyTorch has neither negative strides nor read-only tensors
        array = np.require(array, requirements="CW")
    return torch.as_tensor(array)


def _is_dense(x):
    """Say whether a tensor has a place for each of its numbers."""
    return (
        x.layout == torch.strided
        and not x.is_nested
        and not isinstance(x, torch.masked.MaskedTensor)
    )


def update_D(X, Z, net_D, net_G, loss, trainer_D):
    """Take one step of the discriminator and return loss_D.

    X: real points (batch, 2). Z: noise (batch, latent_dim). loss: the mean cross-entropy on logits.
    """
    fake_X = net_G(Z).detach()  # this step is not about the generator
    real_Y, fake_Y = net_D(X), net_D(fake_X)
    loss_real = loss(real_Y, torch.ones_like(real_Y))
    loss_fake = loss(fake_Y, torch.zeros_like(fake_Y))
    loss_D = (loss_real + loss_fake) / 2
    trainer_D.zero_grad()
    loss_D.backward()
    trainer_D.step()
    return loss_D.detach()


def update_G(Z, net_D, net_G, loss, trainer_G):
    """Take one step of the generator and return loss_G.

    Z: noise (batch, latent_dim). loss: the mean cross-entropy on logits.
    """
    fake_Y = net_D(net_G(Z))  # computed again: the step needs the path back to net_G
    loss_G = loss(fake_Y, torch.ones_like(fake_Y))  # label 1: "taken for real" is the aim
    trainer_G.zero_grad()
    loss_G.backward()
    trainer_G.step()
    return loss_G.detach()
