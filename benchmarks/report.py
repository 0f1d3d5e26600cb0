"""Make results.md, and the notebooks' picture with its description, from a run's measurements.

Called with the JSON files that pytest-benchmark wrote, print the page as far as the run went; with
these and `keep`, write all of it into the project, but only if nothing is missing. Called with
results.md in place of JSON files, draw and describe anew what it has.
"""

import ast
import json
import re
import sys
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from itertools import cycle
from math import isnan, nan
from pathlib import Path
from textwrap import fill
from typing import Any

import nbformat
from matplotlib.figure import Figure

from benchmarks.bench_animator import FRAMES
from benchmarks.bench_lab import DONE, SIDE_BY_SIDE
from benchmarks.bench_loaders import EXAMPLES, STOCK, STOCK_EXAMPLES
from benchmarks.bench_notebooks import PARTS, SHARE
from benchmarks.bench_steps import BATCH_SIZES, DIMENSIONS
from d2lmini import FRAMEWORKS
from d2lmini.animator import COLORS
from tests.support.lesson import source
from tools import files
from tools.markdown import table

PROJECT = Path(__file__).parent.parent
DOTS = (*COLORS, "#000000")  # the lessons' four colours, and one that is as easy to tell apart


class Results:
    """The benchmarks of a run: what each noted of itself, and what was measured."""

    def __init__(self, benchmarks: list[dict]):
        self.rows = [benchmark["extra_info"] | benchmark["stats"] for benchmark in benchmarks]

    def get(self, what: str, /, **about: Any) -> Any:
        """Return what was noted or measured by the benchmark with these notes, or else nan."""
        rows = (row for row in self.rows if about.items() <= row.items())
        return next(rows, {}).get(what, nan)

    def seconds(self, **about: Any) -> float:
        """Return the median of a benchmark, or nan."""
        return self.get("median", **about)


def number(value: float, form: str = "") -> str:
    """Return a number as a cell, two digits of it or more; nan leaves the cell empty."""
    return "" if isnan(value) else format(value, form or (",.0f" if value >= 10 else ".2g"))


@cache
def ways(key: str) -> list[str]:
    """Return the names of all ways of a framework, from the code: here some may be left out."""
    names = []
    for node in ast.walk(ast.parse(source(key, "faster"))):
        match node:
            case ast.Assign([ast.Name("ways")], ast.Dict(keys)):
                names += [name.value for name in keys]
            case ast.Assign([ast.Subscript(ast.Name("ways"), ast.Constant(name))]):
                names.append(name)
    if not names:
        raise ValueError(
            f"gan_{key}_faster: want ways = {{...}} in its code, with their names, got none"
        )
    return names


def step_times(results: Results, key: str) -> dict[str, float]:
    """Return the seconds of an epoch by way, first that of the plain step."""
    about = {"table": "steps", "framework": key}
    noted = [row["way"] for row in results.rows if about.items() <= row.items()]
    return {way: results.seconds(**about, way=way) for way in [*ways(key), *noted]}


Table = tuple[list[str], list[list[str]]]  # the header, whose first cell names it, and the rows


def steps(results: Results) -> Table:
    """Return the table of the ways to take a step."""
    rows = []
    for key in FRAMEWORKS:
        times = step_times(results, key)
        plain = next(iter(times.values()))
        for way, seconds in times.items():
            about = {"table": "steps", "framework": key, "way": way}
            speed = number(results.get("examples", **about) / seconds)
            first = results.get("first", **about)
            row = [speed, number(plain / seconds, ",.1f"), number(first, ".2f")]
            rows.append([f"{key}: {way}", *row])
    return ["way", "examples/s", "times the plain step", "first epoch, s"], rows


def growth(results: Results, name: str, sizes: Sequence[int], unit: float, **about: Any) -> Table:
    """Return the table of a growth: a line per framework, a column per size."""
    rows = []
    for key in FRAMEWORKS:
        notes = [about | {"framework": key, name: size} for size in sizes]
        rows.append([key, *(number(results.seconds(**note) / unit) for note in notes)])
    return [name, *(f"{size:,}" for size in sizes)], rows


def loader_times(results: Results, key: str) -> tuple[float, float]:
    """Return the seconds that a pass of `load_array` and of the framework's own loader take."""
    about = {"table": "loaders", "framework": key, "examples": STOCK_EXAMPLES}
    ours, stock = (results.seconds(**about, loader=name) for name in ("load_array", "its own"))
    return ours, stock


def loaders(results: Results) -> Table:
    """Return the table of the loaders."""
    rows = []
    for key in FRAMEWORKS:
        ours, stock = loader_times(results, key)
        row = [number(ours * 1000), number(stock * 1000), number(stock / ours, ".1f")]
        rows.append([key, *(row if key in STOCK or isnan(ours) else [row[0], "-", "-"])])
    return ["loader", "`load_array`, ms", "its own, ms", "times"], rows


