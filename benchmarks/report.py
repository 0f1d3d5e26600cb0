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

from benchmarks.bench_loaders import STOCK_EXAMPLES
from benchmarks.results import Results, faults, results_of, tables
from d2lmini import FRAMEWORKS
from d2lmini.animator import COLORS
from tools import files, table

PROJECT = Path(__file__).parent.parent
TEMPLATE = Path(__file__).with_name("results.template.md")
DOTS = (*COLORS, "#000000")  # the lessons' four colours, and one that is as easy to tell apart


def page_of(results: Results) -> str:
    """Return the page of a run, with what was measured and no more."""
    parts = results.stored | {"stock_examples": STOCK_EXAMPLES}
    parts["versions"] = ", ".join(f"{name} {v}" for name, v in results.stored["versions"].items())
    for name, (columns, rows) in tables(results).items():
        measured = ([row, *texts] for row, texts in rows.items() if any(texts))
        parts[name] = table([name, *columns], measured).rstrip()
    return described(TEMPLATE.read_text(encoding="utf-8").format_map(parts), results)


def description(results: Results) -> str:
    """Return the alt text of the picture, its numbers rounded to two digits."""
    parts = []
    for key in FRAMEWORKS:
        low, high = (float(f"{s:.1e}") for s in (results.plain(key), results.fastest(key)))
        parts += [] if isnan(low) else [f"{key} from {low:,.0f} to {high:,.0f}"]
    return (
        "Dots of examples per second on a logarithmic scale. From the plain step to the fastest "
        f"way: {', '.join(parts)}."
    )


def described(text: str, results: Results) -> str:
    """Return text with the picture, where it shows that, described as the results have it."""

    def image(match):
        start, address = match.groups()
        line = f"{start}![{description(results)}]({address})"
        return fill(line, 98 + len(start), subsequent_indent=start, break_on_hyphens=False)

    return re.sub(r"^(|# )!\[[^\]]*\]\((\S*speed\.png)\)", image, text, flags=re.MULTILINE)


def lessons(results: Results) -> dict[Path, str]:
    """Return the notebooks that show the picture, .py and .ipynb, as they should be."""
    texts = {}
    for path in (PROJECT / "notebooks").glob("gan_*"):
        text = path.read_text(encoding="utf-8")
        if "speed.png" in text and path.suffix == ".ipynb":
            notebook = nbformat.reads(text, as_version=4)
            for cell in notebook.cells:
                cell.source = described(cell.source, results)
            texts[path] = f"{nbformat.writes(notebook)}\n"
        elif "speed.png" in text:
            texts[path] = described(text, results)
    return texts


def picture(results: Results) -> Figure:
    """Return the examples per second: dots, since bars would start at a zero that is none."""
    fig = Figure(figsize=(9, 5), layout="constrained")
    ax = fig.subplots()
    labels: dict[float, str] = {}
    row = 0.0
    for color, key in zip(cycle(DOTS), FRAMEWORKS, strict=False):
        for way, speed in results.speeds(key).items():
            ax.plot(speed, row, "o", color=color)
            offset = {"xytext": (8, -1), "textcoords": "offset points", "va": "center"}
            ax.annotate(f"{speed:,.0f}", (speed, row), **offset)
            labels[row] = f"{key}: {way}"
            row += 1
        row += 0.5  # a gap to the next framework
    ax.set_yticks(list(labels), labels.values())
    ax.set(xscale="log", xlabel="examples per second")
    ax.set_xlim(right=4 * max(map(results.fastest, FRAMEWORKS)))  # with room for its number
    ax.invert_yaxis()
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines[["left", "top", "right"]].set_visible(False)
    return fig


def made(results: Results) -> dict[Path, str | bytes]:
    """Return the files that are made from the results, and these."""
    png = BytesIO()
    picture(results).savefig(png, dpi=150)
    return {
        PROJECT / "benchmarks" / "results.json": results.text(),
        PROJECT / "benchmarks" / "results.md": page_of(results),
        PROJECT / "notebooks" / "speed.png": png.getvalue(),
        **lessons(results),
    }


def stored() -> Results:
    """Return the results that are kept."""
    text = (PROJECT / "benchmarks" / "results.json").read_text(encoding="utf-8")
    return Results(json.loads(text))


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
