"""update_D and update_G against the formulas of the lesson, written out once more in NumPy.

The gradient is checked by central differences, so the oracle shares no calculus with the code.
"""

import numpy as np
import pytest

from tests.support.frameworks import sgd
from tests.support.oracles import gradient

LR = 0.25


@pytest.fixture
def game():
    return new_game()


def new_game():
    """Weights of both players, a minibatch of real points, and noise."""
    rng = np.random.default_rng(0)
    shapes_D = [(2, 5), (5,), (5, 3), (3,), (3, 1), (1,)]
    return {
        "G": [rng.normal(size=shape) for shape in ((2, 2), (2,))],
        "D": [rng.normal(size=shape) for shape in shapes_D],
        "X": rng.normal(size=(8, 2)),
        "Z": rng.normal(size=(8, 2)),
    }


def forward(weights, x):
    """The output of a net: linear layers with tanh between them."""
    *layers, (W, b) = zip(weights[::2], weights[1::2], strict=True)
    for hidden_W, hidden_b in layers:
        x = np.tanh(x @ hidden_W + hidden_b)
    return x @ W + b


def loss_D(D, G, X, Z):
    real, fake = forward(D, X), forward(D, forward(G, Z))
    return (-np.log(sigmoid(real)).mean() - np.log(1 - sigmoid(fake)).mean()) / 2


def loss_G(D, G, Z):
    return -np.log(sigmoid(forward(D, forward(G, Z)))).mean()


def sigmoid(o):
    return 1 / (1 + np.exp(-o))


def after_step(weights, slopes):
    return [w - LR * slope for w, slope in zip(weights, slopes, strict=True)]


def assert_close(got, want):
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-8)


@pytest.mark.filterwarnings("error:Converting a tensor")
def test_update_D_descends_its_loss_and_leaves_the_generator(d2l, adapter, game):
    net_D, net_G = adapter.net(game["D"]), adapter.net(game["G"])
    X, Z = adapter.tensor(game["X"]), adapter.tensor(game["Z"])
    got = d2l.update_D(X, Z, net_D, net_G, adapter.loss(), sgd(adapter, net_D, LR))
    assert float(got) == pytest.approx(loss_D(**game), abs=1e-12)
    assert_close(adapter.weights(net_G), game["G"])
    reached = any(gradient.any() for gradient in adapter.gradients(net_G))
    assert not reached, "the points were not cut off from the generator"
    slopes = gradient(lambda: loss_D(**game), game["D"])
    assert_close(adapter.weights(net_D), after_step(game["D"], slopes))


@pytest.mark.filterwarnings("error:Converting a tensor")
def test_update_G_descends_its_loss_and_leaves_the_discriminator(d2l, adapter, game):
    net_D, net_G = adapter.net(game["D"]), adapter.net(game["G"])
    Z, _ = adapter.tensor(game["Z"]), game.pop("X")
    got = d2l.update_G(Z, net_D, net_G, adapter.loss(), sgd(adapter, net_G, LR))
    assert float(got) == pytest.approx(loss_G(**game), abs=1e-12)
    assert_close(adapter.weights(net_D), game["D"])
    slopes = gradient(lambda: loss_G(**game), game["G"])
    assert_close(adapter.weights(net_G), after_step(game["G"], slopes))


def test_steps_carry_nothing_over(d2l, adapter, game):
    """Alternating steps: a gradient that is not cleared would show in the second round."""
    net_D, net_G = adapter.net(game["D"]), adapter.net(game["G"])
    trainer_D, trainer_G = sgd(adapter, net_D, LR), sgd(adapter, net_G, LR)
    X, Z = adapter.tensor(game["X"]), adapter.tensor(game["Z"])
    D, G = game["D"], game["G"]
    for _ in range(3):
        d2l.update_D(X, Z, net_D, net_G, adapter.loss(), trainer_D)
        d2l.update_G(Z, net_D, net_G, adapter.loss(), trainer_G)
        D[:] = after_step(D, gradient(lambda: loss_D(D, G, game["X"], game["Z"]), D))
        G[:] = after_step(G, gradient(lambda: loss_G(D, G, game["Z"]), G))
    assert_close(adapter.weights(net_D), D)
    assert_close(adapter.weights(net_G), G)
