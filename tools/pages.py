"""The book's pages as Sphinx reads them, made of the notebooks and of book/: text in, text out.

A page of tabs is assembled from a lesson's notebooks of one kind, one per framework, in the
language that is spoken. What is wrong with a notebook is Unfit to be shown, and told with its cell.
"""

import json
import re
from base64 import b64decode
from copy import deepcopy
from hashlib import sha256
from io import BytesIO
from itertools import groupby, zip_longest
from pathlib import PurePosixPath

import nbformat
from babel.messages.mofile import write_mo

from tools import answers, copies, files
from tools.language import N_, _, catalogue_of, current_language, title_of, translated
from tools.lessons import LESSONS, ROOT, Lesson, Notebook, of
from tools.markdown import paragraphs, relinked, table
from tools.prose import is_own, places
from tools.run import check_prose, read_figures

Notebooks = dict[str, nbformat.NotebookNode]  # by framework

# How a figure is stored, and of all that an output may be, the first of these is shown.
DRAWN = {"image/svg+xml": str.encode, "image/png": b64decode, "image/jpeg": b64decode}
SHOWN = ["text/html", *DRAWN, "text/markdown", "text/latex", "text/plain"]

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


def source() -> dict[str, str | bytes]:
    """Return by path all that Sphinx reads beside conf.py and its templates.

    Raises Unfit if a notebook is not fit to be shown.
    """
    own = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "book").glob("*.md")}
    made = {name: translated(text) for name, text in own.items()}
    wheel = copies.build_wheel()
    made[f"download/{wheel.name}"] = wheel.content
    for lesson in LESSONS:
        books = {kind: read(lesson, kind) for kind in lesson.kinds}
        names = {key: name_of(node, lesson.notebook(key)) for key, node in books[""].items()}
        made |= downloads(lesson, books, wheel) | pictures(lesson, books)
        made |= pages(lesson, books, names)
        made["index.md"] += contents(lesson, books[""], names, own["index.md"])
        made["results.md"] += figures(lesson, books[""], names)
    made["reference.md"] += reference(names, wheel.name)  # the same in each lesson
    texts = measured()
    parts = [directive("include", page, "", heading_offset="1") for page in texts]
    if current_language() != "en":
        made |= words()
        parts.insert(0, _("What is measured stands below as `make bench` wrote it, in English."))
    made["results.md"] += "".join(f"\n{part}\n" for part in parts)
    return made | texts


def read(lesson: Lesson, kind: str) -> Notebooks:
    """Return a lesson's notebooks of a kind.

    Raises Unfit if one is missing or invalid, is not the same as the first in its shared cells, or
    has a cell that was not run or is not fit to be shown.
    """
    paths = {key: notebook.ipynb for key, notebook in lesson.notebooks(kind).items()}
    notebooks = {key: files.read(path) for key, path in paths.items()}
    first = next(iter(paths))
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
            if kind_of(output) in DRAWN and not about_figure(output).get("alt"):
                raise files.Unfit(f"{name}, cell {n}: a figure without alt text")


def kind_of(output: nbformat.NotebookNode) -> str | None:
    """Return the kind, of those that an output comes in, to be shown; None if there is none."""
    return next((kind for kind in SHOWN if kind in output.get("data", ())), None)


def about_figure(output: nbformat.NotebookNode) -> dict:
    """Return what is noted of an output that is shown as a figure, its description above all."""
    return output.metadata.get(kind_of(output), {})


def alt_of(output: nbformat.NotebookNode) -> str:
    """Return the description of a figure in the language that is spoken."""
    words = about_figure(output)["alt"]  # a name, for Babel would take _("...") for a text
    return _(words)


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


def name_of(notebook: nbformat.NotebookNode, where: Notebook) -> str:
    """Return the framework's name, which a lesson's first own cell has in bold."""
    n, (cell, *_) = next((n, cells) for n, cells in places(notebook) if is_own(cells[0]))
    if found := re.search(r"\*\*(.+?)\*\*", cell.source):
        return found[1]
    raise files.Unfit(f"{where.ipynb.name}, cell {n}: the framework's name is not in bold")


