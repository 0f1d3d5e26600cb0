"""What is wrong with a number or an array, in words: for the checks whose work returns one."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from d2lmini.checks import shown


def compare(
    value: Any,
    right: ArrayLike,
    known: Mapping[str, ArrayLike],
    what: str,
    tolerance: float = 1e-3,
) -> list[str]:
    """Return what is wrong with a value, a sentence or none.

    known: by what they would be called, the values that known mistakes lead to. what: the name of
    the value in a sentence. tolerance: the share of a number that is taken for rounding.
    """
    given, right = value, np.asarray(right, dtype=float)
    try:
        value = np.asarray(value.detach() if hasattr(value, "detach") else value)
        value = value.astype(float if value.dtype != object else "refused")
    except Exception:  # whatever a framework raises of what it cannot turn into an array
        return [f"{what} is no number, and no array of numbers: {shown(given)}"]
    if value.shape == right.shape and close(value, right, tolerance):
        return []
    for mistake, wrong in known.items():
        wrong = np.asarray(wrong, dtype=float)
        if value.shape == wrong.shape and close(value, wrong, tolerance):
            return [mistake]
    if value.shape != right.shape:
        return [f"{what} has the shape {value.shape}, where it is {right.shape}"]
    if not np.isfinite(value).all():
        return [f"{what} is not finite: {shown(value[~np.isfinite(value)][0])}"]
    ratio = value / np.where(right == 0, np.nan, right)
    if value.size > 1 and np.allclose(ratio, ratio.flat[0], rtol=1e-3):
        return [f"{what} is {ratio.flat[0]:.3g} times as much as it should be"]
    worst = np.unravel_index(np.argmax(abs(value - right)), value.shape)
    place = f" at {', '.join(map(str, worst))}" if worst else ""
    return [f"{what} is {value[worst]:.4g}{place}, which fits no mistake that this check knows"]


def compare_returned(
    work: Callable, arrays: list[np.ndarray], right: ArrayLike, known: Mapping[str, ArrayLike]
) -> list[str]:
    """Return what is wrong with what a function returns for some arrays, which it must not change.

    known: see compare.
    """
    given = [array.copy() for array in arrays]
    value = work(*given)
    if value is None:
        return ["nothing is returned"]
    if not all(map(np.array_equal, given, arrays)):
        return ["what it is given is changed in place: others still need it"]
    return compare(value, right, known, "what is returned")


def close(a: np.ndarray, b: np.ndarray, tolerance: float = 1e-3) -> bool:
    """Tell whether two arrays of a shape are equal but for rounding."""
    size = np.nanmax(abs(b), initial=0)
    return np.allclose(a, b, rtol=tolerance, atol=1e-3 * min(1, size), equal_nan=True)
