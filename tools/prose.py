"""Copy the cells that all frameworks share from the PyTorch notebooks' .py into the others'.

Cells tagged `framework` are a notebook's own. They stand between shared cells, one or more in a
place, and stay; all others are replaced.
"""

import os
import sys
from itertools import groupby
from pathlib import Path

import jupytext
from jupytext.config import load_jupytext_config

import d2lmini
from tools.backends import KINDS, NOTEBOOKS

CONFIG = load_jupytext_config(str(NOTEBOOKS))


def is_own(cell: dict) -> bool:
    """Tell whether a cell belongs to its framework."""
    return "framework" in cell.metadata.get("tags", ())


def copy_shared_cells(source: Path, target: Path) -> None:
    """Write into target the shared cells of source and its own framework cells."""
    wanted, notebook = jupytext.read(source), jupytext.read(target)
    places = [list(cells) for own, cells in groupby(notebook.cells, is_own) if own]
    runs = [(own, list(cells)) for own, cells in groupby(wanted.cells, is_own)]
    if len(places) != sum(own for own, _ in runs):
        raise SystemExit(
            f"{target.name} has cells tagged framework in {len(places)} places, {source.name} in "
            f"{sum(own for own, _ in runs)}: add or remove some first"
        )
    own_places = iter(places)
    notebook.cells = [c for own, cells in runs for c in (next(own_places) if own else cells)]
    draft = target.with_suffix(".tmp")
    draft.write_text(jupytext.writes(notebook, fmt="py:percent", config=CONFIG))
    os.replace(draft, target)


if __name__ == "__main__":
    first, *others = d2lmini.FRAMEWORKS
    for key in sys.argv[1:] or others:
        for kind in KINDS:
            source, target = (NOTEBOOKS / f"gan_{name}{kind}.py" for name in (first, key))
            copy_shared_cells(source, target)
