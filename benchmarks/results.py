"""What results.json has of the last whole run of the benchmarks, and the tables of it."""

import ast
import json
from collections.abc import Iterable, Sequence
from functools import cache
from math import isnan, nan
from operator import ge, le
from typing import Any

from benchmarks.bench_animator import FRAMES
from benchmarks.bench_lab import DONE, SIDE_BY_SIDE
from benchmarks.bench_loaders import EXAMPLES, STOCK, STOCK_EXAMPLES
from benchmarks.bench_notebooks import PARTS, SHARE
from benchmarks.bench_steps import BATCH_SIZES, DIMENSIONS
from d2lmini import FRAMEWORKS
from tests.support.lesson import source

# The cells of a table by its rows: numbers, nan if not measured, or text.
Rows = dict[str, Sequence[float | str]]


class Results:
    """What results.json has: the day, machine and versions of a run, and a row a benchmark.

    A row has what the benchmark noted of itself, its table first, and the seconds it took.
    """

    def __init__(self, stored: dict):
        self.stored, self.rows = stored, stored["measured"]

    def get(self, what: str, /, **about: Any) -> Any:
        """Return what was noted or measured by the benchmark with these notes, or else nan."""
        rows = (row for row in self.rows if about.items() <= row.items())
        return next(rows, {}).get(what, nan)

    def seconds(self, table: str, **about: Any) -> float:
        """Return the seconds of a benchmark, or nan."""
        return self.get("seconds", table=table, **about)

    def rate(self, table: str, **about: Any) -> float:
        """Return how many examples or frames a benchmark did in a second, or nan."""
        return self.get("count", table=table, **about) / self.seconds(table, **about)

    def speeds(self, key: str) -> dict[str, float]:
        """Return the examples per second of a framework's ways, first of its plain step."""
        about = {"table": "steps", "framework": key}
        noted = [row["way"] for row in self.rows if about.items() <= row.items()]
        return {way: self.rate(**about, way=way) for way in [*ways(key), *noted]}

    def plain(self, key: str) -> float:
        """Return the examples per second of a framework's plain step, or nan."""
        return next(iter(self.speeds(key).values()))

    def fastest(self, key: str) -> float:
        """Return the examples per second of a framework's fastest way, or nan."""
        measured = (speed for speed in self.speeds(key).values() if not isnan(speed))
        return max(measured, default=nan)

    def text(self) -> str:
        """Return it as JSON, a line each row."""
        head = json.dumps(self.stored | {"measured": []}, indent=1).removesuffix("]\n}")
        rows = ",\n  ".join(map(json.dumps, self.rows))
        return f"{head}\n  {rows}\n ]\n}}\n"


def results_of(runs: list[dict]) -> Results:
    """Return what is kept of a run, maybe in parts, as pytest-benchmark wrote it."""
    about = runs[0]["machine_info"]
    cpu = about["cpu"].get("brand_raw") or about["machine"]
    rows = [row_of(benchmark) for run in runs for benchmark in run["benchmarks"]]
    stored = {
        "day": runs[0]["datetime"][:10],
        "machine": f"{cpu}, {about['cpu']['count']} cores",
        "python": about["python_version"],
        "versions": {n: v for run in runs for n, v in run["machine_info"]["versions"].items()},
        "measured": sorted(rows, key=lambda row: row["table"]),
    }
    return Results(stored)


def row_of(benchmark: dict) -> dict:
    """Return what is kept of a benchmark; of its times the median, of an import's the shortest."""
    notes, stats = benchmark["extra_info"], benchmark["stats"]
    row = {"table": notes["table"], **notes}
    if row["table"] != "notebooks":  # which note the parts of their time themselves
        row["seconds"] = stats["min" if row["table"] == "imports" else "median"]
    return {n: float(f"{v:.7g}") if isinstance(v, float) else v for n, v in row.items()}


@cache
def ways(key: str) -> list[str]:
    """Return the names of all ways of a framework, from the code: here some may be left out."""
    names = []
    for node in ast.walk(ast.parse(source(key, "_faster"))):
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


