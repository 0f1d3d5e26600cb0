"""Where each notebook's time goes, from kernel start to last cell."""

from datetime import UTC, datetime
from statistics import median

import jupytext
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from benchmarks.bench_steps import INSTALLED, SLOW
from tools import QUIET_KERNEL
from tools.build import training_cell
from tools.lessons import LESSONS

TIME_THE_DRAWING = """
import time
import d2lmini.animator

draw, drawing = d2lmini.animator._png, []

def timed(*args, **kwargs):
    start = time.perf_counter()
    png = draw(*args, **kwargs)
    drawing.append(time.perf_counter() - start)
    return png

d2lmini.animator._png = timed
"""

# A section's part of the time; other cells belong to the rest.
SECTIONS = {"## Why it does not arrive": "the study", "## ": "the rest"}
PARTS = ("start", "import", "training", "drawing", *SECTIONS.values(), "all")
SHARE = "drawing, of training's cell"


def run(source):
    """Run a lesson in a kernel of its own and return the seconds of each of its parts."""
    notebook = jupytext.read(source)
    cells = notebook.cells
    train = training_cell(notebook)
    cells.insert(train + 1, new_code_cell("d2lmini.animator._png = draw\nprint(sum(drawing))"))
    cells.insert(train, new_code_cell(TIME_THE_DRAWING))
    begun = datetime.now(UTC)
    how = {"resources": {"metadata": {"path": source.parent}}, "extra_arguments": QUIET_KERNEL}
    NotebookClient(notebook, timeout=600, **how).execute()
    whole = (datetime.now(UTC) - begun).total_seconds()
    parts = dict.fromkeys(("start", "import", "training", "drawing"), 0.0)
    part = "the rest"
    for number, cell in enumerate(cells):
        part = next((SECTIONS[s] for s in SECTIONS if cell.source.startswith(s)), part)
        if cell.cell_type != "code":
            continue
        times = {k: datetime.fromisoformat(v) for k, v in cell.metadata.execution.items()}
        start = times["iopub.execute_input"]
        seconds = (times["iopub.status.idle"] - start).total_seconds()
        if "from d2lmini import" in cell.source:
            parts["start"] = (start - begun).total_seconds()
            here = "import"
        else:
            here = "training" if number == train + 1 else part
        parts[here] = parts.get(here, 0) + seconds
    parts["drawing"] = float(cells[train + 2].outputs[0].text)
    parts["training"] -= parts["drawing"]
    parts["the rest"] += whole - sum(parts.values())
    return parts | {"all": whole}


@SLOW
@pytest.mark.parametrize("key", INSTALLED)
def test_notebook(benchmark, key):
    """A lesson as `make run` runs it."""
    runs = []
    path = LESSONS[0].notebook(key).py
    benchmark.pedantic(lambda: runs.append(run(path)), rounds=3, iterations=1)
    shares = [parts["drawing"] / (parts["drawing"] + parts["training"]) for parts in runs]
    figures = {part: median(parts[part] for parts in runs) for part in runs[0]}
    benchmark.extra_info |= {"table": "seconds", "row": key}
    benchmark.extra_info |= {"figures": figures | {SHARE: median(shares)}}