def downloads(lesson: Lesson, books: dict[str, Notebooks], wheel: copies.Wheel) -> dict[str, bytes]:
    """Return the zips of a lesson, with all its notebooks, one for each framework.

    books: its notebooks by kind.
    """
    made = {}
    for key, notebook in lesson.notebooks().items():
        its = {lesson.notebook(key, kind).ipynb.name: books[kind][key] for kind in books}
        zipped = copies.zipped(copies.bundle(notebook, its, wheel), notebook)
        made[f"download/{notebook.stem}.zip"] = zipped
    return made


def pictures(lesson: Lesson, books: dict[str, Notebooks]) -> dict[str, bytes]:
    """Return the pictures of a lesson: those in its folder, and those that its cells have drawn."""
    made = {p.name: p.read_bytes() for p in lesson.folder.iterdir() if p.suffix in (".svg", ".png")}
    cells = (c for nodes in books.values() for node in nodes.values() for c in node.cells)
    outputs = (output for cell in cells for output in cell.get("outputs", ()))
    return made | {file_of(o): drawn(o) for o in outputs if kind_of(o) in DRAWN}


def pages(lesson: Lesson, books: dict[str, Notebooks], names: dict[str, str]) -> dict[str, str]:
    """Return a lesson's pages: one of tabs for each kind of notebooks, and each of the lesson.

    books: its notebooks by kind. names: the frameworks' names by key.
    """
    made = {}
    zips = ", ".join(zip_of(lesson.notebook(key), name) for key, name in names.items())
    intro = _(
        "Choose a framework in any of the tabs, and all the others follow, on your next visit "
        "too. To run the code, download the notebooks with all that they need as a zip "
        "({zips}), {unzip}"
    ).format(zips=zips, unzip=_(UNZIP))
    for kind, notebooks in books.items():
        title, rest = assemble(notebooks, names).split("\n", 1)
        made[f"{lesson.page(kind)}.md"] = f"{title}\n\n{intro}\n{rest}"
    for key, notebook in books[""].items():
        of_one = lesson.notebook(key)
        made[of_one.ipynb.name] = nbformat.writes(alone(notebook, of_one, names[key]))
    marked = (
        c for c in next(iter(books[""].values())).cells if "results" in c.metadata.get("tags", ())
    )
    made |= {f"{lesson.key}_results.md": paragraphs(prose(cell))[-1] for cell in marked}
    return made


def contents(lesson: Lesson, notebooks: Notebooks, names: dict[str, str], listed: str) -> str:
    """Return a list for the sidebar: a lesson's notebooks, and pages that are not listed yet."""
    pages = [lesson.page(kind) for kind in lesson.kinds]
    entries = [page for page in pages if f"<{page}>" not in listed]
    entries += [f"{names[key]} <{lesson.notebook(key).stem}>" for key in notebooks]
    caption = title_of(next(iter(notebooks.values())))
    return f"\n{directive('toctree', '', chr(10).join(entries), caption=caption, hidden='')}\n"


def figures(lesson: Lesson, notebooks: Notebooks, names: dict[str, str]) -> str:
    """Return the table of what a lesson's notebooks have printed, if there is anything to show."""
    if not lesson.figures:
        return ""
    rows = {names[key]: read_figures(node, lesson) for key, node in notebooks.items()}
    head = [_("framework"), *map(_, lesson.figures)]
    return f"\n{table(head, [[name, *row.values()] for name, row in rows.items()])}\n"


def measured() -> dict[str, str]:
    """Return the pages of what `make bench` and `make hub-load` have measured."""
    stored = {"speed.md": "results.md", "hub.md": "hub.md"}
    texts = {p: (ROOT / "benchmarks" / s).read_text(encoding="utf-8") for p, s in stored.items()}
    return {page: relinked(translated(text), in_book) for page, text in texts.items()}


