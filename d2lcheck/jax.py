"""The checks for the JAX lesson: ``from d2lcheck.jax import ToDo, ask, check``."""

from contextlib import contextmanager
from functools import cache, partial

import numpy as np

from d2lmini import jax as d2l  # isort: skip  (it keeps JAX's start quiet)
import jax
import optax
from flax import nnx
from jax import numpy as jnp

from d2lcheck import *  # noqa: F403  (what a student uses, beside check)
from d2lcheck import checker
from d2lcheck.framework import Framework


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


@cache
def first_step(tx):
    """Return how far a transformation of Optax's goes first, for it keeps its rate to itself."""
    step, _ = tx.update(jnp.ones(()), tx.init(jnp.zeros(())))
    return -float(step)


class JAX(Framework):
    """JAX with Flax and Optax. Gradients are handed from one call to the next."""

    d2l = d2l
    looked_at = dict.fromkeys(("new_G", "new_D"), ("layers",))
    leaky = staticmethod(partial(nnx.leaky_relu, negative_slope=0.2))
    errors = {
        "Cannot mutate Rng": "d2l.normal stands inside of what is differentiated or compiled, "
        "where there is no new key for it: use the noise Z that is given",
    }
    compiles = True
    image_net = {"layers": "the lesson's other cells look at its `layers`, and it has none"}
    tensor, trainer, eager = staticmethod(jnp.asarray), Trainer, staticmethod(jax.disable_jit)

    def net(self, weights):
        # Drawing weights, which are replaced here, would take a second to compile.
        linear = partial(nnx.Linear, kernel_init=nnx.initializers.zeros, rngs=nnx.Rngs(0))
        layers = []
        for W in weights[::2]:
            layers += [linear(*W.shape, param_dtype=W.dtype), nnx.tanh]
        net = nnx.Sequential(*layers[:-1])
        self.assign(net, weights)
        return net

    def single(self, inputs, outputs):
        ones = nnx.initializers.ones
        return nnx.Sequential(nnx.Linear(inputs, outputs, bias_init=ones, rngs=nnx.Rngs(0)))

    def parameters(self, net):
        names = "kernel", "scale", "bias"  # a scale has what normalises
        found = (getattr(layer, name, None) for layer in net.layers for name in names)
        return [w for w in found if isinstance(w, nnx.Param)]

    def put(self, parameter, w):
        parameter[...] = jnp.asarray(w)

    def value(self, parameter):
        return np.asarray(parameter[...])

    def assign(self, net, weights):
        for parameter, w in zip(self.parameters(net), weights, strict=True):
            self.put(parameter, w)

    def weights(self, net):
        return [self.value(w).copy() for w in self.parameters(net)]

    def shapes(self, net):
        return [w.shape for w in self.parameters(net)]

    def learning_rate(self, trainer):
        return first_step(trainer.tx)

    def loss(self, dtype="float64"):
        return lambda o, y: optax.sigmoid_binary_cross_entropy(o, y).mean()

    def compiled(self, step, *nets):
        return jax.jit(step)

    @contextmanager
    def double(self):
        before = jax.config.jax_enable_x64
        jax.config.update("jax_enable_x64", True)
        try:
            yield
        finally:
            jax.config.update("jax_enable_x64", before)

    @contextmanager
    def isolated_random_state(self, seed):
        keys = d2l.rngs
        try:
            with super().isolated_random_state(seed), self.double():
                d2l.seed(seed)
                yield
        finally:
            d2l.rngs = keys

    def train_epochs(self, work, says):
        return self.around(work, says) if work.__name__ == "step" else work

    def around(self, step, says):
        """Return a train_epochs around a step of both players; its noise is in its `noise`."""

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
                        assert self.forms(returned[0]) == self.forms(players)
                    except (AttributeError, TypeError, ValueError, AssertionError):
                        says.append("it returns two things: the four players, and both losses")
                        return
                yield losses / data_iter.num_examples

        train_epochs.noise = []
        return train_epochs

    def forms(self, players):
        """Return by what four players are known: the shapes of the nets, and the rates."""
        net_D, net_G, *trainers = players
        return self.shapes(net_D), self.shapes(net_G), [*map(self.learning_rate, trainers)]

    @contextmanager
    def handed_on(self, names, says):
        step, last = names.get("step"), []

        def spy(players, batch):  # a compiled step changes copies, so this returns copies
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


framework = JAX()
check = checker(framework)
