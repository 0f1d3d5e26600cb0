"""Figures in a notebook, with alt text: one that follows a training run, one shown once."""

import sys
from base64 import b64encode
from collections.abc import Iterable
from io import BytesIO
from itertools import cycle, islice
from threading import Thread, current_thread, main_thread
from time import perf_counter
from typing import Any

import numpy as np

from d2lmini.pyplot import plt  # isort: skip  (before matplotlib, for a quiet start)
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from d2lmini.accumulator import to_float
from d2lmini.checks import shown

# Okabe and Ito's blue, vermilion, green and purple: told apart by colour-blind readers too, and
# dark on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
PLAYERS = ("#009E73", "#AA4499")  # the discriminator's colour, and the generator's

MAX_FPS = 10  # smooth enough for a loss; more only keeps the browser busy
MAX_SHARE = 0.25  # of the time that passes may go into drawing
LIVE_DPI, FINAL_DPI = 100, 200  # the final frame is sharp on a projector too

MAX_SIZE = 1e200  # of a number; from some 1e290 on matplotlib's own sums overflow


class Animator:
    """A live plot of one or more curves, for a notebook cell that takes a while.

    xlabel, ylabel, xlim, ylim, xscale, yscale: as matplotlib has them, for the first of ``nrows`` x
    ``ncols`` plots. An end of xlim or ylim that is None follows the points.
    legend: the name of the curve, or of each. fmts: their matplotlib format, or several, used in
    turn.
    figsize: width and height in inches. alt: the figure in words, for those who cannot see it.

    ``axes`` is the flat list of plots. ``add`` draws on ``axes[0]``; draw on the others as you
    like, before you add. In a notebook the figure appears with the first ``add``, in the cell that
    runs, and follows at most ``MAX_FPS`` times a second; the last frame is always drawn when the
    cell ends, even if it ends early, and so it is at the end of a widget's callback or of a thread.
    In a plain script nothing is displayed, and ``fig`` is there to be saved.
    """

    def __init__(
        self,
        xlabel: str | None = None,
        ylabel: str | None = None,
        legend: str | Iterable[Any] | None = None,
        xlim: tuple[float | None, float | None] | None = None,
        ylim: tuple[float | None, float | None] | None = None,
        xscale: str = "linear",
        yscale: str = "linear",
        fmts: str | Iterable[str] = ("-", "--", "-.", ":"),
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
        self._given = {  # the ends of the axes
            "x": _limits("xlim", xlim, xscale),
            "y": _limits("ylim", ylim, yscale),
        }
        self._fit()
        self.legend, self.fmts = _texts("legend", legend), _texts("fmts", fmts) or ["-"]
        for fmt in self.fmts:  # a wrong one is refused here and not at the first point
            try:
                self.axes[0].plot([], [], fmt)[0].remove()
            except ValueError as error:
                raise ValueError(f"fmts: {error}") from None
        self.axes[0].set_prop_cycle(color=COLORS)
        self.axes[0].grid(alpha=0.3)
        if xscale == "linear":  # x mostly counts epochs, and there is no epoch 2.5
            self.axes[0].xaxis.get_major_locator().set_params(integer=True)
        curves = " and ".join(self.legend or ["curves"])
        self.alt = alt or f"Plot of {curves} against {xlabel or 'x'}"
        self._points: list[tuple[list[float], list[float]]] = []
        self._display = None  # the handle of the figure in the cell that runs
        self._next_frame = self._start = self._drawn = 0.0  # seconds

    def add(self, x: Any, y: Any) -> None:
        """Add a point to each curve: y is a number, or one per curve; x likewise, or shared.

        A None leaves its curve as it is; nan, inf and what is larger than ``MAX_SIZE`` leave a gap.
        Raises ValueError if the number of values is not the number of curves, TypeError for a value
        that is not one number.
        """
        y = list(y) if _has_items(y) else [y]
        x = list(x) if _has_items(x) else [x] * len(y)
        n = len(self._points) or len(self.legend or y)
        for name, values in (("y", y), ("x", x)):
            if len(values) != n or n == 0:
                raise ValueError(f"{name}: want {n or 1} values, one a curve, got {len(values)}")
        points = [
            None if a is None or b is None else (_drawable(a), _drawable(b))
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
        self.axes[0].autoscale(None)  # where no limits were given
        self._fit()
        self._follow()

    def _fit(self) -> None:
        """Keep the ends of the axes that were given; the others follow the points."""
        axes = self.axes[0]
        for name, given in self._given.items():
            if given == (None, None) or not getattr(axes, f"get_autoscale{name}_on")():
                continue
            fitted = getattr(axes, f"get_{name}lim")()
            low, high = (
                fit if end is None else end for end, fit in zip(given, fitted, strict=True)
            )
            if None in given and low >= high:  # as yet there is no point on this side of it
                low, high = _beyond(given, getattr(axes, f"get_{name}scale")())
            # With auto=None the axis goes on following its points; with False it stays.
            getattr(axes, f"set_{name}lim")(low, high, auto=None if None in given else False)

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
            self._thread = current_thread()
            # Unlike post_run_cell, it comes after the callback of a widget, too.
            shell.events.register("post_execute", self._end_of_cell)
            if self._thread is not main_thread():
                Thread(target=self._end_of_thread, args=(self._thread,), daemon=True).start()
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

    def _end_of_thread(self, thread: Thread) -> None:
        thread.join()
        if self._thread is thread and self._display is not None:
            self._last_frame()

    def _end_of_cell(self) -> None:
        if self._thread is current_thread():  # another may still be drawing
            self._last_frame()

    def _last_frame(self) -> None:
        """Draw the last frame at full quality; what is added in another cell appears there."""
        _notebook().events.unregister("post_execute", self._end_of_cell)
        handle, self._display, self._next_frame = self._display, None, 0.0
        if handle is not None:
            self.fig.set_layout_engine("tight")
            png, about = _png(self.fig, self.alt, final=True)
            handle.update(png, **about)


def live_plot(num_epochs: int, below: str) -> Animator:
    """Return an Animator for the losses of both players by epoch, in nats, with a line at ln 2.

    ``axes[1]``, below them, is empty: for what the generator makes. below: that in words.
    """
    animator = Animator(
        xlabel="epoch",
        ylabel="loss (nats)",
        legend=["discriminator", "generator"],
        xlim=(1, max(num_epochs, 2)),
        nrows=2,
        figsize=(6, 6.5),
        alt=f"The two losses by epoch, with a line at ln 2; {below}.",
    )
    losses = animator.axes[0]
    losses.set_prop_cycle(color=PLAYERS)
    losses.axhline(np.log(2), color="0.5", linestyle=":")
    losses.text(1, np.log(2), " ln 2", va="bottom")
    return animator


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
    if hasattr(values, "shape"):
        return len(values.shape) > 0
    return isinstance(values, Iterable) and not isinstance(values, str | bytes)


def _texts(name: str, values: Any) -> list[str]:
    """Return one text or several as a list of them."""
    if values is None or isinstance(values, str):
        return [] if values is None else [values]
    if not _has_items(values):
        raise TypeError(f"{name}: want a text or a list of them, got {shown(values)}")
    return [str(value) for value in values]


def _limits(name: str, limits: Any, scale: str) -> tuple[float | None, float | None]:
    """Return the ends of an axis, None for each that is to follow the points."""
    if limits is None:
        return None, None
    wanted = "want two numbers, or None for an end that follows the curves"
    if not _has_items(limits) or len(limits) != 2:
        raise ValueError(f"{name}: {wanted}, got {shown(limits)}")
    try:
        low, high = (None if end is None else to_float(end) for end in limits)
    except TypeError:
        raise TypeError(f"{name}: {wanted}, got {shown(limits)}") from None
    given = [end for end in (low, high) if end is not None]
    if not all(abs(end) < MAX_SIZE for end in given):  # nan is not either
        raise ValueError(f"{name}: {wanted}, got {low} and {high}")
    if scale == "log" and min(given, default=1) <= 0:
        raise ValueError(f"{name}: want numbers above 0 on a log scale, got {low} and {high}")
    return (None, None) if low == high else (low, high)  # one number, as for a single epoch


def _beyond(given: tuple[float | None, float | None], scale: str) -> tuple[float, float]:
    """Return both ends of an axis without points, of which one is given."""
    low, high = given
    if scale == "log":
        return (high / 10, high) if low is None else (low, low * 10)
    return (high - (abs(high) or 1), high) if low is None else (low, low + (abs(low) or 1))


def _drawable(value: Any) -> float:
    number = to_float(value)
    return number if abs(number) < MAX_SIZE else float("nan")


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
    pixels = np.asarray(canvas.buffer_rgba())
    opaque = pixels[..., 3].min() == 255
    image = Image.fromarray(pixels[..., :3] if opaque else pixels)
    fig.dpi = dpi
    if final:  # the 256 colours of a palette are enough, and make the notebook a third as large
        image = image.quantize(method=Image.Quantize.FASTOCTREE)
        # Whose white is 254, a faint grey on a white page.
        palette = image.getpalette(image.palette.mode)
        image.putpalette([255 if v == 254 else v for v in palette], image.palette.mode)
    png = BytesIO()
    image.save(png, "png")
    width = round(fig.get_figwidth() * LIVE_DPI)
    data = {"image/png": b64encode(png.getvalue()).decode(), "text/plain": alt}
    return data, {"raw": True, "metadata": {"image/png": {"alt": alt, "width": width}}}
