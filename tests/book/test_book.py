"""Assembling one page from the notebooks of all frameworks, and what stops it."""

import shutil
from base64 import b64encode
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

import d2lmini
from tests.support.commands import everything, refusal
from tests.support.lesson import GAN
from tools import book, lessons, pages
from tools.prose import is_own

KEYS = d2lmini.FRAMEWORKS
NAMES = {key: key.upper() for key in KEYS}
PAGES = shutil.ignore_patterns("*.md")


def code(source, *outputs, own=False):
    cell = new_code_cell(source, execution_count=1, outputs=list(outputs))
    cell.metadata["tags"] = ["framework"] if own else []
    return cell


def printed(text):
    return new_output("stream", name="stdout", text=text)


def figure(png=b"PNG", **about):
    data = {"image/png": b64encode(png).decode(), "text/plain": "x"}
    return new_output("display_data", data, metadata={"image/png": about})


@pytest.fixture
def page():
    """Assemble a page from what cells(key) gives for each framework."""

    def assemble(cells):
        return pages.assemble({key: new_notebook(cells=cells(key)) for key in KEYS}, NAMES)

    return assemble


def test_shared_cells_stand_once_and_own_cells_in_a_tab_each(page):
    def cells(key):
        own = [code(f"own_{key} = 1", own=True), code(f"and_{key} = 2", own=True)]
        return [new_markdown_cell("# Title"), *own, code("shared = 3", printed("the same\n"))]

    text = page(cells)
    assert text.count("# Title") == text.count("shared = 3") == text.count("the same") == 1
    assert text.count("{tab-set}") == 1  # two own cells in a row are one place
    for key in KEYS:
        (tab,) = [tab for tab in text.split("{tab-item} ")[1:] if tab.startswith(key.upper())]
        assert f":sync: {key}\n" in tab and f"own_{key}" in tab and f"and_{key}" in tab


def test_outputs_that_differ_stand_in_tabs(page):
    text = page(lambda key: [code("shared", printed(f"digits of {key}"))])
    assert text.count("shared") == 1 and text.count("{tab-set}") == 1
    assert all(text.count(f"digits of {key}") == 1 for key in KEYS)


def test_a_text_that_came_in_pieces_is_the_same_text(page):
    pieces = {key: [printed("one\n"), printed("two\n")] for key in KEYS}
    pieces[KEYS[0]] = [printed("one\ntwo\n")]
    text = page(lambda key: [code("shared", *pieces[key])])
    assert "tab-set" not in text and text.count("one\ntwo") == 1


def test_a_figure_is_a_file_with_its_width_and_description(page):
    alt = 'A "curve": $x$ falls'
    text = page(lambda key: [code("shared", figure(alt=alt, width=500))])
    assert ':alt: "A \\"curve\\": $x$ falls"\n' in text and ":width: 500px\n" in text
    name = pages.file_of(figure())
    assert pages.drawn(figure()) == b"PNG" and f"{{image}} {name}" in text


def put_out(own=False, metadata=None, **data):
    data = {f"{kind.replace('_', '/')}": content for kind, content in data.items()}
    return code("1", new_output("display_data", data, metadata=metadata or {}), own=own)


SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><circle r='9'/></svg>"
ALIGN = "\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}"


def unusual(own=False):
    """Cells that lessons do not have, but a teacher's changed ones may."""
    described = {"image/svg+xml": {"alt": "A dot"}}
    raw = new_raw_cell("raw < $x$", metadata={"format": "text/x-rst"})
    answer = "<details>\n<summary>Answer</summary>\n\nIt is $z$.\n\n</details>"
    answer = new_markdown_cell(answer, metadata={"tags": ["answer"]})
    if own:
        raw.metadata["tags"] = ["framework"]
        answer.metadata["tags"] = ["answer", "framework"]
    return [
        new_markdown_cell(f"`$HOME` and `$PATH`\n\n{ALIGN}"),
        raw,
        new_raw_cell(""),
        answer,
        new_code_cell(""),
        code("print()", printed("\n"), own=own),
        put_out(own, described, **{"image_svg+xml": SVG, "text_plain": "<Figure size>"}),
        put_out(own, image_jpeg="AAAA", metadata={"image/jpeg": {"alt": "A photograph"}}),
        put_out(own, text_html="<b>bold</b>", text_plain="plain"),
        put_out(own, text_latex="$x$", text_plain="plain"),
        put_out(own, text_markdown="`$y$` and $z$", text_plain="plain"),
        put_out(own, text_plain=""),
        put_out(own, application_json={"a": 1}),
        put_out(own),
    ]


