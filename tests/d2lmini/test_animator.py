import gc
import sys
import threading
import tracemalloc
import weakref
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.layout_engine import TightLayoutEngine
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

from d2lmini import animator
from d2lmini.animator import PLAYERS, Animator, live_plot, set_figsize, show


def curves(plot):
    """The points of the curves, as they would be drawn."""
    return [[list(map(float, axis)) for axis in line.get_data()] for line in plot.axes[0].lines]


# In a plain script.


def test_points_reach_their_curves(capsys):
    plot = Animator(xlabel="epoch", legend=["a", "b"])
    plot.add(1, (3, 4))
    plot.add(2, [5, None])
    plot.add((3, 4), np.array([6, 7]))
    assert curves(plot) == [[[1, 2, 3], [3, 5, 6]], [[1, 4], [4, 7]]]
    assert [text.get_text() for text in plot.axes[0].get_legend().get_texts()] == ["a", "b"]
    assert capsys.readouterr().out == ""


def test_one_curve_takes_plain_numbers_and_tensors(d2l):
    plot = Animator()
    plot.add(1, 2.5)
    plot.add(2, d2l.tensor(3.5))
    assert curves(plot) == [[[1, 2], [2.5, 3.5]]]


def test_the_limits_follow_the_points_unless_given():
    plot = Animator(xlim=(0, 10))
    for x in range(5):
        plot.add(x, 100 * x)
    plot.fig.canvas.draw()
    assert plot.axes[0].get_xlim() == (0, 10)
    low, high = plot.axes[0].get_ylim()
    assert low < 0 and 400 < high < 450


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["x", "y"])
@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("given", [(0.5, None), (None, 80), [np.float64(0.5), None], (2e6, None)])
def test_one_given_end_stays_and_the_other_follows_the_points(name, scale, given):
    plot = Animator(**{f"{name}lim": given, f"{name}scale": scale})
    end, other = (0, 1) if given[1] is None else (1, 0)
    for last in (3, 40, 700):
        plot.add(*((last, 1) if name == "x" else (1, last)))
        animator._png(plot.fig, "", final=False)
        limits = getattr(plot.axes[0], f"get_{name}lim")()
        assert limits[end] == given[end] and limits[0] < limits[1]
    farthest = (3, 700)[other]
    # On this side of what is given.
    if given[end] < farthest if end == 0 else given[end] > farthest:
        assert limits[0] <= farthest <= limits[1] and abs(limits[other] - farthest) < 400


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("limits", [(None, None), (1, 1), (9, 2)])
def test_limits_that_fix_nothing_and_those_in_reverse(scale, limits):
    plot = Animator(xlim=limits, ylim=limits, yscale=scale)
    plot.add(1, 3)
    plot.add(2, 5)
    low, high = plot.axes[0].get_ylim()
    assert (low, high) == (9, 2) if limits == (9, 2) else low < 3 < 5 < high


def test_limits_set_by_hand_later_stay():
    plot = Animator(ylim=(0, None))
    plot.add(1, 3)
    plot.axes[0].set_ylim(1, 2)
    plot.add(2, 9)
    assert plot.axes[0].get_ylim() == (1, 2)


@pytest.mark.parametrize(
    "limits, error",
    [
        ((1,), ValueError),
        ((1, 2, 3), ValueError),
        (5, ValueError),
        ("12", ValueError),
        (("1", 2), TypeError),
        ((0, np.nan), ValueError),
        ((-np.inf, None), ValueError),
        ((1e300, None), ValueError),
    ],
)
@pytest.mark.parametrize("name", ["xlim", "ylim"])
def test_what_is_no_pair_of_limits_is_named(name, limits, error):
    with pytest.raises(error, match=f"^{name}: want two numbers, or None for an end that"):
        Animator(**{name: limits})


@pytest.mark.parametrize("limits", [(0, None), (-1, 5), (None, 0)])
def test_a_log_scale_has_no_end_at_zero(limits):
    with pytest.raises(ValueError, match="^ylim: want numbers above 0 on a log scale, got"):
        Animator(yscale="log", ylim=limits)


def test_the_axes_are_as_asked():
    scales = {"xscale": "log", "yscale": "log"}
    plot = Animator("x", "y", **scales, ylim=(1, 9), nrows=2, ncols=2, figsize=(4, 3))
    first = plot.axes[0]
    assert (first.get_xlabel(), first.get_ylabel()) == ("x", "y")
    assert (first.get_xscale(), first.get_yscale(), first.get_ylim()) == ("log", "log", (1, 9))
    assert len(plot.axes) == 4 and list(plot.fig.get_size_inches()) == [4, 3]


