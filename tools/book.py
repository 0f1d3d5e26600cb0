"""Build the book into _build/book, or the folder named on the command line.

The notebooks are only read, and nothing is executed: what they say is what is shown. A page of
tabs is assembled from the notebooks of one kind, one per framework. The book that was there is
replaced only by a whole one.
"""

import json
import re
import shutil
import sys
from base64 import b64decode
from hashlib import sha256
from itertools import groupby, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from sphinx.cmd.build import build_main

import d2lmini
from tools import backends, copies, table
from tools.prose import is_own, places
from tools.run import read_figures

ROOT = Path(__file__).parent.parent
SPHINX = ["-b", "html", "-q", "-W", "--keep-going"]  # a warning is an error, and all are told

# Where in the book that is to which the notebooks link; what is not named keeps its place.
LINKS = {
    "../README.md": "index.md",
    "../benchmarks/results.md": "results.md",
    "../notebooks/": "",
    "../": "",
}
# After the links to the zips.
UNZIP = "unzip it, and run the two commands in its `README.txt`."


def directive(name: str, title: str, body: str, **options: str) -> str:
    """Return a MyST directive, its fence longer than any in its body."""
    fence = ":" * (1 + max(map(len, re.findall("^:{2,}", body, re.MULTILINE)), default=2))
    lines = [f":{option.replace('_', '-')}: {value}\n" for option, value in options.items()]
    return f"{fence}{{{name}}} {title}\n{''.join(lines)}\n{body}\n{fence}"


def tabs(contents: dict[str, str], names: dict[str, str]) -> str:
    """Return a set of tabs, one per framework; all sets of a page follow one choice."""
    items = [directive("tab-item", names[key], contents[key], sync=key) for key in contents]
    return directive("tab-set", "", "\n".join(items), sync_group="framework")


class Stop(SystemExit):
    """What is wrong, in one line, for it ends the build."""

    def __init__(self, notebook: str, cell: int, what: str) -> None:
        super().__init__(f"{notebook}, cell {cell}: {what}; the book is as it was")


def read(suffix: str) -> dict[str, nbformat.NotebookNode]:
    """Return the notebooks gan_<framework><suffix>.ipynb by framework.

    Raises Stop if one is missing, is not the same as the first in its shared cells, or has a cell
    that was not run or is not fit to be shown.
    """
    paths = {key: backends.NOTEBOOKS / f"gan_{key}{suffix}.ipynb" for key in d2lmini.FRAMEWORKS}
    for path in paths.values():
        if not path.exists():
            raise SystemExit(f"{path.name} is missing; the book is as it was")
    notebooks = {key: nbformat.read(path, as_version=4) for key, path in paths.items()}
    first = d2lmini.FRAMEWORKS[0]
    for key, notebook in notebooks.items():
        check_cells(paths[key].name, notebook)
        check_places(paths[key].name, places(notebook), paths[first].name, places(notebooks[first]))
    return notebooks


def check_cells(name: str, notebook: nbformat.NotebookNode) -> None:
    """Raise Stop at a cell that was not run, failed, or shows a figure without a description."""
    for n, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and cell.source and cell.execution_count is None:
            raise Stop(name, n, "never run")
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                raise Stop(name, n, f"stopped with {output.ename}")
            if "image/png" in output.get("data", ()):
                if not output.metadata.get("image/png", {}).get("alt"):
                    raise Stop(name, n, "a figure without alt text")


def check_places(name: str, got: list, reference: str, wanted: list) -> None:
    """Raise Stop at the first place that is not like that of the reference notebook."""

    def kind(place):
        """Return what must be equal: the shared cell, whether it has output; or that it is own."""
        (cell, *_) = place[1]
        if is_own(cell):
            return "framework"
        return cell.cell_type, cell.source, bool(cell.get("outputs"))

    for place, want in zip_longest(got, wanted):
        if not place:
            raise Stop(name, got[-1][0], f"the last, but {reference} goes on at cell {want[0]}")
        if not want or kind(place) != kind(want):
            like = f"cell {want[0]} of {reference}" if want else f"anything in {reference}"
            raise Stop(name, place[0], f"not like {like}")


