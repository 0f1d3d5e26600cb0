"""Batches, labels and noise stay on the data's device. No accelerator is needed to see it: each
framework has some second device that any computer can offer."""

import ast

import pytest

from tests.support.lesson import source
from tests.support.python import run

SECOND_DEVICE = {
    "torch": """
import torch
from d2lmini import torch as d2l
X = torch.empty(10, 2, device="meta")
where = lambda batch: str(batch.device)
want = "meta"
""",
    "tensorflow": """
from d2lmini import tensorflow as d2l
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
with tf.device("CPU:1"):
    X = tf.zeros((10, 2))
where = lambda batch: batch.device[-5:]
want = "CPU:1"
""",
    "mxnet": """
from d2lmini import mxnet as d2l
import mxnet as mx
X = mx.np.zeros((10, 2), ctx=mx.cpu(1))
where = lambda batch: str(batch.ctx)
want = "cpu(1)"
""",
    "jax": """
import os
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
from d2lmini import jax as d2l
import jax
X = jax.device_put(jax.numpy.zeros((10, 2)), jax.devices()[1])
where = lambda batch: batch.device.id
want = 1
""",
}


BATCHES = """
for is_train in (True, False):
    for (batch,) in d2l.load_array((X,), 4, is_train):
        assert where(batch) == want, where(batch)
"""
STEPS = {
    "torch": """
here = lambda losses: all(where(loss) == want for loss in losses)
from torch import nn, optim, randn
net_G, net_D, loss = nn.Linear(2, 2).to(want), nn.Linear(2, 1).to(want), nn.BCEWithLogitsLoss()
Z = randn(10, 2, device=want)
trainer_D, trainer_G = (optim.Adam(net.parameters()) for net in (net_D, net_G))
""",
    "tensorflow": """
here = lambda losses: all(0 < float(loss) < 9 for loss in losses)
net_G, net_D = tf.keras.layers.Dense(2), tf.keras.layers.Dense(1)
Z, loss = X, tf.keras.losses.BinaryCrossentropy(from_logits=True)
trainer_D, trainer_G = tf.keras.optimizers.Adam(), tf.keras.optimizers.Adam()
""",
    "mxnet": """
here = lambda losses: all(where(loss) == want for loss in losses)
from mxnet import gluon
net_G, net_D, loss = gluon.nn.Dense(2), gluon.nn.Dense(1), gluon.loss.SigmoidBCELoss()
Z = X.copy()
for net in (net_G, net_D):
    net.initialize(ctx=X.ctx)
    net(X)
trainer_D, trainer_G = (gluon.Trainer(net.collect_params(), "adam") for net in (net_D, net_G))
""",
    "jax": """
here = lambda losses: all(where(loss) == want for loss in losses)
import optax
from flax import nnx
net_G, net_D = nnx.Linear(2, 2, rngs=d2l.rngs), nnx.Linear(2, 1, rngs=d2l.rngs)
Z, loss = X, lambda o, y: optax.sigmoid_binary_cross_entropy(o, y).mean()
trainer_D, trainer_G = (nnx.Optimizer(n, optax.adam(1.0), wrt=nnx.Param) for n in (net_D, net_G))
""",
}


@pytest.mark.parametrize("framework", SECOND_DEVICE, indirect=True)
def test_batches_and_labels_stay_on_the_points_device(framework):
    """TensorFlow and JAX move what they need by themselves."""
    steps = """
losses = [
    d2l.update_D(X, Z, net_D, net_G, loss, trainer_D),
    d2l.update_G(Z, net_D, net_G, loss, trainer_G),
]
assert here(losses), [where(loss) for loss in losses]
"""
    run(SECOND_DEVICE[framework] + BATCHES + STEPS[framework] + steps)


@pytest.mark.parametrize("framework, device", [("torch", "device"), ("mxnet", "ctx")])
def test_noise_is_made_on_the_points_device(framework, device):
    """Read from the lesson: every call that draws noise says where."""
    tree = ast.parse(source(framework))
    (train,) = [node for node in tree.body if getattr(node, "name", "") == "train_epochs"]
    calls = [node for node in ast.walk(train) if isinstance(node, ast.Call)]
    (draw,) = [c for c in calls if getattr(c.func, "attr", "") in {"randn", "normal"}]
    assert device in {keyword.arg for keyword in draw.keywords}
