import numpy as np
import pytest

from d2lmini import timer
from d2lmini.accumulator import Accumulator
from d2lmini.gaussian import frechet_distance, log_density
from d2lmini.timer import Timer
from tests.support import oracles


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves when told to."""
    now = [100.0]
    monkeypatch.setattr(timer, "perf_counter", lambda: now[0])

    def pass_time(seconds):
        now[0] += seconds

    return pass_time


def test_timer_keeps_laps(clock):
    watch = Timer()  # starts by itself
    clock(2)
    assert watch.stop() == 2
    clock(50)  # between laps
    watch.start()
    clock(4)
    assert watch.stop() == 4
    assert watch.times == [2, 4]
    assert (watch.sum(), watch.avg(), watch.cumsum()) == (6, 3, [2, 6])


def test_timer_starting_again_drops_the_lap(clock):
    watch = Timer()
    clock(5)
    watch.start()
    clock(1)
    assert watch.stop() == 1


def test_timer_refuses_what_has_no_answer(clock):
    watch = Timer()
    with pytest.raises(ValueError, match="avg: there is no lap"):
        watch.avg()
    assert (watch.sum(), watch.cumsum()) == (0, [])
    watch.stop()
    with pytest.raises(ValueError, match=r"stop: .*start\(\)"):
        watch.stop()
    assert watch.times == [0]


def test_accumulator_sums():
    metric = Accumulator(2)
    metric.add(1, 2.5)
    metric.add(np.float32(3), np.array([4]))
    assert (metric[0], metric[1]) == (4, 6.5)
    metric.reset()
    assert (metric[0], metric[1]) == (0, 0)
    with pytest.raises(IndexError):
        metric[2]


@pytest.mark.filterwarnings("error")
def test_accumulator_takes_tensors(d2l):
    metric = Accumulator(2)
    metric.add(d2l.tensor([1.5]), d2l.tensor(2.0))
    metric.add(d2l.tensor([[0.25]]), 1)
    assert (metric[0], metric[1]) == (1.75, 3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("framework", ["torch"], indirect=True)
def test_accumulator_takes_a_loss_with_its_graph(d2l):
    metric = Accumulator(1)
    metric.add(d2l.tensor(2.0, requires_grad=True) * 3)
    assert metric[0] == 6


def test_accumulator_refuses_and_stays_as_it_was(d2l):
    metric = Accumulator(2)
    metric.add(1, 2)
    with pytest.raises(ValueError, match="add: want 2 values.* got 3"):
        metric.add(1, 2, 3)
    texts = "one", "1", np.array(["1"])
    for bad in (d2l.tensor([1.0, 2.0]), *texts, None, 1j, np.complex64(1), 10**400):
        with pytest.raises(TypeError, match="add: want numbers or one-element tensors, got"):
            metric.add(1, bad)
    assert (metric[0], metric[1]) == (1, 2)


def traced_by(key, step):
    """Give a framework's compilers a step, which returns what it takes, each as a function."""
    if key == "torch":
        import torch

        fake = torch._subclasses.FakeTensorMode()
        yield lambda: torch.vmap(step)(torch.ones(3))
        yield lambda: torch.fx.symbolic_trace(step)
        yield lambda: step(fake.from_tensor(torch.ones(1)))
    if key == "tensorflow":
        import tensorflow as tf

        yield lambda: tf.function(step)(tf.constant(1.0))
        yield lambda: tf.function(step, autograph=False)(tf.constant([1.0]))
        yield lambda: step(tf.keras.Input(()))
    if key == "mxnet":
        from mxnet import gluon, np

        class Block(gluon.HybridBlock):
            def hybrid_forward(self, F, x):
                return step(x)

        block = Block()
        block.hybridize()
        yield lambda: block(np.ones(1))
    if key == "jax":
        import jax

        yield lambda: jax.jit(step)(1.0)
        yield lambda: jax.vmap(step)(jax.numpy.ones((3, 1)))
        yield lambda: jax.grad(step)(1.0)


def test_a_symbol_in_a_compiled_step_is_refused(d2l, framework):
    metric = Accumulator(1)

    def step(x):
        metric.add(x)
        return x

    for attempt in traced_by(framework, step):
        with pytest.raises(TypeError, match="add: .* got .*a compiled step has no numbers yet"):
            attempt()
    assert metric[0] == 0


@pytest.mark.parametrize("framework", ["tensorflow"], indirect=True)
def test_a_number_in_a_function_that_tensorflow_converts_is_added(d2l):
    import tensorflow as tf

    metric = Accumulator(1)
    tf.map_fn(lambda x: (metric.add(x), x)[1], tf.constant([1.0, 2.0]))
    assert metric.data == [3.0] and type(metric[0]) is float


@pytest.mark.parametrize("n, error", [(0, ValueError), (2.0, TypeError), (True, TypeError)])
def test_accumulator_of_how_many(n, error):
    with pytest.raises(error, match="n: want a positive whole number"):
        Accumulator(n)
    Accumulator(np.int64(2)).add(1, 2)


def test_frechet_distance_in_one_dimension():
    # There the distance is (m1 - m2)^2 + (s1 - s2)^2, with standard deviations s.
    assert frechet_distance([1], [[4]], [3], [[25]]) == pytest.approx(4 + 9)


