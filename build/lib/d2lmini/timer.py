"""A stopwatch for several laps."""

from itertools import accumulate
from time import perf_counter


class Timer:
    """A stopwatch that keeps the length of each lap, in seconds, in ``times``.

    It starts when it is made.
    """

    def __init__(self) -> None:
        self.times: list[float] = []
        self.start()

    def start(self) -> None:
        """Start a lap; a lap that was running is dropped."""
        self._started: float | None = perf_counter()

    def stop(self) -> float:
        """End the lap and return its length in seconds. Raises ValueError if no lap is running."""
        if self._started is None:
            raise ValueError("stop: no lap is running; call start() first")
        self.times.append(perf_counter() - self._started)
        self._started = None
        return self.times[-1]

    def avg(self) -> float:
        """Return the mean length of a lap in seconds. Raises ValueError if there is no lap yet."""
        if not self.times:
            raise ValueError("avg: there is no lap yet; call stop() first")
        return self.sum() / len(self.times)

    def sum(self) -> float:
        """Return the length of all laps together in seconds."""
        return sum(self.times)

    def cumsum(self) -> list[float]:
        """Return the running total in seconds after each lap."""
        return list(accumulate(self.times))
