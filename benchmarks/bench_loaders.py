"""`load_array` against each framework's own loader, and how its cost grows."""

from collections import deque
from importlib import import_module

import numpy as np
import pytest

from benchmarks.bench_steps import INSTALLED, SLOW


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
    """The framework's own loader."""
    benchmark.extra_info |= {"table": "loaders", "framework": key, "loader": "stock"}
    loader = STOCK[key](points(100_000), 8)
    benchmark.pedantic(run_through, [loader], rounds=3)


@pytest.mark.parametrize("key", INSTALLED)
def test_load_array(benchmark, key):
    """Ours, on the same points."""
    benchmark.extra_info |= {"table": "loaders", "framework": key, "loader": "load_array"}
    d2l = import_module(f"d2lmini.{key}")
    loader = d2l.load_array((d2l.tensor(points(100_000)),), 8)
    benchmark(run_through, loader)


@pytest.mark.parametrize("key", INSTALLED)
@pytest.mark.parametrize(
    "examples", [10**3, 10**4, 10**5, *(pytest.param(n, marks=SLOW) for n in (10**6, 10**7))]
)
def test_examples(benchmark, key, examples):
    """A pass of `load_array`, by the number of examples."""
    benchmark.extra_info |= {"table": "examples", "framework": key, "size": examples}
    d2l = import_module(f"d2lmini.{key}")
    loader = d2l.load_array((d2l.tensor(points(examples)),), 8)
    benchmark(run_through, loader)
