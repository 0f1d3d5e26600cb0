"""Check of the gradient that the NumPy lesson writes by hand, layer by layer from the last."""

from collections.abc import Callable, Iterable

import numpy as np

from d2lcheck.compare import compare
from d2lcheck.framework import Framework

SIZES = (2, 4, 3, 1)
_rng = np.random.default_rng(8)
WEIGHTS = [
    _rng.normal(size=shape)
    for inputs, outputs in zip(SIZES, SIZES[1:], strict=False)
    for shape in ((inputs, outputs), (1, outputs))
]
POINTS, SLOPE = _rng.normal(size=(5, 2)), _rng.normal(size=(5, 1))
CHAIN = "the slope that reaches layer {} lacks the activation's own"


def check_MLP(framework: Framework, work: Callable) -> list[str]:
    """Check the class of networks: what goes forward, and the gradient back."""
    net, steps, returned = try_it(work)
    if returned is None:
        return ["nothing is returned"]
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        return ["backward returns two things: the gradients, and the slope in the input"]
    if says := mutated(net, steps):
        return says
    gradients, slope = returned
    gradients = list(gradients) if isinstance(gradients, Iterable) else []
    if len(gradients) != len(WEIGHTS):
        return [f"there are {len(WEIGHTS)} gradients to return, one for each parameter, in a list"]
    right, slope_in_input = backward(steps)
    shapes = [np.shape(g) for g in gradients]
    if shapes in (shapes_of(right[::-1]), shapes_of(swapped(right[::-1]))):
        return ["the gradients come from the last layer to the first; turn their order round"]
    if shapes == shapes_of(swapped(right)):
        return ["the gradients of weights and biases are exchanged"]
    for layer in reversed(range(len(SIZES) - 1)):
        says = [
            *compare(gradients[2 * layer], right[2 * layer], of_weights(steps, layer),
                     f"layer {layer + 1}: the gradient of its weights"),
            *compare(gradients[2 * layer + 1], right[2 * layer + 1], of_biases(steps, layer),
                     f"layer {layer + 1}: the gradient of its biases"),
        ]  # fmt: skip
        if says:  # what comes further back is wrong because of it
            return list(dict.fromkeys(says))
    known = {
        "the slope in the input is not yet sent through the first layer": slopes(steps)[0],
        "the points in the input are no activation's output: nothing more to multiply by":
            slope_in_input * (1 - POINTS**2),
    }  # fmt: skip
    return compare(slope, slope_in_input, known, "the slope in the input") or other(framework, work)


def try_it(work: Callable, **options):
    """Return a net with the weights above, what enters its layers, and what backward returns."""
    net = work(*SIZES, **options)
    for parameter, w in zip(net.parameters, WEIGHTS, strict=True):
        parameter[...] = w
    steps = net.forward(POINTS)
    return net, steps, net.backward(steps, SLOPE.copy())


def mutated(net, steps: list[np.ndarray]) -> list[str]:
    """Return what a backward has changed, and must not."""
    if not all(np.array_equal(p, w) for p, w in zip(net.parameters, WEIGHTS, strict=True)):
        return ["the weights are changed: that is the optimiser's part"]
    again = net.forward(POINTS)
    if len(steps) != len(again) or not all(map(np.array_equal, steps, again)):
        return ["`steps` are changed in place: others still need them"]
    return []


def other(framework: Framework, work: Callable) -> list[str]:
    """Return what is wrong with a right backward in a net with another activation."""
    _, steps, (gradients, _) = try_it(work, activation=framework.leaky)
    slope = (SLOPE @ WEIGHTS[4].T) * framework.leaky.slope(steps[2])
    if not np.allclose(list(gradients)[2], steps[1].T @ slope):
        return ["with another activation the gradients are wrong: use the net's own slope"]
    return []


def shapes_of(arrays: list[np.ndarray]) -> list[tuple[int, ...]]:
    """Return the shapes of some arrays."""
    return [array.shape for array in arrays]


def swapped(gradients: list[np.ndarray]) -> list[np.ndarray]:
    """Return gradients with those of each layer's weights and biases exchanged."""
    pairs = zip(gradients[1::2], gradients[::2], strict=True)
    return [gradient for pair in pairs for gradient in pair]


def slopes(steps: list[np.ndarray], without: int | None = None) -> list[np.ndarray]:
    """Return the slope in the output of each layer.

    without: a layer at whose output the activation's own slope is left out.
    """
    found = [SLOPE]
    for layer in reversed(range(1, len(SIZES) - 1)):
        slope = found[0] @ WEIGHTS[2 * layer].T
        found.insert(0, slope * (1 if layer - 1 == without else 1 - steps[layer] ** 2))
    return found


def backward(steps: list[np.ndarray]) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the gradients of the parameters, and the slope in the input."""
    gradients = []
    for x, slope in zip(steps, slopes(steps), strict=False):
        gradients += [x.T @ slope, slope.sum(0, keepdims=True)]
    return gradients, slopes(steps)[0] @ WEIGHTS[0].T


def of_weights(steps: list[np.ndarray], layer: int) -> dict[str, np.ndarray]:
    """Return, by mistake, the gradient of a layer's weights."""
    x, slope = steps[layer], slopes(steps)[layer]
    name = f"layer {layer + 1}: the gradient of its weights"
    return {
        f"{name} is transposed": (x.T @ slope).T,
        f"{name} is a mean over the batch, where it is a sum": x.T @ slope / len(x),
        f"{name} has its sign turned": -x.T @ slope,
        CHAIN.format(layer + 1): x.T @ slopes(steps, without=layer)[layer],
        f"{name} is multiplied by the activation's slope; that comes one layer later": (
            x * (1 - x**2)
        ).T
        @ slope,
    }


def of_biases(steps: list[np.ndarray], layer: int) -> dict[str, np.ndarray]:
    """Return, by mistake, the gradient of a layer's biases."""
    slope = slopes(steps)[layer]
    name = f"layer {layer + 1}: the gradient of its biases"
    return {
        f"{name} is a mean over the batch, where it is a sum": slope.mean(0, keepdims=True),
        f"{name} has its sign turned": -slope.sum(0, keepdims=True),
        f"{name} wants the shape (1, n): keep the axis that is summed over": slope.sum(0),
        f"{name} is not yet summed over the batch": slope,
        CHAIN.format(layer + 1): slopes(steps, without=layer)[layer].sum(0, keepdims=True),
    }
