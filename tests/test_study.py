"""Every number that a text gives of the hundred runs is one that the NumPy lesson has printed."""

import re

import jupytext
import nbformat
import numpy as np
import pytest

import d2lmini
from tests.lesson import source
from tools.backends import NOTEBOOKS

TEACHERS = NOTEBOOKS.parent / "book" / "teachers.md"
COLUMNS = ["loss_D", "loss_G", "median Fréchet", "worst", "passed", "constant units"]
LESSON, REPAIRED = "this lesson", "LeakyReLU, beta1 = 0.5"


def study():
    """The study's table by row and column, and the closed form's median, as the NumPy lesson
    printed them."""
    notebook = nbformat.read(NOTEBOOKS / "gan_numpy.ipynb", as_version=4)
    printed = "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", ()))
    rows = re.findall(r"^(.*\S) +((?:\| [\d.%]+ ?){6})$", printed, re.MULTILINE)
    table = {
        name: dict(zip(COLUMNS, re.findall(r"[\d.]+%?", row), strict=True)) for name, row in rows
    }
    (closed_form,) = re.findall(r"^closed form: median (\S+)$", printed, re.MULTILINE)
    return table, float(closed_form)


def value(row, column):
    """A number of the table, a percentage as a share."""
    text = study()[0][row][column]
    return float(text.rstrip("%")) / (100 if text.endswith("%") else 1)


def tables(text):
    """The table of a hundred runs in a lesson's text."""
    (cell,) = [
        c.source for c in jupytext.reads(text, fmt="py:percent").cells if "| worst |" in c.source
    ]
    lines = [line for line in cell.splitlines() if line.startswith("|")]
    head, _, *rows = ([part.strip(" `") for part in line.strip("| ").split("|")] for line in lines)
    return head, {re.sub("`", "", name): numbers for name, *numbers in rows}


@pytest.mark.parametrize("key", d2lmini.FRAMEWORKS)
def test_the_table_is_the_one_that_the_study_printed(key):
    head, rows = tables(source(key))
    printed, _ = study()
    assert head[1:] == COLUMNS
    assert list(rows) == list(printed) and len(rows) == 5
    for name, numbers in rows.items():
        assert [number.replace(" ", "") for number in numbers] == list(printed[name].values())


def losses():
    return [value(row, column) for row in study()[0] for column in COLUMNS[:2]]


def medians():
    return [value(row, "median Fréchet") for row in study()[0]]


# What the texts say in words: where, what, the number that bears it out, and between which bounds.
CLAIMS = [
    (
        "lesson",
        "All five end at $\\ln 2$",
        lambda: np.abs(np.subtract(losses(), np.log(2))).max(),
        0,
        0.01,
    ),
    (
        "lesson",
        "their median fits differ by a factor of 20",
        lambda: max(medians()) / min(medians()),
        18,
        25,
    ),
    (
        "lesson",
        "half of the units are constant",
        lambda: value(LESSON, "constant units"),
        0.45,
        0.55,
    ),
    (
        "lesson",
        "with equal learning rates more",
        lambda: value("lr_D = lr_G = 0.005", "constant units"),
        0.6,
        1,
    ),
    (
        "lesson",
        "which has a slope on both sides of 0, none are",
        lambda: value("LeakyReLU", "constant units"),
        0,
        0.005,
    ),
    (
        "lesson",
        "the median falls from 0.076",
        lambda: value(LESSON, "median Fréchet"),
        0.0755,
        0.0765,
    ),
    ("lesson", "to 0.021, where", lambda: value(REPAIRED, "median Fréchet"), 0.0205, 0.0215),
    ("lesson", "the closed form has 0.005", lambda: study()[1], 0.0045, 0.0055),
    ("lesson", "and 98 % pass", lambda: value(REPAIRED, "passed"), 0.975, 0.985),
    ("lesson", "$-\\sigma(-5) \\approx -0.007$", lambda: 1 / (1 + np.exp(5)), 0.0065, 0.0075),
    ("lesson", "$-\\sigma(5) \\approx -0.993$", lambda: 1 / (1 + np.exp(-5)), 0.9925, 0.9935),
    (
        "teachers",
        "half of the units in its second layer end as constants",
        lambda: value(LESSON, "constant units"),
        0.45,
        0.55,
    ),
    ("teachers", "half of them pass", lambda: value(LESSON, "passed"), 0.45, 0.55),
]


def text_of(where):
    """A text in one line: the lesson, by its shared cells, or the teachers' page."""
    text = (
        source("torch").replace("\n# ", " ") if where == "lesson" else TEACHERS.read_text("utf-8")
    )
    return " ".join(text.split())


@pytest.mark.parametrize(
    "where, words, number, least, most", CLAIMS, ids=[f"{c[0]}: {c[1]}" for c in CLAIMS]
)
def test_what_is_said_of_the_runs_is_borne_out(where, words, number, least, most):
    assert words in text_of(where), "said no longer"
    assert least <= number() <= most


SETTINGS = {"0.2", "20 %", "0.5", "0.01"}  # of the lesson, and what *passed* and *constant* mean


def test_every_number_said_of_the_runs_is_among_the_claims():
    cells = jupytext.reads(source("torch"), fmt="py:percent").cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    (start,) = [i for i, text in enumerate(texts) if text.startswith("### A hundred runs")]
    (stop,) = [i for i, text in enumerate(texts) if text.startswith("### When it fails")]
    prose = re.sub(r"(?m)^\|.*$|\]\(.*?\)", "", "\n".join(texts[start:stop]))
    found = set(re.findall(r"\d+\.\d+|\d+ %", prose))
    said = " ".join(words for _, words, *_ in CLAIMS)
    assert {"0.076", "98 %"} <= found
    assert {number for number in found - SETTINGS if number not in said} == set()
