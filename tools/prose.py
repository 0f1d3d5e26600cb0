"""Copy the cells that all frameworks share from the PyTorch notebooks' .py into the others'.

Cells tagged `framework` are a notebook's own. They stand between shared cells, one or more in a
place, and stay; all others are replaced.
"""

import sys
from itertools import groupby
from pathlib import Path

import jupytext
from jupytext.config import load_jupytext_config

import d2lmini
from tools import files
from tools.backends import KINDS, NOTEBOOKS

CONFIG = load_jupytext_config(str(NOTEBOOKS))


def is_own(cell: dict) -> bool:
    """Tell whether a cell belongs to its framework."""
    return "framework" in cell.metadata.get("tags", ())


def places(notebook: dict) -> list[tuple[int, list]]:
    """Cut a notebook into places: a shared cell each, or a run of its own cells.

    Each comes with the number of its first cell, counted from 1.
    """
    numbered = enumerate(notebook.cells, start=1)
    runs = groupby(numbered, lambda item: None if is_own(item[1]) else item[0])
    runs = [list(run) for _, run in runs]
    return [(run[0][0], [cell for _, cell in run]) for run in runs]


def copy_shared_cells(source: Path, target: Path) -> None:
    """Write into target the shared cells of source and its own framework cells."""
    notebook = jupytext.read(target)
    wanted = [cells for _, cells in places(jupytext.read(source))]
    own = [cells for _, cells in places(notebook) if is_own(cells[0])]
    want = sum(is_own(cells[0]) for cells in wanted)
    if len(own) != want:
        raise SystemExit(
            f"{target.name} has cells tagged framework in {len(own)} places, {source.name} in "
            f"{want}: add or remove some first"
        )
    own_places = iter(own)
    runs = (next(own_places) if is_own(cells[0]) else cells for cells in wanted)
    notebook.cells = [cell for cells in runs for cell in cells]
    files.write(target, jupytext.writes(notebook, fmt="py:percent", config=CONFIG))


if __name__ == "__main__":
    first, *others = d2lmini.FRAMEWORKS
    for key in sys.argv[1:] or others:
        for kind in KINDS:
            source, target = (NOTEBOOKS / f"gan_{name}{kind}.py" for name in (first, key))
            copy_shared_cells(source, target)
