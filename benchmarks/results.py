"""What results.json has of the last whole run of the benchmarks, and the tables of it.

A table has rows, and these have figures by column: numbers, nan if not measured, or words. In the
file are those that a benchmark has measured; the others follow.
"""

import ast
from collections.abc import Iterable
from functools import cache
from math import isnan, nan
from operator import ge, le

from benchmarks.bench_animator import FRAMES
from benchmarks.bench_lab import DONE, SIDE_BY_SIDE
from benchmarks.bench_loaders import EXAMPLES, STOCK, STOCK_EXAMPLES
from benchmarks.bench_notebooks import PARTS, SHARE
from benchmarks.bench_steps import BATCH_SIZES, DIMENSIONS
from d2lmini import FRAMEWORKS
from tests.support.lesson import source

Tables = dict[str, dict[str, dict[str, float | str]]]


def results_of(runs: list[dict]) -> dict:
    """Return what is kept of a run, maybe in parts, as pytest-benchmark wrote it.

    A benchmark notes the table, row and column of its seconds, their unit, or the count of what was
    done in them, if that is shown a second. It is the median; of imports, the shortest.
    """
    about = runs[0]["machine_info"]
    cpu = about["cpu"].get("brand_raw") or about["machine"]
    tables = {}
    for benchmark in (benchmark for run in runs for benchmark in run["benchmarks"]):
        notes, stats = benchmark["extra_info"], benchmark["stats"]
        figures = dict(notes.get("figures", {}))
        if "column" in notes:
            which = "min" if notes["table"] == "import" else "median"
            seconds = stats[which] / notes.get("unit", 1)
            figures[notes["column"]] = notes["count"] / seconds if "count" in notes else seconds
        row = tables.setdefault(notes["table"], {}).setdefault(notes["row"], {})
        row |= {column: float(f"{figure:.7g}") for column, figure in figures.items()}
    return {
        "day": runs[0]["datetime"][:10],
        "machine": f"{cpu}, {about['cpu']['count']} cores",
        "python": about["python_version"],
        "versions": {n: v for run in runs for n, v in run["machine_info"]["versions"].items()},
        "tables": tables,
    }


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


def forms() -> dict[str, tuple[Iterable[str], dict[str, str]]]:
    """Return the rows of each table, and its columns with the form of their figures."""
    of_import = "alone, s", "with d2lmini, s", "added, s", "by Matplotlib, s"
    return {
        "way": (
            [f"{key}: {way}" for key in FRAMEWORKS for way in ways(key)],
            {"examples/s": "", "times the plain step": ",.1f", "first epoch, s": ".2f"},
        ),
        "aim": ([], dict.fromkeys(("wanted", "measured", "met"), "")),
        "batch size": (FRAMEWORKS, {f"{size:,}": "" for size in BATCH_SIZES}),
        "dimension": (FRAMEWORKS, {f"{size:,}": "" for size in DIMENSIONS}),
        "examples": (FRAMEWORKS, {f"{size:,}": "" for size in EXAMPLES}),
        "loader": (FRAMEWORKS, {"`load_array`, ms": "", "its own, ms": "", "times": ".1f"}),
        "frame of the lesson's plot": (FRAMES, {"ms": ".2f", "of a full redraw": ".2f"}),
        "import": (FRAMEWORKS, dict.fromkeys(of_import, ".2f")),
        "seconds": (FRAMEWORKS, dict.fromkeys(PARTS, ".1f") | {SHARE: ".0%"}),
        "lab": ([*DONE, SIDE_BY_SIDE, "NumPy, its fastest way: examples/s"], {"measured": ""}),
    }


def tables_of(results: dict) -> Tables:
    """Return all tables, with what follows from what was measured; nan where something lacks."""
    kept = results["tables"]
    tables: Tables = {
        name: {
            row: {column: kept.get(name, {}).get(row, {}).get(column, nan) for column in columns}
            for row in rows
        }
        for name, (rows, columns) in forms().items()
    }
    numpy = kept.get("import", {}).get("numpy", {})
    pyplot = numpy.get("pyplot, s", nan) - numpy.get("alone, s", nan)
    for key in FRAMEWORKS:
        plain, _ = plain_and_fastest(tables, key)
        for row, speed in speeds_of(tables, key).items():
            tables["way"][row]["times the plain step"] = speed / plain
        tables["dimension"][key]["2"] = tables["batch size"][key]["8"]
        loader, imports, parts = (tables[name][key] for name in ("loader", "import", "seconds"))
        loader["`load_array`, ms"] = tables["examples"][key][f"{STOCK_EXAMPLES:,}"]
        loader["times"] = loader["its own, ms"] / loader["`load_array`, ms"]
        if key not in STOCK:
            loader |= {"its own, ms": "-", "times": "-"}
        imports["added, s"] = imports["with d2lmini, s"] - imports["alone, s"]
        imports["by Matplotlib, s"] = nan if isnan(imports["added, s"]) else pyplot
        parts |= {part: "-" for part in PARTS if isnan(parts[part])}  # not every lesson has all
    frames = tables["frame of the lesson's plot"].values()
    for frame in frames:
        frame["of a full redraw"] = frame["ms"] / next(iter(frames))["ms"]
    _, fastest = plain_and_fastest(tables, "numpy")
    tables["lab"]["NumPy, its fastest way: examples/s"]["measured"] = fastest
    return tables | {"aim": aims(tables)}


