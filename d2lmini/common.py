"""What every framework's module offers, and how it says that the framework is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from d2lmini import __version__
from d2lmini.accumulator import Accumulator
from d2lmini.animator import Animator, live_plot, plt, set_figsize, show
from d2lmini.checks import check_numbers
from d2lmini.gaussian import frechet_distance, log_density
from d2lmini.timer import Timer

__all__ = ["Accumulator", "Animator", "Timer", "check_numbers", "frechet_distance", "live_plot"]
__all__ += ["log_density", "plt", "set_figsize", "show"]


@contextmanager
def needed(*names: str) -> Iterator[None]:
    """Import a framework in this: where one of names is missing, its key first, say the way out."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in names:
            raise
        raise missing_framework(names[0]) from None


def missing_framework(key: str) -> ImportError:
    """Return the error for a framework that is not installed, with the way out in it."""
    what = key if __version__ == "unknown" else f'"d2lmini[{key}]"'  # a copied folder has no extra
    way_out = f"run: python -m pip install {what}"
    if (Path(__file__).parents[1] / "pyproject.toml").exists():
        way_out = f"in the project's folder, say: BACKENDS={key} make lab"
    without = "if it has no wheel for this Python or system, use another framework's notebook"
    return ImportError(f"d2lmini.{key}: {key} is not installed; {way_out} ({without})")
