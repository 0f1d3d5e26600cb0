"""The lesson on faces in float64: fed the same numbers, the same training in every framework.

The others are held to the NumPy lesson, whose gradients are held to central differences in
tests/lessons/test_faces.py.
"""

import warnings
from functools import cache

import numpy as np
import pytest

from d2lmini import FRAMEWORKS, faces
from tests.support.frameworks import adam, adapter_of, early_adam, sgd
from tests.support.images import images_of, lesson, players_of, start
from tests.support.lesson import FACES, run_cells, run_until, with_numbers

OTHERS = [key for key in FRAMEWORKS if key != "numpy"]
# The odd numbers are exact in float32, in which Keras and MXNet keep them.
SETTINGS = {
    "sgd": (sgd, 1 / 64, {}),
    "adam": (adam, 1 / 512, ADAM := {"beta1": 1 / 2, "beta2": 1023 / 1024, "epsilon": 1 / 1024}),
    "early_adam": (early_adam, 1 / 512, ADAM),
}
EARLY = {"tensorflow", "mxnet"}  # where Adam adds epsilon early
BATCH = 8
LEAK = {"tensorflow": float(np.float32(0.2))}

others = pytest.mark.parametrize("framework", OTHERS, indirect=True)


def play(key, kind, steps, penalised=False, patch=None, leak=0.2):
    """Train in float64; return all weights, as the framework keeps them, and both last losses."""
    adapter, images = adapter_of(key), images_of(key)
    names, d2l = lesson(key), adapter.d2l
    net_G, net_D = players_of(images, leak)
    make, lr, options = SETTINGS[kind]
    loss = adapter.loss()
    judge, judges_loss = names["penalise"](net_D, loss) if penalised else (net_D, loss)
    rng = np.random.default_rng(1)
    if penalised:
        images.fix_noise(patch, rng.normal(size=(BATCH, 16, 16, 3)))
    players = [judge, net_G]
    players += [make(adapter, images.trained(net, judge), lr, **options) for net in (net_D, net_G)]

    def step(players, X, Z):
        judge, net_G, trainer_D, trainer_G = players
        loss_D = d2l.update_D(X, Z, judge, net_G, judges_loss, trainer_D)
        return players, (loss_D, d2l.update_G(Z, inner(judge), net_G, loss, trainer_G))

    step, players = adapter.compiled(step, net_D, net_G), tuple(players)
    for _ in range(steps):
        X, Z = faces.draw(BATCH, rng).astype(float), rng.normal(size=(BATCH, 16))
        players, losses = step(players, adapter.images(X), adapter.tensor(Z))
    nets = players[1], inner(players[0])
    return [images.weights(net) for net in nets], [float(x) for x in losses]


def inner(judge):
    """The discriminator itself, where something is around it."""
    return getattr(judge, "net_D", judge)


@cache
def reference(kind, steps, leak):
    """What the NumPy lesson gives."""
    return play("numpy", kind, steps, leak=leak)


def difference(images, got, want):
    """The largest difference of any weight or loss from the NumPy lesson's."""
    wanted = [images.adapter.kept(weights) for weights in want[0]]
    each = [
        abs(a - b).max()
        for ours, theirs in zip(got[0], wanted, strict=True)
        for a, b in zip(ours, theirs, strict=True)
    ]
    return float(np.max([*each, *abs(np.array(got[1]) - want[1])]))  # NumPy's max, for a nan


@others
@pytest.mark.parametrize(("kind", "steps", "bound"), [("sgd", 200, 1e-10), ("adam", 50, 1e-7)])
def test_the_training_is_the_same(framework, kind, steps, bound):
    images = images_of(framework)
    with adapter_of(framework).double(), images.double():
        got = play(framework, kind, steps)
    of = "early_adam" if kind == "adam" and framework in EARLY else kind
    found = difference(images, got, reference(of, steps, LEAK.get(framework, 0.2)))
    print(f"{framework}, {kind}: largest difference {found:.1e}")
    assert found < bound
    assert difference(images, got, (start(), got[1])) > 0.01  # they have learned something


@others
def test_the_penalised_training_is_the_same(framework, monkeypatch):
    """With the same noise for all."""
    with monkeypatch.context() as patch:
        leak = LEAK.get(framework, 0.2)
        want = play("numpy", "sgd", 5, penalised=True, patch=patch, leak=leak)
    assert abs(want[1][0] - reference("sgd", 5, leak)[1][0]) > 1e-3  # it is not the plain one
    images = images_of(framework)
    with adapter_of(framework).double(), images.double():
        got = play(framework, "sgd", 5, penalised=True, patch=monkeypatch)
    assert difference(images, got, want) < 1e-10


@pytest.mark.parametrize(
    "numbers",
    [
        {"batch_size": 1, "num_epochs": 1, "latent_dim": 1, "num_faces": 10},
        {"batch_size": 1000, "num_epochs": 3, "latent_dim": 128, "num_faces": 1500},
    ],
    ids=["small", "large"],
)
def test_other_numbers_end_in_a_result(framework, numbers, capfd):
    text, names = with_numbers(framework, numbers, lesson=FACES), {"__name__": "faces"}
    capfd.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)
        run_cells(None, "## Summary", framework, names, text)
    out, err = capfd.readouterr()
    assert err == ""
    assert out.count("examples/sec") == 2 and "nan" not in out


def test_a_number_that_cannot_work_is_refused_before_anything_is_drawn(framework):
    text = with_numbers(framework, {"num_faces": 0}, lesson=FACES)
    with pytest.raises(ValueError, match="^num_faces: want a whole number from 10"):
        run_until("## The real data", framework, text)
