"""Workbooks as students hand them in, and what `make grade` makes of them."""

import csv
import re
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.support.lesson import FACES, GAN
from tools import files, grade, workbook as workbooks
from tools.copies import for_class
from tools.lessons import Lesson
from tools.workbook import workbook

NAMES = ["sigmoid", "saturating_loss", "non_saturating_loss", "MLP", "init_net", "new_G", "new_D"]
NAMES += ["update_D", "update_G", "train_epochs", "fit_errors", *GAN.questions]
RIGHT = dict.fromkeys(NAMES, "1")
NAMES_OF_FACES = ["windows", "scatter", "new_G", "new_D", "features", "frechet", "kernel_distance"]
NAMES_OF_FACES += FACES.questions


@cache
def stored(of: Lesson = GAN) -> tuple[NotebookNode, NotebookNode]:
    """The teacher's lesson and workbook."""
    lesson = for_class(files.read(of.notebook("numpy").ipynb))
    return lesson, workbook(lesson, of.notebook("numpy"))


def filled(student: str, of: Lesson = GAN) -> NotebookNode:
    """A workbook in which everything is right."""
    lesson, gaps = stored(of)
    return workbooks.filled(gaps, lesson, student)


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell in which a function is written, or a question answered."""
    pattern = rf"^(def|class) {name}\b|^{name} = "
    return next(c for c in notebook.cells if re.search(pattern, c.source, re.MULTILINE))


def with_code(student: str, name: str, source: str) -> NotebookNode:
    """A right workbook but for the cell of one name."""
    notebook = filled(student)
    cell_of(notebook, name).source = source
    return notebook


def with_cell(student: str, source: str) -> NotebookNode:
    """A right workbook with one more cell, before the first that is the student's own."""
    notebook = filled(student)
    place = notebook.cells.index(cell_of(notebook, "sigmoid"))
    notebook.cells.insert(place, new_code_cell(source))
    return notebook


def graded(build: Path, folder: Path, **variables) -> dict[str, dict[str, str]]:
    """Run the command in this process, into the folder build; return the rows of its table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "BUILD", build)
        for name in ("SUBMISSIONS", "TIME", "MEMORY"):
            patch.delenv(name, raising=False)
        for name, value in ({"SUBMISSIONS": folder} | variables).items():
            patch.setenv(name, str(value))
        grade.main()
    with (build / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def page_of(build: Path, name: str) -> Path:
    """A student's page: no system must refuse its name."""
    return build / "feedback" / f"{' '.join(re.sub('[<>]', ' ', name).split())}.html"


def text_of(build: Path, name: str) -> str:
    """The words of a student's page."""
    page = page_of(build, name).read_text(encoding="utf-8")
    return unescape(re.sub(r"<[^>]*>", "", page))
