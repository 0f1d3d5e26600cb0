"""d2lmini for NumPy alone: ``from d2lmini import numpy as d2l``. No framework is needed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from d2lmini.common import *  # noqa: F403  (what is the same in all)
from d2lmini.loader import ArrayLoader, slices

matmul = np.matmul
normal = np.random.normal
seed = np.random.seed
tensor = np.array
numpy = np.asarray


def load_array(arrays: Sequence[Any], batch_size: int, is_train: bool = True) -> ArrayLoader:
    """Return the minibatches of some arrays, to be iterated again and again: see ArrayLoader."""
    return ArrayLoader(
        arrays,
        batch_size,
        is_train,
        tensor=np.asarray,
        order=np.random.permutation,
        take=lambda array, order: array[order],
        split=slices,
    )


def sigmoid(o):
    """Return 1 / (1 + exp(-o)), written so that exp does not overflow."""
    return (1 + np.tanh(o / 2)) / 2


class SigmoidBCE:
    """The cross-entropy on logits o (..., batch, 1) with the label y, as a mean over the batch."""

    def __call__(self, o, y):
        """Return the loss in nats, of shape (...)."""
        return (np.logaddexp(0, o) - y * o).mean((-2, -1))

    def slope(self, o, y):
        """Return the derivative in each logit."""
        return (sigmoid(o) - y) / o.shape[-2]


class Adam:
    """The optimiser of Kingma and Ba, "Adam: a method for stochastic optimization", 2015."""

    def __init__(self, net, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.parameters, self.lr, self.t = net.parameters, lr, 0
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.m, self.v = ([np.zeros_like(p) for p in net.parameters] for _ in range(2))

    def step(self, gradients):
        """Move each parameter against its gradient."""
        self.t += 1
        for p, g, m, v in zip(self.parameters, gradients, self.m, self.v, strict=True):
            m += (1 - self.beta1) * (g - m)
            v += (1 - self.beta2) * (g**2 - v)
            m_hat, v_hat = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.epsilon)


def update_D(X, Z, net_D, net_G, loss, trainer_D):
    """Take one step of the discriminator and return loss_D.

    X: real points (batch, 2). Z: noise (batch, latent_dim). loss: the mean cross-entropy on logits.
    """
    fake_X = net_G(Z)  # plain numbers: this step is not about the generator
    real, fake = net_D.forward(X), net_D.forward(fake_X)
    real_Y, fake_Y = real[-1], fake[-1]
    loss_D = (loss(real_Y, 1) + loss(fake_Y, 0)) / 2
    from_real, _ = net_D.backward(real, loss.slope(real_Y, 1) / 2)
    from_fake, _ = net_D.backward(fake, loss.slope(fake_Y, 0) / 2)
    trainer_D.step([r + f for r, f in zip(from_real, from_fake, strict=True)])
    return loss_D


def update_G(Z, net_D, net_G, loss, trainer_G):
    """Take one step of the generator and return loss_G.

    Z: noise (batch, latent_dim). loss: the mean cross-entropy on logits.
    """
    fake = net_G.forward(Z)  # computed again: the step needs the path back to net_G
    judged = net_D.forward(fake[-1])
    fake_Y = judged[-1]
    loss_G = loss(fake_Y, 1)  # label 1: "taken for real" is the aim
    _, slope = net_D.backward(judged, loss.slope(fake_Y, 1))  # through net_D, which stays
    gradients, _ = net_G.backward(fake, slope)
    trainer_G.step(gradients)
    return loss_G
