"""Every number that a text gives of the hundred runs is one that `make study` has stored."""

import json
import re

import jupytext
import nbformat
import numpy as np
import pytest

import d2lmini
from benchmarks.study import (
    ALL,
    CHANGES,
    FALLING,
    LESSON,
    PICTURE,
    SETTINGS,
    STORED,
    WITHOUT,
    study,
)
from tests.support.lesson import GAN, numpy_lesson, source
from tools.lessons import ROOT

PAGES = [ROOT / "book" / name for name in ("teachers.md", "results.md")]
STUDY = json.loads(STORED.read_text(encoding="utf-8"))
LEAKY, BETA1, EPSILON = CHANGES
REPAIR = f"without {EPSILON}"  # LeakyReLU and beta1 = 0.5, which look like one
SHOWN = [LESSON, *CHANGES, ALL, *WITHOUT]  # in the figure and in the table


def value(name, column, epoch):
    """A number of the study."""
    return STUDY[name][column][STUDY["epochs"].index(epoch)]


def passed(name, epoch, column="passed"):
    """How many of a hundred pass."""
    return round(100 * value(name, column, epoch))


def row(name):
    """A row of the lessons' table."""
    at_80 = [f"{value(name, column, 80):.3f}" for column in ("loss_D", "best_loss_D", "median")]
    return at_80 + [str(passed(name, epoch)) for epoch in (20, 80, 320)]


@pytest.mark.parametrize("key", d2lmini.FRAMEWORKS)
def test_the_table_is_that_of_the_study(key):
    cells = jupytext.reads(source(key), fmt="py:percent").cells
    (cell,) = [c.source for c in cells if "| passed at 20 |" in c.source]
    lines = [line for line in cell.splitlines() if line.startswith("|")]
    _, _, *rows = ([part.strip() for part in line.strip("| ").split("|")] for line in lines)
    assert [name.replace("`", "") for name, *_ in rows] == SHOWN
    assert [numbers for _, *numbers in rows] == [row(name) for name in SHOWN]


@pytest.mark.parametrize("name", [LESSON, ALL, REPAIR])
def test_the_study_is_of_the_lessons_code(name, monkeypatch):
    """Its first two epochs, trained anew."""
    monkeypatch.setattr("benchmarks.study.EPOCHS", [1, 2])
    stored = {column: STUDY[name][column][:2] for column in ("lower", "median", "upper", "loss_D")}
    done = study(name)
    for column, numbers in stored.items():
        assert done[column] == pytest.approx(numbers, rel=0.01)


def test_the_study_is_whole():
    assert STUDY.keys() == {"epochs", "closed form", *SETTINGS}
    assert PICTURE.stat().st_size > 20_000


def test_the_numpy_lesson_repeats_the_study():
    """Its first 20 epochs, as it printed them; another processor rounds otherwise."""
    notebook = nbformat.read(GAN.notebook("numpy").ipynb, as_version=4)
    printed = "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", ()))
    for name in (LESSON, ALL):
        found = re.search(rf"^{name} +loss_D (\S+), Fréchet (\S+), (\d+) of", printed, re.MULTILINE)
        loss_D, frechet, count = map(float, found.groups())
        assert loss_D == pytest.approx(value(name, "loss_D", 20), abs=0.002)
        assert frechet == pytest.approx(value(name, "median", 20), rel=0.2)
        assert count == pytest.approx(passed(name, 20), abs=10)


def error_of_a_line():
    """The errors of mean and covariance if all but the width of the cloud is right."""
    A = np.array([[1.0, 2.0], [-0.1, 0.5]])
    values, axes = np.linalg.eigh(A.T @ A)
    line = axes * [0, values[1]] @ axes.T
    return np.array([0, np.linalg.norm(line - A.T @ A) / np.linalg.norm(A.T @ A)])


def factor_of_the_medians():
    """How many times the largest median of the table is the smallest."""
    medians = [value(name, "median", 80) for name in SHOWN]
    return max(medians) / min(medians)


def least_rise(names):
    """By what factor the medians of these rise at least, from their lowest to epoch 320."""
    return min(STUDY[name]["median"][-1] / min(STUDY[name]["median"]) for name in names)


def lowest_at(names):
    """The epochs at which these medians are lowest: the first of them and the last."""
    at = [STUDY["epochs"][np.argmin(STUDY[name]["median"])] for name in names]
    return min(at), max(at)


def far_from_ln_2():
    losses = [value(name, "loss_D", 80) for name in SHOWN]
    return abs(np.subtract(losses, np.log(2))).max()


