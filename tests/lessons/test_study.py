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
COLUMNS = ["loss_D", "loss_G", "median Fréchet", "worst", "passed"]
GROUPS = ["runs", "median Fréchet", "at epoch 40", "moved"]
LESSON, REPAIRED, MEDIAN = "this lesson", "LeakyReLU, beta1 = 0.5", "median Fréchet"


def printed():
    """All that the NumPy lesson printed when its outputs were stored."""
    notebook = nbformat.read(NOTEBOOKS / "gan_numpy.ipynb", as_version=4)
    return "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", ()))


def study():
    """The study's table, by row and column."""
    rows = re.findall(r"^(.*\S) +((?:\| [\d.%]+ ?){5})$", printed(), re.MULTILINE)
    return {
        name: dict(zip(COLUMNS, re.findall(r"[\d.]+%?", row), strict=True)) for name, row in rows
    }


def groups():
    """The lesson's runs by the number of constant units, in columns."""
    rows = re.findall(r"^(\d) constant: (\d+) runs \| (\S+) (\S+) (\S+)$", printed(), re.MULTILINE)
    return {int(n): dict(zip(GROUPS, numbers, strict=True)) for n, *numbers in rows}


def closed_form():
    (median,) = re.findall(r"^closed form: median (\S+)$", printed(), re.MULTILINE)
    return float(median)


def value(row, column):
    """A number of the table, a percentage as a share."""
    text = study()[row][column]
    return float(text.rstrip("%")) / (100 if text.endswith("%") else 1)


def table(text, column):
    """The head and the rows of the table in a lesson's text that has such a column."""
    (cell,) = [
        c.source
        for c in jupytext.reads(text, fmt="py:percent").cells
        if f"| {column} |" in c.source
    ]
    lines = [line for line in cell.splitlines() if line.startswith("|")]
    head, _, *rows = ([part.strip(" `") for part in line.strip("| ").split("|")] for line in lines)
    return head, {re.sub("`", "", name): numbers for name, *numbers in rows}


@pytest.mark.parametrize("key", d2lmini.FRAMEWORKS)
def test_the_tables_are_those_that_the_study_printed(key):
    head, rows = table(source(key), "worst")
    assert head[1:] == COLUMNS
    assert list(rows) == list(study()) and len(rows) == 5
    for name, numbers in rows.items():
        assert [number.replace(" ", "") for number in numbers] == list(study()[name].values())
    head, rows = table(source(key), "moved")
    assert head[1:] == GROUPS and list(groups()) == [0, 1, 2, 3]
    assert list(rows.values()) == [list(row.values()) for row in groups().values()]


def from_ln_2():
    """How far from ln 2 a loss of the table is at most."""
    losses = [value(row, column) for row in study() for column in COLUMNS[:2]]
    return abs(np.subtract(losses, np.log(2))).max()


def spread_of_medians():
    medians = [value(row, MEDIAN) for row in study()]
    return max(medians) / min(medians)


def stuck(column):
    """A number of the runs with three constant units."""
    return float(groups()[3][column])


def others(column):
    """The mean of that number in the runs with fewer."""
    return np.mean([float(groups()[n][column]) for n in range(3)])


def gain_of_the_second_change():
    alone = value("LeakyReLU", MEDIAN), value("beta1 = 0.5", MEDIAN)
    return min(alone) / value(REPAIRED, MEDIAN)


# What the texts say in words: where, what, the number that bears it out, and between which bounds.
CLAIMS = [
    ("lesson", "All five end at $\\ln 2$", from_ln_2, 0, 0.01),
    ("lesson", "their median fits differ by a factor of 20", spread_of_medians, 18, 25),
    ("lesson", "the learning has stopped", lambda: stuck("at epoch 40") / stuck(MEDIAN), 0.98, 2),
    ("lesson", "in most runs far from the truth", lambda: stuck(MEDIAN) / others(MEDIAN), 3, 10),
    (
        "lesson",
        "The others move about twice as far",
        lambda: others("moved") / stuck("moved"),
        1.7,
        2.5,
    ),
    ("lesson", "and hardly get nearer", lambda: others("at epoch 40") / others(MEDIAN), 0.75, 1),
    ("lesson", "the median falls from 0.077", lambda: value(LESSON, MEDIAN), 0.0765, 0.0775),
    ("lesson", "to 0.021 (", lambda: value(REPAIRED, MEDIAN), 0.0205, 0.0215),
    ("lesson", "(the closed form's is 0.005)", closed_form, 0.0045, 0.0055),
    ("lesson", "and 98 % pass", lambda: value(REPAIRED, "passed"), 0.975, 0.985),
    ("lesson", "Each alone gets only part of the way", gain_of_the_second_change, 1.5, 3.5),
    ("lesson", "$-\\sigma(-5) \\approx -0.007$", lambda: 1 / (1 + np.exp(5)), 0.0065, 0.0075),
    ("lesson", "$-\\sigma(5) \\approx -0.993$", lambda: 1 / (1 + np.exp(-5)), 0.9925, 0.9935),
    ("teachers", "as constants in 18 runs of 100", lambda: stuck("runs"), 18, 18),
    ("teachers", "half of them pass", lambda: value(LESSON, "passed"), 0.45, 0.55),
]


def text_of(where):
    """A text in one line: the lesson, by its shared cells, or the teachers' page."""
    text = (
        source("torch").replace("\n# ", " ")
        if where == "lesson"
        else TEACHERS.read_text(encoding="utf-8")
    )
    return " ".join(text.split())


@pytest.mark.parametrize(
    "where, words, number, least, most", CLAIMS, ids=[f"{c[0]}: {c[1]}" for c in CLAIMS]
)
def test_what_is_said_of_the_runs_is_borne_out(where, words, number, least, most):
    assert words in text_of(where), "said no longer"
    assert least <= number() <= most


SETTINGS = {"0.2", "20 %", "0.5", "0.01"}  # of nets and Adam, and what passed, constant mean


def test_every_number_said_of_the_runs_is_among_the_claims():
    cells = jupytext.reads(source("torch"), fmt="py:percent").cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    (start,) = [i for i, text in enumerate(texts) if text.startswith("### A hundred runs")]
    (stop,) = [i for i, text in enumerate(texts) if text.startswith("## Going faster")]
    prose = re.sub(r"(?m)^\|.*$|\]\(.*?\)", "", "\n".join(texts[start:stop]))
    found = set(re.findall(r"\d+\.\d+|\d+ %", prose))
    said = " ".join(words for _, words, *_ in CLAIMS)
    assert {"0.077", "98 %"} <= found
    assert {number for number in found - SETTINGS if number not in said} == set()
