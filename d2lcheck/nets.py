"""Checks of the networks and of their start."""

from collections.abc import Callable

import numpy as np

from d2lcheck.compare import compare
from d2lcheck.framework import Framework
from d2lcheck.watch import plain

LAYERS = {"new_D": (2, 5, 3, 1), "new_G": (2, 2)}
FUNCTIONS = {
    "tanh": np.tanh,
    "a sigmoid": lambda u: 1 / (1 + np.exp(-u)),
    "ReLU": lambda u: np.maximum(u, 0),
    "LeakyReLU": lambda u: np.maximum(u, 0.2 * u),
    "nothing": lambda u: u,
}


def check_net(name: str) -> Callable[[Framework, Callable], list[str]]:
    """Return the check of a function that makes a network."""

    def check(framework: Framework, work: Callable) -> list[str]:
        latent_dim = plain(work).__globals__.get("latent_dim", 2)
        sizes = LAYERS[name] if name == "new_D" else (latent_dim, 2)
        with framework.isolated_random_state(0):
            net = work()
            if not callable(net):
                return ["no network is returned"]
            for attribute in framework.looked_at[name]:
                if not hasattr(net, attribute):
                    return [f"the lesson's other cells look at its `{attribute}`, and it has none"]
            if says := wrong_shapes(framework.shapes(net), sizes):
                return says
            rng = np.random.default_rng(1)
            weights = [rng.normal(0, 1, shape) for shape in shapes(sizes)]
            points = rng.normal(0, 1, (6, sizes[0]))
            says = wrong_output(answers(framework, net, weights, points), weights, points, "tanh")
            if says or name == "new_G":
                return says
            try:
                given = answers(framework, work(framework.leaky), weights, points)
            except Exception:  # whatever the framework raises of an activation made in another way
                given = None
            if given is None or wrong_output(given, weights, points, "LeakyReLU"):
                return ["given another activation, it does not use that between its layers"]
        return []

    return check


