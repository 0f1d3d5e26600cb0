"""Make results.md, and speed.png for the lessons, from what pytest-benchmark measured.

Called with the JSON file of one run, or with that and `keep`: write the results into the project.
"""

import json
import sys
from collections.abc import Iterable
from importlib.metadata import packages_distributions, version
from io import BytesIO
from itertools import cycle
from pathlib import Path
from statistics import median

from matplotlib.figure import Figure

import d2lmini
from d2lmini.animator import COLORS as PALETTE
from tools import files

PROJECT = Path(__file__).parent.parent
COLORS = dict(zip(d2lmini.FRAMEWORKS, cycle(PALETTE), strict=False))


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table, its first column of text and the others of numbers."""
    header = list(header)
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


class Results:
    """The rows of one run; a row is what a benchmark noted of itself, and its median seconds."""

    def __init__(self, run: dict):
        self.rows = [
            b["extra_info"] | {"seconds": b["stats"]["median"], "least": b["stats"]["min"]}
            for b in run["benchmarks"]
        ]
        cpu = run["machine_info"]["cpu"]
        self.machine = f"{cpu['brand_raw']}, {cpu['count']} cores"
        self.python = run["machine_info"]["python_version"]
        self.day = run["datetime"][:10]

    def of(self, name: str, **wanted) -> list[dict]:
        """Return the rows of one table."""
        rows = [row for row in self.rows if row["table"] == name]
        return [row for row in rows if wanted.items() <= row.items()]

    def grid(self, name: str, unit: float) -> str:
        """Return the table of a growth: a line per framework, a column per size."""
        sizes = sorted({row["size"] for row in self.of(name)})
        lines = []
        for key in dict.fromkeys(row["framework"] for row in self.of(name)):
            seconds = {row["size"]: row["seconds"] for row in self.of(name, framework=key)}
            numbers = [seconds[size] / unit for size in sizes]
            lines.append([key, *(f"{n:,.0f}" if n >= 100 else f"{n:.2g}" for n in numbers)])
        return table([name, *(f"{size:,}" for size in sizes)], lines)


def steps(results: Results) -> str:
    """Return the table of the ways to take a step."""
    lines = []
    for row in results.of("steps"):
        plain = results.of("steps", framework=row["framework"])[0]
        speed, times = row["examples"] / row["seconds"], plain["seconds"] / row["seconds"]
        name = f"{row['framework']}: {row['way']}"
        lines.append([name, f"{speed:,.0f}", f"{times:,.1f}", f"{row['first']:.2f}"])
    return table(["way", "examples/s", "times the plain step", "first epoch, s"], lines)


def loaders(results: Results) -> str:
    """Return the table of the loaders."""
    lines = []
    for row in results.of("loaders", loader="load_array"):
        stock = results.of("loaders", framework=row["framework"], loader="stock")
        own = f"{stock[0]['seconds']:.3f}" if stock else ""
        times = f"{stock[0]['seconds'] / row['seconds']:.1f}" if stock else ""
        lines.append([row["framework"], f"{row['seconds']:.3f}", own, times])
    return table(["framework", "`load_array`, s", "its own loader, s", "times"], lines)


def animator(results: Results) -> str:
    """Return the table of the frames."""
    full = results.of("animator")[0]["seconds"]
    lines = [
        [row["frame"], f"{row['seconds'] * 1000:.2f}", f"{row['seconds'] / full:.2f}"]
        for row in results.of("animator")
    ]
    return table(["frame of the lesson's plot", "ms", "of a full redraw"], lines)


def import_times(results: Results) -> list[tuple[str, float, float, float, float]]:
    """Return each framework's shortest import in seconds: see the table's header."""
    (pyplot,) = results.of("imports", what="pyplot")
    (numpy,) = results.of("imports", what="framework", framework="numpy")
    times = []
    for ours in results.of("imports", what="d2lmini"):
        (alone,) = results.of("imports", framework=ours["framework"], what="framework")
        a, b = alone["least"], ours["least"]
        times.append((ours["framework"], a, b, b - a, pyplot["least"] - numpy["least"]))
    return times


def imports(results: Results) -> str:
    """Return the table of the imports."""
    header = ["framework", "alone, s", "with d2lmini, s", "added, s", "by Matplotlib, s"]
    lines = [[key, *(f"{t:.2f}" for t in times)] for key, *times in import_times(results)]
    return table(header, lines)


def share_of_drawing(parts: list[dict[str, float]]) -> float:
    """Return the median share of the training cell's time that goes into drawing."""
    return median(part["drawing"] / (part["drawing"] + part["training"]) for part in parts)


def notebooks(results: Results) -> str:
    """Return the table of where each notebook's time goes."""
    rows = results.of("notebooks")
    names = list(dict.fromkeys(name for row in rows for name in row["parts"][0]))
    names.append(names.pop(names.index("all")))
    lines = []
    for row in rows:
        middle = {n: median(part.get(n, 0) for part in row["parts"]) for n in names}
        share = share_of_drawing(row["parts"])
        lines.append([row["framework"], *(f"{middle[n]:.1f}" for n in names), f"{share:.0%}"])
    return table(["seconds", *names, "drawing, of training's cell"], lines)


