"""The networks of the lesson on faces as the tests use them: each framework's layout of weights."""

from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from types import MappingProxyType

import numpy as np

from tests.support.lesson import FACES, definitions

# What a matrix (rows, columns) of the NumPy lesson is. Its windows have 4 x 4 pixels of colours.
FORMS = MappingProxyType(
    {
        (16, 1024): "into an image",
        (64, 512): "transposed",
        (32, 48): "transposed",
        (48, 32): "convolution",
        (512, 64): "convolution",
        (1024, 1): "out of an image",
    }
)


class Images:
    """NumPy's: weights as they are. Colours come last, as they do in TensorFlow and JAX."""

    key = "numpy"
    colours_first = False

    def double(self) -> AbstractContextManager[None]:
        """Let networks be made in float64."""
        return nullcontext()

    def made(self, new_net):
        """Return a network, made in the lesson's own way."""
        return new_net()

    def trained(self, net, judge):
        """Return what the optimiser of a net is made for."""
        return net

    def tensor(self, images):
        """Return images (n, 16, 16, 3) as the framework's own."""
        return images

    def assign(self, net, weights):
        """Give a network weights, which are in the order and the layout of the NumPy lesson."""
        given = iter(weights)
        for layer in net.layers:
            layer.parameters = [next(given).copy() for _ in layer.parameters]

    def weights(self, net):
        """Return copies of a network's weights, as the framework keeps them."""
        return [p.copy() for p in net.parameters]

    def turned(self, weights):
        """Return weights of the NumPy lesson as the framework keeps them."""
        return list(weights)

    def fix_noise(self, patch, noise):
        """Let the penalty draw this standard normal noise, (n, 16, 16, 3)."""
        patch.setattr(np.random, "normal", lambda size: noise)


class Frameworks(Images):
    """Those with layers of their own."""

    def assign(self, net, weights):
        for parameter, w in zip(self.parameters(net), self.turned(weights), strict=True):
            self.set(parameter, w)

    def weights(self, net):
        return [np.array(self.numpy(p), dtype=float) for p in self.parameters(net)]

    def turned(self, weights):
        pairs = zip(weights[::2], weights[1::2], strict=True)
        return [w for W, b in pairs for w in self.turned_layer(W, b)]

    def turned_layer(self, W, b):
        """Return the weights and the biases of one layer."""
        first, (rows, columns) = self.colours_first, W.shape
        match FORMS[W.shape]:
            case "into an image" if first:
                W = W.reshape(rows, 4, 4, 64).transpose(3, 1, 2, 0).reshape(columns, rows)
                b = b.reshape(4, 4, 64).transpose(2, 0, 1).ravel()
            case "out of an image" if first:
                W = W.reshape(4, 4, 64, 1).transpose(3, 2, 0, 1).reshape(columns, rows)
            case "transposed":
                W = W.reshape(rows, 4, 4, columns // 16)
                W = W.transpose(0, 3, 1, 2) if first else W.transpose(1, 2, 3, 0)
            case "convolution":
                W = W.reshape(4, 4, rows // 16, columns)
                W = W.transpose(3, 2, 0, 1) if first else W
        return np.ascontiguousarray(W), b


class Torch(Frameworks):
    """PyTorch has colours first."""

    key, colours_first = "torch", True

    def tensor(self, images):
        import torch

        return torch.tensor(images.transpose(0, 3, 1, 2).copy())

    def made(self, new_net):
        import torch

        new_net.__globals__["data"] = torch.zeros(1)
        return super().made(new_net)

    def parameters(self, net):
        """Return a network's parameters in their order."""
        return list(net.parameters())

    def set(self, parameter, w):
        """Give a parameter a value, of its precision."""
        import torch

        parameter.data = torch.tensor(w)

    def numpy(self, parameter):
        """Return a parameter as an array of NumPy."""
        return parameter.detach().numpy()

    def fix_noise(self, patch, noise):
        import torch

        patch.setattr(torch, "randn_like", lambda x: self.tensor(noise))


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

    def tensor(self, images):
        import tensorflow as tf

        return tf.constant(images)

    def parameters(self, net):
        return net.weights

    def set(self, parameter, w):
        parameter.assign(w)

    def numpy(self, parameter):
        return parameter.numpy()

    def fix_noise(self, patch, noise):
        import tensorflow as tf

        patch.setattr(tf.random, "normal", lambda shape, dtype: tf.constant(noise))


class MXNet(Frameworks):
    """MXNet has colours first, too."""

    key, colours_first = "mxnet", True

    def made(self, new_net):
        import mxnet as mx

        net = super().made(new_net)
        net.initialize(mx.init.Zero())
        net.cast("float64")
        return net

    def tensor(self, images):
        import mxnet as mx

        return mx.np.array(images.transpose(0, 3, 1, 2), dtype="float64")

    def parameters(self, net):
        return list(net.collect_params().values())

    def set(self, parameter, w):
        import mxnet as mx

        parameter.set_data(mx.np.array(w, dtype="float64"))

    def numpy(self, parameter):
        return parameter.data().asnumpy()

    def fix_noise(self, patch, noise):
        import mxnet as mx

        given = self.tensor(noise)
        patch.setattr(mx.np.random, "normal", lambda mean, std, *_, **__: std * given)


class JAX(Frameworks):
    """Flax keeps weights in variables, which take over the precision of a value."""

    key = "jax"

    def tensor(self, images):
        from jax import numpy as jnp

        return jnp.asarray(images)

    def trained(self, net, judge):
        return judge if getattr(judge, "net_D", None) is net else net

    def parameters(self, net):
        layers = [layer for layer in net.layers if hasattr(layer, "kernel")]
        return [w for layer in layers for w in (layer.kernel, layer.bias)]

    def set(self, parameter, w):
        from jax import numpy as jnp

        parameter.value = jnp.asarray(w)

    def numpy(self, parameter):
        return parameter[...]

    def fix_noise(self, patch, noise):
        import jax

        patch.setattr(jax.random, "normal", lambda *_: self.tensor(noise))


def images_of(key: str) -> Images:
    """Return the layout of a framework."""
    return next(kind for kind in (Images, Torch, TensorFlow, MXNet, JAX) if kind.key == key)()


@cache
def lesson(key):
    """What a framework's lesson defines."""
    return definitions(key, lesson=FACES)


def start():
    """Weights of a generator and of a discriminator, as the NumPy lesson keeps them."""
    rng = np.random.default_rng(0)
    shapes = [(16, 1024), (64, 16 * 32), (32, 16 * 3)], [(16 * 3, 32), (16 * 32, 64), (1024, 1)]
    biases = [1024, 32, 3], [32, 64, 1]
    return [
        [
            w
            for W, b in zip(*net, strict=True)
            for w in (rng.normal(0, 0.05, W), rng.normal(0, 0.05, b))
        ]
        for net in zip(shapes, biases, strict=True)
    ]


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