def steps(results: Results) -> Rows:
    """Return the rows of the ways to take a step: examples/s, times the plain step, the first."""
    rows = {}
    for key in FRAMEWORKS:
        for way, speed in results.speeds(key).items():
            first = results.get("first", table="steps", framework=key, way=way)
            rows[f"{key}: {way}"] = speed, speed / results.plain(key), first
    return rows


def growth(results: Results, name: str, sizes: Sequence[int], unit: float, **about: Any) -> Rows:
    """Return the rows of a growth: how long each framework takes by size, in this unit."""
    notes = [about | {name: size} for size in sizes]
    return {
        key: [results.seconds(framework=key, **note) / unit for note in notes] for key in FRAMEWORKS
    }


def loaders(results: Results) -> Rows:
    """Return the milliseconds of `load_array` and of a framework's own, and their ratio."""
    rows = {}
    for key in FRAMEWORKS:
        about = {"framework": key, "examples": STOCK_EXAMPLES}
        ours = results.seconds("loaders", loader="load_array", **about)
        own = results.seconds("loaders", loader="its own", **about)
        rows[key] = (ours * 1e3, own * 1e3, own / ours) if key in STOCK else (ours * 1e3, "-", "-")
    return rows


def animator(results: Results) -> Rows:
    """Return the milliseconds of each frame, and what part of a full redraw that is."""
    times = {frame: results.seconds("animator", frame=frame) for frame in FRAMES}
    return {frame: (t * 1e3, t / next(iter(times.values()))) for frame, t in times.items()}


def imports(results: Results) -> Rows:
    """Return the seconds of imports: alone, with d2lmini, what that adds, and what Matplotlib."""

    def shortest(what, key):
        return results.seconds("imports", what=what, framework=key)

    pyplot = shortest("pyplot", "numpy") - shortest("framework", "numpy")
    rows = {}
    for key in FRAMEWORKS:
        alone, ours = shortest("framework", key), shortest("d2lmini", key)
        rows[key] = alone, ours, ours - alone, nan if isnan(ours) else pyplot
    return rows


def notebooks(results: Results) -> Rows:
    """Return the seconds of each lesson's parts, a dash where it has none, and drawing's share."""
    rows = {}
    for key in FRAMEWORKS:
        *parts, share = (
            results.get(name, table="notebooks", framework=key) for name in (*PARTS, SHARE)
        )
        rows[key] = [*("-" if isnan(part) else part for part in parts), share]
    return rows


# What is measured of the lab, and in which unit.
LAB_UNITS = {w: ", a second" if w == "frames" else ": examples/s" for w in (*DONE, SIDE_BY_SIDE)}


def lab(results: Results) -> Rows:
    """Return how fast the lab trains, beside NumPy, and how often it draws."""
    rows = {f"{w}{unit}": [results.rate("lab", what=w)] for w, unit in LAB_UNITS.items()}
    return rows | {"NumPy, its fastest way: examples/s": [results.fastest("numpy")]}


# What was aimed at for a framework. One that is not here has the aims that all have.
TIMES_PLAIN = {"torch": 5, "tensorflow": 500, "mxnet": 1.7}
TIMES_LOADER = {"torch": 20, "tensorflow": 1, "mxnet": 10}


def aims(results: Results) -> Rows:
    """Return what was aimed at, what was measured, and whether that meets it."""
    least, most = [], []
    for key, aim in TIMES_PLAIN.items():
        gain = results.fastest(key) / results.plain(key)
        least.append((f"{key}: fastest way, times the plain step", aim, gain, ",.1f"))
    for key, aim in TIMES_LOADER.items():
        times = loaders(results)[key][2]
        least.append((f"{key}: `load_array`, times its own loader", aim, times, ",.1f"))
    for what, aim in {"the browser, a study of a hundred runs": 500_000, "frames": 59}.items():
        name = f"lab: {what}, {LAB_UNITS[what][2:]}"
        least.append((name, aim, results.rate("lab", what=what), ",.0f"))
    of_redraw = animator(results)["live frame"][1]
    least.append(("full redraw with a tight box, times a live frame", 2, 1 / of_redraw, ",.1f"))
    for key in FRAMEWORKS:
        share = results.get(SHARE, table="notebooks", framework=key)
        most.append((f"{key}: drawing, of the training cell's time", 0.25, share, ".0%"))
    for key in FRAMEWORKS:
        added = imports(results)[key][2]
        most.append((f"{key}: seconds that d2lmini adds to the import", 0.4, added, ".2f"))
    rows = {}
    for how, meets, goals in (("at least", ge, least), ("at most", le, most)):
        for what, aim, got, form in goals:
            cells = f"{how} {aim:{form}}", f"{got:{form}}", "yes" if meets(got, aim) else "no"
            rows[what] = (nan, nan, nan) if isnan(got) else cells
    return rows


