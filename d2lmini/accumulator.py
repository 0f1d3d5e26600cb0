"""Running sums of a few quantities."""

import re
from operator import call
from typing import Any

from d2lmini.checks import is_complex, positive_int, shown

# What stands for a number while a framework compiles or maps a function is called like this.
TRACED = re.compile("Trace|Symbol|Proxy|Fake|Functional|Batched|Keras")


class Accumulator:
    """``n`` running sums, read as ``accumulator[i]``."""

    def __init__(self, n: int) -> None:
        self.data = [0.0] * positive_int("n", n)

    def add(self, *args: Any) -> None:
        """Add one value to each sum: a number, or a tensor of any framework with one element.

        Raises ValueError if the number of values is not the number of sums, TypeError for a value
        that is not one number, such as a symbol in a compiled step; the sums stay as they were.
        """
        if len(args) != len(self.data):
            raise ValueError(
                f"add: want {len(self.data)} values, one for each sum, got {len(args)}"
            )
        self.data = [total + to_float(arg) for total, arg in zip(self.data, args, strict=True)]

    def reset(self) -> None:
        """Set every sum to 0."""
        self.data = [0.0] * len(self.data)

    def __getitem__(self, i: int) -> float:
        return self.data[i]


def to_float(value: Any) -> float:
    """Return a number or a one-element tensor of any framework as a float, or raise TypeError.

    Within a compiled step a tensor is a symbol, or a tracer, and has no number to return.
    """
    shape = ()
    try:
        if hasattr(value, "detach"):  # PyTorch warns when a tensor with its graph becomes a float
            value = value.detach()
        shape = tuple(getattr(value, "shape", ()))
        if set(shape) == {1}:  # NumPy warns when an array with axes becomes a float
            value = value[(0,) * len(shape)]
        if isinstance(value, str | bytes) or is_complex(value):
            raise TypeError  # float would read the one, and of the other drop a part
        # Not float(value), which TensorFlow replaces in a function that it compiles.
        return call(float, value)
    except Exception as error:  # frameworks have some of their own
        got = f"{type(value).__name__} of shape {shape}" if shape else shown(value)
        if TRACED.search(f"{type(value).__name__} {got}"):
            got += ": a compiled step has no numbers yet, so return it from there, and add that"
        raise TypeError(f"add: want numbers or one-element tensors, got {got}") from error
