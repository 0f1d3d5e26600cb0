"""Figures in a notebook, with alt text: one that follows a training run, one shown once."""

import sys
from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from itertools import cycle, islice
from time import perf_counter
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from d2lmini.accumulator import to_float

# Okabe and Ito's blue, vermilion, green and purple: told apart by colour-blind readers too, and
# dark on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")

MAX_FPS = 10  # smooth enough for a loss; more only keeps the browser busy
MAX_SHARE = 0.25  # of the time that passes may go into drawing
LIVE_DPI, FINAL_DPI = 100, 200  # the final frame is sharp on a projector too


class Animator:
    """A live plot of one or more curves, for a notebook cell that takes a while.

    xlabel, ylabel, xlim, ylim, xscale, yscale: as matplotlib has them, for the first of ``nrows`` x
    ``ncols`` plots.
    legend: the names of the curves. fmts: their matplotlib formats, used in turn.
    figsize: width and height in inches. alt: the figure in words, for those who cannot see it.

    ``axes`` is the flat list of plots. ``add`` draws on ``axes[0]``; draw on the others as you
    like, before you add. In a notebook the figure appears with the first ``add``, in the cell that
    runs, and follows at most ``MAX_FPS`` times a second; the last frame is always drawn when the
    cell ends, even if it ends early. In a plain script nothing is displayed, and ``fig`` is there
    to be saved.
    """

    def __init__(
        self,
        xlabel: str | None = None,
        ylabel: str | None = None,
        legend: Sequence[str] | None = None,
        xlim: tuple[float, float] | None = None,
        ylim: tuple[float, float] | None = None,
        xscale: str = "linear",
        yscale: str = "linear",
        fmts: Sequence[str] = ("-", "--", "-.", ":"),
        nrows: int = 1,
        ncols: int = 1,
        figsize: tuple[float, float] = (3.5, 2.5),
        *,
        alt: str | None = None,
    ) -> None:
        # Not through pyplot: a figure that pyplot does not know is neither shown a second time nor
        # kept for ever.
        self.fig = Figure(figsize=figsize, dpi=LIVE_DPI, layout="tight")
        self.axes: list[Axes] = list(self.fig.subplots(nrows, ncols, squeeze=False).flat)
        self.axes[0].set(xlabel=xlabel, ylabel=ylabel, xscale=xscale, yscale=yscale)
        self.axes[0].set(**{k: v for k, v in {"xlim": xlim, "ylim": ylim}.items() if v is not None})
        self.axes[0].set_prop_cycle(color=COLORS)
        self.axes[0].grid(alpha=0.3)
        if xscale == "linear":  # x mostly counts epochs, and there is no epoch 2.5
            self.axes[0].xaxis.get_major_locator().set_params(integer=True)
        self.legend, self.fmts = [legend] if isinstance(legend, str) else legend, fmts
        curves = " and ".join(self.legend or ["curves"])
        self.alt = alt or f"Plot of {curves} against {xlabel or 'x'}"
        self._points: list[tuple[list[float], list[float]]] = []
        self._display = None  # the handle of the figure in the cell that runs
        self._next_frame = self._start = self._drawn = 0.0  # seconds

    def add(self, x: Any, y: Any) -> None:
        """Add a point to each curve: y is a number, or one per curve; x likewise, or shared.

        A None leaves its curve as it is. Raises ValueError if the number of values is not the
        number of curves.
        """
        y = list(y) if _has_items(y) else [y]
        x = list(x) if _has_items(x) else [x] * len(y)
        n = len(self._points) or len(self.legend or y)
        for name, values in (("y", y), ("x", x)):
            if len(values) != n or n == 0:
                raise ValueError(f"{name}: want {n or 1} values, one a curve, got {len(values)}")
        points = [
            None if a is None or b is None else (to_float(a), to_float(b))
            for a, b in zip(x, y, strict=True)
        ]
        if not self._points:
            self._add_curves(n)
        for line, (xs, ys), point in zip(self._lines, self._points, points, strict=True):
            if point is not None:
                xs.append(point[0])
                ys.append(point[1])
                line.set_data(xs, ys)
                self.axes[0].update_datalim([point])
        self.axes[0].autoscale(None)  # at the next draw, where no limits were given
        self._follow()

    def _add_curves(self, n: int) -> None:
        self._points = [([], []) for _ in range(n)]
        self._lines = [self.axes[0].plot([], [], fmt)[0] for fmt in islice(cycle(self.fmts), n)]
        if self.legend:
            self.axes[0].legend(self._lines, self.legend, loc="upper right")

    def _follow(self) -> None:
        """Draw a frame, if there is a notebook to see it and the time has come."""
        now = perf_counter()
        if (shell := _notebook()) is None or now < self._next_frame:
            return
        png, about = _png(self.fig, self.alt, final=False)
        if self._display is None:
            from IPython.display import display

            self._start, self._drawn = now, 0.0
            shell.events.register("post_run_cell", self._end_of_cell)
            self._display = display(png, display_id=True, **about)
            # Keep this frame's layout: finding one anew doubles the work.
            self.fig.set_layout_engine("none")
        else:
            self._display.update(png, **about)
        cost = perf_counter() - now
        self._drawn += cost
        # When the share allows for the next frame and for the final one, twice as dear.
        affordable = self._start + (self._drawn + 3 * cost) / MAX_SHARE
        self._next_frame = max(now + 1 / MAX_FPS, affordable)

    def _end_of_cell(self, _result: Any) -> None:
        """Draw the last frame at full quality; what is added in another cell appears there."""
        _notebook().events.unregister("post_run_cell", self._end_of_cell)
        handle, self._display, self._next_frame = self._display, None, 0.0
        if handle is not None:
            self.fig.set_layout_engine("tight")
            png, about = _png(self.fig, self.alt, final=True)
            handle.update(png, **about)