def animator(results: Results) -> Table:
    """Return the table of the frames."""
    times = {frame: results.seconds(table="animator", frame=frame) for frame in FRAMES}
    full = next(iter(times.values()))
    rows = [[name, number(t * 1000, ".2f"), number(t / full, ".2f")] for name, t in times.items()]
    return ["frame of the lesson's plot", "ms", "of a full redraw"], rows


def import_times(results: Results, key: str) -> list[float]:
    """Return a framework's imports in seconds, the shortest of each: see the table's header."""

    def least(what, key=key):
        return results.get("min", table="imports", what=what, framework=key)

    alone, ours = least("framework"), least("d2lmini")
    pyplot = nan if isnan(ours) else least("pyplot", "numpy") - least("framework", "numpy")
    return [alone, ours, ours - alone, pyplot]


def imports(results: Results) -> Table:
    """Return the table of the imports."""
    rows = [[key, *(number(t, ".2f") for t in import_times(results, key))] for key in FRAMEWORKS]
    return ["import", "alone, s", "with d2lmini, s", "added, s", "by Matplotlib, s"], rows


def notebooks(results: Results) -> Table:
    """Return the table of where each lesson's time goes."""
    rows = []
    for key in FRAMEWORKS:
        about = {"table": "notebooks", "framework": key}
        cells = [number(results.get(part, **about), ".1f") for part in PARTS]
        none = "-" if any(cells) else ""  # not every lesson has every part
        share = number(results.get(SHARE, **about), ".0%")
        rows.append([key, *(cell or none for cell in cells), share])
    return ["seconds", *PARTS, SHARE], rows


def lab_rows() -> list[str]:
    """Return the names of the rows of what bench_lab measures."""
    return [
        f"{w}, a second" if w == "frames" else f"{w}: examples/s" for w in (*DONE, SIDE_BY_SIDE)
    ]


def lab_rate(results: Results, what: str) -> float:
    """Return how many examples or frames were done in a second."""
    about = {"table": "lab", "what": what}
    return results.get("count", **about) / results.seconds(**about)


def lab(results: Results) -> Table:
    """Return the table of the lab: how fast it trains, beside NumPy, and how often it draws."""
    rates = (lab_rate(results, what) for what in (*DONE, SIDE_BY_SIDE))
    rows = [[name, number(rate)] for name, rate in zip(lab_rows(), rates, strict=True)]
    fastest = min((t for t in step_times(results, "numpy").values() if not isnan(t)), default=nan)
    examples = results.get("examples", table="steps", framework="numpy")
    rows.append(["NumPy, its fastest way: examples/s", number(examples / fastest)])
    return ["lab", "measured"], rows


# What was aimed at for a framework. One that is not here has the aims that all have.
TIMES_PLAIN = {"torch": 5, "tensorflow": 500, "mxnet": 1.7}
TIMES_LOADER = {"torch": 20, "tensorflow": 1, "mxnet": 10}


def aims(results: Results) -> Table:
    """Return the table of what was aimed at, and what came of it."""
    goals = []
    for key, aim in TIMES_PLAIN.items():
        plain, *others = step_times(results, key).values()
        fastest = min((t for t in others if not isnan(t)), default=nan)
        what = f"{key}: fastest way, times the plain step"
        goals.append((what, "at least", aim, plain / fastest, ",.1f"))
    for key, aim in TIMES_LOADER.items():
        ours, stock = loader_times(results, key)
        what = f"{key}: `load_array`, times its own loader"
        goals.append((what, "at least", aim, stock / ours, ",.1f"))
    for what, aim in {"the browser, a study of a hundred runs": 500_000, "frames": 59}.items():
        unit = "a second" if what == "frames" else "examples/s"
        rate = lab_rate(results, what)
        goals.append((f"lab: {what}, {unit}", "at least", aim, rate, ",.0f"))
    full, live, *_ = (results.seconds(table="animator", frame=frame) for frame in FRAMES)
    what = "full redraw with a tight box, times a live frame"
    goals.append((what, "at least", 2, full / live, ",.1f"))
    for key in FRAMEWORKS:
        share = results.get(SHARE, table="notebooks", framework=key)
        what = f"{key}: drawing, of the training cell's time"
        goals.append((what, "at most", 0.25, share, ".0%"))
    for key in FRAMEWORKS:
        _, _, added, _ = import_times(results, key)
        what = f"{key}: seconds that d2lmini adds to the import"
        goals.append((what, "at most", 0.4, added, ".2f"))
    rows = []
    for what, how, aim, got, form in goals:
        met = "yes" if (got >= aim if how == "at least" else got <= aim) else "no"
        cells = [f"{how} {aim:{form}}", f"{got:{form}}", met]
        rows.append([what, *(["", "", ""] if isnan(got) else cells)])
    return ["aim", "wanted", "measured", "met"], rows


