"""What a frame of the lesson's live plot costs."""

from io import BytesIO

import pytest

from d2lmini import animator
from tests.lesson import run_until


@pytest.fixture
def live_plot():
    """Return the lesson's figure with its curves, laid out, as after the first frame."""
    names = run_until("## Run it", "numpy")
    plot, generated = names["live_plot"](names["points"][:100], 20)
    generated.set_offsets(names["points"][100:200])
    for epoch in range(1, 21):
        plot.add(epoch, (0.7, 0.69))
    animator._png(plot.fig, plot.alt, final=False)
    return plot


def test_redraw_with_a_tight_box(benchmark, live_plot):
    """The common way: everything is laid out and drawn anew, and the box fitted around it."""
    benchmark.extra_info |= {"table": "animator", "frame": "full redraw with a tight box"}
    benchmark(lambda: live_plot.fig.savefig(BytesIO(), dpi=animator.LIVE_DPI, bbox_inches="tight"))


def test_live_frame(benchmark, live_plot):
    """A frame while the cell runs."""
    benchmark.extra_info |= {"table": "animator", "frame": "live frame"}
    live_plot.fig.set_layout_engine("none")
    benchmark(lambda: animator._png(live_plot.fig, live_plot.alt, final=False))


def test_final_frame(benchmark, live_plot):
    """The frame that stays."""
    benchmark.extra_info |= {"table": "animator", "frame": "final frame"}
    benchmark(lambda: animator._png(live_plot.fig, live_plot.alt, final=True))


def test_add(benchmark, live_plot):
    """A call of `add` that draws nothing."""
    benchmark.extra_info |= {"table": "animator", "frame": "no frame: add alone"}
    benchmark(lambda: live_plot.add(20, (0.7, 0.69)))
