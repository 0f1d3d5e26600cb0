"""What students have handed in: find it in a folder, and read a notebook's code."""

import json
import os
from pathlib import Path
from typing import NamedTuple

LARGEST = 50 * 2**20  # bytes of a notebook that is read
PACKED = {".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"}
SYSTEMS = {"__macosx", "thumbs.db", "desktop.ini"}  # a system's own, beside what a dot hides


class Cell(NamedTuple):
    """A cell of code."""

    source: str
    tags: set[str]
    id: str | None


class Work(NamedTuple):
    """A submission: its cells of code, and the version of the workbook that it was made from."""

    cells: list[Cell]
    version: str  # empty where a program has dropped it


def submissions(folder: Path) -> dict[str, Path]:
    """Return by name what is in a folder; SystemExit if no notebook is.

    A folder in it, as learning platforms pack them, stands for the notebooks in it; for itself if
    there are none, so that nobody is missing.
    """
    found, entries = {}, [path for path in folder.iterdir() if not is_systems(path.name)]
    for entry in entries:
        if os.path.isdir(entry) and (paths := notebooks(entry)):
            found |= {named(path, folder): path for path in paths}
        else:  # a link here is the teacher's, while none is followed that a student has made
            found[named(entry, folder)] = Path(os.path.realpath(entry))
    if not any(map(is_notebook, found.values())):
        names = sorted(path.name for path in entries)
        only = f", only {', '.join(names[:3])}{' ...' * (len(names) > 3)}" * bool(names)
        raise SystemExit(f"SUBMISSIONS: there is no notebook (.ipynb) in {folder}{only}")
    return dict(sorted(found.items()))


def is_systems(name: str) -> bool:
    """Tell whether a file or folder is one that systems and programs put beside others."""
    return name.startswith(".") or name.lower() in SYSTEMS


def named(path: Path, folder: Path) -> str:
    """Return the name of a submission: where it is in the folder, shortened if that is clear."""
    name = str(path.relative_to(folder))
    short = name.removesuffix(".ipynb")
    return name if os.path.isdir(path) or os.path.lexists(folder / short) else short


def notebooks(folder: Path) -> list[Path]:
    """Return a student's notebooks; in a Hub's folder, hub-data/homes, the workbooks alone."""
    lessons, found = folder / "lessons", []
    if lessons.is_dir() and not lessons.is_symlink():
        return list(lessons.glob("**/*_workbook.ipynb"))
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not is_systems(name)]
        found += [Path(place, name) for name in names if not is_systems(name)]
    return list(filter(is_notebook, found))


def is_notebook(path: Path) -> bool:
    """Tell whether a file is a notebook, by its name or, as a browser may add .txt, its content."""
    if path.suffix.lower() == ".ipynb" and not os.path.isdir(path):
        return True
    try:
        return bool(read(path))
    except (OSError, ValueError):
        return False


def read(path: Path) -> Work:
    """Return a submission. Raises ValueError with what to note, and OSError.

    More is taken than nbformat would: that a program has saved a notebook badly is no mistake of
    the student's.
    """
    if path.is_symlink():
        raise ValueError("a link, which is not followed: it may lead to another's work")
    if path.is_dir():
        os.listdir(path)  # OSError, where nobody can say what is in it
        raise ValueError("a folder without a workbook in it")
    if path.exists() and not path.is_file():
        raise ValueError("not a file")
    if path.suffix.lower() in PACKED:
        raise ValueError("packed: unpack it, and grade again")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"larger than {LARGEST // 2**20} MB, and so not read")
    try:
        notebook = json.loads(content)
        cells = [code(cell) for cell in notebook["cells"] if cell.get("cell_type") == "code"]
        version = str((notebook.get("metadata") or {}).get("workbook") or "")
    except Exception:  # whatever a file that is no notebook leads to
        raise ValueError("not a notebook") from None
    if not any(cell.source.strip() for cell in cells):
        raise ValueError("empty: a notebook without code")
    return Work(cells, version)


def code(cell: dict) -> Cell:
    """Return a notebook's cell of code, in which a program may have left out what is empty."""
    tags = (cell.get("metadata") or {}).get("tags") or ()
    return Cell("".join(cell.get("source") or ""), {str(tag) for tag in tags}, cell.get("id"))