def test_of_unusual_cells_is_shown_what_can_be(page, tmp_path, capfd):
    """On a page of tabs and on a notebook's own, both built by Sphinx without a warning."""

    def cells(key=None):
        return [new_markdown_cell("# Title"), *unusual(), *unusual(own=True)]

    source = shutil.copytree(book.ROOT / "book", tmp_path / "source", ignore=PAGES)
    target = tmp_path / "book"
    text, notebook = page(cells), new_notebook(cells=cells())
    notebook.metadata = {"language_info": {"name": "python"}}
    lesson = lessons.Lesson("gan")
    book.put(pages.pictures(lesson, {"": {"torch": notebook}}), source)
    (source / "index.md").write_text(f"{text}\n```{{toctree}}\ngan_torch\n```", encoding="utf-8")
    (source / "download").mkdir()
    (source / "download" / "gan_torch.zip").touch()
    alone = pages.alone(notebook, lesson.notebook("torch"), "PyTorch")
    nbformat.write(alone, source / "gan_torch.ipynb")
    assert book.build_main([*book.SPHINX, str(source), str(target)]) == 0, capfd.readouterr().err
    for name, times in {"index.html": 1 + len(KEYS), "gan_torch.html": 2}.items():
        html = BeautifulSoup((target / name).read_text(encoding="utf-8"), "html.parser").article
        for shown in "a=bc=d", "$HOME and $PATH":
            assert html.get_text().count(shown) == 2
        for shown in "raw < $x$", "bold", "$y$":
            assert html.get_text().count(shown) == times, shown
        for hidden in "plain", "Figure":
            assert hidden not in html.get_text()
        folded = html.select("details.sd-dropdown")  # like the solutions
        assert not any(answer.has_attr("open") for answer in folded)
        assert [answer.summary.get_text().strip() for answer in folded] == times * ["Answer"]
        assert [answer.p.math.get_text() for answer in folded] == times * ["z"]
        assert len(html.find_all("math")) == 2 + 3 * times
        if name == "index.html":
            assert all(box.get_text().strip() for box in html.find_all("pre"))
        alts = [image["alt"] for image in html.find_all("img")]
        assert alts == times * ["A dot", "A photograph"]