def cells(row: Sequence[float | str], forms: Iterable[str]) -> list[str]:
    """Return a row's cells: text, numbers in their form or of two digits or more, else empty."""
    if not any(value == value and value != "-" for value in row):  # nothing but nan and dashes
        return [""] * len(row)
    return [
        value if isinstance(value, str)
        else "" if isnan(value)
        else format(value, form or (",.0f" if value >= 10 else ".2g"))
        for value, form in zip(row, forms, strict=True)
    ]  # fmt: skip


def tables(results: Results) -> dict[str, tuple[list[str], dict[str, list[str]]]]:
    """Return all tables by name, each as its columns and its rows; a cell not measured is empty."""

    def by_size(name, sizes, unit, **about):
        return {f"{size:,}": "" for size in sizes}, growth(results, name, sizes, unit, **about)

    # The columns of each, with the form of their numbers, and its rows.
    all_tables = {
        "way": (
            {"examples/s": "", "times the plain step": ",.1f", "first epoch, s": ".2f"},
            steps(results),
        ),
        "aim": (dict.fromkeys(("wanted", "measured", "met"), ""), aims(results)),
        "batch size": by_size(
            "batch size", BATCH_SIZES, 1e-6, table="sizes", dimension=DIMENSIONS[0]
        ),
        "dimension": by_size(
            "dimension", DIMENSIONS, 1e-6, **{"table": "sizes", "batch size": BATCH_SIZES[0]}
        ),
        "examples": by_size("examples", EXAMPLES, 1e-3, table="loaders", loader="load_array"),
        "loader": ({"`load_array`, ms": "", "its own, ms": "", "times": ".1f"}, loaders(results)),
        "frame of the lesson's plot": ({"ms": ".2f", "of a full redraw": ".2f"}, animator(results)),
        "import": (
            dict.fromkeys(("alone, s", "with d2lmini, s", "added, s", "by Matplotlib, s"), ".2f"),
            imports(results),
        ),
        "seconds": (dict.fromkeys(PARTS, ".1f") | {SHARE: ".0%"}, notebooks(results)),
        "lab": ({"measured": ""}, lab(results)),
    }
    return {
        name: ([*forms], {row: cells(values, forms.values()) for row, values in rows.items()})
        for name, (forms, rows) in all_tables.items()
    }


def faults(results: Results) -> list[str]:
    """Return what results lack, and which of their ways no lesson has."""
    there = {row.get("framework") for row in results.rows}
    absent = [key for key in FRAMEWORKS if key not in there]
    lacking, missing = [f"no {key}" for key in absent], []
    for name, (columns, rows) in tables(results).items():
        rows = {row: texts for row, texts in rows.items() if row.split(":")[0] not in absent}
        if not any(map(any, rows.values())):
            lacking.append(f"no table {name!r}")
            continue
        for row, texts in rows.items():
            if not any(texts):
                missing.append(f"no row {row!r} in table {name!r}")
                continue
            empty = [column for column, text in zip(columns, texts, strict=True) if not text]
            missing += [f"no {column!r} of {row!r} in table {name!r}" for column in empty]
    for key in FRAMEWORKS:
        strays = results.speeds(key).keys() - ways(key)
        missing += [f"gan_{key}_faster has no way {way!r}" for way in strays]
    return lacking + missing