def speeds_of(tables: Tables, key: str) -> dict[str, float]:
    """Return the examples per second of a framework's ways by row, first of the plain step."""
    rows = (f"{key}: {way}" for way in ways(key))
    return {row: tables["way"][row]["examples/s"] for row in rows}


def plain_and_fastest(tables: Tables, key: str) -> tuple[float, float]:
    """Return the examples per second of a framework's plain step and of its fastest way, or nan."""
    speeds = [*speeds_of(tables, key).values()]
    return speeds[0], max((speed for speed in speeds if not isnan(speed)), default=nan)


# What was aimed at for a framework. One that is not here has the aims that all have.
TIMES_PLAIN = {"torch": 5, "tensorflow": 500, "mxnet": 1.7}
TIMES_LOADER = {"torch": 20, "tensorflow": 1, "mxnet": 10}
OF_LAB = {"the browser, a study of a hundred runs: examples/s": 500_000, "frames, a second": 59}


def aims(tables: Tables) -> dict[str, dict[str, str | float]]:
    """Return the rows of what was aimed at, and what came of it."""
    least, most = {}, {}
    for key, aim in TIMES_PLAIN.items():
        plain, fastest = plain_and_fastest(tables, key)
        least[f"{key}: fastest way, times the plain step"] = aim, fastest / plain, ",.1f"
    for key, aim in TIMES_LOADER.items():
        times = tables["loader"][key]["times"]
        least[f"{key}: `load_array`, times its own loader"] = aim, times, ",.1f"
    for what, aim in OF_LAB.items():
        measured = tables["lab"][what]["measured"]
        least[f"lab: {what.replace(': ', ', ')}"] = aim, measured, ",.0f"
    live = tables["frame of the lesson's plot"]["live frame"]["of a full redraw"]
    least["full redraw with a tight box, times a live frame"] = 2, 1 / live, ",.1f"
    for key in FRAMEWORKS:
        share = tables["seconds"][key][SHARE]
        most[f"{key}: drawing, of the training cell's time"] = 0.25, share, ".0%"
    for key in FRAMEWORKS:
        added = tables["import"][key]["added, s"]
        most[f"{key}: seconds that d2lmini adds to the import"] = 0.4, added, ".2f"
    rows = {}
    for how, meets, goals in (("at least", ge, least), ("at most", le, most)):
        for what, (aim, got, form) in goals.items():
            met = "yes" if meets(got, aim) else "no"
            cells = (nan, nan, nan) if isnan(got) else (f"{how} {aim:{form}}", f"{got:{form}}", met)
            rows[what] = dict(zip(("wanted", "measured", "met"), cells, strict=True))
    return rows


def cells(row: dict[str, float | str], columns: dict[str, str]) -> list[str]:
    """Return the cells of a row; if nothing was measured but what lessons lack, all are empty."""
    if not any(figure == figure and figure != "-" for figure in row.values()):  # nan is not itself
        return [""] * len(columns)
    return [text(row[column], form) for column, form in columns.items()]


def text(figure: float | str, form: str) -> str:
    """Return a figure as a cell: words, a number of two digits or more, nothing for nan."""
    if isinstance(figure, str) or isnan(figure):
        return figure if isinstance(figure, str) else ""
    return format(figure, form or (",.0f" if figure >= 10 else ".2g"))


def faults(results: dict) -> list[str]:
    """Return what results lack, and which of their ways no lesson has."""
    kept, tables = results["tables"], tables_of(results)
    there = {row.split(":")[0] for rows in kept.values() for row in rows}
    absent = [key for key in FRAMEWORKS if key not in there]
    lacking, missing = [f"no {key}" for key in absent], []
    for name, (_, columns) in forms().items():
        here = (row for row in tables[name] if row.split(":")[0] not in absent)
        rows = {row: cells(tables[name][row], columns) for row in here}
        if not any(map(any, rows.values())):
            lacking.append(f"no table {name!r}")
            continue
        for row, texts in rows.items():
            empty = [column for column, text in zip(columns, texts, strict=True) if not text]
            if len(empty) == len(columns):
                missing.append(f"no row {row!r} in table {name!r}")
            else:
                missing += [f"no {column!r} of {row!r} in table {name!r}" for column in empty]
    strays = kept.get("way", {}).keys() - tables["way"]
    return lacking + missing + [f"no notebook has the way {way!r}" for way in strays]
