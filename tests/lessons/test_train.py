"""The loop and the start of every lesson, run as they stand with a spy in place of the steps."""

import re

import numpy as np
import pytest

from tests.support.frameworks import adapter_of
from tests.support.lesson import run_until


def watch(key, text=None):
    """Run a lesson's training for two epochs of 20 points; return its nets and what was passed."""
    adapter = adapter_of(key)
    names = run_until("## Run it", key, text)
    d2l, seen = names["d2l"], {"X": [], "Z": [], "Z_G": [], "rates": set(), "losses": []}
    start = adapter.weights(names["net_G"]), adapter.weights(names["net_D"])
    step_D, step_G = names["update_D"], names["update_G"]

    def update_D(X, Z, net_D, net_G, loss, trainer_D):
        seen["X"].append(d2l.numpy(X))
        seen["Z"].append(d2l.numpy(Z))
        value = step_D(X, Z, net_D, net_G, loss, trainer_D)
        seen["losses"].append([float(value)])
        seen["rates"].add(("D", round(adapter.learning_rate(trainer_D), 6)))
        return value

    def update_G(Z, net_D, net_G, loss, trainer_G):
        seen["Z_G"].append(d2l.numpy(Z))
        value = step_G(Z, net_D, net_G, loss, trainer_G)
        seen["losses"][-1].append(float(value))
        seen["rates"].add(("G", round(adapter.learning_rate(trainer_G), 6)))
        return value

    names.update(update_D=update_D, update_G=update_G)
    data = names["data"][:20]
    with adapter.eager():
        nets, loader = (names["net_D"], names["net_G"]), d2l.load_array((data,), 8)
        names["train"](*nets, loader, 2, 0.05, 0.005, 2, data)
    return start, seen, d2l.numpy(data)


@pytest.fixture(scope="module")
def watched():
    """Each lesson is run once for all the tests here."""
    done = {}

    def get(key):
        if key not in done:
            done[key] = watch(key)
        return done[key]

    return get


def check_the_start(start):
    """Weights from N(0, 0.02**2), biases 0."""
    net_G, net_D = start
    weights = np.concatenate([w.ravel() for w in (*net_G[::2], *net_D[::2])])
    assert len(weights) == 4 + 10 + 15 + 3
    assert 0.01 < weights.std() < 0.03 and abs(weights).max() < 0.1
    assert not any(b.any() for b in (*net_G[1::2], *net_D[1::2]))


def check_the_loop(seen, data):
    """Each epoch shows every point once, with new noise at each step, at the right rates."""
    assert [len(X) for X in seen["X"]] == [8, 8, 4] * 2
    for epoch in (seen["X"][:3], seen["X"][3:]):
        np.testing.assert_array_equal(np.sort(np.concatenate(epoch), 0), np.sort(data, 0))
    assert [Z.shape for Z in seen["Z"]] == [(len(X), 2) for X in seen["X"]]
    noise = np.concatenate([Z[:, 0] for Z in seen["Z"]])
    assert len(set(noise.tolist())) == len(noise), "noise used twice"
    assert all((a == b).all() for a, b in zip(seen["Z"], seen["Z_G"], strict=True))
    assert seen["rates"] == {("D", 0.05), ("G", 0.005)}


def moves(key, train, text=None):
    """How far each parameter moves when train(names, nets, loader, data) trains both networks."""
    adapter, names = adapter_of(key), run_until("## Run it", key, text)
    nets, data = (names["net_D"], names["net_G"]), names["data"][:24]
    before = [w.copy() for net in nets for w in adapter.weights(net)]
    train(names, nets, names["d2l"].load_array((data,), 8), data)
    after = [w for net in nets for w in adapter.weights(net)]
    return [abs(a - b) for a, b in zip(after, before, strict=True)]


def check_that_both_learn(key, text=None):
    """The networks that `train` is given come out changed, in every parameter."""

    def train(names, nets, loader, data):
        names["train"](*nets, loader, 2, 0.05, 0.005, 2, data)

    assert all((far != 0).all() for far in moves(key, train, text))


def test_both_players_learn(framework):
    """Compiled where the lesson compiles: what moves must not be a copy."""
    check_that_both_learn(framework)


def test_epsilon_reaches_both_optimisers(framework):
    """A large one makes steps next to nothing."""

    def train(names, nets, loader, data):
        list(names["train_epochs"](*nets, loader, 2, 0.05, 0.005, 2, epsilon=1e6))

    assert max(far.max() for far in moves(framework, train)) < 1e-5


def test_the_start(framework, watched):
    check_the_start(watched(framework)[0])


def test_the_loop(framework, watched):
    _, seen, data = watched(framework)
    check_the_loop(seen, data)


def test_what_is_printed_is_the_mean_per_example(framework, capsys):
    _, seen, _ = watch(framework)
    found = re.search(r"loss_D (\S+), loss_G (\S+)\n", capsys.readouterr().out)
    want = np.average(seen["losses"][3:], axis=0, weights=[8, 8, 4])
    assert [float(found[1]), float(found[2])] == pytest.approx(want, abs=6e-4)