def test_curves_differ_in_colour_and_in_dash():
    plot = Animator(legend=list("abcd"))
    plot.add(0, range(4))
    lines = plot.axes[0].lines
    assert len({line.get_color() for line in lines}) == 4
    assert len({line.get_linestyle() for line in lines}) == 4


def test_a_refused_first_point_does_not_fix_the_number_of_curves():
    plot = Animator()
    with pytest.raises(TypeError):
        plot.add(1, (1, "two"))
    with pytest.raises(ValueError, match="y: want 1 values, one a curve, got 0"):
        plot.add(1, [])
    plot.add(1, 5)
    assert curves(plot) == [[[1], [5]]]


def test_formats_and_a_single_name():
    plot = Animator(legend="loss", fmts=["g:"])
    plot.add(0, 1)
    (line,) = plot.axes[0].lines
    assert (line.get_color(), line.get_linestyle()) == ("g", ":")
    (name,) = plot.axes[0].get_legend().get_texts()
    assert name.get_text() == "loss"


@pytest.mark.parametrize(
    "legend, names",
    [
        ([1, 2.5], ["1", "2.5"]),
        (np.array(["a", "b"]), ["a", "b"]),
        ({"a": 0, "b": 0}, ["a", "b"]),
        ((name for name in "ab"), ["a", "b"]),
    ],
)
def test_names_of_any_kind(legend, names):
    plot = Animator(legend=legend)
    plot.add(0, (1, 2))
    assert [text.get_text() for text in plot.axes[0].get_legend().get_texts()] == names
    assert plot.alt == f"Plot of {' and '.join(names)} against x"


def test_one_format_is_for_every_curve():
    plot = Animator(fmts="o-")
    plot.add(0, (1, 2))
    lines = plot.axes[0].lines
    assert [(line.get_marker(), line.get_linestyle()) for line in lines] == [("o", "-")] * 2
    assert lines[0].get_color() == animator.COLORS[0]


@pytest.mark.parametrize(
    "argument, error",
    [({"legend": 5}, TypeError), ({"fmts": 5}, TypeError), ({"fmts": ["-", "?!"]}, ValueError)],
)
def test_a_wrong_name_or_format_is_refused_at_once(argument, error):
    (name,) = argument
    with pytest.raises(error, match=f"^{name}: "):
        Animator(**argument)


def test_values_may_come_from_anything_that_has_several():
    losses = {"D": 1, "G": 2}
    plot = Animator()
    for y in (losses.values(), (loss for loss in (1, 2)), np.array([1, 2])):
        plot.add(0, y)
    plot.add(iter((0, 0)), [1, 2])
    assert curves(plot) == [[[0] * 4, [1] * 4], [[0] * 4, [2] * 4]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, 1e308, -1.7e308, 5e-324])
@pytest.mark.parametrize("yscale", ["linear", "log"])
def test_no_number_is_too_large_to_be_drawn(value, yscale):
    plot = Animator(yscale=yscale)
    for x, y in ((1, 2), (2, value), (value, 3), (4, 5)):
        plot.add(x, y)
        animator._png(plot.fig, "", final=False)
    assert [len(axis) for axis in curves(plot)[0]] == [4, 4]


def test_a_transparent_figure_stays_so():
    style = {"figure.facecolor": "none", "axes.facecolor": "none", "text.color": "white"}
    with plt.rc_context(style):
        plot = Animator(figsize=(2, 2))
        plot.fig.text(0.5, 0.5, "words", size=20)
        for final in (False, True):
            data, _ = animator._png(plot.fig, "", final=final)
            image = Image.open(BytesIO(b64decode(data["image/png"])))
            pixels = np.asarray(image.convert("RGBA"), int)
            assert pixels[0, 0, 3] == 0
            assert ((pixels[..., :3] > 250).all(-1) & (pixels[..., 3] > 250)).any()


@pytest.mark.filterwarnings("error")
def test_the_books_own_lines_work(shell):
    about = {"xlabel": "epoch", "ylabel": "loss", "legend": ["D", "G"]}
    plot = Animator(xlim=[1, 20], nrows=2, figsize=(5, 5), **about)
    plot.fig.subplots_adjust(hspace=0.3)
    for epoch in range(1, 4):
        plot.axes[1].cla()
        plot.axes[1].scatter([0, 1], [2, epoch])
        plot.axes[1].legend(["real"])
        plot.add(epoch, (1, 2))
    shell.end_cell()
    assert curves(plot) == [[[1, 2, 3], [1, 1, 1]], [[1, 2, 3], [2, 2, 2]]]


