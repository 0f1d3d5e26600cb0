"""Checks of arguments that more than one tool makes."""

from operator import index
from typing import Any


def positive_int(name: str, value: int) -> int:
    """Return ``value``, Python's integer or NumPy's, as an int; say what is wrong with any other.

    Raises TypeError if it is no whole number, ValueError if it is less than 1.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = index(value)
    except TypeError:
        raise TypeError(f"{name}: want a positive whole number, got {value!r}") from None
    if number < 1:
        raise ValueError(f"{name}: want a positive whole number, got {number}")
    return number


def is_complex(value: Any) -> bool:
    """Say whether a number, an array or a tensor of any framework is of a complex type."""
    return "complex" in str(getattr(value, "dtype", type(value)))
