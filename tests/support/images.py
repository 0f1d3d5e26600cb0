"""The networks of the lesson on faces as the tests use them, in float64."""

from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache

import numpy as np

from d2lcheck import images as checks
from d2lcheck.framework import Framework
from tests.support.frameworks import adapter_of
from tests.support.lesson import FACES, definitions


class Images:
    """NumPy's."""

    key = "numpy"

    @property
    def adapter(self) -> Framework:
        """The framework as the checks know it."""
        return adapter_of(self.key)

    def double(self) -> AbstractContextManager[None]:
        """Let networks be made in float64."""
        return nullcontext()

    def made(self, new_net):
        """Return a network, made in the lesson's own way."""
        return new_net()

    def trained(self, net, judge):
        """Return what the optimiser of a net is made for."""
        return net

    def assign(self, net, weights):
        """Give a network weights, which are in the order and the layout of the NumPy lesson."""
        given = iter(weights)
        for layer in net.layers:
            layer.parameters = [next(given).copy() for _ in layer.parameters]

    def weights(self, net):
        """Return copies of a network's weights, as the framework keeps them."""
        values = map(self.adapter.value, self.adapter.parameters(net))
        return [np.array(value, dtype=float) for value in values]

    def fix_noise(self, patch, noise):
        """Let the penalty draw this standard normal noise, (n, 16, 16, 3)."""
        patch.setattr(np.random, "normal", lambda size: noise)


class Frameworks(Images):
    """Those with layers of their own."""

    def assign(self, net, weights):
        kept = self.adapter.kept(weights)
        for parameter, w in zip(self.adapter.parameters(net), kept, strict=True):
            self.adapter.put(parameter, w)


class Torch(Frameworks):
    """PyTorch makes networks where the data are."""

    key = "torch"

    def made(self, new_net):
        import torch

        new_net.__globals__["data"] = torch.zeros(1)
        return super().made(new_net)

    def fix_noise(self, patch, noise):
        import torch

        patch.setattr(torch, "randn_like", lambda x: self.adapter.images(noise))


class TensorFlow(Frameworks):
    """Keras decides a layer's precision when that is made."""

    key = "tensorflow"

    @contextmanager
    def double(self):
        from tensorflow.keras import config

        before = config.dtype_policy()
        config.set_dtype_policy("float64")
        try:
            yield
        finally:
            config.set_dtype_policy(before)

    def fix_noise(self, patch, noise):
        import tensorflow as tf

        patch.setattr(tf.random, "normal", lambda shape, dtype: self.adapter.images(noise))


class MXNet(Frameworks):
    """MXNet has no weights before they are initialised."""

    key = "mxnet"

    def made(self, new_net):
        import mxnet as mx

        net = super().made(new_net)
        net.initialize(mx.init.Zero())
        net.cast("float64")
        return net

    def fix_noise(self, patch, noise):
        import mxnet as mx

        given = self.adapter.images(noise)
        patch.setattr(mx.np.random, "normal", lambda mean, std, *_, **__: std * given)


class JAX(Frameworks):
    """Flax keeps weights in variables, which take over the precision of a value."""

    key = "jax"

    def trained(self, net, judge):
        return judge if getattr(judge, "net_D", None) is net else net

    def fix_noise(self, patch, noise):
        import jax

        patch.setattr(jax.random, "normal", lambda *_: self.adapter.images(noise))


def images_of(key: str) -> Images:
    """Return the layout of a framework."""
    return next(kind for kind in (Images, Torch, TensorFlow, MXNet, JAX) if kind.key == key)()


@cache
def lesson(key):
    """What a framework's lesson defines."""
    return definitions(key, lesson=FACES)


def start():
    """Weights of a generator and of a discriminator, as the NumPy lesson keeps them."""
    rng, sizes = np.random.default_rng(0), map(checks.weights_of, ("new_G", "new_D"), (16, 16))
    return [[rng.normal(0, 0.05, w.shape) for w in weights] for weights in sizes]


def players_of(images: Images, leak=0.2):
    """The two networks of a framework's lesson, with the weights of the start.

    leak: the slope of LeakyReLU in the NumPy lesson, for the one that keeps it in float32.
    """
    names = lesson(images.key)
    if images.key == "numpy":
        small = names["small"] = names.get("small", names["leaky_relu"])
        names["leaky_relu"] = lambda a: small(leak)
    nets = [images.made(names[name]) for name in ("new_G", "new_D")]
    for net, weights in zip(nets, start(), strict=True):
        images.assign(net, weights)
    return nets
