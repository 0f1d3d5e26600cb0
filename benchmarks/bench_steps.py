"""The ways of the notebooks gan_<framework>_faster, and how a plain step grows with its sizes."""

from time import perf_counter

import numpy as np
import pytest

import d2lmini
from tests.support.frameworks import adam, adapter_of
from tests.support.lesson import definitions, run_until, source
from tools.backends import why_not

INSTALLED = [key for key in d2lmini.FRAMEWORKS if why_not(key) is None]
SLOW = pytest.mark.slow
BATCH_SIZES, DIMENSIONS = (8, 64, 512, 4096), (2, 16, 128, 1024)
# One grows at a time; the smallest setup begins both columns, and is measured once.
SIZES = [*((n, DIMENSIONS[0]) for n in BATCH_SIZES), *((BATCH_SIZES[0], n) for n in DIMENSIONS[1:])]


def pytest_generate_tests(metafunc):
    """Make a benchmark of each way that a notebook defines."""
    if "way" in metafunc.fixturenames:
        ways = [(key, names, name) for key, names in notebooks() for name in names["ways"]]
        ids = [f"{key}: {name}" for key, _, name in ways]
        metafunc.parametrize("way", ways, ids=ids)


def notebooks():
    """Give each notebook's names where it is about to race its ways."""
    for key in INSTALLED:
        yield key, run_until("## The race", key, source(key, "faster"))


def test_way(benchmark, way, tmp_path, monkeypatch):
    """An epoch of 125 steps, 1000 points."""
    # What PyTorch finds compiled on disk, from another run, would not be the first epoch.
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    key, names, name = way
    names["d2l"].seed(names["seed"])
    names["init_net"](names["net_D"])
    names["init_net"](names["net_G"])
    epoch = names["ways"][name](names["net_D"], names["net_G"]).epoch
    start = perf_counter()
    epoch()
    benchmark.extra_info |= {
        "table": "way",
        "row": f"{key}: {name}",
        "figures": {"first epoch, s": perf_counter() - start},
        "column": "examples/s",
        "count": names["num_steps"] * names["batch_size"],
    }
    benchmark(epoch)


@pytest.mark.parametrize("key", INSTALLED)
@pytest.mark.parametrize(
    "batch_size, dimension",
    [pytest.param(*sizes, marks=SLOW) if max(sizes) > 1000 else sizes for sizes in SIZES],
)
def test_step(benchmark, key, batch_size, dimension):
    """A step as the lesson's `train` takes it; dimension is that of the data and of the noise."""
    smallest = dimension == DIMENSIONS[0]
    table, size = ("batch size", batch_size) if smallest else ("dimension", dimension)
    benchmark.extra_info |= {"table": table, "row": key, "column": f"{size:,}", "unit": 1e-6}
    benchmark(new_step(key, batch_size, dimension))


def new_step(key, batch_size, dimension):
    """Return a step of both players, compiled as the lesson's `train` has it."""
    names, adapter = definitions(key), adapter_of(key)
    rng = np.random.default_rng(0)

    def linear_net(*sizes):
        shapes = zip(sizes[:-1], sizes[1:], strict=True)
        weights = [(rng.normal(0, 0.02, s), np.zeros(s[1])) for s in shapes]
        return adapter.net([a.astype("float32") for pair in weights for a in pair])

    X, Z = map(adapter.tensor, rng.normal(size=(2, batch_size, dimension)).astype("float32"))
    net_D, net_G = linear_net(dimension, 5, 3, 1), linear_net(dimension, dimension)
    loss = adapter.loss("float32")
    trainer_D, trainer_G = adam(adapter, net_D, 0.05), adam(adapter, net_G, 0.005)

    def step(players):
        net_D, net_G, trainer_D, trainer_G = players
        loss_D = names["update_D"](X, Z, net_D, net_G, loss, trainer_D)
        return players, (loss_D, names["update_G"](Z, net_D, net_G, loss, trainer_G))

    step, players = adapter.compiled(step, net_D, net_G), (net_D, net_G, trainer_D, trainer_G)

    def take_step():
        nonlocal players
        players, losses = step(players)
        return [float(loss) for loss in losses]  # as in train, and what MXNet has to wait for

    take_step()
    return take_step
