"""Assembling one page from the notebooks of all frameworks, and what stops it."""

import shutil
from base64 import b64encode

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import d2lmini
from tools import backends, book
from tools.prose import is_own

KEYS = d2lmini.FRAMEWORKS
NAMES = {key: key.upper() for key in KEYS}


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
def page(tmp_path):
    """Assemble a page from what cells(key) gives for each framework."""

    def assemble(cells):
        notebooks = {key: new_notebook(cells=cells(key)) for key in KEYS}
        return book.assemble(notebooks, NAMES, tmp_path)

    return assemble


def test_shared_cells_stand_once_and_own_cells_in_a_tab_each(page):
    text = page(
        lambda key: [
            new_markdown_cell("# Title"),
            code(f"own_{key} = 1", own=True),
            code(f"and_{key} = 2", own=True),
            code("shared = 3", printed("the same\n")),
        ]
    )
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


def test_a_figure_is_a_file_with_its_width_and_description(page, tmp_path):
    alt = 'A "curve": $x$ falls'
    text = page(lambda key: [code("shared", figure(alt=alt, width=500))])
    assert ':alt: "A \\"curve\\": $x$ falls"\n' in text and ":width: 500px\n" in text
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == b"PNG" and f"{{image}} {file.name}" in text


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


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    """A copy of the lessons, to be broken."""
    folder = shutil.copytree(backends.NOTEBOOKS, tmp_path / "notebooks")
    monkeypatch.setattr(backends, "NOTEBOOKS", folder)
    return folder


def shared_figure(notebook):
    """The last shared cell that shows a figure, and its number."""
    cells = enumerate(notebook.cells, start=1)
    return [(c, n) for n, c in cells if not is_own(c) and "image/png" in str(c.get("outputs"))][-1]


def never_run(notebook):
    cell, n = shared_figure(notebook)
    cell.execution_count = None
    return n, "never run"


def no_output(notebook):
    cell, n = shared_figure(notebook)
    cell.outputs = []
    return n, "not like cell "


def stopped(notebook):
    cell, n = shared_figure(notebook)
    cell.outputs = [new_output("error", ename="OSError", evalue="", traceback=[])]
    return n, "stopped with OSError"


def no_description(notebook):
    cell, n = shared_figure(notebook)
    del cell.outputs[0].metadata["image/png"]["alt"]
    return n, "a figure without alt text"


def changed(notebook):
    cell, n = shared_figure(notebook)
    cell.source += "x"
    return n, "not like cell "


def one_less(notebook):
    del notebook.cells[-1]
    return len(notebook.cells), "the last, but gan_torch.ipynb goes on at cell "


def one_more(notebook):
    notebook.cells.append(new_markdown_cell("More."))
    return len(notebook.cells), "not like anything in gan_torch.ipynb"


FAULTS = [never_run, no_output, stopped, no_description, changed, one_less, one_more]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_notebook_unfit_for_the_book_is_named_with_its_cell(notebooks, fault):
    path = notebooks / "gan_mxnet.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell, what = fault(notebook)
    nbformat.write(notebook, path)
    with pytest.raises(SystemExit) as stop:
        book.read("")
    (line,) = str(stop.value).splitlines()
    assert line.startswith(f"gan_mxnet.ipynb, cell {cell}: {what}")


def test_a_missing_notebook_is_named(notebooks):
    (notebooks / "gan_mxnet.ipynb").unlink()
    with pytest.raises(SystemExit, match="gan_mxnet.ipynb is missing"):
        book.read("")


def test_a_lesson_names_its_framework(notebooks):
    lesson = new_notebook(cells=[new_markdown_cell("# Title"), code("x = 1", own=True)])
    with pytest.raises(SystemExit, match="gan_x.ipynb, cell 2: .* not in bold"):
        book.name_of(lesson, "gan_x.ipynb")


@pytest.mark.parametrize("fault", ["a notebook", "a page"])
def test_a_book_is_replaced_by_a_whole_one_only(tmp_path, monkeypatch, notebooks, fault):
    target = tmp_path / "_build" / "book"
    target.mkdir(parents=True)
    (target / "index.html").write_text("of an earlier build")
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
    assert (target / "index.html").read_text() == "of an earlier build"