def test_a_formula_in_a_page_of_the_book_is_named_with_its_line(tmp_path, capfd):
    source = shutil.copytree(book.ROOT / "book", tmp_path / "source", ignore=PAGES)
    (source / "index.md").write_text("# Title\n\nSee $\\left( x$.\n", encoding="utf-8")
    assert book.build_main([*book.SPHINX, str(source), str(tmp_path / "book")]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert f"{source / 'index.md'}:3: " in line and r"not a formula: \left( x" in line


def test_what_follows_an_exercise_is_folded(page):
    text = page(
        lambda key: [
            new_markdown_cell("# Solutions"),
            new_markdown_cell("## Exercise 1: why?\n\n*The question.*\n\nIts answer."),
            code(f"answer_{key}", own=True),
            new_markdown_cell("## Further reading"),
            new_markdown_cell("Not an answer."),
        ]
    )
    before, _, after = text.partition("{dropdown} Solution\n")
    fence = before.splitlines()[-1]
    inside, _, rest = after.partition(f"\n{fence}\n")
    assert "The question." in before and "dropdown" not in rest
    assert "Its answer." in inside
    assert all(f"answer_{key}" in inside for key in KEYS)  # no fence within closes it
    assert "Further reading" in rest and "Not an answer." in rest


@pytest.mark.parametrize(
    "link, wanted",
    [
        ("gan_torch.ipynb#run-it", "gan_torch.ipynb#run-it"),
        ("gan_torch_faster.ipynb", "gan_faster.md"),
        ("gan_mxnet_solutions.ipynb#x", "gan_solutions.md#x"),
        ("../../benchmarks/results.md", "results.md"),
        ("../../README.md", "index.md"),
        ("../../book/lab.md#lr_D=0.02&then=2500:fresh", "lab:lr_D=0.02&then=2500:fresh"),
        ("https://d2l.ai/a.md#b", "https://d2l.ai/a.md#b"),
        ("#summary", "#summary"),
    ],
)
def test_links_between_notebooks_hold_in_the_book(link, wanted):
    cell = new_markdown_cell(f"[a]({link}), [b](gan_jax.ipynb)")
    assert pages.prose(cell) == f"[a]({wanted}), [b](gan_jax.ipynb)"


def shown_by_all(cells):
    """The number of the last shared cell that shows a figure first of all."""
    figures = ["image/png" in str(cell.get("outputs", ["-"])[:1]) for cell in cells]
    return max(n for n, cell in enumerate(cells, 1) if figures[n - 1] and not is_own(cell))


STOPPED = new_output("error", ename="OSError", evalue="", traceback=[])
# What is done to the cells, to that of a figure above all, and what is said then of which cell.
FAULTS = {
    "never run": (lambda _, cell: cell.update(execution_count=None), "{figure}: never run"),
    "no output": (lambda _, cell: cell.update(outputs=[]), "{figure}: not like cell "),
    "stopped": (lambda _, cell: cell.update(outputs=[STOPPED]), "{figure}: stopped with OSError"),
    "no description": (
        lambda _, cell: cell.outputs[0].metadata["image/png"].pop("alt"),
        "{figure}: a figure without alt text",
    ),
    "no description of an SVG": (
        lambda _, cell: cell.outputs[0].update(data={"image/svg+xml": "<svg/>"}),
        "{figure}: a figure without alt text",
    ),
    "changed": (lambda _, cell: cell.update(source=f"{cell.source}x"), "{figure}: not like cell "),
    "one less": (
        lambda cells, _: cells.pop(),
        "{last}: the last, but gan_torch.ipynb goes on at cell ",
    ),
    "one more": (
        lambda cells, _: cells.append(new_markdown_cell("More.")),
        "{last}: not like anything in gan_torch.ipynb",
    ),
    "no formula": (
        lambda cells, _: cells[2].update(source=r"See $\left( x$."),
        r"3: not a formula: \left( x ",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_notebook_unfit_for_the_book_is_named_with_its_cell(notebooks, fault):
    path = notebooks / "gan_mxnet.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (change, what), cells = FAULTS[fault], notebook.cells
    number = shown_by_all(cells)
    change(cells, cells[number - 1])
    nbformat.write(notebook, path)
    said = what.format(figure=number, last=len(cells))
    assert refusal(pages.read, GAN, "").startswith(f"gan_mxnet.ipynb, cell {said}")


def test_a_missing_notebook_is_named(notebooks):
    (notebooks / "gan_mxnet.ipynb").unlink()
    with pytest.raises(SystemExit, match="gan_mxnet.ipynb is missing"):
        pages.read(GAN, "")


@pytest.mark.parametrize("content", ["", "[]", '{"cells": 1}'])
def test_a_file_that_is_no_notebook_is_named(notebooks, content):
    (notebooks / "gan_mxnet.ipynb").write_text(content, encoding="utf-8")
    assert refusal(pages.read, GAN, "").startswith("gan_mxnet.ipynb is not a valid notebook: ")


def test_a_lesson_names_its_framework(notebooks):
    lesson = new_notebook(cells=[new_markdown_cell("# Title"), code("x = 1", own=True)])
    with pytest.raises(SystemExit, match="gan_x.ipynb, cell 2: .* not in bold"):
        pages.name_of(lesson, GAN.notebook("x"))


@pytest.mark.parametrize("fault", ["a notebook", "a page"])
def test_a_book_is_replaced_by_a_whole_one_only(tmp_path, monkeypatch, notebooks, fault):
    target = tmp_path / "_build" / "book"
    target.mkdir(parents=True)
    (target / "index.html").write_text("of an earlier build", encoding="utf-8")
    (target / book.CONTENTS).write_text(f"{book.CONTENTS}\nindex.html", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["book", str(target)])
    if fault == "a notebook":
        (notebooks / "gan_mxnet.ipynb").unlink()
    else:  # Sphinx stops half-way

        def half(arguments):
            (tmp_path / "half").touch()
            return 1

        monkeypatch.setattr(book, "build_main", half)
    with pytest.raises(SystemExit, match="the book is as it was"):
        book.main()
    assert (fault == "a page") == (tmp_path / "half").exists()
    assert [path.name for path in target.parent.iterdir()] == ["book"]  # and no leftovers
    assert (target / "index.html").read_text(encoding="utf-8") == "of an earlier build"


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Build a book of two pages, in a project of its own, into the folder named."""
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / ".git" / "HEAD").touch()
    monkeypatch.setattr(book, "ROOT", project)
    monkeypatch.setattr(book, "stage", lambda source: None)

    def sphinx(arguments):
        for name in "index.html", "_static/book.css":
            path = Path(arguments[-1], name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("new", encoding="utf-8")

    def start(target, language=""):
        monkeypatch.setattr("sys.argv", ["book", str(target)])
        monkeypatch.setenv("LANGUAGE", language)
        monkeypatch.chdir(project)
        book.main()

    monkeypatch.setattr(book, "build_main", sphinx)
    return start


REFUSED = {
    ".": "the project is in it",
    "..": "the project is in it",
    "/": "the project is in it",
    ".git": "HEAD in it is not of a book",
    "../file": "it is a file",
    "../somebodys": "thesis.tex in it is not of a book",
    "../link": "thesis.tex in it is not of a book",
    "../published": "CNAME in it is not of a book",
}


@pytest.mark.parametrize("target", REFUSED)
def test_only_a_book_is_replaced(build, tmp_path, monkeypatch, target):
    (tmp_path / "somebodys").mkdir()
    (tmp_path / "somebodys" / "thesis.tex").touch()
    (tmp_path / "link").symlink_to("somebodys")
    (tmp_path / "file").touch()
    build(tmp_path / "published")
    (tmp_path / "published" / "CNAME").touch()
    monkeypatch.setattr(book, "stage", lambda source: pytest.fail("it is building"))
    before = everything(tmp_path)
    assert f"is not replaced: {REFUSED[target]};" in refusal(build, target)
    assert everything(tmp_path) == before


def test_a_book_and_an_empty_folder_are_replaced(build, tmp_path):
    target = tmp_path / "published"
    target.mkdir()
    for _ in range(2):
        build(target)
        assert (target / "index.html").read_text(encoding="utf-8") == "new"
        (target / "index.html").write_text("old", encoding="utf-8")


def test_a_language_has_its_book_in_the_english_one(build, tmp_path):
    target = tmp_path / "published"
    build(target, "vi")
    assert [path.name for path in target.iterdir()] == ["vi"]
    build(target)
    pages = [target / "index.html", target / "vi" / "index.html"]
    for page in pages:
        page.write_text("old", encoding="utf-8")
    build(target, "vi")
    assert [page.read_text(encoding="utf-8") for page in pages] == ["old", "new"]
    build(target)
    assert [page.read_text(encoding="utf-8") for page in pages] == ["new", "new"]
    (target / "vi" / "thesis.tex").touch()
    for language in "", "vi":
        with pytest.raises(SystemExit, match="thesis.tex in it is not of a book"):
            build(target, language)


@pytest.mark.parametrize("language", ["", "vi"])
def test_a_failure_in_one_language_leaves_the_books_of_all(build, tmp_path, monkeypatch, language):
    build(tmp_path / "published")
    before, sphinx = everything(tmp_path), book.build_main
    monkeypatch.setattr(book, "build_main", lambda to: to[-1].endswith("vi") or sphinx(to))
    with pytest.raises(SystemExit, match="the book is as it was"):
        build(tmp_path / "published", language)
    assert everything(tmp_path) == before