def reference(names: dict[str, str], wheel: str) -> str:
    """Return the reference of each framework's module, in tabs, and how to get the package."""
    parts = [tabs({key: module(key) for key in names}, names)]
    elsewhere = _(
        "To use the package outside the lessons, {{download}}`download its wheel <{wheel}>` and "
        "install that with pip."
    )
    parts.append(elsewhere.format(wheel=f"download/{wheel}"))
    if current_language() != "en":
        code = _("What is said of a function here is what its code says, which is in English.")
        parts.insert(0, code)
    return "".join(f"\n{part}\n" for part in parts)


def module(key: str) -> str:
    """Return the reference of a framework's module as MyST, without the framework's own names."""
    options = "   :members:\n   :exclude-members: matmul, normal, seed, tensor"
    return f"```{{eval-rst}}\n.. automodule:: d2lmini.{key}\n{options}\n```"


def words() -> dict[str, str | bytes]:
    """Return the texts of the language that is spoken as Sphinx and its themes read them."""
    language, binary = current_language(), BytesIO()
    folder, catalogue = f"locale/{language}/LC_MESSAGES", catalogue_of(language)
    write_mo(binary, catalogue)
    lab = [m.id for m in catalogue if any(p.startswith("book/_static/") for p, _ in m.locations)]
    messages = {text: _(text) for text in [*SEARCHING, *lab]} | {ONE_FOUND: [_(FOUND)]}
    script = json.dumps({"locale": language, "messages": messages, "plural_expr": "0"})
    return {
        f"{folder}/sphinx.mo": binary.getvalue(),
        f"{folder}/sphinx.js": f"Documentation.addTranslations({script});",
    }


def assemble(notebooks: Notebooks, names: dict[str, str]) -> str:
    """Return one MyST page: shared prose once, in tabs what differs between frameworks.

    names: the frameworks' names by key. What comes after a heading "## Exercise n" and the
    paragraph with the question is folded until asked for.
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
            heading, question, *rest = prose(first).split("\n\n", 2)
            parts += [heading, question]
            solution = len(parts)
            parts += rest
        elif is_own(first):
            parts.append(tabs({key: "\n\n".join(map(cell, cells[key])) for key in cells}, names))
        elif first.cell_type != "code":
            parts.append(prose(first))
        else:
            outputs = {key: shown(cell.outputs) for key, (cell,) in cells.items()}
            same = len(set(outputs.values())) == 1
            parts.append(code(first, outputs[next(iter(outputs))] if same else ""))
            if not same:
                parts.append(tabs(outputs, names))
    fold(parts, solution)
    return "\n\n".join(parts) + "\n"


def fold(parts: list[str], start: int | None) -> None:
    """Fold what has come since start, if anything has."""
    if start is not None and parts[start:]:
        parts[start:] = [directive("dropdown", _("Solution"), "\n\n".join(parts[start:]))]


def alone(notebook: nbformat.NotebookNode, where: Notebook, name: str) -> nbformat.NotebookNode:
    """Return a notebook for a page of its own: its framework in the title, a link to download it.

    Its cells have only what is shown of them, in the language that is spoken, for MyST-NB.
    """
    page = deepcopy(notebook)
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.output_type == "stream" or kind_of(o)]
            for output in cell.outputs:
                if kind := kind_of(output):
                    output.data = {kind: output.data[kind]}
            alts = [alt_of(o) for o in cell.outputs if kind_of(o) in DRAWN]
            if alts:  # MyST-NB looks for a description here only
                cell.metadata["mystnb"] = {"image": {"alt": " ".join(alts)}}
        else:
            cell.source, cell.cell_type = prose(cell), "markdown"
    title, *rest = page.cells[0].source.split("\n", 1)
    intro = _(
        "To run it yourself, {{download}}`download this notebook with all that it needs <{file}>` "
        "as a zip, {unzip}"
    ).format(file=f"download/{where.stem}.zip", unzip=_(UNZIP))
    page.cells[0].source = "\n".join([f"{title} ({name})", "", intro, *rest])
    return page


def cell(cell: nbformat.NotebookNode) -> str:
    """Return a cell as MyST, with what it has put out."""
    return code(cell, shown(cell.outputs)) if cell.cell_type == "code" else prose(cell)


def prose(cell: nbformat.NotebookNode) -> str:
    """Return a cell that is no code as MyST, in the language that is spoken.

    A raw cell becomes the text it is, an answer a directive that folds it. Links lead to pages of
    the book.
    """
    if cell.cell_type == "raw":
        return verbatim(cell.source)
    text = relinked(translated(cell.source), in_book)
    if answers.is_answer(cell):
        return directive("dropdown", _("Answer"), answers.unfolded(text))
    return text


def in_book(address: str) -> str:
    """Return where in the book that is to which a notebook links."""
    path, hash, anchor = address.partition("#")
    if re.match(r"\w+:", path) or not path:
        return address
    file = PurePosixPath(path).name  # the book has no folders
    if file == "lab.md" and anchor:
        return f"lab:{anchor}"
    # Only the lessons have pages of their own: on one, solutions would not be folded.
    if (notebook := of(file)) and notebook.kind:
        file = f"{notebook.lesson.page(notebook.kind)}.md"
    return {"README.md": "index.md"}.get(file, file) + hash + anchor


def code(cell: nbformat.NotebookNode, output: str) -> str:
    """Return a code cell as MyST."""
    source = directive("code-block", "python", cell.source) if cell.source.strip() else ""
    return directive("container", "cell", f"{source}\n{output}") if source or output else ""


def shown(outputs: list[nbformat.NotebookNode]) -> str:
    """Return a cell's outputs as MyST; their figures are in files: see file_of and drawn."""
    parts = []
    for kind, run in groupby(outputs, lambda output: output.output_type):
        if kind == "stream":  # one text may come in several pieces
            parts.append(verbatim("".join(o.text for o in run)))
        else:
            parts += [shown_data(output) for output in run if kind_of(output)]
    text = "\n".join(filter(None, parts))
    return directive("container", "cell-output", text) if text else ""


