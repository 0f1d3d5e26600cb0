"""What the lesson says of the best discriminator, and of what pushes a generated point."""

from functools import cache

import numpy as np
import pytest

from tests.support.lesson import numpy_lesson, run_cells, with_numbers
from tests.support.oracles import gradient, log_density


@cache
def trained(key):
    """A lesson after its training and its three runs, of a single epoch each."""
    names, text = {"__name__": f"gan_{key}"}, with_numbers(key, {"num_epochs": 1})
    run_cells(None, "## Why it does not arrive", key, names, text)
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
    assert lesson["one_run"](lesson["seed"]).frechet == lesson["runs"]["middle"].frechet


def test_a_push_is_minus_the_gradient_in_the_point(lesson):
    net_D, points = lesson["net_D"], np.array([[0.5, -1.0], [1.0, 2.0], [-3.0, 4.0]], "float32")
    lesson["init_net"](net_D, 1.0)
    x = points.astype(float)

    def loss():
        return np.logaddexp(0, -lesson["output"](net_D, x).astype(float)).sum()

    (want,) = gradient(loss, [x], eps=1e-2)
    np.testing.assert_allclose(-lesson["pushes"](net_D, points), want, atol=2e-3)


def test_the_mean_push_is_the_mean_length_of_the_pushes(lesson):
    """Central differences of any logit give what the framework's gradient gives."""
    net_D, points = lesson["net_D"], lesson["real_points"][:50]
    lesson["init_net"](net_D, 1.0)
    want = np.linalg.norm(lesson["pushes"](net_D, points.astype("float32")), axis=1).mean()
    got = lesson["mean_push"](lambda x: lesson["output"](net_D, x).astype(float), points)
    assert got == pytest.approx(want, rel=1e-2)


def test_a_fresh_classifier_tells_apart_what_differs_and_nothing_else():
    names, rng = numpy_lesson(), np.random.default_rng(0)
    points, others = rng.normal(size=(2, 2000, 2))
    assert abs(names["two_sample_test"](points, others) - 0.5) < 0.05
    assert names["two_sample_test"](points, others + [3, 0]) > 0.9  # another mean
    assert names["two_sample_test"](points, 0.2 * others) > 0.8  # another spread


def test_the_best_logit_is_the_log_of_the_ratio_of_the_densities(lesson):
    points = lesson["real_points"][:50]
    fit = lesson["fitted"](lesson["net_G"])
    want = log_density(points, lesson["true_mean"], lesson["true_cov"]) - log_density(points, *fit)
    np.testing.assert_allclose(lesson["best_logit"](points, lesson["net_G"]), want, rtol=1e-2)