def show(fig: Figure, alt: str) -> None:
    """Show a finished figure once, as a PNG with ``alt`` as its description, and close it.

    In a plain script nothing is displayed.
    """
    if _notebook() is not None:
        from IPython.display import display

        png, about = _png(fig, alt, final=True)
        display(png, **about)
    plt.close(fig)


def set_figsize(figsize: tuple[float, float] = (3.5, 2.5)) -> None:
    """Set the size in inches of the figures that pyplot makes from here on."""
    plt.rcParams["figure.figsize"] = figsize


def _has_items(values: Any) -> bool:
    return isinstance(values, Sequence) or len(getattr(values, "shape", ())) > 0


def _notebook() -> Any:
    """Return the running IPython shell if its output goes to a notebook, else None."""
    ipython = sys.modules.get("IPython")  # where nobody imported it, there is no notebook
    shell = ipython and ipython.get_ipython()
    return shell if hasattr(shell, "kernel") else None


def _png(fig: Figure, alt: str, final: bool) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what IPython's display needs to show the figure: as large when final, but sharper."""
    dpi = fig.dpi
    fig.dpi = FINAL_DPI if final else LIVE_DPI
    # Drawn straight to the pixels. savefig would measure each text anew for every frame, and a
    # tight bounding box would draw everything twice.
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    fig.dpi = dpi
    if final:  # the 256 colours of a palette are enough, and make the notebook a third as large
        image = image.quantize(method=Image.Quantize.FASTOCTREE)
        # Whose white is 254, a faint grey on a white page.
        image.putpalette([255 if value == 254 else value for value in image.getpalette()])
    png = BytesIO()
    image.save(png, "png")
    width = round(fig.get_figwidth() * LIVE_DPI)
    data = {"image/png": b64encode(png.getvalue()).decode(), "text/plain": alt}
    return data, {"raw": True, "metadata": {"image/png": {"alt": alt, "width": width}}}