def sections(results: Results) -> list[tuple[str, Table]]:
    """Return all tables, each with what stands before it; a cell not measured is empty."""
    sizes = {"table": "sizes"}
    by_batch = growth(results, "batch size", BATCH_SIZES, 1e-6, dimension=DIMENSIONS[0], **sizes)
    by_dimension = growth(
        results, "dimension", DIMENSIONS, 1e-6, **{"batch size": BATCH_SIZES[0]}, **sizes
    )
    ours = {"table": "loaders", "loader": "load_array"}
    by_examples = growth(results, "examples", EXAMPLES, 1e-3, **ours)
    return [
        (STEPS, steps(results)),
        (AIMS, aims(results)),
        (BATCH, by_batch),
        (DIMENSION, by_dimension),
        (LOADERS, by_examples),
        (STOCK_LOADERS, loaders(results)),
        ("## Animator\n", animator(results)),
        (IMPORTS, imports(results)),
        (NOTEBOOKS, notebooks(results)),
        (LAB, lab(results)),
    ]


def page_of(runs: list[dict]) -> str:
    """Return the page of a run, maybe in parts, with what was measured and no more."""
    about = runs[0]["machine_info"]
    cpu = about["cpu"].get("brand_raw") or about["machine"]
    versions = {n: v for run in runs for n, v in run["machine_info"]["versions"].items()}
    page = HEAD.format(
        day=runs[0]["datetime"][:10],
        machine=f"{cpu}, {about['cpu']['count']} cores",
        versions=", ".join(f"{name} {version}" for name, version in versions.items()),
        python=about["python_version"],
    )
    benchmarks = [benchmark for run in runs for benchmark in run["benchmarks"]]
    for intro, (header, rows) in sections(Results(benchmarks)):
        if rows := [row for row in rows if any(row[1:])]:
            page += f"\n{intro}\n{table(header, rows)}"
    return described(page, page)


HEAD = """\
# How fast the lessons are

From one run of `make bench`, on {day}: {machine}; Python {python}, {versions}.

Times are medians. They wander from run to run; the ratios within a run are what to look at. Each
framework had a process of its own.
"""
STEPS = """\
## Steps

![](../notebooks/gan/speed.png)

The ways are those of the notebooks `gan_<framework>_faster`; the step is that of the lesson, with 8
points in a minibatch. The first epoch is the one in which the compiling happens. (PyTorch keeps
compiled code on disk, and the second time is faster; here it finds none.) NumPy and Numba compute
in double precision, the others in single. JAX's first way is compiled already; its notebook says
why.
"""
AIMS = """\
## Aims

Two of these have a floor. Most of what an import adds is Matplotlib's own, less where the framework
has imported a part of it already. (TensorFlow's own is shorter with d2lmini, which keeps JAX out of
it.) And a training cell draws two frames however short it is, the first and the final one.
"""
BATCH = """\
## Sizes

Microseconds of a step as the lesson's `train` takes it, by the size of the batch, in 2 dimensions:
"""
DIMENSION = """\
The same by the dimension of the data and the noise, with 8 points:
"""
LOADERS = """\
## Loaders

Milliseconds of a shuffled pass of `load_array`, 8 points in a batch, by the number of examples (2
numbers each):
"""
STOCK_LOADERS = f"""\
Against the framework's own loader, {STOCK_EXAMPLES:,} examples; a dash where it has none:
"""
IMPORTS = """\
## Imports

A new Python that imports one module, start included; the shortest of ten. Matplotlib's part is
what `pyplot` adds to NumPy:
"""
NOTEBOOKS = """\
## Lessons

From kernel start to last cell; a dash where a lesson has no such part:
"""
LAB = """\
## The lab

The page of the book that trains in Chromium, beside NumPy, with the lesson's settings. A study has
as many workers as there are cores; frames are those of the page while it trains.
"""


def tables(page: str) -> dict[str, str]:
    """Return the tables of a page by the first cell of their headers."""
    found = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)
    return {found_table.split("|")[1].strip(): found_table for found_table in found}


def cells(markdown: str) -> dict[str, dict[str, str]]:
    """Return the cells of a table by row and column."""
    lines = [[c.strip() for c in line.split("|")[1:-1]] for line in markdown.splitlines()]
    (_, *columns), _, *rows = lines
    return {name: dict(zip(columns, row, strict=True)) for name, *row in rows}


