"""What the lesson says of the best discriminator, and of what pushes a generated point."""

from functools import cache

import numpy as np
import pytest

from tests.lesson import numpy_lesson, run_cells
from tests.lessons.test_steps import gradient
from tests.notebooks.test_numbers import with_numbers


@cache
def trained(key):
    """A lesson after its training and its three runs, of a single epoch each."""
    names, text = {"__name__": f"gan_{key}"}, with_numbers(key, {"num_epochs": 1})
    run_cells(None, "### The best", key, names, text)
    run_cells("We look at the second", "def look_inside", key, names, text)
    return names


@pytest.fixture
def lesson(framework):
    """Each lesson, in turn; run once for all the tests here, which leave the generator alone."""
    return trained(framework)


def test_training_starts_from_new_networks(framework, lesson):
    """The cell that trains gives the same result each time, and one_run that same result."""

    def result():
        return np.concatenate([part.ravel() for part in lesson["fitted"](lesson["net_G"])])

    first = result()
    run_cells("## Run it", "Now see", framework, lesson)
    np.testing.assert_array_equal(result(), first)
    assert (
        lesson["runs"]["middle"].frechet
        == lesson["fit_errors"](*lesson["fitted"](lesson["net_G"]))[2]
    )


def test_a_push_is_minus_the_gradient_in_the_point(lesson):
    net_D, points = lesson["net_D"], np.array([[0.5, -1.0], [1.0, 2.0], [-3.0, 4.0]], "float32")
    lesson["init_net"](net_D, 1.0)
    x = points.astype(float)

    def loss():
        return np.logaddexp(0, -lesson["output"](net_D, x).astype(float)).sum()

    (want,) = gradient(loss, [x], eps=1e-2)
    np.testing.assert_allclose(-lesson["pushes"](net_D, points), want, atol=2e-3)


def test_the_second_layer_is_what_the_last_one_takes(lesson):
    """A logit that is linear in its three units."""
    net_D, points = lesson["net_D"], lesson["real_points"]
    lesson["init_net"](net_D, 1.0)
    units, logit = lesson["second_layer"](net_D, points), lesson["output"](net_D, points)
    assert units.shape == (1000, 3) and abs(units).max() <= 1
    ones = np.ones((1000, 1))
    *_, (rest,) = np.linalg.lstsq(np.hstack([units, ones]), logit, rcond=None)[:2]
    assert rest < 1e-6


def density(points, mean, cov):
    """The normal density, from the distance in units of the principal axes."""
    values, axes = np.linalg.eigh(cov)
    z = (points - mean) @ axes / np.sqrt(values)
    return np.exp(-(z**2).sum(1) / 2) / (2 * np.pi * np.sqrt(values.prod()))


def test_the_log_density_is_that_of_the_normal_distribution():
    points, mean = np.random.default_rng(0).normal(size=(50, 2)), np.array([1.0, 2.0])
    cov = np.array([[1.01, 1.95], [1.95, 4.25]])
    got = numpy_lesson()["log_density"](points, mean, cov)
    np.testing.assert_allclose(got, np.log(density(points, mean, cov)), rtol=1e-6)
