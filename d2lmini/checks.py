"""Checks of arguments that more than one tool makes, and of a lesson's numbers."""

from math import inf, nextafter
from numbers import Real
from operator import index
from reprlib import Repr
from typing import Any

import numpy as np

MAX_SEED = 2**32 - 1  # NumPy's limit; the frameworks take it, too
MIN_FACES, MAX_FACES = 10, 100_000  # a covariance wants several; more than 300 MB nobody waits for
MAX_RATE = 1e6  # absurd already; with much more, weights in float32 overflow


def positive_int(name: str, value: int) -> int:
    """Return ``value``, Python's integer or NumPy's, as an int; say what is wrong with any other.

    Raises TypeError if it is no whole number, ValueError if it is less than 1.
    """
    return _whole_number(name, value, "a positive whole number", 1, inf)


def check_numbers(
    seed: int,
    batch_size: int,
    num_epochs: int,
    lr_D: float,
    lr_G: float,
    latent_dim: int = 1,
    num_faces: int = MIN_FACES,
    beta1: float = 0.9,
) -> None:
    """Check the numbers that a notebook begins with, so that a slip shows before anything runs.

    seed: a whole number from 0 to 2**32 - 1. lr_D, lr_G: learning rates from 0 to 1e6. beta1: from
    0 to less than 1. num_faces: from 10 to 100,000. All others are positive whole numbers. Raises
    TypeError or ValueError with the number's name, what it is and what is wanted.
    """
    _whole_number("seed", seed, f"a whole number from 0 to {MAX_SEED}", 0, MAX_SEED)
    counts = {"batch_size": batch_size, "num_epochs": num_epochs}
    for name, value in (counts | {"latent_dim": latent_dim}).items():
        positive_int(name, value)
    wanted = f"a whole number from {MIN_FACES} to {MAX_FACES:,}"
    _whole_number("num_faces", num_faces, wanted, MIN_FACES, MAX_FACES)
    for name, value in {"lr_D": lr_D, "lr_G": lr_G}.items():
        _number(name, value, f"a number from 0 to {MAX_RATE:,.0f}", 0, MAX_RATE)
    _number("beta1", beta1, "a number from 0 to less than 1", 0, nextafter(1, 0))


def _number(name: str, value: float, wanted: str, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: want {wanted}, got {shown(value)}")
    if not low <= value <= high:  # NaN is neither
        raise ValueError(f"{name}: want {wanted}, got {shown(value)}")


def _whole_number(name: str, value: int, wanted: str, low: float, high: float) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        number = index(value)
    except TypeError:
        raise TypeError(f"{name}: want {wanted}, got {shown(value)}") from None
    if not low <= number <= high:
        raise ValueError(f"{name}: want {wanted}, got {number}")
    return number


class _Shown(Repr):
    def repr1(self, x: Any, level: int) -> str:
        if isinstance(x, np.ndarray):
            return self.repr_list(x, level) if x.ndim else self.repr1(x[()], level)
        if isinstance(x, np.number | np.bool_):
            return str(x)
        return super().repr1(x.item() if isinstance(x, np.generic) else x, level)


_shown = _Shown()
_shown.maxstring = _shown.maxlong = _shown.maxother = 60


def shown(value: Any) -> str:
    """Return what a sentence says of a value: Python's words, cut short if they are long.

    NumPy's numbers are plain ones there, in a list, too: 0.5, where NumPy 2 writes np.float64(0.5).
    """
    return " ".join(_shown.repr(value).split())


def is_complex(value: Any) -> bool:
    """Say whether a number, an array or a tensor of any framework is of a complex type."""
    return "complex" in str(getattr(value, "dtype", type(value)))
