"""The framework-free half of ``load_array``."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from d2lmini.checks import positive_int


def slices(array: Any, batch_size: int) -> Iterator[Any]:
    """Cut an array into batches, for a framework whose slices are views and cheap."""
    return (array[i : i + batch_size] for i in range(0, len(array), batch_size))


class ArrayLoader:
    """Minibatches of one or more arrays, as often as you iterate.

    arrays: tensors of shape (examples, ...), all with the same number of examples.
    batch_size: the number of examples in a batch; the last one is shorter if they do not divide
    evenly.
    is_train: shuffle afresh on every pass, the same way in each array. The order follows the
    framework's seed.

    Each pass yields tuples with one tensor per array, of shape (batch, ...), on that array's own
    device. ``len()`` is the number of batches. A pass gathers each array once, as a whole, and its
    batches are views of that; without shuffling they are views of the arrays themselves, so do not
    change them in place.

    A framework's ``load_array`` passes its own ``order(n)`` (a random permutation of n indices),
    ``take(array, order)`` and ``split(array, batch_size)``.
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
    ) -> None:
        if not isinstance(arrays, tuple | list):
            got = type(arrays).__name__
            raise TypeError(f"arrays: want a tuple or a list, such as (X,) or (X, Y), got {got}")
        if not arrays:
            raise ValueError("arrays: want at least one array, got none")
        try:
            self.arrays = [tensor(array) for array in arrays]
        except Exception as error:  # each framework has its own
            raise TypeError(f"arrays: cannot make tensors of them all: {error}") from error
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