ALONE = [LESSON, *CHANGES]
# What the texts say in words: where, what, the number that bears it out, and between which bounds.
CLAIMS = [
    ("42 pass after 20 epochs", lambda: passed(LESSON, 20), 42, 42),
    ("and 47 after 80", lambda: passed(LESSON, 80), 47, 47),
    ("a few more, 53.", lambda: passed(LEAKY, 20), 53, 53),
    ("After 80 fewer, 36", lambda: passed(LEAKY, 80), 36, 36),
    ("86 and 82: by then", lambda: 100 * passed(BETA1, 20) + passed(BETA1, 80), 8682, 8682),
    ("the most that any single change brings",
     lambda: passed(BETA1, 80) - max(passed(name, 80) for name in (LEAKY, EPSILON)), 20, 100),
    ("50 after 20 epochs, 45 after 80", lambda: passed(EPSILON, 20), 50, 50),
    ("45 after 80", lambda: passed(EPSILON, 80), 45, 45),
    ("it does no more than the lesson",
     lambda: passed(EPSILON, 80) - passed(LESSON, 80), -14, 0),
    ("the curves fall until epoch 40 or so", lambda: lowest_at(ALONE)[0], 20, 40),
    ("fall until epoch 40 or so, and rise again", lambda: lowest_at(ALONE)[1], 40, 57),
    ("and leave again", lambda: least_rise(ALONE), 1.5, 10),
    ("the curve falls to epoch 320", lambda: lowest_at([ALL])[0], 320, 320),
    ("to 1.6 times the closed form", lambda: value(ALL, "median", 320) / CLOSED, 1.5, 1.65),
    ("it ends higher, and higher than it was", lambda: least_rise(WITHOUT), 1.5, 10),
    ("arrive, *and stay*", lambda: min(passed(ALL, epoch) for epoch in (20, 80, 320)), 95, 100),
    ("With all three, the best one comes nearest to it, too",
     lambda: max(SHOWN, key=lambda name: value(name, "best_loss_D", 80)), ALL, ALL),
    ("only 67, 6 or 32 pass in the end",
     lambda: [passed(n, 320) for n in WITHOUT], *2 * [[67, 6, 32]]),
    ("is at $\\ln 2$ in every row", far_from_ln_2, 0, 0.005),
    ("looks like a repair: 98 pass", lambda: passed(REPAIR, 20), 98, 98),
    ("Trained four times as long, 43 do", lambda: passed(REPAIR, 80), 43, 43),
    ("99 of the hundred runs pass", lambda: passed(*FALLING, 80), 99, 99),
    ("49 pass, not 47", lambda: passed(LESSON, 80, "passed_if_averaged"), 49, 49),
    ("70 of the hundred pass, in place of 47",
     lambda: round(100 * STUDY[LESSON]["passed_if_stopped"]), 70, 70),
    ("47 of a hundred runs pass after 80 epochs", lambda: passed(LESSON, 80), 47, 47),
    ("and 11 after 320.", lambda: passed(LESSON, 320), 11, 11),
    ("do not last when each is alone", lambda: max(passed(n, 320) for n in CHANGES), 0, 35),
    ("100 of a hundred pass after 320 epochs", lambda: passed(ALL, 320), 100, 100),
    ("the median fits differ by a factor of 13", factor_of_the_medians, 12.5, 13.5),
    ("with these settings, 42 pass", lambda: passed(LESSON, 20), 42, 42),
    ("two such counts may differ by 14", lambda: 2 * np.sqrt(2 * 100 * 0.25), 14, 14.5),
    ("a cloud without any width would pass", lambda: max(error_of_a_line() / [0.2, 0.2]), 0, 0.5),
    ("is uncertain by about 2 in a hundred", lambda: 100 * np.sqrt(0.25 / 1000), 1.5, 2.5),
    ("$-\\sigma(-5) \\approx -0.007$", lambda: 1 / (1 + np.exp(5)), 0.0065, 0.0075),
    ("$-\\sigma(5) \\approx -0.993$", lambda: 1 / (1 + np.exp(-5)), 0.9925, 0.9935),
    ("on a circle of radius 1.4", lambda: distance(0), 1.35, 1.45),
    ("they spiral out to 8.8", lambda: distance(0.5), 8.75, 8.85),
    ("with 0.9 to 428", lambda: distance(0.9), 427.5, 428.5),
]  # fmt: skip
CLOSED = STUDY["closed form"]


def distance(beta1):
    """How far from the equilibrium the game of x and y ends, by the lesson's own code."""
    return np.linalg.norm(numpy_lesson()["play"](beta1)[-1])


@pytest.mark.parametrize("words, number, least, most", CLAIMS, ids=[c[0] for c in CLAIMS])
def test_what_is_said_of_the_runs_is_borne_out(words, number, least, most):
    lesson = re.sub(r'\n# |"\n *"', " ", source("torch"))
    texts = [lesson, *(page.read_text(encoding="utf-8") for page in PAGES)]
    assert any(words in " ".join(text.split()) for text in texts), "said no longer"
    assert least <= number() <= most


def test_the_workbooks_verdicts_on_the_runs_were_measured():
    """That two changes only look like a repair, and that with all three the runs stay."""
    assert passed(REPAIR, 80) < passed(REPAIR, 20) / 2
    assert passed(ALL, 320) > 90


SETTINGS_OF_TEXT = {"0.2", "20 %", "0.5", "0.01", "0.9"}  # of nets and Adam, and what passed


def test_every_number_said_of_the_runs_is_among_the_claims():
    cells = jupytext.reads(source("torch"), fmt="py:percent").cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    (start,) = [i for i, text in enumerate(texts) if text.startswith("## Why it does not arrive")]
    (stop,) = [i for i, text in enumerate(texts) if text.startswith("## When it fails")]
    prose = re.sub(r"(?m)^\|.*$|\[\d{4}\]\(.*?\)|\]\(.*?\)", "", "\n".join(texts[start:stop]))
    found = set(re.findall(r"\d+\.\d+|\d+ %|\b[1-9]\d\b(?! epochs)", prose))
    said = " ".join(words for words, *_ in CLAIMS)
    assert {"98", "42", "53", "49"} <= found
    known = SETTINGS_OF_TEXT | {"80", "20", "10", "320"}
    assert {number for number in found - known if number not in said} == set()
