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
WEIGHTS = {  # in the table of exercise 4
    "none": LESSON,
    "0.1": f"{PENALTY}, weight 0.1",
    "1": PENALTY,
    "10": f"{PENALTY}, weight 10",
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
    wanted = rows_of(SHOWN)
    wanted.append(["a perfect generator", *row(faces.perfect(4000, REAL_FACES))])
    assert table(key) == wanted
    assert table(key, "solutions") == rows_of(WEIGHTS)


def table(key, kind=""):
    """The rows of a notebook's table of runs."""
    (cell,) = [
        cell.source
        for cell in jupytext.reads(source(key, kind, FACES), fmt="py:percent").cells
        if "| shares off |" in cell.source
    ]
    lines = [line for line in cell.splitlines() if line.startswith("|")]
    _, _, *rows = ([part.strip() for part in line.strip("| ").split("|")] for line in lines)
    return [[part.replace(" %", "%") for part in row] for row in rows]


def rows_of(shown):
    """The rows that a table should have, of runs by the words there."""
    return [
        [
            words,
            *map(", ".join, zip(*(row(medians(name, epoch)) for epoch in (20, 40)), strict=True)),
        ]
        for words, name in shown.items()
    ]


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
    assert penalised != study(f"{PENALTY}, weight 10", 0)


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


def test_what_exercise_4_says_of_the_weights():
    plain, *weights = WEIGHTS.values()
    for epoch, name in product((20, 40), weights):
        assert np.median(runs(name, epoch, "shares_off")) < np.median(
            runs(plain, epoch, "shares_off")
        )
        assert np.median(runs(name, epoch, "different")) > np.median(
            runs(plain, epoch, "different")
        )
        assert np.median(runs(name, epoch, "distance")) > np.median(runs(plain, epoch, "distance"))
    for name in WEIGHTS.values():
        before, after = (np.median(runs(name, epoch, "different")) for epoch in (20, 40))
        assert (after > before) == (name in weights[1:]), name
    for name in (plain, weights[0]):
        assert np.median(runs(name, 40, "new")) < np.median(runs(name, 20, "new"))
    light, middle, heavy = weights
    for epoch in (20, 40):
        off = {name: np.median(runs(name, epoch, "shares_off")) for name in weights}
        assert off[middle] < off[heavy] < off[light]
    assert np.ptp([np.median(runs(name, 40, "distance")) for name in weights]) < 0.02
    assert runs(heavy, 20, "distance").min() > runs(middle, 20, "distance").max()
    assert np.median(runs(heavy, 40, "distance")) < np.median(runs(middle, 40, "distance"))
