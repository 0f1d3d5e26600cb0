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
from urllib.parse import unquote, urlsplit
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import nbformat
from bs4 import BeautifulSoup
from nbconvert.filters import markdown2html

import d2lmini
from tools import backends, wheels
from tools.files import read
from tools.language import N_, _, asked, folder_of, speaking, spoken, translate
from tools.workbook import workbook

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "_build" / "student"

# Of a notebook's metadata, this is what was written; the rest are traces of who opened or ran it.
WRITTEN = ("tags", "slideshow", "nbgrader")
KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}

# Above the import of d2lmini, for a traceback shows these lines, too.
HELP = N_("""\
# No module named 'd2lmini'? This notebook is from gan_{key}.zip. Unzip that, and in its folder say
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


def build_wheel(folder: Path) -> Path:
    """Build the wheel of d2lmini into folder, without a network, and return its path."""
    # setuptools takes braces in the environment's path for a variable of its own.
    hook = "import sys; sys.prefix = sys.exec_prefix = sys.base_prefix; "
    hook += "from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}  # 1980, as in zipped()
    with TemporaryDirectory() as copy:  # setuptools leaves files where it builds
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        for name in ("d2lmini", "d2lcheck"):
            shutil.copytree(ROOT / name, Path(copy, name))
        command = [sys.executable, "-c", hook, str(folder.resolve())]
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
    (wheel,) = folder.glob("d2lmini-*.whl")
    return wheel


def for_class(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy without outputs and without the cells tagged solutions."""
    copy = deepcopy(notebook)
    copy.cells = [c for c in copy.cells if "solutions" not in c.metadata.get("tags", ())]
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return copy


def given(key: str) -> dict[str, nbformat.NotebookNode]:
    """Return by file name what students get of a framework: its notebooks, and a workbook."""
    kinds = [kind for kind in backends.KINDS if kind != "_solutions"]
    paths = [backends.NOTEBOOKS / f"gan_{key}{kind}.ipynb" for kind in kinds]
    notebooks = {path.name: for_class(read(path)) for path in paths if path.exists()}
    if (name := f"gan_{key}.ipynb") in notebooks:
        notebooks[f"gan_{key}_workbook.ipynb"] = workbook(notebooks[name], key)
    return notebooks


def outside(notebooks: dict[str, nbformat.NotebookNode], key: str) -> dict[str, bytes]:
    """Return a framework's notebooks as files that work outside the project, and their pictures.

    notebooks: by file name. Their links to each other and to the web stay; others become text.
    Raises SystemExit, with the cell, for a link that cannot and a picture that is not there.
    """
    files = {}
    for name, notebook in notebooks.items():
        copy = deepcopy(notebook)
        translate(copy)
        copy.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC})
        for n, cell in enumerate(copy.cells, start=1):
            cell.metadata = {f: cell.metadata[f] for f in WRITTEN if f in cell.metadata}
            if cell.cell_type == "markdown":
                cell.source = unlinked(cell.source, set(notebooks), f"{name}, cell {n}")
                for file in local(cell.source, "img"):
                    if Path(file).name != file or not (backends.NOTEBOOKS / file).is_file():
                        raise SystemExit(f"{name}, cell {n}: no picture {file} in notebooks/")
                    files[file] = (backends.NOTEBOOKS / file).read_bytes()
        add_help(copy, key)
        files[name] = f"{nbformat.writes(copy)}\n".encode()
    return files


def bundle(key: str, notebooks: dict[str, nbformat.NotebookNode], wheel: Path) -> dict[str, bytes]:
    """Return by name the files that a framework's notebooks need outside the project, and these.

    notebooks: by file name. Raises SystemExit as outside does.
    """
    *names, last = notebooks
    names = _("{several} and {last}").format(several=", ".join(names), last=last) if names else last
    texts = {
        "README.txt": _(README).format(notebooks=names, pythons=pythons(key)),
        "requirements.txt": REQUIREMENTS.format(wheel=wheel.name, key=key),
        "constraints.txt": (ROOT / "requirements.txt").read_text(encoding="utf-8"),
    }
    files = {name: text.encode() for name, text in texts.items()}
    return {**outside(notebooks, key), **files, wheel.name: wheel.read_bytes()}


def local(source: str, tag: str) -> list[str]:
    """Return the files to which the links (tag "a") or the pictures ("img") of Markdown lead."""
    found = BeautifulSoup(markdown2html(source), "html.parser").find_all(tag)
    urls = [urlsplit(part.get("href") or part.get("src") or "") for part in found]
    return [unquote(url.path) for url in urls if url.path and not url.scheme and not url.netloc]


def unlinked(source: str, beside: set[str], where: str) -> str:
    """Return Markdown with its links to files that are not beside the notebook turned to text."""
    for file in set(local(source, "a")) - beside:
        source = re.sub(rf"(?<!!)\[([^][]+)\]\({re.escape(file)}(#[^)\s]*)?\)", r"\1", source)
    if dead := sorted(set(local(source, "a")) - beside):
        raise SystemExit(f"{where}: {dead[0]} is not in the zip; write its link as [text](file)")
    return source


def add_help(notebook: nbformat.NotebookNode, key: str) -> None:
    """Say, above a notebook's import of d2lmini, how to get it."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            lines = _(HELP).format(key=key)
            cell.source, found = re.subn(r"(?m)^(?=from d2lmini )", lines, cell.source, count=1)
            if found:
                break


def pythons(key: str) -> str:
    """Return the versions of Python for which a framework has wheels, on Linux at least."""
    fit = wheels.pythons(key, sys_platform="linux", platform_machine="x86_64")
    first, last = fit[0], fit[-1]
    return first if first == last else _("{first} to {last}").format(first=first, last=last)


def unpacked(key: str) -> str:
    """Return the folder into which a framework's zip unpacks: one for each language."""
    return f"gan_{key}" if spoken() == "en" else f"gan_{key}_{spoken()}"


def zipped(files: dict[str, bytes], folder: str) -> bytes:
    """Return files as a zip that unpacks into folder: equal files give equal bytes."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = ZipInfo(f"{folder}/{name}", (1980, 1, 1, 0, 0, 0))  # the first that it can hold
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same on all systems
            archive.writestr(entry, files[name], ZIP_DEFLATED)
    return buffer.getvalue()


def main() -> None:
    """Write what there is of each framework, in the language that LANGUAGE asks for."""
    with speaking(asked()):
        write_all(folder_of(BUILD))


def write_all(build: Path) -> None:
    """Write what there is of each framework into a folder: nothing, unless all can be."""
    written = {}
    with TemporaryDirectory() as drafts:
        wheel = build_wheel(Path(drafts))
        for key in d2lmini.FRAMEWORKS:
            if lessons := given(key):
                files = bundle(key, lessons, wheel)
                written[f"gan_{key}.zip"] = zipped(files, unpacked(key))
                # Unzipped, too, but for the texts, which say something else of each framework.
                written |= {n: files[n] for n in files if not n.endswith(".txt")}
    if not written:
        raise SystemExit(f"no lessons in {backends.NOTEBOOKS}")
    build.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=build.parent) as drafts:  # on the same disk, for the renames
        for name, content in written.items():
            Path(drafts, name).write_bytes(content)
        for name in written:
            os.replace(Path(drafts, name), build / name)
            print(build / name)


if __name__ == "__main__":
    main()
