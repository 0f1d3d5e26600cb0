"""Build the book into _build/book, or the folder named on the command line, and in it the others.

The others are in the languages that are not English, in folders such as vi. LANGUAGE=vi builds that
one alone.

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
from itertools import chain, groupby, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from babel.messages.mofile import write_mo
from sphinx import locale
from sphinx.cmd.build import build_main

import d2lmini
from tools import answers, backends, copies, files, table
from tools.language import (
    LANGUAGES,
    N_,
    _,
    asked,
    catalogue_of,
    paragraphs,
    speaking,
    spoken,
    translate,
    translated,
)
from tools.prose import is_own, places
from tools.run import check_prose, read_figures

ROOT = Path(__file__).parent.parent
SPHINX = ["-b", "html", "-q", "-W", "--keep-going"]  # a warning is an error, and all are told

CONTENTS = "contents.txt"  # lists, in a book, all that is of it: the next book replaces no more

# How a figure is stored, and of all that an output may be, the first of these is shown.
PICTURES = {"image/svg+xml": str.encode, "image/png": b64decode, "image/jpeg": b64decode}
SHOWN = ["text/html", *PICTURES, "text/markdown", "text/latex", "text/plain"]

# Where in the book that is to which the notebooks link; what is not named keeps its place.
LINKS = {
    "../book/lab.md#": "lab:",
    "../book/": "",
    "../README.md": "index.md",
    "../benchmarks/results.md": "results.md",
    "../notebooks/": "",
    "../": "",
}
# After the links to the zips.
UNZIP = N_("unzip it, and run the two commands in its `README.txt`.")

# What Sphinx's search says by script, which has its texts in a file of their own.
SEARCHING = [
    N_("Search Results"),
    N_("Searching"),
    N_("Preparing search..."),
    N_(", in "),
    N_(
        "Your search did not match any documents. Please make sure that all words are spelled "
        "correctly and that you've selected enough categories."
    ),
]
ONE_FOUND = "Search finished, found one page matching the search query."
FOUND = N_("Search finished, found ${resultCount} pages matching the search query.")


def directive(name: str, title: str, body: str, **options: str) -> str:
    """Return a MyST directive, its fence longer than any in its body."""
    fence = ":" * (1 + max(map(len, re.findall("^:{2,}", body, re.MULTILINE)), default=2))
    lines = [f":{option.replace('_', '-')}: {value}\n" for option, value in options.items()]
    return f"{fence}{{{name}}} {title}\n{''.join(lines)}\n{body}\n{fence}"


def tabs(contents: dict[str, str], names: dict[str, str]) -> str:
    """Return a set of tabs, one per framework; all sets of a page follow one choice."""
    items = [directive("tab-item", names[key], contents[key], sync=key) for key in contents]
    return directive("tab-set", "", "\n".join(items), sync_group="framework")


def read(suffix: str) -> dict[str, nbformat.NotebookNode]:
    """Return the notebooks gan_<framework><suffix>.ipynb by framework.

    Raises Unfit if one is missing or invalid, is not the same as the first in its shared cells, or
    has a cell that was not run or is not fit to be shown.
    """
    paths = {key: backends.NOTEBOOKS / f"gan_{key}{suffix}.ipynb" for key in d2lmini.FRAMEWORKS}
    notebooks = {key: files.read(path) for key, path in paths.items()}
    first = d2lmini.FRAMEWORKS[0]
    for key, notebook in notebooks.items():
        name = paths[key].name
        check_prose(name, notebook)
        check_cells(name, notebook)
        check_places(name, places(notebook), paths[first].name, places(notebooks[first]))
    return notebooks


def check_cells(name: str, notebook: nbformat.NotebookNode) -> None:
    """Raise Unfit at a cell that was not run, failed, or shows a figure without a description."""
    for n, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and cell.source and cell.execution_count is None:
            raise files.Unfit(f"{name}, cell {n}: never run")
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                raise files.Unfit(f"{name}, cell {n}: stopped with {output.ename}")
            if kind_of(output) in PICTURES and not about_figure(output).get("alt"):
                raise files.Unfit(f"{name}, cell {n}: a figure without alt text")


def kind_of(output: nbformat.NotebookNode) -> str | None:
    """Return the kind, of those that an output comes in, to be shown; None if there is none."""
    return next((kind for kind in SHOWN if kind in output.get("data", ())), None)


def about_figure(output: nbformat.NotebookNode) -> dict:
    """Return what is noted of an output that is shown as a figure, its description above all."""
    return output.metadata.get(kind_of(output), {})


def prepare(notebook: nbformat.NotebookNode) -> None:
    """Leave in a notebook's cells only what is shown of them, for the book and for MyST-NB alike.

    They come in the language that is spoken, and with the line that they begin with in English. A
    raw cell becomes the text it is, an answer a directive that folds it.
    """
    for cell in notebook.cells:
        cell.metadata["begins"] = cell.source.split("\n", 1)[0]
    translate(notebook)
    for cell in notebook.cells:
        if answers.is_answer(cell):
            cell.source = directive("dropdown", _("Answer"), answers.unfolded(cell.source))
        if cell.cell_type == "raw":
            cell.cell_type, cell.source = "markdown", verbatim(cell.source)
        if "outputs" in cell:
            cell.outputs = [o for o in cell.outputs if o.output_type == "stream" or kind_of(o)]
            for output in cell.outputs:
                if kind := kind_of(output):
                    output.data = {kind: output.data[kind]}


def check_places(name: str, got: list, reference: str, wanted: list) -> None:
    """Raise Unfit at the first place that is not like that of the reference notebook."""

    def kind(place):
        """Return what must be equal: the shared cell, whether it has output; or that it is own."""
        (cell, *_) = place[1]
        if is_own(cell):
            return "framework"
        return cell.cell_type, cell.source, bool(cell.get("outputs"))

    for place, want in zip_longest(got, wanted):
        if not place:
            last = f"{name}, cell {got[-1][0]}"
            raise files.Unfit(f"{last}: the last, but {reference} goes on at cell {want[0]}")
        if not want or kind(place) != kind(want):
            like = f"cell {want[0]} of {reference}" if want else f"anything in {reference}"
            raise files.Unfit(f"{name}, cell {place[0]}: not like {like}")


def verbatim(text: str) -> str:
    """Return text as MyST that shows it as it is."""
    return directive("code-block", "none", text.rstrip()) if text.strip() else ""


def shown(outputs: list[nbformat.NotebookNode], folder: Path) -> str:
    """Return a prepared cell's outputs as MyST; their figures are written into folder."""
    parts = []
    for kind, run in groupby(outputs, lambda output: output.output_type):
        if kind == "stream":  # one text may come in several pieces
            parts.append(verbatim("".join(o.text for o in run)))
        else:
            parts += [shown_data(output, folder) for output in run]
    text = "\n".join(filter(None, parts))
    return directive("container", "cell-output", text) if text else ""


