"""The framework-free half of ``load_array``."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from d2lmini.checks import positive_int

# The types of numbers that every framework has.
DTYPES = ("bool", "int8", "uint8", "int32", "int64", "float16", "float32", "float64")
# Those of a framework's own, in its words: torch.bfloat16, say, but neither string nor torch.qint8.
OF_NUMBERS = re.compile(r"\b(bool|u?int\d|b?float\d)")
NUMBERS = {bool, int, float}


def slices(array: Any, batch_size: int) -> Iterator[Any]:
    """Cut an array into batches, for a framework whose slices are views and cheap."""
    return (array[i : i + batch_size] for i in range(0, len(array), batch_size))


def _check_readable(array: Any) -> None:
    """Raise TypeError for what NumPy would read without its mask, or item by item for ever."""
    if isinstance(array, list | tuple):
        if not NUMBERS.issuperset(map(type, array)):  # a list of arrays, say
            for item in array:
                _check_readable(item)
    elif np.ma.is_masked(array):
        raise TypeError("some are masked: leave these out, or fill them")
    elif hasattr(array, "__getitem__") and not isinstance(array, type | dict | Sequence):
        if not any(hasattr(array, f"__array{name}__") for name in ("", "_interface", "_struct")):
            raise TypeError("NumPy cannot read it: if it is sparse, make it dense")


def _numbers(array: Any, own: type | tuple[type, ...]) -> Any:
    """Return one of a framework's own tensors as it is, anything else as NumPy reads it."""
    if isinstance(array, own) and OF_NUMBERS.search(str(array.dtype)):
        return array
    try:
        _check_readable(array)
        numbers, reason = np.asarray(array), ""
    except Exception as error:  # an object may raise what it likes when asked for its numbers
        numbers, reason = np.array(None), f" ({error})".replace("\n", " ")
    if numbers.dtype.name in DTYPES:
        if isinstance(array, list | tuple) and numbers.dtype == float:
            return numbers.tolist()
        return numbers.astype(numbers.dtype.newbyteorder("="), copy=False)
    got = f"the class {array.__name__}" if isinstance(array, type) else type(array).__name__
    if numbers.shape:
        got += f" of {numbers.dtype.type.__name__.strip('_')}, none of {', '.join(DTYPES)}"
    raise TypeError(f"arrays: want arrays of numbers, got {got}{reason}")


class ArrayLoader:
    """Minibatches of one or more arrays, as often as you iterate.

    arrays: tensors of shape (examples, ...), all with the same number of examples, or whatever
    NumPy reads as such an array of numbers. It keeps its type if that is one of ``DTYPES``; floats
    in a list, which have none, get the framework's.
    batch_size: the number of examples in a batch; the last one is shorter if they do not divide
    evenly.
    is_train: shuffle afresh on every pass, the same way in each array. The order follows the
    framework's seed.

    Each pass yields tuples with one tensor per array, of shape (batch, ...), on that array's own
    device. ``len()`` is the number of batches. A pass gathers each array once, as a whole, and its
    batches are views of that; without shuffling they are views of the arrays themselves, so do not
    change them in place.

    A framework's ``load_array`` passes its own ``order(n)`` (a random permutation of n indices),
    ``take(array, order)`` and ``split(array, batch_size)``, and ``tensor``, which makes a tensor of
    a list, of an array or of one of its ``own`` types; only these last do not go through NumPy.
    """

    def __init__(
        self,
        arrays: Sequence[Any],
        batch_size: int,
        is_train: bool,
        *,
        tensor: Callable[[Any], Any],
        order: Callable[[int], Any],
        take: Callable[[Any, Any], Any],
        split: Callable[[Any, int], Iterable[Any]],
        own: type | tuple[type, ...] = (),
    ) -> None:
        if not isinstance(arrays, tuple | list):
            got = type(arrays).__name__
            raise TypeError(f"arrays: want a tuple or a list, such as (X,) or (X, Y), got {got}")
        if not arrays:
            raise ValueError("arrays: want at least one array, got none")
        self.arrays = [tensor(_numbers(array, own)) for array in arrays]
        if any(len(array.shape) == 0 for array in self.arrays):
            raise ValueError("arrays: want arrays of shape (examples, ...), got a scalar")
        lengths = [array.shape[0] for array in self.arrays]
        if len(set(lengths)) > 1:
            raise ValueError(f"arrays: want the same number of examples in each, got {lengths}")
        self.num_examples = lengths[0]
        self.batch_size = positive_int("batch_size", batch_size)
        self.is_train = is_train
        self._order, self._take, self._split = order, take, split

    def __len__(self) -> int:
        return -(-self.num_examples // self.batch_size)  # rounded up

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        if self.num_examples == 0:
            return iter(())
        arrays = self.arrays
        if self.is_train:
            order = self._order(self.num_examples)
            arrays = [self._take(array, order) for array in arrays]
        return zip(*(self._split(array, self.batch_size) for array in arrays), strict=True)
