"""The lesson on faces: its convolutions, written by hand in the NumPy lesson, and a short run."""

import numpy as np
import pytest

from d2lmini import numpy as d2l
from tests.support.images import images_of, lesson, players_of
from tests.support.lesson import FACES, run_cells, with_numbers


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("penalised", [False, True])
def test_the_gradients_by_hand_are_those_of_the_loss(label, penalised, monkeypatch):
    """Of each parameter of both networks, along a direction of its own."""
    images, loss = images_of("numpy"), d2l.SigmoidBCE()
    net_G, judge = players_of(images)
    if penalised:
        judge, loss = lesson("numpy")["penalise"](judge, loss)
        images.fix_noise(monkeypatch, np.random.default_rng(3).normal(size=(3, 16, 16, 3)))
    Z, rng = np.random.default_rng(2).normal(size=(3, 16)), np.random.default_rng(4)

    def value():
        return loss(judge.forward(net_G(Z))[-1], label)

    made = net_G.forward(Z)
    judged = judge.forward(made[-1])
    of_D, slope = judge.backward(judged, loss.slope(judged[-1], label))
    of_G, slope = net_G.backward(made, slope[:3])
    pairs = list(zip(judge.parameters, of_D, strict=True))
    if not penalised:  # the generator's step goes through the plain discriminator
        pairs += zip(net_G.parameters, of_G, strict=True)
    for parameter, got in pairs:
        direction = rng.normal(size=parameter.shape)
        up, down = (moved(parameter, direction, eps, value) for eps in (1e-7, -1e-7))
        assert (got * direction).sum() == pytest.approx((up - down) / 2e-7, rel=1e-4, abs=1e-8)


def moved(parameter, direction, eps, value):
    """A value with a parameter moved a little way."""
    parameter += eps * direction
    try:
        return value()
    finally:
        parameter -= eps * direction


def test_scatter_is_the_transpose_of_windows():
    names, rng = lesson("numpy"), np.random.default_rng(0)
    x, y = rng.normal(size=(2, 8, 6, 3)), rng.normal(size=(2, 4, 3, 4, 4, 3))
    assert names["windows"](x).shape == y.shape
    forth, back = (names["windows"](x) * y).sum(), (names["scatter"](y) * x).sum()
    assert forth == pytest.approx(back, rel=1e-12)
    assert names["windows"](x)[1, 0, 0, 1, 1] == pytest.approx(x[1, 0, 0])  # beside a rim of 0
    assert not names["windows"](x)[:, 0, :, 0].any()


def test_the_penalty_is_the_squared_slope():
    """For a linear discriminator, whose slope is known, on average over much noise."""
    names, rng = lesson("numpy"), np.random.default_rng(0)
    net = names["Network"](names["reshape"](768), names["Linear"](768, 1))
    w = rng.normal(0, 0.05, (768, 1))
    net.layers[1].parameters = [w, np.zeros(1)]
    loss = d2l.SigmoidBCE()
    judge, penalised = names["penalise"](net, loss, weight=3.0, noise=0.1)
    x = np.tanh(rng.normal(size=(5000, 16, 16, 3)))
    o = judge.forward(x)[-1]
    penalty = penalised(o, 1) - loss(o[:, :1], 1)
    assert penalty == pytest.approx(3 / 2 * (w**2).sum(), rel=0.1)


def test_a_short_lesson_runs_to_its_end(framework, capsys):
    """With two epochs of fewer faces; what is compared in a long run is compared there."""
    numbers = {"num_epochs": 2, "num_faces": 600}
    text, names = with_numbers(framework, numbers, lesson=FACES), {"__name__": "faces"}
    run_cells(None, "## Summary", framework, names, text)
    said = capsys.readouterr().out
    assert said.count("examples/sec") == 2 and "600 faces to train on" in said
    made = names["generate"](7, seed=3)
    assert made.shape == (7, 16, 16, 3) and abs(made).max() <= 1 and made.std() > 0.05
    assert np.array_equal(made, names["generate"](7, seed=3))
    assert not np.array_equal(made, names["generate"](7, seed=4))


def test_a_net_starts_with_the_spread_that_the_text_says(framework):
    """Each matrix is normal with the standard deviation 0.05, and each bias is 0."""
    names, images = lesson(framework), images_of(framework)
    d2l = names["d2l"]
    names["data"] = d2l.tensor([[0.0]])  # on whose device networks are made
    d2l.seed(1)
    for new_net in (names["new_G"], names["new_D"]):
        net = new_net()
        names["init_net"](net)
        for w in images.weights(net):
            assert w.std() == pytest.approx(0.05 if w.ndim > 1 else 0, rel=0.1)
            assert abs(w).max() > 0.12 or w.ndim == 1  # a uniform spread would end at 0.087