def test_frechet_distance_of_a_distribution_to_itself_is_zero():
    cov = np.array([[1.01, 1.95], [1.95, 4.25]])
    assert frechet_distance([1, 2], cov, [1, 2], cov) == pytest.approx(0, abs=1e-12)
    singular = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert frechet_distance([0, 0], singular, [0, 0], singular) == pytest.approx(0, abs=1e-12)


def test_frechet_distance_that_does_not_commute():
    # The optimal map between N(0, S1) and N(0, S2) is M = S1^-1/2 (S1^1/2 S2 S1^1/2)^1/2 S1^-1/2.
    # Start from the map: with M symmetric and positive, S2 = M S1 M, and the distance is
    # E|x - M x|^2 = tr((I - M) S1 (I - M)).
    S1 = np.array([[2.0, 0.5], [0.5, 1.0]])
    M = np.array([[1.5, -0.4], [-0.4, 0.7]])
    rest = np.eye(2) - M
    want = np.trace(rest @ S1 @ rest)
    assert frechet_distance([0, 0], S1, [0, 0], M @ S1 @ M) == pytest.approx(want)


def test_frechet_distance_of_many_at_once():
    rng = np.random.default_rng(0)
    means, roots = rng.normal(size=(5, 2)), rng.normal(size=(5, 2, 2))
    covs = roots @ roots.swapaxes(-1, -2)
    distances = frechet_distance(means, covs, [1, 2], np.eye(2))
    pairs = zip(means, covs, strict=True)
    one_by_one = [frechet_distance(m, S, [1, 2], np.eye(2)) for m, S in pairs]
    assert distances.shape == (5,)
    np.testing.assert_allclose(distances, one_by_one)


@pytest.mark.parametrize(
    "cov, wrong",
    [
        ([[1, 2], [0, 1]], "cov_.: want a covariance, .* not symmetric"),
        ([[1, 2], [2, 1]], "cov_.: want a covariance, .* negative eigenvalue"),
        ([[[1, 0], [0, 1]], [[-1, 0], [0, 1]]], "cov_.: want a covariance, .* negative eigenvalue"),
        ([1, 1], r"cov_.: want shapes .* got \(2,\) and \(2,\)"),
        ([[1]], r"cov_.: want shapes .* got \(2,\) and \(1, 1\)"),
    ],
)
def test_frechet_distance_refuses_what_is_no_covariance(cov, wrong):
    with pytest.raises(ValueError, match=wrong):
        frechet_distance([0, 0], cov, [0, 0], np.eye(2))
    with pytest.raises(ValueError, match=wrong):
        frechet_distance([0, 0], np.eye(2), [0, 0], cov)


def test_frechet_distance_refuses_other_dimensions_and_complex_numbers():
    with pytest.raises(ValueError, match="mean_1, mean_2: .* shapes"):
        frechet_distance([0], [[1]], [0, 0], np.eye(2))
    with pytest.raises(TypeError, match="mean_2, cov_2: want real numbers, got complex128"):
        frechet_distance([0, 0], np.eye(2), [1j, 0], np.eye(2))


@pytest.mark.parametrize("size", [1e-20, 1.0, 1e15])
def test_frechet_distance_forgives_rounding(size):
    W = (size * np.random.default_rng(0).normal(size=(50, 3, 1))).astype("float32")
    covs = W @ W.swapaxes(1, 2)  # of rank 1: two eigenvalues are 0, but for rounding
    covs[:, 0, 1] *= np.float32(1 + 1e-6)
    assert np.isfinite(frechet_distance([0] * 3, covs, [0] * 3, np.eye(3))).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e200])
def test_frechet_distance_after_a_diverged_training_is_not_finite(value):
    eye, bad = np.eye(2), np.full((2, 2), value)
    assert not np.isfinite(frechet_distance([value, 0], eye, [0, 0], eye))
    assert not np.isfinite(frechet_distance([0, 0], bad, [0, 0], bad))
    many = frechet_distance(np.zeros((2, 2)), np.stack([eye, eye * np.nan]), [0, 0], eye)
    assert many[0] == 0 and np.isnan(many[1])


def test_the_log_density_is_that_of_the_normal_distribution():
    points, mean = np.random.default_rng(0).normal(size=(50, 2)), np.array([1.0, 2.0])
    cov = np.array([[1.01, 1.95], [1.95, 4.25]])
    want = oracles.log_density(points, mean, cov)
    np.testing.assert_allclose(log_density(points, mean, cov), want, rtol=1e-6)
    many = log_density(np.stack([points, points]), [mean, mean + 1], [cov, 2 * cov])
    np.testing.assert_allclose(many[0], want, rtol=1e-6)
    np.testing.assert_allclose(many[1], log_density(points, mean + 1, 2 * cov))
    assert np.isfinite(log_density(points, mean, np.ones((2, 2)))).all()  # a cloud on a line
    assert np.isnan(log_density(points, [np.nan, 0], cov)).all()


@pytest.mark.parametrize(
    "arguments, error",
    [
        (([[1, 2]], [0], [[1]]), "points, mean: want as many coordinates"),
        (([1, 2], [0, 0], np.eye(2)), "points, mean: want as many coordinates"),
        (([[1, 2]], [0, 0], [[1, 2], [0, 1]]), "^cov: want a covariance"),
        (([[1, 2]], [0, 0], np.eye(3)), "^mean, cov: want shapes"),
    ],
)
def test_a_density_of_what_does_not_fit_is_refused(arguments, error):
    with pytest.raises(ValueError, match=error):
        log_density(*arguments)
