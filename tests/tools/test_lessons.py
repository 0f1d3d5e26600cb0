"""A lesson costs its text and a line: one of four cells goes through every command as it is."""

import csv
import os
import shutil
from copy import deepcopy
from zipfile import ZipFile

import jupytext
import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import d2lmini
from tests.support.python import python
from tools.lessons import ROOT

BUILT = shutil.ignore_patterns(".*", "_build", "*.egg-info", "__pycache__")
SIGMOID = '''
def sigmoid(o):
    """Return the probability that belongs to a logit o."""
    return (1 + np.tanh(o / 2)) / 2
'''
OWN, PRACTICE = {"tags": ["framework"]}, {"tags": ["practice"]}


def toy(key):
    """The lesson in a framework."""
    imports = f"import numpy as np\n\nfrom d2lmini import {key} as d2l\n\nprint(np.tanh(0.0))"
    cells = [
        new_markdown_cell("# A toy lesson", metadata={"slideshow": {"slide_type": "slide"}}),
        new_markdown_cell(f"This notebook uses **{key.upper()}**.", metadata=OWN),
        new_code_cell(imports, metadata=OWN),
        new_code_cell(SIGMOID.strip(), metadata=PRACTICE),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project, with one lesson more: its notebooks and its line."""
    project = tmp_path_factory.mktemp("project") / "project"
    shutil.copytree(ROOT, project, ignore=BUILT)
    listed = project / "tools" / "lessons.py"
    text, last = listed.read_text(encoding="utf-8"), "\n    ),\n)\n"
    assert text.count(last) == 1
    more = text.replace(last, '\n    ),\n    Lesson("toy"),\n)\n')
    listed.write_text(more, encoding="utf-8")
    listed = project / "d2lcheck" / "__init__.py"
    text, last = listed.read_text(encoding="utf-8"), "\n    },\n}\nFIRST"
    assert text.count(last) == 1
    own = '\n    },\n    "toy": {"sigmoid": losses.check_function("sigmoid")},\n}\nFIRST'
    listed.write_text(text.replace(last, own), encoding="utf-8")
    folder = project / "notebooks" / "toy"
    folder.mkdir()
    for key in d2lmini.FRAMEWORKS:
        jupytext.write(toy(key), folder / f"toy_{key}.py", fmt="py:percent")
    # What the cells print is the same in all frameworks, so that one need run.
    call(project, "-m", "tools.build", "notebooks/toy/toy_numpy.py")
    ran = nbformat.read(folder / "toy_numpy.ipynb", as_version=4)
    for key in d2lmini.FRAMEWORKS:
        notebook = deepcopy(ran)
        for cell, own in zip(notebook.cells, toy(key).cells, strict=True):
            cell.source = own.source
        nbformat.write(notebook, folder / f"toy_{key}.ipynb")
    return project


def call(project, *words, **variables):
    """Run Python in the project, and return what it prints."""
    env = os.environ | {"BACKENDS": "numpy", "PYTHONPATH": str(project)} | variables
    done = python(*words, cwd=project, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_runs(project):
    alone = "from tools import lessons, run; lessons.LESSONS = lessons.LESSONS[-1:]; run.main()"
    assert "toy_numpy: " in call(project, "-c", alone)
    assert "A toy lesson" in (project / "_build" / "run" / "toy_numpy.html").read_text(
        encoding="utf-8"
    )


def test_nbval_holds_its_outputs(project):
    path = "notebooks/toy/toy_numpy.ipynb"
    assert "2 passed" in call(project, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", path)


def test_it_has_pages_in_the_book(project):
    call(project, "-m", "tools.book", LANGUAGE="en")
    book = project / "_build" / "book"
    for name in ("toy.html", "toy_torch.html", "vi/toy.html"):
        page = BeautifulSoup((book / name).read_text(encoding="utf-8"), "html.parser")
        assert page.h1.get_text().startswith("A toy lesson") and "tanh(o / 2)" in page.get_text()
    contents = (book / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{name}.html"' in contents for name in ("toy", "toy_mxnet", "gan"))
    (path,) = book.glob("_downloads/*/toy_jax.zip")
    assert "toy_jax/toy_jax.ipynb" in ZipFile(path).namelist()


def test_it_has_slides(project):
    call(project, "-m", "tools.slides")
    deck = project / "_build" / "slides" / "toy_numpy.slides.html"
    assert "A toy lesson" in deck.read_text(encoding="utf-8")


def test_it_is_translated(project):
    call(project, "-m", "tools.translate")
    catalogue = (project / "locale" / "vi.po").read_text(encoding="utf-8")
    assert "#: notebooks/toy/toy_torch.py\n" in catalogue
    assert 'msgid "# A toy lesson"\n' in catalogue


def test_its_workbook_is_handed_out_and_graded(project, tmp_path):
    call(project, "-m", "tools.copies")
    student = project / "_build" / "student"
    with ZipFile(student / "toy_numpy.zip") as archive:
        name = "toy_numpy/toy_numpy_workbook.ipynb"
        workbook = nbformat.reads(archive.read(name).decode(), as_version=4)
    assert (student / "toy" / "toy_numpy_workbook.ipynb").exists()
    (gap,) = [cell for cell in workbook.cells if "practice" in cell.metadata.get("tags", ())]
    nbformat.write(workbook, tmp_path / "open.ipynb")
    gap.source = SIGMOID
    nbformat.write(workbook, tmp_path / "filled.ipynb")
    call(project, "-m", "tools.grade", SUBMISSIONS=str(tmp_path))
    text = (project / "_build" / "grade" / "grades.csv").read_text(encoding="utf-8-sig")
    rows = {row["student"]: row["sigmoid"] for row in csv.DictReader(text.splitlines())}
    assert rows == {"filled": "1", "open": ""}
