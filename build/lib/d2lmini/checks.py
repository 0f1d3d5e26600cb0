"""Checks of arguments that more than one tool makes."""

from operator import index


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