def shown_data(output: nbformat.NotebookNode) -> str:
    """Return an output that is no stream as MyST."""
    kind = kind_of(output)
    data = output.data[kind]
    if kind in DRAWN:
        about = about_figure(output)
        size = {"width": f"{about['width']}px"} if "width" in about else {}
        return directive("image", file_of(output), "", alt=json.dumps(alt_of(output)), **size)
    if kind == "text/html":
        return directive("raw", "html", data)
    return verbatim(data) if kind == "text/plain" else data


def drawn(output: nbformat.NotebookNode) -> bytes:
    """Return a figure that a cell has drawn."""
    return DRAWN[kind_of(output)](output.data[kind_of(output)])


def file_of(output: nbformat.NotebookNode) -> str:
    """Return the name of the file of a figure that a cell has drawn."""
    ending = kind_of(output).removeprefix("image/").removesuffix("+xml")
    return f"{sha256(drawn(output)).hexdigest()[:16]}.{ending}"


def zip_of(notebook: Notebook, title: str) -> str:
    """Return a link that downloads the zip of a lesson in a framework."""
    return f"{{download}}`{title} <download/{notebook.stem}.zip>`"


def verbatim(text: str) -> str:
    """Return text as MyST that shows it as it is."""
    return directive("code-block", "none", text.rstrip()) if text.strip() else ""


def directive(name: str, title: str, body: str, **options: str) -> str:
    """Return a MyST directive, its fence longer than any in its body."""
    fence = ":" * (1 + max(map(len, re.findall("^:{2,}", body, re.MULTILINE)), default=2))
    lines = [f":{option.replace('_', '-')}: {value}\n" for option, value in options.items()]
    return f"{fence}{{{name}}} {title}\n{''.join(lines)}\n{body}\n{fence}"


def tabs(contents: dict[str, str], names: dict[str, str]) -> str:
    """Return a set of tabs, one per framework; all sets of a page follow one choice."""
    items = [directive("tab-item", names[key], contents[key], sync=key) for key in contents]
    return directive("tab-set", "", "\n".join(items), sync_group="framework")
