import inspect
from contextlib import contextmanager

import jax
import optax
from flax import nnx
from jax import numpy as jnp

from d2lcheck.jax import learning_rate as learning_rate
from d2lmini import jax as d2l

eager = jax.disable_jit
tensor = jnp.asarray


@contextmanager
def double():
    """Let there be arrays of float64, which JAX otherwise makes float32."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)


compiled = jax.jit


def linear_net(weights):
    layers = []
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        layer = nnx.Linear(W.shape[1], W.shape[0], param_dtype=W.dtype, rngs=nnx.Rngs(0))
        layer.kernel[...], layer.bias[...] = tensor(W.T), tensor(b)  # flax keeps W as (in, out)
        layers += [layer, nnx.tanh]
    return nnx.Sequential(*layers[:-1])


def weights(net):
    layers = [layer for layer in net.layers if isinstance(layer, nnx.Linear)]
    return [d2l.numpy(w).T for layer in layers for w in (layer.kernel, layer.bias)]


def gradient_reached(net):
    return False  # gradients are handed out and not kept


def loss(dtype="float64"):
    return lambda o, y: optax.sigmoid_binary_cross_entropy(o, y).mean()


def plain_loss():
    """As Optax has it, one value per example."""
    return optax.sigmoid_binary_cross_entropy


def sgd(net, lr):
    return nnx.Optimizer(net, optax.sgd(lr), wrt=nnx.Param)


def adam(net, lr, beta1=0.9, beta2=0.999, epsilon=1e-8):
    return nnx.Optimizer(net, optax.adam(lr, beta1, beta2, epsilon), wrt=nnx.Param)


# Does Adam add epsilon before it makes up for the start at 0, or after?
EARLY_EPSILON = False


def default_epsilon():
    return inspect.signature(optax.adam).parameters["eps"].default


def fresh_layer(inputs, outputs):
    return weights(nnx.Sequential(nnx.Linear(inputs, outputs, rngs=nnx.Rngs(0))))