def shown_data(output: nbformat.NotebookNode, folder: Path) -> str:
    """Return a prepared output that is no stream as MyST; a figure is written into folder."""
    kind = kind_of(output)
    data = output.data[kind]
    if kind in PICTURES:
        figure, about = PICTURES[kind](data), about_figure(output)
        ending = kind.removeprefix("image/").removesuffix("+xml")
        name = f"{sha256(figure).hexdigest()[:16]}.{ending}"
        (folder / name).write_bytes(figure)
        size = {"width": f"{about['width']}px"} if "width" in about else {}
        return directive("image", name, "", alt=json.dumps(about["alt"]), **size)
    if kind == "text/html":
        return directive("raw", "html", data)
    return verbatim(data) if kind == "text/plain" else data


def code(cell: nbformat.NotebookNode, output: str) -> str:
    """Return a code cell as MyST."""
    source = directive("code-block", "python", cell.source) if cell.source.strip() else ""
    return directive("container", "cell", f"{source}\n{output}") if source or output else ""


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
        if re.match(r"## Exercise \d", first.metadata.begins):
            heading, question, *rest = first.source.split("\n\n", 2)
            parts += [heading, question]
            solution = len(parts)
            parts += rest
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
        parts[start:] = [directive("dropdown", _("Solution"), "\n\n".join(parts[start:]))]


def name_of(notebook: nbformat.NotebookNode, file: str) -> str:
    """Return the framework's name, which a lesson's first own cell has in bold."""
    n, (cell, *_) = next((n, cells) for n, cells in places(notebook) if is_own(cells[0]))
    if found := re.search(r"\*\*(.+?)\*\*", cell.source):
        return found[1]
    raise files.Unfit(f"{file}, cell {n}: the framework's name is not in bold")