def shown(outputs: list[nbformat.NotebookNode], folder: Path) -> str:
    """Return a cell's outputs as MyST; their figures are written into folder."""
    parts = []
    for kind, run in groupby(outputs, lambda output: output.output_type):
        if kind == "stream":  # one text may come in several pieces
            parts.append(directive("code-block", "none", "".join(o.text for o in run).rstrip()))
            continue
        for output in run:
            if "image/png" in output.data:
                png, about = b64decode(output.data["image/png"]), output.metadata["image/png"]
                name = f"{sha256(png).hexdigest()[:16]}.png"
                (folder / name).write_bytes(png)
                size = {"width": f"{about.width}px"} if "width" in about else {}
                parts.append(directive("image", name, "", alt=json.dumps(about.alt), **size))
            else:
                parts.append(directive("code-block", "none", output.data["text/plain"]))
    return directive("container", "cell-output", "\n".join(parts)) if parts else ""


def code(cell: nbformat.NotebookNode, output: str) -> str:
    """Return a code cell as MyST."""
    source = directive("code-block", "python", cell.source)
    return directive("container", "cell", f"{source}\n{output}")


def assemble(
    notebooks: dict[str, nbformat.NotebookNode], names: dict[str, str], folder: Path
) -> str:
    """Return one MyST page: shared prose once, in tabs what differs between frameworks.

    names: the frameworks' names by key. folder: where the figures are written. What comes after a
    heading "## Exercise n" and the paragraph with the question is folded until asked for.
    """
    parts: list[str] = []
    solution = None  # where in parts it starts
    for at in zip(*map(places, notebooks.values()), strict=True):
        ((_, (first, *_)), *_) = at
        if first.cell_type == "markdown" and first.source.startswith("## "):
            fold(parts, solution)
            solution = None
        cells = dict(zip(notebooks, (cells for _, cells in at), strict=True))
        if re.match(r"## Exercise \d", first.source):
            paragraphs = first.source.split("\n\n", 2)
            parts += paragraphs[:2]
            solution = len(parts)
            parts += paragraphs[2:]
        elif is_own(first):
            parts.append(tabs({key: own(cells[key], folder) for key in cells}, names))
        elif first.cell_type == "markdown":
            parts.append(first.source)
        else:
            outputs = {key: shown(cell.outputs, folder) for key, (cell,) in cells.items()}
            same = len(set(outputs.values())) == 1
            parts.append(code(first, outputs[next(iter(outputs))] if same else ""))
            if not same:
                parts.append(tabs(outputs, names))
    fold(parts, solution)
    return "\n\n".join(parts) + "\n"


def own(cells: list[nbformat.NotebookNode], folder: Path) -> str:
    """Return the cells of one framework in one place as MyST."""
    return "\n\n".join(
        cell.source if cell.cell_type == "markdown" else code(cell, shown(cell.outputs, folder))
        for cell in cells
    )


def fold(parts: list[str], start: int | None) -> None:
    """Fold what has come since start, if anything has."""
    if start is not None and parts[start:]:
        parts[start:] = [directive("dropdown", "Solution", "\n\n".join(parts[start:]))]


def name_of(notebook: nbformat.NotebookNode, file: str) -> str:
    """Return the framework's name, which a lesson's first own cell has in bold."""
    n, (cell, *_) = next((n, cells) for n, cells in places(notebook) if is_own(cells[0]))
    if found := re.search(r"\*\*(.+?)\*\*", cell.source):
        return found[1]
    raise Stop(file, n, "the framework's name is not in bold")


