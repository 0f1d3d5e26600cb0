"""Make results.md, and the notebooks' picture with its description, from results.json.

Called with the JSON files that pytest-benchmark wrote, print the page as far as the run went; with
these and `keep`, keep what was measured in results.json, but only if nothing is missing, and make
the rest from it. Called without files, make the rest anew.
"""

import json
import re
import sys
from io import BytesIO
from itertools import cycle
from math import isnan
from pathlib import Path
from textwrap import fill

import nbformat
from matplotlib.figure import Figure

from benchmarks import text_of, with_tables
from benchmarks.results import (
    cells,
    faults,
    forms,
    plain_and_fastest,
    results_of,
    speeds_of,
    tables_of,
)
from d2lmini import FRAMEWORKS
from d2lmini.animator import COLORS
from tools import files
from tools.markdown import table

PROJECT = Path(__file__).parent.parent
PAGE = Path(__file__).with_name("results.md")
DOTS = (*COLORS, "#000000")  # the lessons' four colours, and one that is as easy to tell apart


def page_of(results: dict) -> str:
    """Return the page of a run: its text as it is, with the tables of what was measured."""
    page, made, figures = PAGE.read_text(encoding="utf-8"), {}, tables_of(results)
    for name, (_, columns) in forms().items():
        rows = ([row, *cells(of_row, columns)] for row, of_row in figures[name].items())
        made[name] = table([name, *columns], (row for row in rows if any(row[1:])))
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    where = "on {day}: {machine}; Python {python}, ".format_map(results)
    page = re.sub(r"(?<=`make bench`, )on .*", f"{where}{versions}.", page, count=1)
    return described(with_tables(page, made), results)


def description(results: dict) -> str:
    """Return the alt text of the picture, its numbers rounded to two digits."""
    tables, parts = tables_of(results), []
    for key in FRAMEWORKS:
        low, high = (float(f"{speed:.1e}") for speed in plain_and_fastest(tables, key))
        parts += [] if isnan(low) else [f"{key} from {low:,.0f} to {high:,.0f}"]
    return (
        "Dots of examples per second on a logarithmic scale. From the plain step to the fastest "
        f"way: {', '.join(parts)}."
    )


def described(text: str, results: dict) -> str:
    """Return text with the picture, where it shows that, described as the results have it."""

    def image(match):
        start, address = match.groups()
        line = f"{start}![{description(results)}]({address})"
        return fill(line, 98 + len(start), subsequent_indent=start, break_on_hyphens=False)

    return re.sub(r"^(|# )!\[[^\]]*\]\((\S*speed\.png)\)", image, text, flags=re.MULTILINE)


def lessons(results: dict) -> dict[Path, str]:
    """Return the notebooks that show the picture, .py and .ipynb, as they should be."""
    texts = {}
    for path in (PROJECT / "notebooks" / "gan").glob("gan_*"):
        text = path.read_text(encoding="utf-8")
        if "speed.png" in text and path.suffix == ".ipynb":
            notebook = nbformat.reads(text, as_version=4)
            for cell in notebook.cells:
                cell.source = described(cell.source, results)
            texts[path] = f"{nbformat.writes(notebook)}\n"
        elif "speed.png" in text:
            texts[path] = described(text, results)
    return texts


def picture(results: dict) -> Figure:
    """Return the examples per second: dots, since bars would start at a zero that is none."""
    fig = Figure(figsize=(9, 5), layout="constrained")
    ax = fig.subplots()
    tables, labels = tables_of(results), {}
    row = 0.0
    for color, key in zip(cycle(DOTS), FRAMEWORKS, strict=False):
        for labels[row], speed in speeds_of(tables, key).items():
            speed = round(speed)  # as the number beside the dot is
            ax.plot(speed, row, "o", color=color)
            offset = {"xytext": (8, -1), "textcoords": "offset points", "va": "center"}
            ax.annotate(f"{speed:,.0f}", (speed, row), **offset)
            row += 1
        row += 0.5  # a gap to the next framework
    ax.set_yticks(list(labels), labels.values())
    ax.set(xscale="log", xlabel="examples per second")
    ax.set_xlim(right=4 * ax.dataLim.x1)  # with room for its number
    ax.invert_yaxis()
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines[["left", "top", "right"]].set_visible(False)
    return fig


def made(results: dict) -> dict[Path, str | bytes]:
    """Return the files that are made from the results, and these."""
    png = BytesIO()
    picture(results).savefig(png, dpi=150)
    return {
        PROJECT / "benchmarks" / "results.json": text_of(results),
        PROJECT / "benchmarks" / "results.md": page_of(results),
        PROJECT / "notebooks" / "gan" / "speed.png": png.getvalue(),
        **lessons(results),
    }


def stored() -> dict:
    """Return the results that are kept."""
    return json.loads((PROJECT / "benchmarks" / "results.json").read_text(encoding="utf-8"))


def main() -> None:
    """Print the page of a run, and keep it if asked to; without one, make anew what is kept."""
    paths = [Path(name) for name in sys.argv[1:] if name != "keep"]
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    results = results_of(runs) if runs else stored()
    print(page_of(results))
    if runs and "keep" not in sys.argv:
        return
    if found := faults(results):
        more = f", and {len(found) - 5} more" if len(found) > 5 else ""
        raise SystemExit(f"not kept, the run is not whole: {', '.join(found[:5])}{more}")
    for path, content in made(results).items():
        files.write(path, content)


if __name__ == "__main__":
    main()
