"""The JAX lesson's networks, loss and optimiser, for the practice checks."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial

import jax
import numpy as np
import optax
from flax import nnx
from jax import numpy as jnp

from d2lcheck import (
    ToDo as ToDo,
    ask as ask,
    check_answer as check_answer,
    checker,
    waits_for as waits_for,
)
from d2lcheck.defaults import (
    frozen as frozen,
    holds_graph as holds_graph,
)
from d2lmini import jax as d2l

KEEPS_GRADIENTS = False  # they are handed from one call to the next

# What an error means, by a part of its message.
ERRORS = {
    "Cannot mutate Rng": "d2l.normal stands inside of what is differentiated or compiled, "
    "where there is no new key for it: use the noise Z that is given",
}


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
    # Drawing weights, which are replaced here, would take a second to compile.
    linear = partial(nnx.Linear, kernel_init=nnx.initializers.zeros, rngs=nnx.Rngs(0))
    layers = []
    for W in weights[::2]:
        layers += [linear(*W.shape, param_dtype=W.dtype), nnx.tanh]
    net = nnx.Sequential(*layers[:-1])
    assign(net, weights)
    return net


def _parameters(net):
    layers = [layer for layer in net.layers if isinstance(layer, nnx.Linear)]
    return [w for layer in layers for w in (layer.kernel, layer.bias) if w is not None]


def assign(net, weights):
    """Give a net its parameters."""
    for parameter, w in zip(_parameters(net), weights, strict=True):
        parameter[...] = jnp.asarray(w)


def shapes(net):
    """Return the shapes of a net's parameters, inputs x outputs."""
    return [w.shape for w in _parameters(net)]


class Trainer(nnx.Optimizer):
    """SGD with the learning rate 1, which notes its steps."""

    def __init__(self, net, calls):
        super().__init__(net, optax.sgd(1.0), wrt=nnx.Param)
        elsewhere = {True: [], False: ["elsewhere"]}
        self.note = lambda model: calls.extend(["gradient", *elsewhere[model is net], "step"])

    def update(self, model, *args, **kwargs):
        """Move each parameter against its gradient."""
        self.note(model)
        return super().update(model, *args, **kwargs)


trainer, tensor, eager = Trainer, jnp.asarray, jax.disable_jit
LOOKED_AT = dict.fromkeys(("new_G", "new_D"), ("layers",))
LEAKY = partial(nnx.leaky_relu, negative_slope=0.2)  # another activation, as new_D is given one


def _forms(players):
    net_D, net_G, *trainers = players
    return shapes(net_D), shapes(net_G), [learning_rate(trainer) for trainer in trainers]


def around_step(step, says):
    """Return a train_epochs around a step of both players."""

    def train_epochs(net_D, net_G, data_iter, num_epochs, lr_D, lr_G, latent_dim):
        trainers = [
            nnx.Optimizer(net, optax.sgd(lr), wrt=nnx.Param)
            for net, lr in ((net_D, lr_D), (net_G, lr_G))
        ]
        players, rng = (net_D, net_G, *trainers), np.random.default_rng(0)
        for _ in range(num_epochs):
            losses = 0
            for (X,) in data_iter:
                Z = jnp.asarray(rng.normal(size=(len(X), latent_dim)), "float32")
                train_epochs.noise.append(np.array(Z))
                returned = step(players, (X, Z))
                try:
                    (*_, _), pair = returned
                    losses += len(X) * np.array([float(each) for each in pair])
                    assert _forms(returned[0]) == _forms(players)
                except (AttributeError, TypeError, ValueError, AssertionError):
                    says.append("it returns two things: the four players, and both losses")
                    return
            yield losses / data_iter.num_examples

    train_epochs.noise = []
    return train_epochs


LOOPS, COMPILES = {"step": around_step}, True


def learning_rate(trainer):
    """Return the learning rate of an optimiser."""
    return _learning_rate(trainer.tx)


@cache
def _learning_rate(tx):
    """Return what the first step is, for Optax keeps the number itself to itself."""
    step, _ = tx.update(jnp.ones(()), tx.init(jnp.zeros(())))
    return -float(step)


def single(inputs, outputs):
    """Return a net of one layer, as the lesson makes it."""
    ones = nnx.initializers.ones
    layer = nnx.Linear(inputs, outputs, bias_init=ones, rngs=nnx.Rngs(0))
    return nnx.Sequential(layer)


def compile(step):
    """Return a step compiled, as the lesson's loop does it."""

    def call(*points_and_players):
        *points, net_D, net_G, loss, trainer = points_and_players

        def losses(players, points):
            return step(*points, *players[:2], loss, players[2])

        return jax.jit(losses)((net_D, net_G, trainer), points)

    return call


def cross_entropy(loss, o):
    """Return what a loss, as the lesson has it, makes of logits with the label 1."""
    return loss(o, jnp.ones_like(o))


@contextmanager
def handed_on(names, says):
    """Note in says if train_epochs does not go on with the players that the step returns.

    A compiled step changes copies, so the spy that stands in its place returns copies.
    """
    step, last = names.get("step"), []

    def spy(players, batch):
        if last and players[0] is not last[-1][0]:
            says.append("the players that the step returns are not handed on to the next")
        players, losses = step(players, batch)
        last.append((nnx.clone(players[0]), *players[1:]))
        return last[-1], losses

    if step:
        names["step"] = spy
    try:
        yield
    finally:
        if step:
            names["step"] = step


def loss(dtype):
    """Return the loss as the lesson's steps are given it."""
    return lambda o, y: optax.sigmoid_binary_cross_entropy(o, y).mean()


def weights(net):
    """Return a net's parameters: inputs x outputs, biases in a row."""
    return [np.array(w[...]) for w in _parameters(net)]


def array(value):
    """Return a number or an array of the framework as a NumPy array, or raise."""
    return np.asarray(value, dtype=float)


check = checker("jax")
