"""What the lesson on faces says of five runs of each kind is what `make study` has stored."""

import json
from itertools import product

import jupytext
import numpy as np
import pytest

import d2lmini
from benchmarks.faces_study import LESSON, PENALTY, SEEDS, SETTINGS, STORED, study
from d2lmini import faces
from tests.support.lesson import FACES, source

STUDY = json.loads(STORED.read_text(encoding="utf-8"))
MEAN = f"{LESSON}, mean weights"
SHOWN = {  # in the table, by the words there
    "this lesson": LESSON,
    "tanh for LeakyReLU": "tanh",
    "`beta1` = 0.9": "beta1 = 0.9",
    "`epsilon` = 0.01": "epsilon = 0.01",
    "mean weights": MEAN,
    "gradient penalty": PENALTY,
}
REAL_FACES = faces.draw(4000, np.random.default_rng(0))


def runs(name, epoch, measure):
    """A measure of each run of a kind."""
    at, which = STUDY["epochs"].index(epoch), STUDY["measures"].index(measure)
    return np.array([run[at][which] for run in STUDY[name]])


def row(measures):
    """Four cells of the table."""
    distance, off, different, new = measures
    return [f"{distance:.2f}" if distance else "0", f"{off:.3f}", f"{different:.0f}", f"{new:.0%}"]


@pytest.mark.parametrize("key", d2lmini.FRAMEWORKS)
def test_the_table_is_that_of_the_study(key):
    (cell,) = [
        cell.source
        for cell in jupytext.reads(source(key, lesson=FACES), fmt="py:percent").cells
        if "| shares off |" in cell.source
    ]
    lines = [line for line in cell.splitlines() if line.startswith("|")]
    _, _, *rows = ([part.strip() for part in line.strip("| ").split("|")] for line in lines)
    wanted = [
        [
            words,
            *map(", ".join, zip(*(row(medians(name, epoch)) for epoch in (20, 40)), strict=True)),
        ]
        for words, name in SHOWN.items()
    ]
    wanted.append(["a perfect generator", *row(faces.perfect(4000, REAL_FACES))])
    assert [[part.replace(" %", "%") for part in row] for row in rows] == wanted


def medians(name, epoch):
    """The median of each measure."""
    return [np.median(runs(name, epoch, measure)) for measure in STUDY["measures"]]


def test_the_study_is_whole():
    assert STUDY.keys() == {
        "epochs",
        "measures",
        *(each for name in SETTINGS for each in (name, f"{name}, mean weights")),
    }
    assert all(len(STUDY[name]) == len(SEEDS) for name in SETTINGS)


@pytest.mark.parametrize("framework", ["torch"], indirect=True)
def test_the_study_is_of_the_lessons_code(framework, monkeypatch):
    """Its first epoch: the penalty is used, the mean of the weights is another, each seed a run."""
    monkeypatch.setattr("benchmarks.faces_study.EPOCHS", [1])
    plain, again, other, penalised = (
        study(*run) for run in [(LESSON, 0), (LESSON, 0), (LESSON, 1), (PENALTY, 0)]
    )
    assert plain == again != other
    assert plain["last"] != plain["mean"] and plain["last"] != penalised["last"]


def test_what_the_text_says_of_each_change():
    def different(name, epoch=20):
        return np.median(runs(name, epoch, "different"))

    assert different("tanh") < different(LESSON) / 2
    assert different("beta1 = 0.9") == pytest.approx(different(LESSON) / 4, rel=0.1)
    assert different("epsilon = 0.01") < 0.8 * different(LESSON)  # slower: after 40 it is there
    assert different("epsilon = 0.01", 40) == pytest.approx(different(LESSON), rel=0.1)
    for epoch, measure in product((20, 40), STUDY["measures"]):
        mean, last = (np.median(runs(name, epoch, measure)) for name in (MEAN, LESSON))
        assert mean == pytest.approx(last, rel=0.1)


@pytest.mark.parametrize("epoch", [20, 40])
def test_each_penalised_run_is_better_than_any_other(epoch):
    others = [name for name in SHOWN.values() if name != PENALTY]
    best_shares = min(runs(name, epoch, "shares_off").min() for name in others)
    most = max(runs(name, epoch, "different").max() for name in others)
    assert runs(PENALTY, epoch, "shares_off").max() < best_shares
    assert runs(PENALTY, epoch, "different").min() > most
    assert runs(PENALTY, epoch, "distance").min() > runs(LESSON, epoch, "distance").max()  # noisier


def test_what_more_epochs_bring():
    for measure in ("distance", "different", "new"):
        assert (runs(LESSON, 40, measure) < runs(LESSON, 20, measure)).all(), measure
    assert (runs(PENALTY, 40, "different") > runs(PENALTY, 20, "different")).all()
