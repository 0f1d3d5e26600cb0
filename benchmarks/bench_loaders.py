"""`load_array` against each framework's own loader, and how its cost grows."""

from collections import deque
from importlib import import_module

import numpy as np
import pytest

from benchmarks.bench_steps import INSTALLED, SLOW

EXAMPLES = [10**n for n in range(3, 8)]
STOCK_EXAMPLES = 10**5  # the frameworks' own loaders take too long for more


def torch_loader(array, batch_size):
    """Return PyTorch's loader."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    return DataLoader(TensorDataset(torch.tensor(array)), batch_size, shuffle=True)


def tensorflow_loader(array, batch_size):
    """Return TensorFlow's."""
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((array,)).shuffle(len(array)).batch(batch_size)


def mxnet_loader(array, batch_size):
    """Return Gluon's."""
    from mxnet import gluon

    return gluon.data.DataLoader(gluon.data.ArrayDataset(array), batch_size, shuffle=True)


# A framework that is not here has none.
STOCK = {"torch": torch_loader, "tensorflow": tensorflow_loader, "mxnet": mxnet_loader}


def points(examples):
    """Return some points (examples, 2)."""
    return np.random.default_rng(0).standard_normal((examples, 2), dtype="float32")


def run_through(loader):
    """Take every batch of one pass."""
    deque(loader, maxlen=0)


@SLOW
@pytest.mark.parametrize("key", [key for key in INSTALLED if key in STOCK])
def test_stock(benchmark, key):
    """A pass of the framework's own loader."""
    place = {"table": "loader", "row": key, "column": "its own, ms"}
    benchmark.extra_info |= place | {"unit": 1e-3}
    benchmark.pedantic(run_through, [STOCK[key](points(STOCK_EXAMPLES), 8)], rounds=3)


@pytest.mark.parametrize("key", INSTALLED)
@pytest.mark.parametrize(
    "examples", [pytest.param(n, marks=SLOW) if n > STOCK_EXAMPLES else n for n in EXAMPLES]
)
def test_load_array(benchmark, key, examples):
    """A pass of ours, by the number of examples."""
    place = {"table": "examples", "row": key, "column": f"{examples:,}"}
    benchmark.extra_info |= place | {"unit": 1e-3}
    d2l = import_module(f"d2lmini.{key}")
    loader = d2l.load_array((d2l.tensor(points(examples)),), 8)
    benchmark(run_through, loader)
