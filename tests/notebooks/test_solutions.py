"""The solutions: many GANs side by side, a copy that trains on, and the numbers in the text."""

import re

import nbformat
import numpy as np
import pytest

from tests.support.lesson import FACES, GAN, run_until, source
from tests.support.oracles import gradient


def machinery(key):
    """The names that the solutions of a framework have defined before they train anything."""
    return run_until("Is each of the runs", key, source(key, "solutions"))


def test_a_copy_trains_on_as_the_original(framework):
    """Its Adam goes on from where the original's is; a new Adam would take other steps."""
    names = machinery(framework)
    Nets, adam, values = (names[name] for name in ("Nets", "adam", "values"))
    rng = np.random.default_rng(1)
    X, Z = rng.normal(size=(2, 5, 3, 8, 2))
    shapes = [(2, 4), (1, 4), (4, 1), (1, 1)], [(2, 2), (1, 2)]
    weights_D, weights_G = ([rng.normal(size=(3, *shape)) for shape in net] for net in shapes)

    def train(net_G, trainer_G):
        net_D = Nets(weights_D)
        names["make_steps"](net_D, net_G, adam(net_D, 0.05), trainer_G)(X, Z)
        return [w.copy() for w in values(net_G)]

    net_G = Nets(weights_G)
    trainer_G = adam(net_G, names["lr_G"])
    before = train(net_G, trainer_G)
    copy_G, copy_trainer_G = names["copy_of"](net_G, trainer_G)
    want = train(net_G, trainer_G)
    for got, old in zip(values(copy_G), before, strict=True):
        np.testing.assert_array_equal(got, old)
    for got, w in zip(train(copy_G, copy_trainer_G), want, strict=True):
        np.testing.assert_allclose(got, w, rtol=0, atol=1e-5)
    other = Nets(before)
    new_adam = train(other, adam(other, names["lr_G"]))
    pairs = zip(new_adam, want, strict=True)
    assert not any(np.allclose(n, w, rtol=0, atol=1e-3) for n, w in pairs)


def test_the_gradients_by_hand_are_those_of_the_loss():
    names, rng = machinery("numpy"), np.random.default_rng(2)
    shapes = [(2, 5), (1, 5), (5, 3), (1, 3), (3, 1), (1, 1)]
    net = names["Nets"](rng.normal(size=(4, *shape)) for shape in shapes)
    x = rng.normal(size=(4, 8, 2))
    steps = net.forward(x)
    gradients, slope = net.backward(steps, names["loss"].slope(steps[-1], 1))
    wanted = gradient(lambda: names["loss"](net(x), 1).sum(), [*net.parameters, x], eps=1e-5)
    for got, want in zip([*gradients, slope], wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-9)


def test_the_saturating_loss_has_the_slope_it_says():
    loss = machinery("numpy")["saturating"]
    o = np.random.default_rng(4).normal(size=(3, 8, 1))
    D = 1 / (1 + np.exp(-o))
    np.testing.assert_allclose(loss(o, 1), np.log(1 - D).mean((1, 2)))
    (want,) = gradient(lambda: loss(o, 1).sum(), [o], eps=1e-5)
    np.testing.assert_allclose(loss.slope(o, 1), want, rtol=1e-6)