def stage(source: Path) -> None:
    """Fill source with all that Sphinx reads: the pages of book/, and those made from notebooks."""
    shutil.copytree(ROOT / "book", source)
    for picture in (*backends.NOTEBOOKS.glob("*.svg"), *backends.NOTEBOOKS.glob("*.png")):
        shutil.copy(picture, source)
    kinds = {suffix: read(suffix) for suffix in backends.KINDS}
    lessons = kinds[""]
    names = {key: name_of(notebook, f"gan_{key}.ipynb") for key, notebook in lessons.items()}
    wheel = stage_downloads(kinds, source / "download")
    zips = ", ".join(download(key, names[key]) for key in lessons)
    for suffix, notebooks in kinds.items():
        page = source / f"lesson{suffix}.md"
        title, _, rest = assemble(notebooks, names, source).partition("\n")
        intro = "Choose a framework in any of the tabs, and all the others follow, on your next "
        intro += "visit too. To run the code, download the notebooks with all that they need as a "
        intro += f"zip ({zips}), {UNZIP}"
        page.write_text(linked(f"{title}\n\n{intro}\n{rest}"), encoding="utf-8")
    for key, notebook in lessons.items():
        stage_notebook(notebook, key, names[key], source)
    append(source / "reference.md", tabs({key: module(key) for key in lessons}, names))
    elsewhere = f"{{download}}`download its wheel <download/{wheel}>` and install that with pip."
    append(source / "reference.md", f"To use the package outside the lessons, {elsewhere}")
    figures = {names[key]: read_figures(notebook) for key, notebook in lessons.items()}
    head = ["framework", *next(iter(figures.values()))]
    append(source / "results.md", table(head, [[k, *v.values()] for k, v in figures.items()]))
    (source / "speed.md").write_text(linked((ROOT / "benchmarks" / "results.md").read_text()))
    append(source / "results.md", directive("include", "speed.md", "", heading_offset="1"))


def stage_downloads(kinds: dict[str, dict[str, nbformat.NotebookNode]], folder: Path) -> str:
    """Write what the book offers to download, and return the name of the wheel of d2lmini.

    kinds: all notebooks, by suffix and framework.
    """
    folder.mkdir()
    wheel = copies.build_wheel(folder)
    for key in d2lmini.FRAMEWORKS:
        notebooks = {f"gan_{key}{suffix}.ipynb": kinds[suffix][key] for suffix in kinds}
        content = copies.zipped(copies.bundle(key, notebooks, wheel), f"gan_{key}")
        (folder / f"gan_{key}.zip").write_bytes(content)
    return wheel.name


def linked(text: str) -> str:
    """Return prose with its links to files beside the notebooks' folder turned to the book's."""
    for file, page in LINKS.items():
        text = text.replace(f"]({file}", f"]({page}")
    # The solutions have no pages of their own, on which they would not be folded.
    return re.sub(r"\]\(gan_\w+(_solutions)\.ipynb", r"](lesson\1.md", text)


def download(key: str, title: str) -> str:
    """Return a link that downloads the zip of a framework."""
    return f"{{download}}`{title} <download/gan_{key}.zip>`"


def stage_notebook(notebook: nbformat.NotebookNode, key: str, name: str, source: Path) -> None:
    """Write a notebook for a page of its own: its framework in the title, a link to download it."""
    for cell in notebook.cells:
        cell.source = linked(cell.source)
        pictures = [o.metadata["image/png"] for o in cell.get("outputs", ()) if o.get("metadata")]
        if pictures:  # MyST-NB looks for a description here only
            cell.metadata["mystnb"] = {"image": {"alt": " ".join(p.alt for p in pictures)}}
    title, _, rest = notebook.cells[0].source.partition("\n")
    link = download(key, "download this notebook with all that it needs")
    intro = f"To run it yourself, {link} as a zip, {UNZIP}"
    notebook.cells[0].source = f"{title} ({name})\n\n{intro}\n{rest}"
    nbformat.write(notebook, source / f"gan_{key}.ipynb")


def module(key: str) -> str:
    """Return the reference of a framework's module as MyST, without the framework's own names."""
    options = "   :members:\n   :exclude-members: matmul, normal, seed, tensor"
    return f"```{{eval-rst}}\n.. automodule:: d2lmini.{key}\n{options}\n```"


def append(page: Path, text: str) -> None:
    """Add text to the end of a page."""
    page.write_text(f"{page.read_text()}\n{text}\n")


def main() -> None:
    """Stage, build and, only when that has gone well, put the new book in the old one's place."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "_build" / "book").resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent) as folder:  # on the same disk, for the renames
        source, book, old = (Path(folder, name) for name in ("source", "book", "old"))
        stage(source)
        if build_main([*SPHINX, "-d", f"{folder}/doctrees", str(source), str(book)]):
            raise SystemExit("see the warnings above; the book is as it was")
        if target.exists():
            target.rename(old)
        book.rename(target)
    print(target / "index.html")


if __name__ == "__main__":
    main()