@pytest.mark.parametrize("x, y", [(1, (1, 2, 3)), (1, 1), ((1, 2, 3), (1, 2))])
def test_the_wrong_count_is_refused_and_changes_nothing(x, y):
    plot = Animator(legend=["a", "b"])
    plot.add(0, (0, 0))
    with pytest.raises(ValueError, match="want 2 values, one a curve, got"):
        plot.add(x, y)
    with pytest.raises(TypeError, match="want numbers"):
        plot.add(1, (1, "two"))
    assert curves(plot) == [[[0], [0]]] * 2


@pytest.mark.filterwarnings("error")
def test_many_figures_leave_nothing_behind():
    plots = [Animator() for _ in range(21)]  # pyplot would warn at 20
    for plot in plots:
        plot.add(0, 1)
        plot.fig.savefig(BytesIO(), dpi=20)
    assert plt.get_fignums() == []
    figures = [weakref.ref(plot.fig) for plot in plots]
    del plots, plot
    gc.collect()
    assert not any(figure() for figure in figures)


def test_show_closes_the_figure_and_prints_nothing(capsys):
    fig, _ = plt.subplots()
    show(fig, "nothing")
    assert plt.get_fignums() == [] and capsys.readouterr().out == ""


def test_set_figsize():
    with plt.rc_context():
        set_figsize((2, 1))
        assert list(plt.figure().get_size_inches()) == [2, 1]
    plt.close("all")


# With a notebook's shell and a clock that the test moves.


class Shell:
    """As much of a notebook's shell as the Animator uses."""

    kernel = object()

    def __init__(self):
        self.events, self.callbacks, self.frames = self, [], []

    def register(self, event, callback):
        assert event == "post_execute"
        self.callbacks.append(callback)

    def unregister(self, event, callback):
        self.callbacks.remove(callback)

    def display(self, data, **about):
        self.frames.append(b64decode(data["image/png"]))
        return self

    update = display

    def end_cell(self):
        for callback in list(self.callbacks):
            callback()


@pytest.fixture
def shell(monkeypatch):
    shell = Shell()
    monkeypatch.setattr(animator, "_notebook", lambda: shell)
    monkeypatch.setattr("IPython.display.display", shell.display)
    return shell


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(animator, "perf_counter", lambda: now[0])
    return now


def test_redraws_are_capped(shell, clock):
    plot = Animator()
    for i in range(300):  # three seconds of quick points
        clock[0] = i / 100
        plot.add(i, i)
    assert 0.9 * 3 * animator.MAX_FPS <= len(shell.frames) <= 3 * animator.MAX_FPS


def test_many_points_keep_no_more_than_themselves(shell, clock):
    shell.display = lambda data, **about: shell  # a browser keeps the frame, not the kernel
    plot = Animator(legend=["a", "b"], figsize=(2, 2))
    tracemalloc.start()
    sizes = []
    for i in range(2000):
        clock[0] = i / 2000  # some ten frames
        plot.add(i, (i, -i))
        if i % 500 == 499:
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert len(plot.axes[0].lines) == 2 and len(shell.callbacks) == 1
    assert sizes[-1] - sizes[0] < 1500 * 400  # bytes: 6 numbers, and references to them


def test_slow_drawing_gets_its_share_of_the_time_and_no_more(shell, clock, monkeypatch):
    def slow_png(*args, **kwargs):
        clock[0] += 1.0
        return {"image/png": ""}, {}

    monkeypatch.setattr(animator, "_png", slow_png)
    plot = Animator()
    while clock[0] < 100:
        clock[0] += 0.01
        plot.add(clock[0], 0)
    assert 20 <= len(shell.frames) <= 26


def test_the_last_points_are_drawn_when_the_cell_ends(shell, clock):
    plot = Animator(figsize=(3, 2))
    for i in range(5):
        plot.add(i, i)  # the clock stands still: one frame, with the first point
    assert len(shell.frames) == 1
    shell.end_cell()
    first, last = (Image.open(BytesIO(frame)) for frame in shell.frames)
    assert (first.width, last.width) == (3 * animator.LIVE_DPI, 3 * animator.FINAL_DPI)
    want = BytesIO()
    plot.fig.savefig(want, dpi=animator.FINAL_DPI)
    pixels = [np.asarray(image.convert("RGB"), float) for image in (last, Image.open(want))]
    assert abs(pixels[0] - pixels[1]).max() < 64  # its palette may shift a colour a little
    assert (pixels[0][0, 0] == 255).all()  # but not the white of the page
    shell.end_cell()
    assert len(shell.frames) == 2 and not shell.callbacks


