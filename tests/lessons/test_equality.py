"""The same GAN in each framework: fed the same numbers, the functions of every lesson give the
same parameters and losses, step for step, as those of the NumPy lesson.

Weights, data, order and noise are drawn once, by NumPy. Both steps follow the gradient of the mean
loss per example. The odd learning rates and betas are exact in float32, in which Keras and MXNet
keep them even for float64 networks. Adam hides a wrong scale; SGD shows it.
"""

from contextlib import nullcontext
from functools import cache

import numpy as np
import pytest

from d2lmini import FRAMEWORKS
from tests.support.frameworks import adam, adapter_of, early_adam, sgd
from tests.support.lesson import definitions, numpy_lesson

OTHERS = [key for key in FRAMEWORKS if key != "numpy"]
SGD = {"name": "sgd", "lr_D": 1 / 4, "lr_G": 1 / 16}
ADAM = {
    "name": "adam",
    "lr_D": 3 / 64,
    "lr_G": 5 / 1024,
    "options": {"beta1": 29 / 32, "beta2": 1023 / 1024, "epsilon": 1e-30},
}
LESSON = {"name": "adam", "lr_D": 0.05, "lr_G": 0.005}  # and each framework's own defaults
SETTINGS = {"sgd": SGD, "adam": ADAM, "lesson": LESSON}

# The defaults of those that add it before Adam makes up for its start at 0; the others do after.
EARLY_EPSILON = {"tensorflow": 1e-7, "mxnet": 1e-8}


OPTIMISERS = {"sgd": sgd, "adam": adam, "early_adam": early_adam}


def play(key, functions, trainers, epochs, dtype="float64", steps=125):
    """Train, and yield after each epoch all parameters and the last two losses as one array."""
    adapter = adapter_of(key)
    rng = np.random.default_rng(0)
    shapes = [(2, 2), (2,), (2, 5), (5,), (5, 3), (3,), (3, 1), (1,)]
    # The start for which the bounds below were found. From another, Adam may meet a gradient next
    # to 0, whose sign is a matter of rounding, and the two part for good.
    weights = [rng.normal(0, 0.02, s[::-1]).T if len(s) > 1 else np.zeros(s) for s in shapes]
    weights = [w.astype(dtype) for w in weights]
    data = rng.normal(size=(1000, 2)) @ [[1, 2], [-0.1, 0.5]] + [1, 2]
    net_G, net_D = adapter.net(weights[:2]), adapter.net(weights[2:])
    make, options = OPTIMISERS[trainers["name"]], trainers.get("options", {})
    loss, trainer_D = adapter.loss(dtype), make(adapter, net_D, trainers["lr_D"], **options)
    trainer_G = make(adapter, net_G, trainers["lr_G"], **options)

    def step(players, X, Z):
        net_D, net_G, trainer_D, trainer_G = players
        loss_D = functions["update_D"](X, Z, net_D, net_G, loss, trainer_D)
        return players, (loss_D, functions["update_G"](Z, net_D, net_G, loss, trainer_G))

    step, players = adapter.compiled(step, net_D, net_G), (net_D, net_G, trainer_D, trainer_G)
    for _ in range(epochs):
        batches = data[rng.permutation(1000)].reshape(125, 8, 2).astype(dtype)
        noise = rng.normal(size=(125, 8, 2)).astype(dtype)
        for X, Z in zip(batches[:steps], noise, strict=False):
            players, losses = step(players, adapter.tensor(X), adapter.tensor(Z))
        parameters = adapter.weights(players[1]) + adapter.weights(players[0])
        yield np.concatenate([p.ravel() for p in parameters] + [[float(x)] for x in losses])


@cache
def reference(trainers, epochs, dtype, steps, early_epsilon=None):
    """What the NumPy lesson gives, with the epsilon of another framework if asked."""
    settings = SETTINGS[trainers]
    if early_epsilon:
        settings = settings | {"name": "early_adam", "options": {"epsilon": early_epsilon}}
    return list(play("numpy", numpy_lesson(), settings, epochs, dtype, steps))


def largest_difference(key, functions, trainers, epochs, dtype="float64", steps=125):
    """The largest difference of any parameter or loss from the NumPy lesson's, at any epoch."""
    adapter = adapter_of(key)
    with adapter.double() if dtype == "float64" else nullcontext():
        got = list(play(key, functions, SETTINGS[trainers], epochs, dtype, steps))
    early = EARLY_EPSILON.get(key) if trainers == "lesson" else None
    want = reference(trainers, epochs, dtype, steps, early)
    # NumPy's max, for Python's passes over a nan.
    return float(np.max([abs(a - b).max() for a, b in zip(got, want, strict=True)]))


# In place of the fixture's list of all: the reference is not compared with itself.
others = pytest.mark.parametrize("framework", OTHERS, indirect=True)


@others
def test_sgd_is_the_same_for_20_epochs(framework):
    difference = largest_difference(framework, definitions(framework), "sgd", 20)
    print(f"{framework}: largest difference {difference:.1e}")
    assert difference < 1e-10


@others
def test_adam_is_the_same_for_5_epochs(framework):
    difference = largest_difference(framework, definitions(framework), "adam", 5)
    print(f"{framework}: largest difference {difference:.1e}")
    # MXNet computes the size of Adam's step in float32, whatever one does.
    assert difference < (1e-5 if framework == "mxnet" else 1e-10)


@others
def test_the_lessons_own_settings_in_float32(framework):
    difference = largest_difference(framework, definitions(framework), "lesson", 2, "float32")
    print(f"{framework}: largest difference {difference:.1e}")
    assert difference < 1e-4
