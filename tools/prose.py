"""Copy the cells that all lessons share from the PyTorch notebook's .py into the others'.

Cells tagged `framework` are a notebook's own: they stay, in their order. All others are replaced.
"""

import os
import sys
from pathlib import Path

import jupytext
from jupytext.config import load_jupytext_config

import d2lmini
from tools.backends import NOTEBOOKS

CONFIG = load_jupytext_config(str(NOTEBOOKS))


def copy_shared_cells(source: Path, target: Path) -> None:
    """Write into target the shared cells of source and its own framework cells."""
    wanted, notebook = jupytext.read(source), jupytext.read(target)
    own = [cell for cell in notebook.cells if is_own(cell)]
    places = sum(is_own(cell) for cell in wanted.cells)
    if len(own) != places:
        raise SystemExit(
            f"{target.name} has {len(own)} cells tagged framework, {source.name} has {places}: "
            "add or remove some first"
        )
    cells = iter(own)
    notebook.cells = [next(cells) if is_own(cell) else cell for cell in wanted.cells]
    draft = target.with_suffix(".tmp")
    draft.write_text(jupytext.writes(notebook, fmt="py:percent", config=CONFIG))
    os.replace(draft, target)


def is_own(cell: dict) -> bool:
    """Tell whether a cell belongs to its framework."""
    return "framework" in cell.metadata.get("tags", ())


if __name__ == "__main__":
    first, *others = d2lmini.FRAMEWORKS
    for key in sys.argv[1:] or others:
        copy_shared_cells(NOTEBOOKS / f"gan_{first}.py", NOTEBOOKS / f"gan_{key}.py")