def shapes(sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the shapes of W, b, W, b, ... for layers of some sizes; W is inputs x outputs."""
    pairs = zip(sizes, sizes[1:], strict=False)
    return [shape for inputs, outputs in pairs for shape in ((inputs, outputs), (outputs,))]


def wrong_shapes(got: list[tuple[int, ...]], sizes: tuple[int, ...]) -> list[str]:
    """Return what is wrong with the shapes of a net's parameters."""
    wanted = shapes(sizes)
    if sorted(got) == sorted(wanted):  # in what order it keeps them is its own affair
        return []
    if not got:
        return ["it has no weights: does it know how many inputs it has, and its own layers?"]
    if any(length < 1 for shape in got for length in shape):
        return ["a layer does not know yet how many inputs it has: tell it"]
    if got == [shape for shape in wanted if len(shape) == 2]:
        return ["its layers have no biases"]
    if [shape for shape in got if len(shape) == 2] == wanted[::2]:
        return ["it has other parameters than the weights and biases of its layers"]
    layers = " then ".join("{} to {}".format(*shape) for shape in got if len(shape) == 2)
    right = " then ".join(f"{i} to {o}" for i, o in zip(sizes, sizes[1:], strict=False))
    return [f"its layers go from {layers}, where they go from {right}"]


def answers(framework: Framework, net, weights: list[np.ndarray], points: np.ndarray):
    """Return what a net answers to points, with these weights, which differ in their shapes."""
    by_shape = {w.shape: w.astype("float32") for w in weights}
    framework.assign(net, [by_shape[shape] for shape in framework.shapes(net)])
    return framework.array(net(framework.tensor(points.astype("float32"))))


def output(weights: list[np.ndarray], points: np.ndarray, between: list[str], last: str):
    """Return the output of linear layers with functions between and after them."""
    for i, name in enumerate([*between, last]):
        points = FUNCTIONS[name](points @ weights[2 * i] + weights[2 * i + 1])
    return points


def wrong_output(
    given: np.ndarray, weights: list[np.ndarray], points: np.ndarray, activation: str
) -> list[str]:
    """Return what is wrong with a net's output for points."""
    hidden = len(weights) // 2 - 1
    known = {}
    for last in FUNCTIONS:
        if last != "nothing":
            sigmoid = ", and the loss has its own sigmoid" * (last == "a sigmoid")
            mistake = f"{last} comes after the last layer: its output is the number itself{sigmoid}"
            known[mistake] = output(weights, points, [activation] * hidden, last)
        if hidden and last != activation:
            mistake = f"{last} stands between the layers, where {activation} does"
            known[mistake] = output(weights, points, [last] * hidden, "nothing")
    for i in range(hidden if hidden > 1 else 0):
        between = [activation if n != i else "nothing" for n in range(hidden)]
        known[f"after layer {i + 1} comes no {activation}"] = output(
            weights, points, between, "nothing"
        )
    right = output(weights, points, [activation] * hidden, "nothing")
    return compare(given, right, known, "with given weights, its output")


# Large enough for a spread to be told within a few percent, and the shape of a distribution.
SIZES = (60, 80, 60)


def check_start(framework: Framework, work: Callable) -> list[str]:
    """Check the function that starts a network's parameters."""
    rng = np.random.default_rng(2)
    before = [rng.normal(0, 1, shape).astype("float32") for shape in shapes(SIZES)]
    with framework.isolated_random_state(0):
        net, wide, small = framework.net(before), framework.net(before), framework.single(80, 60)
        work(net)
        work(wide, 0.3)
        after, later = framework.weights(net), framework.weights(wide)
        frozen = framework.frozen(net)
        work(small)  # a generator, whose form may be another
        single_W, single_b = framework.weights(small)
    says = {}  # in their order, each once
    if frozen:
        says["the parameters are left frozen: they must move in training"] = None
    for W, b, old_W, old_b in zip(after[::2], after[1::2], before[::2], before[1::2], strict=True):
        says |= dict.fromkeys([*wrong_weights(W, old_W), *wrong_biases(b, old_b)])
    if not says and not all(np.isclose(w.std(), 0.3, rtol=0.15) for w in later[::2]):
        says["`spread` is not used: with 0.3 the weights are as before"] = None
    if not says and (wrong_weights(single_W, np.zeros(1)) or single_b.any()):
        says["it starts net_D, but not net_G, which may be a single layer"] = None
    if not says:
        first, second, again = (abs(w).ravel()[:50] for w in (after[0], after[2], later[0]))
        if np.allclose(first, second):
            says["each layer starts with the same numbers"] = None
        elif np.allclose(first / 0.02, again / 0.3, rtol=1e-3):
            says["each call draws the same numbers: then net_D and net_G start alike"] = None
    return list(says)


def wrong_weights(W: np.ndarray, before: np.ndarray, spread: float = 0.02) -> list[str]:
    """Return what is wrong with the weights of a layer, which came from N(0, spread**2)."""
    if np.array_equal(W, before):
        return ["weights stay as they were"]
    if not np.isfinite(W).all():
        return ["weights are no numbers"]
    if np.ptp(W) == 0:
        return [f"all weights are {W.flat[0]:.3g}: units that begin alike stay alike"]
    if len(np.unique(W)) < 0.9 * W.size:
        return ["the same numbers come again and again: draw each weight by itself"]
    if abs(W.mean()) > 0.2 * W.std():
        return [f"the mean of the weights is {W.mean():.3g}, where it is 0"]
    kurtosis = np.mean((W - W.mean()) ** 4) / W.var() ** 2  # 3 if normal, 1.8 if uniform
    if kurtosis < 2.4:
        return ["the weights are drawn uniformly, where they are normal"]
    if np.isclose(W.std(), spread, rtol=0.15):
        return []
    if np.isclose(W.std(), np.sqrt(spread), rtol=0.15):
        return [f"{spread} is the standard deviation, and here it is taken for the variance"]
    return [f"the standard deviation of the weights is {W.std():.1g}, where it is {spread}"]


def wrong_biases(b: np.ndarray, before: np.ndarray) -> list[str]:
    """Return what is wrong with the biases of a layer, which are 0."""
    if not b.any():
        return []
    return ["biases stay as they were" if np.array_equal(b, before) else "biases are not 0"]
