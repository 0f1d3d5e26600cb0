"""Batches, labels and noise stay on the data's device. No accelerator is needed to see it: each
framework has some second device that any computer can offer."""

import subprocess
import sys

import pytest

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
}


def test_batches_stay_on_the_arrays_device(framework):
    if framework not in SECOND_DEVICE:
        pytest.skip(f"{framework} has one device only")
    check = """
for is_train in (True, False):
    for (batch,) in d2l.load_array((X,), 4, is_train):
        assert where(batch) == want, where(batch)
"""
    subprocess.run([sys.executable, "-c", SECOND_DEVICE[framework] + check], check=True)