def faults(page: str) -> list[str]:
    """Return what a page lacks, and which of its rows no lesson bears out."""
    got = {name: cells(markdown) for name, markdown in tables(page).items()}
    frameworks = {row.split(":")[0] for rows in got.values() for row in rows}
    absent = [key for key in FRAMEWORKS if key not in frameworks]
    wanted = {table[0][0]: table for _, table in sections(Results([]))}
    found = [f"no {key}" for key in absent]
    found += [f"no table {name!r}" for name in wanted if name not in got]
    for name in [name for name in wanted if name in got]:
        (_, *columns), rows = wanted[name]
        names = [row for row, *_ in rows if row.split(":")[0] not in absent]
        for row in names:
            empty = [column for column in columns if not got[name].get(row, {}).get(column)]
            if len(empty) == len(columns):
                found.append(f"no row {row!r} in table {name!r}")
            else:
                found += [f"no {column!r} of {row!r} in table {name!r}" for column in empty]
        found += [f"a stray row {row!r} in table {name!r}" for row in got[name] if row not in names]
    return found


def speeds(page: str) -> dict[str, dict[str, float]]:
    """Return the examples per second by framework and way, first the plain step."""
    found: dict[str, dict[str, float]] = {}
    for name, row in cells(tables(page)["way"]).items():
        key, way = name.split(": ", 1)
        found.setdefault(key, {})[way] = float(row["examples/s"].replace(",", ""))
    return found


def description(page: str) -> str:
    """Return the alt text of the picture, its numbers rounded to two digits."""
    parts = []
    for key, by_way in speeds(page).items():
        low, high = (float(f"{s:.1e}") for s in (next(iter(by_way.values())), max(by_way.values())))
        parts.append(f"{key} from {low:,.0f} to {high:,.0f}")
    return (
        "Dots of examples per second on a logarithmic scale. From the plain step to the fastest "
        f"way: {', '.join(parts)}."
    )


def described(text: str, page: str) -> str:
    """Return text with the picture, where it shows that, described as the page has it."""

    def image(match):
        start, address = match.groups()
        line = f"{start}![{description(page)}]({address})"
        return fill(line, 98 + len(start), subsequent_indent=start, break_on_hyphens=False)

    return re.sub(r"^(|# )!\[[^\]]*\]\((\S*speed\.png)\)", image, text, flags=re.MULTILINE)


def lessons(page: str) -> dict[Path, str]:
    """Return the notebooks that show the picture, .py and .ipynb, as they should be."""
    texts = {}
    for path in (PROJECT / "notebooks" / "gan").glob("gan_*"):
        text = path.read_text(encoding="utf-8")
        if "speed.png" in text and path.suffix == ".ipynb":
            notebook = nbformat.reads(text, as_version=4)
            for cell in notebook.cells:
                cell.source = described(cell.source, page)
            texts[path] = f"{nbformat.writes(notebook)}\n"
        elif "speed.png" in text:
            texts[path] = described(text, page)
    return texts


def picture(page: str) -> Figure:
    """Return a page's examples per second: dots, since bars would start at a zero that is none."""
    by_framework = speeds(page)
    fig = Figure(figsize=(9, 5), layout="constrained")
    ax = fig.subplots()
    labels: dict[float, str] = {}
    row = 0.0
    for color, (key, by_way) in zip(cycle(DOTS), by_framework.items(), strict=False):
        for way, speed in by_way.items():
            ax.plot(speed, row, "o", color=color)
            offset = {"xytext": (8, -1), "textcoords": "offset points", "va": "center"}
            ax.annotate(f"{speed:,.0f}", (speed, row), **offset)
            labels[row] = f"{key}: {way}"
            row += 1
        row += 0.5  # a gap to the next framework
    fastest = max(max(by_way.values()) for by_way in by_framework.values())
    ax.set_yticks(list(labels), labels.values())
    ax.set(xscale="log", xlabel="examples per second")
    ax.set_xlim(right=4 * fastest)  # with room for its number
    ax.invert_yaxis()
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines[["left", "top", "right"]].set_visible(False)
    return fig


def png_of(page: str) -> bytes:
    """Return the picture as PNG, which carries the table that it was drawn from."""
    png = BytesIO()
    picture(page).savefig(png, dpi=150, metadata={"Description": tables(page)["way"]})
    return png.getvalue()


def main() -> None:
    """Print the page, and write it with all that is made from it if asked to."""
    paths = [Path(name) for name in sys.argv[1:] if name != "keep"]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    if paths[0].suffix == ".md":
        page = described(texts[0], texts[0])
    else:
        page = page_of([json.loads(text) for text in texts])
    print(page)
    if "keep" in sys.argv:
        if found := faults(page):
            more = f", and {len(found) - 5} more" if len(found) > 5 else ""
            raise SystemExit(f"not kept, the run is not whole: {', '.join(found[:5])}{more}")
        made = {
            PROJECT / "notebooks" / "gan" / "speed.png": png_of(page),
            PROJECT / "benchmarks" / "results.md": page,
            **lessons(page),
        }
        for path, content in made.items():
            files.write(path, content)


if __name__ == "__main__":
    main()