def stage(source: Path) -> None:
    """Fill source with all that Sphinx reads: the pages of book/, and those made from notebooks."""
    shutil.copytree(ROOT / "book", source)
    for page in source.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(translated(text), encoding="utf-8")
    for picture in (*backends.NOTEBOOKS.glob("*.svg"), *backends.NOTEBOOKS.glob("*.png")):
        shutil.copy(picture, source)
    kinds = {suffix: read(suffix) for suffix in backends.KINDS}
    lessons = kinds[""]
    names = {key: name_of(notebook, f"gan_{key}.ipynb") for key, notebook in lessons.items()}
    wheel = stage_downloads(kinds, source / "download")
    zips = ", ".join(download(key, names[key]) for key in lessons)
    for notebook in chain.from_iterable(notebooks.values() for notebooks in kinds.values()):
        prepare(notebook)
    for suffix, notebooks in kinds.items():
        page = source / f"lesson{suffix}.md"
        title, rest = assemble(notebooks, names, source).split("\n", 1)
        intro = _(
            "Choose a framework in any of the tabs, and all the others follow, on your next visit "
            "too. To run the code, download the notebooks with all that they need as a zip "
            "({zips}), {unzip}"
        ).format(zips=zips, unzip=_(UNZIP))
        page.write_text(linked(f"{title}\n\n{intro}\n{rest}"), encoding="utf-8")
    (source / "hundred_runs.md").write_text(hundred_runs(lessons), encoding="utf-8")
    for key, notebook in lessons.items():
        stage_notebook(notebook, key, names[key], source)
    entries = "\n".join(f"{names[key]} <gan_{key}>" for key in lessons)
    options = {"caption": _("Notebooks"), "hidden": ""}
    append(source / "index.md", directive("toctree", "", entries, **options))
    if spoken() != "en":
        stage_words(source / "locale" / spoken() / "LC_MESSAGES")
        code = _("What is said of a function here is what its code says, which is in English.")
        append(source / "reference.md", code)
        tables = _("What is measured stands below as `make bench` wrote it, in English.")
        append(source / "results.md", tables)
    append(source / "reference.md", tabs({key: module(key) for key in lessons}, names))
    elsewhere = _(
        "To use the package outside the lessons, {{download}}`download its wheel <{wheel}>` and "
        "install that with pip."
    )
    append(source / "reference.md", elsewhere.format(wheel=f"download/{wheel}"))
    figures = {names[key]: read_figures(notebook) for key, notebook in lessons.items()}
    head = [_("framework"), *map(_, next(iter(figures.values())))]
    append(source / "results.md", table(head, [[k, *v.values()] for k, v in figures.items()]))
    for measured, name in {"results.md": "speed.md", "hub.md": "hub.md"}.items():
        text = (ROOT / "benchmarks" / measured).read_text(encoding="utf-8")
        (source / name).write_text(linked(translated(text)), encoding="utf-8")
        append(source / "results.md", directive("include", name, "", heading_offset="1"))


def stage_words(folder: Path) -> None:
    """Write the texts of a language as Sphinx and its themes read them."""
    folder.mkdir(parents=True)
    catalogue = catalogue_of(spoken())
    with (folder / "sphinx.mo").open("wb") as file:
        write_mo(file, catalogue)
    lab = [m.id for m in catalogue if any(p.startswith("book/_static/") for p, _ in m.locations)]
    messages = {text: _(text) for text in [*SEARCHING, *lab]} | {ONE_FOUND: [_(FOUND)]}
    words = json.dumps({"locale": spoken(), "messages": messages, "plural_expr": "0"})
    (folder / "sphinx.js").write_text(f"Documentation.addTranslations({words});", encoding="utf-8")


def hundred_runs(lessons: dict[str, nbformat.NotebookNode]) -> str:
    """Return the table of what came out of the hundred runs, from the prepared lessons."""
    for cell in lessons[d2lmini.FRAMEWORKS[0]].cells:
        if cell.metadata.begins.startswith("Here is what came out"):
            return paragraphs(cell.source)[-1]
    raise files.Unfit("the lesson has no cell that says what came out of the hundred runs")


def stage_downloads(kinds: dict[str, dict[str, nbformat.NotebookNode]], folder: Path) -> str:
    """Write what the book offers to download, and return the name of the wheel of d2lmini.

    kinds: all notebooks, by suffix and framework.
    """
    folder.mkdir()
    wheel = copies.build_wheel(folder)
    for key in d2lmini.FRAMEWORKS:
        notebooks = {f"gan_{key}{suffix}.ipynb": kinds[suffix][key] for suffix in kinds}
        content = copies.zipped(copies.bundle(key, notebooks, wheel), copies.unpacked(key))
        (folder / f"gan_{key}.zip").write_bytes(content)
    return wheel.name


