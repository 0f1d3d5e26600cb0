"""Write copies for a class to _build/student, without outputs, to work anywhere.

They are of all notebooks but the solutions, and a workbook for each lesson: the lesson with gaps.

Each framework has a zip of all that its notebooks need outside the project: their pictures, d2lmini
as a wheel, the tested versions, and a README. Only what is printed at the end is written.
LANGUAGE=vi writes them in Vietnamese, to _build/student/vi.
"""

import os
import re
import shutil
import subprocess
import sys
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import nbformat

from tools import lessons, markdown, wheels
from tools.files import read, write
from tools.language import (
    N_,
    _,
    current_language,
    folder_of,
    in_language,
    language_asked,
    translate,
)
from tools.lessons import ROOT, SOLUTIONS, Notebook, every
from tools.workbook import is_practice, workbook

BUILD = ROOT / "_build" / "student"
HANDED_OUT = ROOT / "_build" / "handed_out"  # each version of a workbook, for `make grade`

# Of a notebook's metadata, this is what was written; the rest are traces of who opened or ran it.
WRITTEN = ("tags", "slideshow", "nbgrader")
KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}

# Above the import of d2lmini, for a traceback shows these lines, too.
HELP = N_("""\
# No module named 'd2lmini'? This notebook is from {zip}. Unzip that, and in its folder say
# python -m pip install -r requirements.txt (its README.txt has more).
""")
README = N_("""\
To run {notebooks}, you need this folder and Python {pythons}.
Open a terminal in it. Install, once and with a network; then start, and open a notebook:

    python3 -m venv .venv && .venv/bin/python -m pip install -r requirements.txt
    .venv/bin/python -m jupyter lab

Windows PowerShell: python for python3, .venv\\Scripts\\python for .venv/bin/python, ; for &&
""")
# Constraints install nothing by themselves, so those of the other frameworks do no harm.
REQUIREMENTS = """\
-c constraints.txt
./{wheel}[{key}]
jupyterlab
"""


class Wheel(NamedTuple):
    """A wheel of d2lmini: the name of its file, and what is in it."""

    name: str
    content: bytes


