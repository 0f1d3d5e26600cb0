"""The NumPy lesson's gradients, derived by hand, against central differences."""

import numpy as np
import pytest

from tests.lesson import numpy_lesson
from tests.test_steps import gradient


def net(kind, runs):
    lesson = numpy_lesson()
    made = (
        lesson["Quadratic"](runs=runs)
        if kind == "quadratic"
        else lesson["MLP"](2, 5, 3, 1, runs=runs)
    )
    rng = np.random.default_rng(1)
    made.parameters = [rng.normal(size=p.shape) for p in made.parameters]
    return made


@pytest.mark.parametrize("runs", [(), (3,)])
@pytest.mark.parametrize("kind", ["tanh", "quadratic"])
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
