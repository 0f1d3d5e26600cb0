"""The NumPy lesson's gradients, derived by hand, against central differences."""

import numpy as np
import pytest

from tests.support.lesson import numpy_lesson
from tests.support.oracles import gradient


def net(activation, runs):
    lesson = numpy_lesson()
    made = lesson["MLP"](2, 5, 3, 1, activation=lesson[activation], runs=runs)
    rng = np.random.default_rng(1)
    made.parameters = [rng.normal(size=p.shape) for p in made.parameters]
    return made


@pytest.mark.parametrize("runs", [(), (3,)])
@pytest.mark.parametrize("kind", ["tanh", "leaky_relu"])
@pytest.mark.parametrize("label", [0, 1])
def test_gradients_are_those_of_the_loss(kind, runs, label):
    x = np.random.default_rng(2).normal(size=(*runs, 8, 2))
    made, loss = net(kind, runs), numpy_lesson()["SigmoidBCE"]()

    def value():
        return loss(made(x), label).sum()

    steps = made.forward(x)
    gradients, slope = made.backward(steps, loss.slope(steps[-1], label))
    wanted = gradient(value, [*made.parameters, x], eps=1e-5)
    for got, want in zip([*gradients, slope], wanted, strict=True):
        assert got.shape == want.shape
        assert np.linalg.norm(got - want) < 1e-6 * np.linalg.norm(want)


def test_the_loss_is_the_cross_entropy_and_does_not_overflow():
    loss, sigmoid = numpy_lesson()["SigmoidBCE"](), numpy_lesson()["sigmoid"]
    o = np.random.default_rng(3).normal(size=(8, 1))
    D = 1 / (1 + np.exp(-o))
    np.testing.assert_allclose(sigmoid(o), D, rtol=1e-14)
    assert loss(o, 1) == pytest.approx(-np.log(D).mean())
    assert loss(o, 0) == pytest.approx(-np.log(1 - D).mean())
    far = np.array([[-2000.0], [2000.0]])
    assert loss(far, 1) == 1000 and np.isfinite(loss.slope(far, 0)).all()


def test_many_runs_at_once_are_as_many_single_runs():
    """Three games side by side, and each of them alone."""
    lesson, rng = numpy_lesson(), np.random.default_rng(4)
    shapes = [(2, 2), (1, 2)], [(2, 5), (1, 5), (5, 3), (1, 3), (3, 1), (1, 1)]
    start = [[rng.normal(size=(3, *shape)) for shape in player] for player in shapes]
    X, Z = rng.normal(size=(2, 10, 3, 8, 2))

    def play(run):
        """Ten steps of both players in the given run, or in all."""
        nets = lesson["MLP"](2, 2), lesson["MLP"](2, 5, 3, 1)
        for net, weights in zip(nets, start, strict=True):
            net.parameters = [w[run].copy() for w in weights]
        net_G, net_D = nets
        trainer_G, trainer_D = (lesson["Adam"](net, 0.05) for net in nets)
        loss = lesson["SigmoidBCE"]()
        for x, z in zip(X, Z, strict=True):
            loss_D = lesson["update_D"](x[run], z[run], net_D, net_G, loss, trainer_D)
            loss_G = lesson["update_G"](z[run], net_D, net_G, loss, trainer_G)
        return [*net_G.parameters, *net_D.parameters, loss_D, loss_G]

    together = play(slice(None))
    for run in range(3):
        for got, want in zip(play(run), together, strict=True):
            np.testing.assert_allclose(got, want[run], rtol=1e-12, atol=1e-14)