def test_a_thread_gets_its_last_frame_when_it_ends(shell, clock):
    """The cell that started it ends before it does."""
    plot, drawn, go_on = Animator(), threading.Event(), threading.Event()
    last_frame = plot._last_frame

    def run():
        plot.add(0, 0)
        drawn.set()
        go_on.wait(60)
        plot.add(1, 1)

    done = threading.Event()
    plot._last_frame = lambda: (last_frame(), done.set())
    thread = threading.Thread(target=run)
    thread.start()
    assert drawn.wait(60)
    shell.end_cell()
    assert len(shell.frames) == 1 and not done.is_set()
    go_on.set()
    assert done.wait(60)
    widths = [Image.open(BytesIO(frame)).width for frame in shell.frames]
    assert widths == [350, 700] and not shell.callbacks


def test_the_layout_is_found_once_and_again_at_the_end(shell, clock):
    plot = Animator()
    plot.add(0, 0)
    assert not isinstance(plot.fig.get_layout_engine(), TightLayoutEngine)
    shell.end_cell()
    assert isinstance(plot.fig.get_layout_engine(), TightLayoutEngine)


def test_a_failed_last_frame_does_not_stop_the_next_cell(shell, clock):
    plot = Animator()
    plot.add(0, 0)
    plot.axes[0].set_title("$no such formula")
    with pytest.raises(ValueError):
        plot.axes[0].set_title("$\\nothing$")
        shell.end_cell()
    plot.axes[0].set_title("")
    plot.add(1, 1)
    shell.end_cell()
    assert len(shell.frames) == 3 and not shell.callbacks


def test_no_display_where_ipython_runs_without_a_notebook(monkeypatch):
    class Terminal:
        @staticmethod
        def get_ipython():
            return object()

    monkeypatch.setitem(sys.modules, "IPython", Terminal)
    assert animator._notebook() is None


# In a real kernel.

CELLS = {
    "one figure": """
from d2lmini.animator import Animator, plt, show
plot = Animator(xlabel="epoch", legend=["loss"], alt="A line that rises.")
for i in range(300):
    plot.add(i, i)
""",
    "interrupted": """
plot = Animator()
for i in range(300):
    plot.add(i, i)
    if i == 200:
        raise KeyboardInterrupt
""",
    "two figures": "Animator().add(0, 0); Animator().add(0, 0)",
    "a later cell": "plot.add(201, 201)",
    "a button": """
from comm import create_comm
comm = create_comm()
button = Animator()
comm.on_msg(lambda message: [button.add(i, i) for i in range(300)])
comm.handle_msg({})  # what the kernel calls at a click
print(button._display)
""",
    "shown once": "fig, ax = plt.subplots(); show(fig, 'Empty axes.')",
    "nothing left open": "print(plt.get_fignums())",
}


@pytest.fixture(scope="module")
def outputs():
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS.values()])
    NotebookClient(notebook, timeout=120, allow_errors=True).execute()
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


def pictures(outputs):
    return [output for output in outputs if output.output_type == "display_data"]


def test_a_cell_shows_one_figure_with_its_description(outputs):
    (output,) = outputs["one figure"]
    assert output.metadata["image/png"]["alt"] == output.data["text/plain"] == "A line that rises."
    assert output.metadata["image/png"]["width"] == 350
    assert Image.open(BytesIO(b64decode(output.data["image/png"]))).width == 700


def test_an_interrupted_cell_keeps_what_was_reached(outputs):
    (picture,) = pictures(outputs["interrupted"])
    assert Image.open(BytesIO(b64decode(picture.data["image/png"]))).width == 700


def test_each_figure_has_its_own_place(outputs):
    assert len(outputs["two figures"]) == 2
    assert len(outputs["a later cell"]) == len(outputs["shown once"]) == 1


def test_a_button_gets_its_last_frame_before_any_cell_ends(outputs):
    picture, printed = outputs["a button"]
    assert Image.open(BytesIO(b64decode(picture.data["image/png"]))).width == 700
    assert printed.text == "None\n"


def test_nothing_is_left_open(outputs):
    assert outputs["nothing left open"][0].text == "[]\n"


def test_the_live_plot_has_both_losses_ln_2_and_room_below():
    plot = live_plot(20, "below, the faces")
    plot.add(1, (0.5, 0.9))
    ln_2, *curves = plot.axes[0].lines
    assert ln_2.get_ydata()[0] == pytest.approx(np.log(2))
    assert [line.get_color() for line in curves] == list(PLAYERS)
    names = [text.get_text() for text in plot.axes[0].get_legend().texts]
    assert names == ["discriminator", "generator"]
    assert plot.axes[0].get_xlim() == (1, 20) and not plot.axes[1].has_data()
    assert plot.alt.endswith("; below, the faces.")
