"""What a submission may take is counted fairly, and what is odd in one is named for what it is."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.support.hub_class import command_of
from tests.support.lesson import FACES, GAN
from tests.support.workbooks import (
    NAMES,
    RIGHT,
    cell_of,
    filled,
    graded,
    stored,
    text_of,
    with_cell,
    with_code,
)
from tools import copies, execution, grade, lessons, sandbox, submissions

LONG = 10**6
CHILD = """\
import subprocess, sys
subprocess.run([sys.executable, "-c", "{mark}\\nwhile True: pass"])
"""
DEAF = """\
import signal, time
signal.signal(signal.SIGALRM, signal.SIG_IGN)
time.sleep(10**6)
"""
CLOSED = """\
def sigmoid(o):
    import os, sys
    sys.stdout.close()
    os.closerange(0, 3)
    return 0.5 * (1 + np.tanh(o / 2))
"""


def hand_in(folder, **notebooks):
    """Write these submissions into a folder, and return it."""
    folder.mkdir()
    for name, notebook in notebooks.items():
        nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder


def busy():
    """Keep a processor busy for much longer than is allowed."""
    end = time.process_time() + 20
    while time.process_time() < end:
        pass


def test_what_is_busy_is_stopped_by_the_time_of_a_processor():
    assert execution.attempt(busy, 0.1, LONG) == (None, "it does not end within 0 s")
    # As on a computer with much else to do, this takes long by the clock alone.
    assert execution.attempt(lambda: time.sleep(0.3), 0.1, LONG) == (None, None)


def test_what_waits_is_stopped_by_the_clock():
    said = execution.attempt(lambda: time.sleep(20), 7, 0.1)
    assert said == (None, "it does not end within 7 s")


def test_imports_do_not_count(tmp_path, monkeypatch):
    package = tmp_path / "d2lmini"
    shutil.copytree(grade.PACKAGE, package)
    shutil.copytree(grade.PACKAGE.with_name("d2lcheck"), tmp_path / "d2lcheck")
    with (package / "numpy.py").open("a", encoding="utf-8") as file:  # as if on a slow computer
        file.write("\nimport time\nend = time.process_time() + 2.2\n")
        file.write("while time.process_time() < end:\n    pass\n")
    monkeypatch.setattr(grade, "PACKAGE", package)
    rows = graded(tmp_path / "grade", hand_in(tmp_path / "class", An=filled("An")), TIME=1)
    assert rows == {"An": {"student": "An", **RIGHT, "note": ""}}


def test_there_are_as_many_at_a_time_as_processors_to_use(tmp_path, monkeypatch):
    asked = []

    def pool(size):
        asked.append(size)
        return ThreadPoolExecutor(size)

    monkeypatch.setattr(grade, "available", lambda: 3)
    monkeypatch.setattr(grade, "ThreadPoolExecutor", pool)
    graded(tmp_path / "grade", hand_in(tmp_path / "class", An=new_notebook()))
    assert asked == [3]


@pytest.mark.parametrize("apart", [True, False])
def test_a_child_that_does_not_end_is_stopped(tmp_path, monkeypatch, apart):
    if not apart:
        monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    monkeypatch.setattr(grade, "PATIENCE", 0.2)
    mark = f"mark = '{tmp_path.name}'"
    cells = ["from d2lmini import numpy as d2l", CHILD.format(mark=mark)]
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    rows = graded(tmp_path / "grade", hand_in(tmp_path / "class", An=notebook))
    assert "code cell 2: it does not end within 10 s" in rows["An"]["note"]
    deadline = time.monotonic() + 60
    while any(mark in command_of(process) for process in psutil.process_iter()):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_cannot_be_stopped_from_inside_is_stopped_from_outside(tmp_path, monkeypatch):
    monkeypatch.setattr(grade, "longest", lambda seconds: 4)
    folder = hand_in(tmp_path / "class", An=with_cell("An", DEAF))
    note = graded(tmp_path / "grade", folder)["An"]["note"]
    assert note.startswith("stopped after 4 s by the clock in ")


def test_odd_notebooks_are_named_for_what_they_are(tmp_path):
    def student(source):
        return with_code("An", "student", source)

    nameless = RIGHT | dict.fromkeys(GAN.questions, "")
    ends = "code cell 5: it ends the notebook, as exit() does"
    closed = filled("closed")
    cell_of(closed, "sigmoid").source += f"\n\n\n{CLOSED}"
    wanted = {
        "exit": (with_cell("exit", "exit()"), RIGHT, ends),
        "quit": (with_cell("quit", "quit"), RIGHT, ends),
        "sys exit": (with_cell("sys exit", "import sys\nsys.exit(1)"), RIGHT, ends),
        "stdout": (with_cell("stdout", "import sys\nsys.stdout.close()"), RIGHT,
                   "code cell 5: it closes sys.stdout"),
        "descriptors": (with_cell("descriptors", "import os\nos.closerange(0, 3)"), RIGHT, ""),
        "closed": (closed, RIGHT | dict.fromkeys(NAMES[:3], "0"), ""),
        "number": (
            student("student = 5"), nameless,
            "`student` is a number: want a name, in quotation marks",
        ),
        "list": (
            student("student = ['An']"), nameless,
            "`student` is of type list: want a name, in quotation marks",
        ),
    }  # fmt: skip
    notebooks = {name: notebook for name, (notebook, *_) in wanted.items()}
    rows = graded(tmp_path / "grade", hand_in(tmp_path / "class", **notebooks))
    for name, (_, marks, note) in wanted.items():
        assert rows[name] == {"student": name, **marks, "note": note}
    assert "it closes sys.stdout" in text_of(tmp_path / "grade", "closed")


VERSIONS = {  # of a submission, and what is noted of it
    "today's": None,
    "0" * 16: "graded by the workbook as it was handed out, which the lesson has changed since",
    "1" * 16: "its workbook is of a version that is not here, so graded by that of today",
    "../README": "its workbook is of a version that is not here, so graded by that of today",
    "": None,  # a platform has dropped it
}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_submission_is_graded_by_the_workbook_that_was_handed_out(tmp_path, monkeypatch, version):
    """An older one, which was kept, had no check of sigmoid."""
    _, today = stored()
    older = deepcopy(today)
    older.cells = [cell for cell in older.cells if cell.id != "check-sigmoid"]
    older.metadata.workbook = "0" * 16
    for module in copies, grade:
        monkeypatch.setattr(module, "HANDED_OUT", tmp_path / "handed_out")
    copies.keep({"lesson": new_notebook(), "workbook": older})
    nbformat.write(older, tmp_path / "README.ipynb")  # to which no version leads
    given = deepcopy(older if version == older.metadata.workbook else today)
    given.metadata.workbook = today.metadata.workbook if version == "today's" else version
    nbformat.write(given, tmp_path / "An.ipynb")
    workbook, notes = grade.handed_out(submissions.read(tmp_path / "An.ipynb"), "numpy")
    assert notes == [VERSIONS[version]] * bool(VERSIONS[version])
    assert ("sigmoid" in workbook.checks) == (given.cells != older.cells)


@pytest.mark.parametrize("lesson", [GAN, FACES], ids=["gan", "faces"])
@pytest.mark.parametrize("version", ["today's", "0" * 16, ""], ids=["today's", "older", "none"])
def test_a_workbook_knows_its_lesson(tmp_path, monkeypatch, lesson, version):
    """As it is made today, as it was kept, and where a platform has dropped what it bears."""
    _, today = stored(lesson)
    older = deepcopy(today)
    older.metadata.workbook = "0" * 16
    for module in copies, grade:
        monkeypatch.setattr(module, "HANDED_OUT", tmp_path / "handed_out")
    copies.keep({"workbook": older})
    given = deepcopy(older if version == older.metadata.workbook else today)
    if not version:
        given.metadata.clear()
    nbformat.write(given, tmp_path / "An.ipynb")
    workbook, _ = grade.handed_out(submissions.read(tmp_path / "An.ipynb"), "numpy")
    assert workbook.lesson == lesson.key
    assert ("frechet" in workbook.checks) == (lesson is FACES)


def test_a_lesson_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path)
    with pytest.raises(SystemExit, match="^gan_numpy.ipynb and .*: no workbook$"):
        grade.todays.__wrapped__("numpy")


@pytest.mark.parametrize(
    "source, wanted",
    [
        (
            "x = 1\n@wrap\ndef f(o):\n    return o  # so\ny = f(x)",
            "@wrap\ndef f(o):\n    return o  # so",
        ),
        ("f: float = (\n    1\n)\ng = 2", "f: float = (\n    1\n)"),
        ("class f:\n\n    x = 1", "class f:\n\n    x = 1"),
        ("def f(o):\n    return (o", "def f(o):\n    return (o"),  # what Python cannot read
        ("# f is not written yet\n%time x", ""),
        ("g = f", ""),
    ],
)
def test_what_a_student_wrote_is_found(source, wanted):
    assert execution.code_of("f", ["f = None", source] if wanted else [source]) == wanted
