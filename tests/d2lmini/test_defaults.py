"""What each framework does differently unless told otherwise: one test for each row of the table
in the book's reference."""

import numpy as np
import pytest

from tests.support.frameworks import adam, adapter_of
from tests.support.lesson import numpy_lesson
from tools.lessons import ROOT


def one(value, bias=0.0):
    """The weights of a net with one input and one output: value x + bias."""
    return [np.array([[value]]), np.array([bias])]


def first_step(d2l, adapter, gradient=1.0, lr=0.125, **options):
    """How far Adam's first step moves a generator's bias, in units of the learning rate."""
    net_D = adapter.net(one(-4 * gradient, np.log(3)))  # so that D = 3/4, the slope -1/4
    net_G = adapter.net(one(0.0))
    trainer = adam(adapter, net_G, lr, **options)
    Z = adapter.tensor(np.ones((1, 1)))
    d2l.update_G(Z, net_D, net_G, adapter.loss(), trainer)
    return -float(adapter.weights(net_G)[1][0]) / lr


# The table's columns, and what its cells say.
COLUMNS = ["NumPy lesson", "PyTorch", "Keras", "Gluon", "Flax and Optax"]
ROWS = {
    "at first": ["all 0", r"uniform to $1 / \sqrt{n}$", "Glorot", "uniform to 0.07", "LeCun"],
    "epsilon of Adam": ["1e-8", "1e-8", "1e-7", "1e-8", "1e-8"],
    "its place": ["after the correction", "after it", "before it", "before it", "after it"],
    "loss": [*3 * ["mean"], "one value per example; `step` divides", "one value per example"],
    "precision of `lr` and the betas": [*2 * ["float64"], *2 * ["float32"], "float64 if enabled"],
}


def test_the_table_says_what_the_tests_here_show():
    page = (ROOT / "book" / "reference.md").read_text(encoding="utf-8")
    table = [line for line in page.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table]
    assert COLUMNS in cells
    for name, row in ROWS.items():
        assert [name, *row] in cells


def fresh_layer(framework, n):
    """A layer from n numbers to n, as the framework makes it."""
    match framework:
        case "torch":
            from torch import nn

            return nn.Linear(n, n)
        case "tensorflow":
            from tensorflow import keras

            layer = keras.layers.Dense(n)
            layer.build((None, n))
            return layer
        case "mxnet":
            from mxnet.gluon import nn

            layer = nn.Dense(n, in_units=n)
            layer.initialize()
            return layer
        case "jax":
            from flax import nnx

            return nnx.Sequential(nnx.Linear(n, n, rngs=nnx.Rngs(0)))
    return numpy_lesson()["MLP"](n, n)


def test_weights_before_training(adapter, framework):
    """PyTorch: uniform up to 1/sqrt(inputs), biases too. Keras: Glorot's. Gluon: up to 0.07.

    Flax: LeCun's, normal with the variance 1 / inputs after it is cut at two standard deviations.
    """
    W, b = adapter.weights(fresh_layer(framework, 64))
    widest = {
        "torch": 1 / 8,
        "tensorflow": np.sqrt(6 / 128),
        "mxnet": 0.07,
        "jax": 2 / 8 / 0.8796,  # the cut takes away that much of the spread
        "numpy": 0,
    }[framework]
    assert 0.98 * widest <= abs(W).max() <= widest * (1 + 1e-4)
    assert framework != "jax" or W.var() == pytest.approx(1 / 64, rel=0.05)
    assert (abs(b).max() > 0) == (framework == "torch")


def test_epsilon(d2l, adapter, framework):
    """With a gradient so small, it shows in the size of the first step."""
    epsilon = 1e-7 * (1 / first_step(d2l, adapter, gradient=1e-7) - 1)
    if framework in ("tensorflow", "mxnet"):  # which divide it by a small number, see below
        epsilon *= np.sqrt(1 - 0.999)
    assert epsilon == pytest.approx(1e-7 if framework == "tensorflow" else 1e-8, rel=1e-3)


def test_the_place_of_epsilon(d2l, adapter, framework):
    """With a gradient as small as epsilon, the first step is halved, or shrinks to a 33rd."""
    moved = first_step(d2l, adapter, gradient=1e-4, epsilon=1e-4, beta2=1023 / 1024)
    early = 1 / (1 + 1 / np.sqrt(1 - 1023 / 1024))
    assert moved == pytest.approx(early if framework in ("tensorflow", "mxnet") else 0.5, rel=1e-4)


def test_the_loss_is_a_mean_or_one_value_per_example(adapter, framework):
    o, y = adapter.tensor(np.zeros((8, 1))), adapter.tensor(np.ones((8, 1)))
    loss = adapter.loss()
    if framework == "jax":  # as Optax has it
        from optax import sigmoid_binary_cross_entropy as loss
    value = np.asarray(loss(y, o) if framework == "tensorflow" else loss(o, y))
    assert value.shape == {"mxnet": (8,), "jax": (8, 1)}.get(framework, ())
    assert value == pytest.approx(np.log(2))


EXACT = {"epsilon": 1e-30, "beta1": 29 / 32, "beta2": 1023 / 1024}  # in float32, too


@pytest.mark.parametrize("inexact", [{"lr": 0.1}, {"beta1": 0.9, "beta2": 0.999}])
def test_the_precision_of_the_learning_rate_and_the_betas(d2l, adapter, framework, inexact):
    """The first step is the learning rate itself, but for float32 in Adam's own numbers."""
    off = abs(first_step(d2l, adapter, **EXACT | inexact) - 1)
    if framework in ("tensorflow", "mxnet"):
        assert 1e-9 < off < 5e-5
    else:
        assert off < 1e-14
    if framework == "tensorflow":  # beta2 = 0.999 is a matter of 1e-5; the learning rate of 1e-8
        assert (off > 5e-6) == ("beta2" in inexact)


@pytest.mark.parametrize("framework", ["jax"], indirect=True)
def test_float64_is_to_be_switched_on(framework, d2l):
    adapter, number = adapter_of(framework), np.ones(1)
    assert str(d2l.tensor(number).dtype) == "float32"
    with adapter.double():
        assert str(d2l.tensor(number).dtype) == "float64"
    assert str(d2l.tensor(number).dtype) == "float32"