# What the text says of the measurements: the words, where their number is printed, and its range.
CLAIMS = [
    ("median Fréchet distance is 0.05 to 0.06", r"^40 epochs .* median ([\d.]+)", 0.045, 0.065),
    ("where the lesson's is 0.07 to 0.08", r"^lesson .* median ([\d.]+)", 0.065, 0.085),
    ("about 60 % of its runs come within", r"^40 epochs .* within 0.2 and 20 %: (\d+)%", 55, 65),
    ("lesson's setting gets half of them", r"^lesson .* within 0.2 and 20 %: (\d+)%", 45, 55),
    ("With `lr_D` = 0.02 the median is about 0.2", r"^lr_D .* median ([\d.]+)", 0.15, 0.25),
    ("medians of both are 0.693 in each row", r" loss_[DG] ([\d.]+)", 0.693, 0.693),
    ("nearly all runs have their `loss_D` within", r"in (\d+)% of the runs", 95, 100),
    ("in at most one of the ten parts", r"lr_D .*\n *below the lesson's: (\d+)%", 0, 10),
    ("wins in eight or nine of ten", r"40 epochs .*\n *below the lesson's: (\d+)%", 80, 90),
    ("not fall below about $-1.9$", r"from \(0, 0\).* lowest o (\S+)", -1.95, -1.75),
    ("$o$ falls to about $-7$", r"\(4, -2\) saturating  .* lowest o (\S+)", -7.5, -6.5),
    ("the centre moves by 0.14", r"\(4, -2\) saturating  .* ([\d.]+) in 0.2", 0.135, 0.145),
    ("of the ten worst is still above 0.4", r"^old .*ten worst ([\d.]+), farthest", 0.4, 1),
    ("their median falls below 0.25", r"^fresh .*ten worst ([\d.]+), farthest", 0, 0.25),
    ("the median of all is about 0.04", r"^fresh  Fréchet median ([\d.]+)", 0.03, 0.045),
    ("The others gain, too", r"^fresh  nearer: (\d+)% of all", 75, 90),
    ("about 0.001 reaches a generated point", r"^before +push ([\d.]+)", 0.0007, 0.0013),
    ("and on the ten worst a fraction of that", r"^before +push .*worst ([\d.]+)", 0, 0.0005),
    ("pushes some ten times as hard", r"^after 1 epoch it is (\d+) times", 8, 20),
    ("on the ten worst more than fifty times", r"^after 1 epoch .* worst (\d+) times", 50, 5000),
    ("it is flatter than the old one was", r"^fresh, 20 epochs +push ([\d.]+)", 0, 0.0005),
    ("About 5 % of its points lie near", r"^linear +near +(\d+)%", 4, 6),
    ("with 70 to 80 % of the points near", r"^hidden layers  +near +(\d+)%", 70, 80),
    ("from itself in 6 to 10 % of the runs", r"^truth.* in (\d+)%", 6, 10),
    ("in about nine runs of ten", r"^GAN .* in (\d+)%", 86, 94),
    ("with about 58 % of the held-out points", r"^GAN .* out ([\d.]+) right", 0.57, 0.59),
]


OF_FACES = [
    (
        "Of a perfect generator's faces 24 in 100",
        r"^among 400 trained on: .* (\S+)% of a perfect",
        23.5,
        24.5,
    ),
    ("and of ours 26 to 30", r"^among 400 trained on: (\S+)% of its faces", 25.5, 30.5),
    ("of ours 24 to 27 in 100", r"^among 400 never seen: (\S+)% of its faces", 23.5, 27.5),
    ("The plain generator draws no hat, or hardly any", r"^plain: ([\d.]+)% with", 0, 0.2),
    ("penalty hats come", r"^penalised: ([\d.]+)% with a hat", 0.3, 2.5),
    ("have curly hair, nearly all of them", r"^farthest from plain: .* (\d+)% with curly", 90, 100),
    ("curly hair takes all the places", r"^farthest from plain: (\d+)% with a hat", 0, 5),
    ("generator's many wear a hat", r"^farthest from penalised: (\d+)% with a hat", 30, 100),
    ("But so do many of those", r"^farthest from real: (\d+)% with a hat", 45, 90),
]
CASES = [
    (lesson, *claim) for lesson, claims in ((GAN, CLAIMS), (FACES, OF_FACES)) for claim in claims
]


@pytest.mark.parametrize("lesson, words, where, low, high", CASES, ids=[case[1] for case in CASES])
def test_what_the_text_says_is_what_every_framework_printed(lesson, words, where, low, high):
    for path in (notebook.ipynb for notebook in lesson.notebooks("solutions").values()):
        cells = nbformat.read(path, as_version=4).cells
        assert words in " ".join(" ".join(cell.source.split()) for cell in cells)
        printed = "".join(o.get("text", "") for cell in cells for o in cell.get("outputs", ()))
        found = [float(number) for number in re.findall(where, printed, re.MULTILINE)]
        assert found and all(low <= number <= high for number in found), (path.stem, found)


def test_the_generator_repeats_a_few_faces():
    """It draws more of those that it was trained on than it should, and not so of others."""
    for notebook in FACES.notebooks("solutions").values():
        cells = nbformat.read(notebook.ipynb, as_version=4).cells
        printed = "".join(o.get("text", "") for cell in cells for o in cell.get("outputs", ()))
        lines = r"^among 400 .*: (\S+)% of its faces, (\S+)% of a perfect"
        found = re.findall(lines, printed, re.MULTILINE)
        seen, unseen = (float(own) - float(perfect) for own, perfect in found)
        assert 8 > seen - unseen > 1 and abs(unseen) < 3, notebook.stem
