"""Copy the cells that all frameworks share from one framework's notebooks into the others'.

They are taken from the PyTorch notebooks, or from those that FROM names. Cells tagged `framework`
are a notebook's own. They stand between shared cells, one or more in a place, and stay; all others
are replaced. Where somebody has edited shared cells elsewhere than there, nothing is written.
"""

import os
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from textwrap import shorten

import jupytext
from jupytext.config import load_jupytext_config

import d2lmini
from tools import files
from tools.lessons import LESSONS, NOTEBOOKS, of

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


def shared(path: Path) -> tuple[str, ...]:
    """Return the texts of a notebook's shared cells, each with its kind and metadata."""
    cells = [cell for cell in jupytext.read(path).cells if not is_own(cell)]
    return tuple(f"{cell.source}\n{cell.cell_type} {cell.metadata}" for cell in cells)


def refuse_edited(source: Path, targets: list[Path]) -> None:
    """Raise SystemExit if shared cells were edited in a target, where they would be lost.

    Targets that are merely behind are alike, so what most of them say is what all said before.
    """
    texts = {path: shared(path) for path in targets}
    before, _ = Counter(texts.values()).most_common(1)[0]
    for path, text in texts.items():
        if text not in (before, shared(source)):
            cells = ((cell in text, cell) for cell in (*text, *before))
            new = next((c for there, c in cells if there != (c in before)), "their order")
            raise SystemExit(
                f"{path.name}: shared cells were edited there ({shorten(new, 60)}). Nothing was "
                f"written. FROM={of(path).framework} takes them from there, if no other was "
                "edited, too."
            )


def main() -> None:
    """Copy from the framework that FROM names, or the first, into those named, or all."""
    first = os.environ.get("FROM") or d2lmini.FRAMEWORKS[0]
    if first not in d2lmini.FRAMEWORKS:
        raise SystemExit(f"FROM: {first} is none of {', '.join(d2lmini.FRAMEWORKS)}")
    every = [lesson.notebooks(kind) for lesson in LESSONS for kind in lesson.kinds]
    for books in every:
        refuse_edited(books[first].py, [book.py for key, book in books.items() if key != first])
    for books in every:
        for key in sys.argv[1:] or books:
            if key != first:
                copy_shared_cells(books[first].py, books[key].py)


if __name__ == "__main__":
    main()