def aims(results: Results) -> str:
    """Return the table of what was aimed at, and what came of it."""
    rows = []
    for key, aim in {"torch": 5, "tensorflow": 500, "mxnet": 1.7}.items():
        seconds = [row["seconds"] for row in results.of("steps", framework=key)]
        rows.append((f"{key}: fastest way, times the plain step", aim, seconds[0] / min(seconds)))
    for key, aim in {"torch": 20, "tensorflow": 1, "mxnet": 10}.items():
        stock, ours = (
            results.of("loaders", framework=key, loader=loader)[0]["seconds"]
            for loader in ("stock", "load_array")
        )
        rows.append((f"{key}: `load_array`, times its own loader", aim, stock / ours))
    frames = {row["frame"]: row["seconds"] for row in results.of("animator")}
    full, live = frames["full redraw with a tight box"], frames["live frame"]
    rows.append(("full redraw with a tight box, times a live frame", 2, full / live))
    lines = [
        [what, f"at least {aim}", f"{got:,.1f}", "yes" if got >= aim else "no"]
        for what, aim, got in rows
    ]
    for row in results.of("notebooks"):
        share = share_of_drawing(row["parts"])
        what = f"{row['framework']}: drawing, of the training cell's time"
        lines.append([what, "at most 25%", f"{share:.0%}", "yes" if share <= 0.25 else "no"])
    for key, _, _, added, _ in import_times(results):
        what = f"{key}: seconds that d2lmini adds to the import"
        lines.append([what, "at most 0.40", f"{added:.2f}", "yes" if added <= 0.4 else "no"])
    return table(["aim", "wanted", "measured", "met"], lines)


def text(results: Results) -> str:
    """Return the whole page, of the tables for which there are results."""
    packages = packages_distributions()  # tensorflow is of tensorflow-cpu, say
    names = [packages[name][0] for name in (*d2lmini.FRAMEWORKS, "numba", "matplotlib")]
    versions = ", ".join(f"{name} {version(name).split('+')[0]}" for name in names)
    parts = [
        "# How fast the lessons are\n",
        f"From one run of `make bench`, on {results.day}: {results.machine}; Python "
        f"{results.python}, {versions}. Times are medians. They wander from run to run; "
        "the ratios within a run are what to look at.\n",
    ]
    if results.of("steps"):
        parts += ["## Steps\n", PICTURE, steps(results), STEPS]
    if results.of("notebooks"):  # the last and slowest: the run was not a quick one
        parts += [AIMS, aims(results)]
    for name, unit, intro in GROWTH:
        if results.of(name):
            parts += [intro, results.grid(name, unit)]
    for name, make, intro in TABLES:
        if results.of(name):
            parts += [intro, make(results)]
    return "\n".join(parts)


PICTURE = """\
![Bars of examples per second on a logarithmic scale, for each framework from the plain step to the
most compiled one.](../notebooks/speed.png)
"""
STEPS = """\
The ways are those of the lessons' section "Going faster"; the step is that of the lesson, with 8
points in a minibatch. The first epoch is the one in which the compiling happens (PyTorch keeps
compiled code on disk, and is faster the next time; without, it takes ten seconds and more). NumPy
and Numba compute in double precision, the others in single.
"""
AIMS = """
## Aims

Two of these have a floor. Most of what an import adds is Matplotlib's own, some 0.3 seconds, less
where the framework has imported a part of it already. And a training cell draws two frames however
short it is, the first and the final one.
"""
IMPORTS = """
## Imports

A new Python that imports one module, start included; the shortest of ten. Matplotlib's part is
what `pyplot` adds to NumPy:
"""
GROWTH = [
    (
        "batch size",
        1e-6,
        "\n## Sizes\n\nMicroseconds of a step as the lesson's `train` takes it (eager in torch, "
        "compiled in TensorFlow, with hybridized networks in MXNet), by the size of the batch:\n",
    ),
    ("dimension", 1e-6, "\nThe same by the dimension of the data and the noise, with 8 points:\n"),
    (
        "examples",
        1e-3,
        "\n## Loaders\n\nMilliseconds of a shuffled pass of `load_array`, 8 points in a batch, by "
        "the number of examples (2 numbers each):\n",
    ),
]
TABLES = [
    ("loaders", loaders, "\nAgainst the framework's own loader, 100,000 examples:\n"),
    ("animator", animator, "\n## Animator\n"),
    ("imports", imports, IMPORTS),
    ("notebooks", notebooks, "\n## Notebooks\n\nFrom kernel start to last cell:\n"),
]


def picture(results: Results) -> Figure:
    """Return the bars of examples per second."""
    rows = results.of("steps")[::-1]
    fig = Figure(figsize=(9, 5), layout="constrained")
    ax = fig.subplots()
    names = [f"{row['framework']}: {row['way']}" for row in rows]
    speeds = [row["examples"] / row["seconds"] for row in rows]
    bars = ax.barh(names, speeds, color=[COLORS[row["framework"]] for row in rows])
    ax.bar_label(bars, [f"{speed:,.0f}" for speed in speeds], padding=3)
    ax.set(xscale="log", xlabel="examples per second", xlim=(100, 2e7))
    ax.spines[["top", "right"]].set_visible(False)
    return fig


def main() -> None:
    """Print the page, and write it with its picture if asked to."""
    results = Results(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    page = text(results)
    if "keep" in sys.argv:
        bars = BytesIO()
        picture(results).savefig(bars, dpi=150)
        files.write(PROJECT / "notebooks" / "speed.png", bars.getvalue())
        files.write(PROJECT / "benchmarks" / "results.md", page)
    print(page)


if __name__ == "__main__":
    main()
