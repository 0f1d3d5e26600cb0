"""Checks of the two halves of a convolution: cutting images into windows, and adding them up."""

from collections.abc import Callable

import numpy as np

from d2lcheck.compare import compare, compare_returned
from d2lcheck.framework import Framework

# No two axes of the first, or of its windows, are equally long: it shows if they are exchanged.
SHAPES = (2, 12, 10, 3), (3, 4, 8, 1)


def windows(x: np.ndarray, rim: int = 1, step: int = 2, mode: str = "constant") -> np.ndarray:
    """Cut images (n, 2 h, 2 w, c) into windows (n, h, w, 4, 4, c).

    rim: how many pixels are put around them. step: how many a window is further than the last.
    mode: what the rim is, as np.pad has it.
    """
    x = np.pad(x, ((0, 0), (rim, rim), (rim, rim), (0, 0)), mode)
    cut = np.lib.stride_tricks.sliding_window_view(x, (4, 4), axis=(1, 2))
    return cut[:, ::step, ::step].transpose(0, 1, 2, 4, 5, 3)


def placed(parts: np.ndarray, step: int = 2) -> np.ndarray:
    """Add windows up to images with their rim."""
    n, h, w, _, _, c = parts.shape
    x = np.zeros((n, step * (h - 1) + 4, step * (w - 1) + 4, c), parts.dtype)
    for i in range(4):
        for j in range(4):
            x[:, i : i + step * h : step, j : j + step * w : step] += parts[:, :, :, i, j]
    return x


def scatter(parts: np.ndarray) -> np.ndarray:
    """Add windows (n, h, w, 4, 4, c) up to images (n, 2 h, 2 w, c)."""
    return placed(parts)[:, 1:-1, 1:-1]


def check_windows(framework: Framework, work: Callable) -> list[str]:
    """Check the function that cuts images into windows."""
    return wrong(work, *map(image, SHAPES), windows, mistakes_of_windows)


def check_scatter(framework: Framework, work: Callable) -> list[str]:
    """Check the function that adds windows up to images."""
    x, other = (windows(image(shape)) for shape in SHAPES)
    noise = np.random.default_rng(1).normal(size=x.shape)
    return wrong(work, x + noise, other, scatter, mistakes_of_scatter)


def image(shape: tuple[int, ...]) -> np.ndarray:
    """Return images of a shape."""
    return np.random.default_rng(0).normal(size=shape)


def wrong(
    work: Callable, x: np.ndarray, other: np.ndarray, right: Callable, mistakes: Callable
) -> list[str]:
    """Return what is wrong with a function of x, and if nothing, with that of x of another shape.

    right, mistakes: take x, and return what is right, and by mistake what is not.
    """
    if says := compare_returned(work, [x], right(x), mistakes(x)):
        return says
    if compare(work(other.copy()), right(other), {}, ""):
        return [
            f"it is right for the shape {x.shape}, and not for {other.shape}: take all numbers "
            "from the shape of what is given"
        ]
    return []


def mistakes_of_windows(x: np.ndarray) -> dict[str, np.ndarray]:
    """Return, by mistake, what becomes of images."""
    right = windows(x)
    n, h, w = right.shape[:3]
    before, behind = (
        np.pad(x, ((0, 0), sides, sides, (0, 0)))[:, : 2 * h + 2, : 2 * w + 2]
        for sides in ((2, 0), (0, 2))
    )
    one_side = "the rim of 0 is {}, where it is one pixel wide on all four sides"
    return {
        "the rim of 0 is missing: it is one pixel wide": windows(x, rim=0),
        "the rim is two pixels wide, where it is one pixel": windows(x, rim=2),
        "the rim repeats the pixels beside it, where it is 0": windows(x, mode="edge"),
        "the rim mirrors the pixels beside it, where it is 0": windows(x, mode="reflect"),
        one_side.format("two pixels wide above and on the left"): windows(before, rim=0),
        one_side.format("two pixels wide below and on the right"): windows(behind, rim=0),
        "each window is one pixel further than the last, where it is two": windows(x, step=1),
        "each window is four pixels further than the last, where it is two": windows(x, step=4),
        "the rows and the columns of a window are exchanged": right.swapaxes(3, 4),
        "the windows of a column come first, where those of a row do": right.swapaxes(1, 2),
        "the colours come before the pixels of a window, where they come last": np.moveaxis(
            right, 5, 3
        ),
        "the pixels of a window come before the place of the window": right.transpose(
            0, 3, 4, 1, 2, 5
        ),
        "each window is a row of numbers, where it has the shape (4, 4, c)": right.reshape(
            n, h, w, -1
        ),
        "the windows are in a row, where they have the shape (n, h, w, ...)": right.reshape(
            -1, *right.shape[3:]
        ),
    }


def mistakes_of_scatter(parts: np.ndarray) -> dict[str, np.ndarray]:
    """Return, by mistake, what becomes of windows."""
    (h, w), whole, right = parts.shape[1:3], placed(parts), scatter(parts)
    by_pixel, by_window, near = (np.zeros_like(whole) for _ in range(3))
    for i in range(4):
        for j in range(4):
            by_pixel[:, i : i + 2 * h : 2, j : j + 2 * w : 2] = parts[:, :, :, i, j]
            near[:, i : i + h, j : j + w] += parts[:, :, :, i, j]
    for i in range(h):
        for j in range(w):
            by_window[:, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] = parts[:, i, j]
    two_sides = "two pixels are cut off {}, where it is one on each side"
    return {
        "where windows overlap, one stands in the place of the others: add them up": by_pixel[
            :, 1:-1, 1:-1
        ],
        "where windows overlap, the last stands in the place of the others: add them up": by_window[
            :, 1:-1, 1:-1
        ],
        "where windows overlap, their mean is taken, where it is their sum": right
        / scatter(np.ones_like(parts)),
        "the rim is still there: cut one pixel off on each side": whole,
        two_sides.format("above and on the left"): whole[:, 2:, 2:],
        two_sides.format("below and on the right"): whole[:, :-2, :-2],
        "the rows and the columns of a window are exchanged": scatter(parts.swapaxes(3, 4)),
        "each window is turned round: its first pixel comes last": scatter(
            parts[:, :, :, ::-1, ::-1]
        ),
        "each window is one pixel further than the last, where it is two": near[:, 1:-1, 1:-1],
        "each window is four pixels further than the last, where it is two": placed(parts, 4),
        "the colours come before the rows and columns, where they come last": np.moveaxis(
            right, 3, 1
        ),
        "the rows and the columns of the images are exchanged": right.swapaxes(1, 2),
    }
