"""What a frame of the lesson's live plot costs."""

from io import BytesIO

import pytest

from benchmarks.bench_steps import INSTALLED
from d2lmini import animator
from tests.support.lesson import run_until


def redraw(plot):
    """Draw in the common way: everything is laid out anew, and the box fitted around it."""
    plot.fig.savefig(BytesIO(), dpi=animator.LIVE_DPI, bbox_inches="tight")


def live_frame(plot):
    """Draw what is seen while the cell runs; the layout is kept."""
    plot.fig.set_layout_engine("none")
    animator._png(plot.fig, plot.alt, final=False)


def final_frame(plot):
    """Draw what stays."""
    animator._png(plot.fig, plot.alt, final=True)


def add(plot):
    """Draw nothing."""
    plot.add(20, (0.7, 0.69))


FRAMES = {
    "full redraw with a tight box": redraw,
    "live frame": live_frame,
    "final frame": final_frame,
    "no frame: add alone": add,
}


@pytest.fixture
def live_plot():
    """Return the lesson's figure with its curves, laid out, as after the first frame."""
    names = run_until("## Run it", "numpy")
    plot = names["d2l"].live_plot(20, "below, real and generated points")
    generated = names["show_points"](plot.axes[1], names["real_points"][:100])
    generated.set_offsets(names["real_points"][100:200])
    for epoch in range(1, 21):
        plot.add(epoch, (0.7, 0.69))
    animator._png(plot.fig, plot.alt, final=False)
    return plot


@pytest.mark.skipif("numpy" not in INSTALLED, reason="the plot is that of the NumPy lesson")
@pytest.mark.parametrize("frame", FRAMES)
def test_frame(benchmark, live_plot, frame):
    """One frame."""
    place = {"table": "frame of the lesson's plot", "row": frame, "column": "ms"}
    benchmark.extra_info |= place | {"unit": 1e-3}
    benchmark(FRAMES[frame], live_plot)
