"""Checks of the networks on images."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from d2lcheck.compare import compare
from d2lcheck.convolution import scatter, windows
from d2lcheck.errors import Stops, told
from d2lcheck.framework import Framework
from d2lcheck.nets import FUNCTIONS
from d2lcheck.watch import plain

N = 3  # images
SLOPES = 0.01, 0.02, 0.1, 0.25, 0.3  # other ones of LeakyReLU: defaults, and slips
LEAKY = {
    f"LeakyReLU with the slope {a} below 0": lambda u, a=a: np.maximum(u, a * u) for a in SLOPES
}
ACTIVATIONS = FUNCTIONS | LEAKY
RIGHT = {
    "new_G": ["LeakyReLU", "LeakyReLU", "tanh"],
    "new_D": ["LeakyReLU", "LeakyReLU", "nothing"],
}
GIVEN = {"new_G": "noise", "new_D": "images"}
SIZES = (
    "With kernel size 4, stride 2 and padding 1 a convolution halves the sides of an image, and a "
    "transposed one doubles them"
)


def into_image(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return 64 images of 4 by 4, made of noise by a linear layer."""
    return (x @ W + b).reshape(-1, 4, 4, 64)


def transposed(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the transposed convolution of images."""
    return scatter((x @ W).reshape(*x.shape[:3], 4, 4, len(b))) + b


def convolution(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the convolution of images."""
    parts = windows(x)
    return parts.reshape(*parts.shape[:3], -1) @ W + b


def out_of_image(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return what a linear layer makes of whole images."""
    return x.reshape(len(x), -1) @ W + b


LAYERS = {
    "new_G": [into_image, transposed, transposed],
    "new_D": [convolution, convolution, out_of_image],
}


def check_net(name: str) -> Callable[[Framework, Callable], list[str]]:
    """Return the check of a function that makes a network on images."""

    def check(framework: Framework, work: Callable) -> list[str]:
        latent_dim = plain(work).__globals__.get("latent_dim", 16)
        weights, rng = weights_of(name, latent_dim), np.random.default_rng(1)
        shape = (N, latent_dim) if name == "new_G" else (N, 16, 16, 3)
        points = rng.uniform(-1, 1, shape).astype("float32")
        given = framework.tensor(points) if name == "new_G" else framework.images(points)
        with framework.isolated_random_state(0), framework.own_layers(plain(work).__globals__):
            net = work()
            if not callable(net):
                return ["no network is returned"]
            for attribute, missing in framework.image_net.items():
                if not hasattr(net, attribute):
                    return [missing]
            with suppress(Exception):  # if it fails, so does what comes
                framework.begin(net, given)
            kept = framework.kept(weights)
            got = [tuple(parameter.shape) for parameter in framework.parameters(net)]
            if says := wrong_shapes(name, got, [w.shape for w in kept]):
                return says
            value = answer(framework, name, net, kept, given)
        return wrong_output(framework, name, value, weights, points)

    return check


def answer(framework: Framework, name: str, net: Any, kept: list[np.ndarray], given: Any):
    """Return what a net gives with these weights, which differ in their shapes.

    Raises Stops if it fails.
    """
    by_shape = {w.shape: w.astype("float32") for w in kept}
    for parameter in framework.parameters(net):
        framework.put(parameter, by_shape[tuple(parameter.shape)])
    try:
        return framework.array(net(given))
    except Exception as error:  # whatever a framework raises of layers that do not fit
        why = f"{told(error)}: does what one layer gives fit into the next? {SIZES}"
        raise Stops(f"given {GIVEN[name]}, it stops with {why}") from error


def weights_of(name: str, latent_dim: int) -> list[np.ndarray]:
    """Return random weights W, b, W, b, ..., as the NumPy lesson has them."""
    rng = np.random.default_rng(0)
    shapes = {
        "new_G": [(latent_dim, 1024), (64, 16 * 32), (32, 16 * 3)],
        "new_D": [(16 * 3, 32), (16 * 32, 64), (1024, 1)],
    }
    layers = zip(shapes[name], LAYERS[name], strict=True)
    return [w for shape, layer in layers for w in layer_of(rng, shape, layer)]


def layer_of(rng: np.random.Generator, shape: tuple[int, int], layer: Callable) -> list[np.ndarray]:
    """Return weights and biases with which a layer gives numbers of a size of about 1."""
    rows, columns = shape
    inputs = 4 * rows if layer is transposed else rows  # a pixel lies in 4 windows
    outputs = columns // 16 if layer is transposed else columns
    return [rng.normal(0, 1.5 / np.sqrt(inputs), shape), rng.normal(0, 0.5, outputs)]


def wrong_shapes(name: str, got: list[tuple[int, ...]], wanted: list[tuple[int, ...]]) -> list[str]:
    """Return what is wrong with the shapes of a net's parameters."""
    if sorted(got) == sorted(wanted):  # in what order it keeps them is its own affair
        return []
    if not got:
        return ["it has no weights: does it know how many inputs it has, and its own layers?"]
    if any(length < 1 for shape in got for length in shape):
        return ["a layer does not know yet how many inputs it has: tell it"]
    weights, right = ([s for s in shapes if len(s) > 1] for shapes in (got, wanted))
    if sorted(weights) == sorted(right):
        if len(got) == len(weights):
            return ["its layers have no biases"]
        return [
            "it has other parameters than a weight and a bias for each of its three layers: is "
            "there batch normalisation, or a layer without biases?"
        ]
    others = [shape for shape in weights if shape not in right]
    if name == "new_D" and len(weights) == len(right) and len(others) == 1 and 1 in others[0]:
        return [
            f"its linear layer has {max(others[0])} inputs, where it has 1024: 64 channels of 4 by "
            f"4, in one row. {SIZES}"
        ]
    shapes, right_ones = (" and ".join(map(str, each)) for each in (weights, right))
    return [f"its layers have the shapes {shapes}, where they have {right_ones}"]


def wrong_output(
    framework: Framework,
    name: str,
    value: np.ndarray,
    weights: Sequence[np.ndarray],
    points: np.ndarray,
) -> list[str]:
    """Return what is wrong with a net's output for noise or images."""

    def output(functions: Sequence[str]) -> np.ndarray:
        images = output_of(name, weights, points, functions)
        return framework.turned(images) if name == "new_G" else images

    right = output(RIGHT[name])
    if name == "new_G" and value.ndim == 4 and value.shape != right.shape:
        rows, columns = value.shape[2:] if framework.colours_first else value.shape[1:3]
        if (rows, columns) != (16, 16):
            return [
                f"it makes images of {rows} by {columns} pixels, where they have 16 by 16. {SIZES}"
            ]
    known = {mistake: output(functions) for mistake, functions in mistakes(name)}
    return compare(value, right, known, "with given weights, its output")


def output_of(
    name: str, weights: Sequence[np.ndarray], points: np.ndarray, functions: Sequence[str]
) -> np.ndarray:
    """Return the output of the lesson's layers with these functions after them."""
    for i, (layer, function) in enumerate(zip(LAYERS[name], functions, strict=True)):
        points = ACTIVATIONS[function](layer(points, *weights[2 * i : 2 * i + 2]))
    return points


def mistakes(name: str) -> Iterator[tuple[str, list[str]]]:
    """Give what mistakes with the functions after the layers are called, and those functions."""
    first, second, last = RIGHT[name]
    for other in ACTIVATIONS:
        if other != first:
            yield f"{other} stands between the layers, where LeakyReLU does", [other, other, last]
    yield "after layer 1 comes no LeakyReLU", ["nothing", second, last]
    yield "after layer 2 comes no LeakyReLU", [first, "nothing", last]
    for other in FUNCTIONS:
        if other == last:
            continue
        if name == "new_D":
            sigmoid = ", and the loss has its own sigmoid" * (other == "a sigmoid")
            mistake = f"{other} comes after the last layer: its output is the logit itself{sigmoid}"
        else:
            mistake = f"{other} comes after the last layer, where tanh does: pixels go from -1 to 1"
        yield mistake, [first, second, other]