def linked(text: str) -> str:
    """Return prose with its links to files beside the notebooks' folder turned to the book's."""
    for file, page in LINKS.items():
        text = text.replace(f"]({file}", f"]({page}")
    # Only the lessons have pages of their own: on one, solutions would not be folded.
    others = "|".join(filter(None, backends.KINDS))
    return re.sub(rf"\]\(gan_[^_)]+({others})\.ipynb", r"](lesson\1.md", text)


def download(key: str, title: str) -> str:
    """Return a link that downloads the zip of a framework."""
    return f"{{download}}`{title} <download/gan_{key}.zip>`"


def stage_notebook(notebook: nbformat.NotebookNode, key: str, name: str, source: Path) -> None:
    """Write a notebook for a page of its own: its framework in the title, a link to download it."""
    for cell in notebook.cells:
        cell.source = linked(cell.source)
        outputs = cell.get("outputs", ())
        pictures = [about_figure(o)["alt"] for o in outputs if kind_of(o) in PICTURES]
        if pictures:  # MyST-NB looks for a description here only
            cell.metadata["mystnb"] = {"image": {"alt": " ".join(pictures)}}
    title, *rest = notebook.cells[0].source.split("\n", 1)
    intro = _(
        "To run it yourself, {{download}}`download this notebook with all that it needs <{file}>` "
        "as a zip, {unzip}"
    ).format(file=f"download/gan_{key}.zip", unzip=_(UNZIP))
    notebook.cells[0].source = "\n".join([f"{title} ({name})", "", intro, *rest])
    nbformat.write(notebook, source / f"gan_{key}.ipynb")


def module(key: str) -> str:
    """Return the reference of a framework's module as MyST, without the framework's own names."""
    options = "   :members:\n   :exclude-members: matmul, normal, seed, tensor"
    return f"```{{eval-rst}}\n.. automodule:: d2lmini.{key}\n{options}\n```"


def append(page: Path, text: str) -> None:
    """Add text to the end of a page."""
    page.write_text(f"{page.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")


def why_kept(folder: Path) -> str | None:
    """Return the reason not to replace what is there, or None if it is nothing but a book."""
    if ROOT.resolve().is_relative_to(folder):
        return "the project is in it"
    if folder.exists() and not folder.is_dir():
        return "it is a file"
    listed = listed_in(folder)
    for language in LANGUAGES:
        listed |= {language} | {f"{language}/{name}" for name in listed_in(folder / language)}
    inside = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    other = next((name for name in inside if name not in listed), None)
    return f"{other} in it is not of a book" if other else None


def listed_in(folder: Path) -> set[str]:
    """Return what a book's contents.txt lists; nothing if there is none."""
    ours = folder / CONTENTS
    return set(ours.read_text(encoding="utf-8").splitlines()) if ours.is_file() else set()


def build(language: str, drafts: Path) -> Path:
    """Build the book in a language into a folder of drafts, and return it; SystemExit if it fails.

    It stands beside the others there, for MyST-NB leaves a folder of its own beside a book.
    """
    source, book = drafts / f"source-{language}", drafts / language
    locale.translators.clear()  # else Sphinx would add these texts to those of the book before
    with speaking(language):
        try:
            stage(source)
        except files.Unfit as fault:
            raise SystemExit(f"{fault}; the book is as it was") from None
        doctrees = drafts / f"doctrees-{language}"
        if build_main([*SPHINX, "-d", str(doctrees), str(source), str(book)]):
            raise SystemExit("see the warnings above; the book is as it was")
    (book / CONTENTS).touch()
    names = sorted(path.relative_to(book).as_posix() for path in book.rglob("*"))
    (book / CONTENTS).write_text("\n".join(names), encoding="utf-8")
    return book


def main() -> None:
    """Build, and only when all has gone well, put the new books in the old ones' place."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "_build" / "book").resolve()
    home, first, others = target.parent, asked(), []
    if first == "en":
        others = list(LANGUAGES)
    else:
        target /= first
    if reason := why_kept(target):
        raise SystemExit(f"{target} is not replaced: {reason}; remove it or name another folder")
    for language in (first, *others):
        with speaking(language):  # what is broken there is told before the long work
            pass
    home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home) as folder:  # on the same disk, for the renames
        book, *inner = [build(language, Path(folder)) for language in (first, *others)]
        for part in inner:
            part.rename(book / part.name)
        target.parent.mkdir(exist_ok=True)
        if target.exists():
            target.rename(Path(folder, "old"))
        book.rename(target)
    for language in (first, *others):
        print(target / ("" if language == first else language) / "index.html")


if __name__ == "__main__":
    main()