def build_wheel() -> Wheel:
    """Build the wheel of d2lmini, without a network; SystemExit with what is wrong."""
    # setuptools takes braces in the environment's path for a variable of its own.
    hook = "import sys; sys.prefix = sys.exec_prefix = sys.base_prefix; "
    hook += "from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}  # 1980, as in zipped()
    with TemporaryDirectory() as folder, TemporaryDirectory() as copy:  # it leaves files there
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        for name in ("d2lmini", "d2lcheck"):
            shutil.copytree(ROOT / name, Path(copy, name))
        command = [sys.executable, "-c", hook, folder]
        done = subprocess.run(
            command,
            cwd=copy,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            (*_, why) = done.stderr.strip().splitlines() or ["no word of why"]
            raise SystemExit(f"setuptools cannot build the wheel of d2lmini: {why}")
        (wheel,) = Path(folder).glob("d2lmini-*.whl")
        return Wheel(wheel.name, wheel.read_bytes())


def for_class(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy without outputs and without the cells tagged solutions."""
    copy = deepcopy(notebook)
    copy.cells = [c for c in copy.cells if "solutions" not in c.metadata.get("tags", ())]
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return copy


def given(lesson: Notebook) -> dict[str, nbformat.NotebookNode]:
    """Return by file name what students get of a lesson in a framework, and a workbook."""
    kinds = [kind for kind in lesson.lesson.kinds if kind != SOLUTIONS]
    paths = [lesson.lesson.notebook(lesson.framework, kind).ipynb for kind in kinds]
    notebooks = {path.name: for_class(read(path)) for path in paths if path.exists()}
    if made := notebooks.get(lesson.ipynb.name):
        if any(is_practice(cell) for cell in made.cells):
            notebooks[f"{lesson.stem}_workbook.ipynb"] = workbook(made, lesson)
    return notebooks


def keep(notebooks: dict[str, nbformat.NotebookNode]) -> None:
    """Keep the workbooks among some notebooks: `make grade` wants them as they were handed out."""
    HANDED_OUT.mkdir(parents=True, exist_ok=True)
    for notebook in notebooks.values():
        if version := notebook.metadata.get("workbook"):
            write(HANDED_OUT / f"{version}.ipynb", nbformat.writes(notebook))


def outside(notebooks: dict[str, nbformat.NotebookNode], lesson: Notebook) -> dict[str, bytes]:
    """Return a lesson's notebooks as files that work outside the project, and their pictures.

    notebooks: by file name. Their links to each other and to the web stay; others become text.
    Raises SystemExit, with the cell, for a link that cannot and a picture that is not there.
    """
    beside = lesson.folder
    files = {}
    for name, notebook in notebooks.items():
        copy = deepcopy(notebook)
        translate(copy)
        kept = {n: copy.metadata[n] for n in ("workbook",) if n in copy.metadata}
        copy.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC} | kept)
        for n, cell in enumerate(copy.cells, start=1):
            cell.metadata = {f: cell.metadata[f] for f in WRITTEN if f in cell.metadata}
            if cell.cell_type == "markdown":
                cell.source = without_dead(cell.source, set(notebooks), f"{name}, cell {n}")
                for file in filter(None, map(file_of, markdown.pictures(cell.source))):
                    if Path(file).name != file or not (beside / file).is_file():
                        raise SystemExit(f"{name}, cell {n}: no picture {file} in {beside.name}/")
                    files[file] = (beside / file).read_bytes()
        add_help(copy, lesson)
        files[name] = f"{nbformat.writes(copy)}\n".encode()
    return files


def bundle(
    lesson: Notebook, notebooks: dict[str, nbformat.NotebookNode], wheel: Wheel
) -> dict[str, bytes]:
    """Return by name the files that a lesson's notebooks need outside the project, and these.

    notebooks: by file name. Raises SystemExit as outside does.
    """
    *names, last = notebooks
    names = _("{several} and {last}").format(several=", ".join(names), last=last) if names else last
    texts = {
        "README.txt": _(README).format(notebooks=names, pythons=pythons(lesson.framework)),
        "requirements.txt": REQUIREMENTS.format(wheel=wheel.name, key=lesson.framework),
        "constraints.txt": (ROOT / "requirements.txt").read_text(encoding="utf-8"),
    }
    files = {name: text.encode() for name, text in texts.items()}
    return {**outside(notebooks, lesson), **files, wheel.name: wheel.content}


def file_of(address: str) -> str | None:
    """Return the file beside a notebook to which an address leads; None for any other."""
    url = urlsplit(address)
    return unquote(url.path) or None if not url.scheme and not url.netloc else None


def without_dead(source: str, beside: set[str], where: str) -> str:
    """Return Markdown with its links to files that are not beside the notebook turned to text."""

    def dead(source):
        return [a for a in markdown.links(source) if (file_of(a) or "") not in {"", *beside}]

    source = markdown.unlinked(source, dead(source))
    if left := sorted(map(file_of, dead(source))):
        raise SystemExit(f"{where}: {left[0]} is not in the zip; write its link as [text](file)")
    return source


def add_help(notebook: nbformat.NotebookNode, lesson: Notebook) -> None:
    """Say, above a notebook's import of d2lmini, how to get it."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            lines = _(HELP).format(zip=f"{lesson.stem}.zip")
            cell.source, found = re.subn(r"(?m)^(?=from d2lmini )", lines, cell.source, count=1)
            if found:
                break


def pythons(key: str) -> str:
    """Return the versions of Python for which a framework has wheels, on Linux at least."""
    fit = wheels.pythons(key, sys_platform="linux", platform_machine="x86_64")
    first, last = fit[0], fit[-1]
    return first if first == last else _("{first} to {last}").format(first=first, last=last)


def zipped(files: dict[str, bytes], lesson: Notebook) -> bytes:
    """Return a lesson's files as a zip with a folder, one for each language.

    Equal files give equal bytes.
    """
    folder = lesson.stem if current_language() == "en" else f"{lesson.stem}_{current_language()}"
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = ZipInfo(f"{folder}/{name}", (1980, 1, 1, 0, 0, 0))  # the first that it can hold
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same on all systems
            archive.writestr(entry, files[name], ZIP_DEFLATED)
    return buffer.getvalue()


def main() -> None:
    """Write what there is of each framework, in the language that LANGUAGE asks for."""
    with in_language(language_asked()):
        write_all(folder_of(BUILD))


def write_all(build: Path) -> None:
    """Write what there is of each framework into a folder: nothing, unless all can be."""
    wheel = build_wheel()
    written, handed_out = {wheel.name: wheel.content}, {}
    for lesson in every(""):
        if notebooks := given(lesson):
            handed_out |= notebooks
            files = bundle(lesson, notebooks, wheel)
            written[f"{lesson.stem}.zip"] = zipped(files, lesson)
            # Unzipped, too, but for the texts, which say something else of each framework.
            copied = [name for name in files if not name.endswith((".txt", ".whl"))]
            written |= {f"{lesson.lesson.key}/{name}": files[name] for name in copied}
    if len(written) == 1:
        raise SystemExit(f"no lessons in {lessons.NOTEBOOKS}")
    keep(handed_out)
    build.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=build.parent) as drafts:  # on the same disk, for the renames
        for name, content in written.items():
            Path(drafts, name).parent.mkdir(exist_ok=True)
            Path(drafts, name).write_bytes(content)
        for name in written:
            (build / name).parent.mkdir(exist_ok=True)
            os.replace(Path(drafts, name), build / name)
            print(build / name)


if __name__ == "__main__":
    main()
