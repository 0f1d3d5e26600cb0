"""What lessons say of speed was measured. No test here looks at a time of its own."""

import re
from math import inf

import jupytext
import pytest

from benchmarks import report, results
from d2lmini import FRAMEWORKS
from tests.support.lesson import run_until, source

TABLES = results.tables_of(report.stored())


def speed(way):
    """A way's examples per second."""
    return TABLES["way"][way]["examples/s"]


def epoch(way):
    """The seconds of an epoch of 1,000 examples."""
    return 1000 / speed(way)


def first(way):
    """The seconds of the first epoch, in which the compiling happens."""
    return TABLES["way"][way]["first epoch, s"]


def step(way):
    """The microseconds of a step of 8 points."""
    return 8e6 / speed(way)


def plain(key):
    """The examples per second of a framework's plain step."""
    return results.plain_and_fastest(TABLES, key)[0]


def fastest(key):
    """The examples per second of a framework's fastest way."""
    return results.plain_and_fastest(TABLES, key)[1]


GAINS = [fastest(key) / plain(key) for key in FRAMEWORKS]
PLAIN = sorted(map(plain, FRAMEWORKS))


def lesson_steps():
    """The microseconds of each framework's step of 8 points, as its lesson takes it."""
    return [row["8"] for row in TABLES["batch size"].values()]


TORCH = "torch: functional step, compiled"
XLA = "tensorflow: tf.function and XLA, epoch"
NUMBA = "numpy: Numba, epoch"

# What is said of speed, in a lesson or in gan_<key>_faster: for which framework (what all share is
# in torch's), in which words, the number in the results that is to bear it out, and the least and
# the most that the words allow.
CLAIMS = [
    ("torch", "on a laptop everything runs in about a minute",
     lambda: max(row["all"] for row in TABLES["seconds"].values()), 0, 90),
    ("torch", "make it faster, in one framework several times",
     lambda: min(GAINS), 3, 10),
    ("torch", "in another a thousand times", lambda: max(GAINS), 800, 3000),
    ("torch", "can do that in a few microseconds", lambda: step(NUMBA), 2, 9),
    ("torch", "took far longer for each step", lambda: min(lesson_steps()) / step(NUMBA), 5, inf),
    ("torch", "The functional style alone makes the step slower",
     lambda: speed("torch: functional step") / speed("torch: eager"), 0, 0.95),
    ("torch", "it is several times as fast as the lesson's loop",
     lambda: speed(TORCH) / speed("torch: eager"), 3, 20),
    ("torch", "compiling takes seconds", lambda: first(TORCH), 2, 60),
    ("torch", "time in which the lesson's loop trains for dozens of epochs",
     lambda: first(TORCH) / epoch("torch: eager"), 24, 300),
    ("torch", "The plain steps are a factor of a hundred or more apart",
     lambda: PLAIN[-1] / PLAIN[0], 80, 500),
    ("torch", "but only because TensorFlow's is eager here",
     lambda: PLAIN[-1] / PLAIN[1], 1, 25),
    ("torch", "The lessons' own steps differ by a factor of ten to twenty",
     lambda: max(lesson_steps()) / min(lesson_steps()), 9, 22),
    ("torch", "a whole epoch compiled by XLA, in TensorFlow",
     lambda: speed(NUMBA) / speed(XLA), 2.5, 4.5),
    ("torch", "or in JAX, comes within a factor of three to four of loops",
     lambda: speed(NUMBA) / speed("jax: jax.jit, epoch"), 2.5, 4.5),
    ("tensorflow", "it is a factor of a thousand or more",
     lambda: speed(XLA) / speed("tensorflow: eager"), 800, inf),
    ("tensorflow", "an epoch takes a few milliseconds", lambda: epoch(XLA) * 1e3, 1.2, 9),
    ("tensorflow", "compiling it takes one or two seconds", lambda: first(XLA), 0.7, 2.7),
    ("tensorflow", "less than a single eager epoch",
     lambda: first(XLA) / epoch("tensorflow: eager"), 0, 1),
    ("tensorflow", "Without a graph, TensorFlow's step is slower than PyTorch's and MXNet's",
     lambda: plain("tensorflow") / min(plain("torch"), plain("mxnet")), 0, 0.8),
    ("tensorflow", "with all of an epoch in one call it leaves both behind",
     lambda: speed(XLA) / max(fastest("torch"), fastest("mxnet")), 1.5, inf),
    ("mxnet", "To hybridize the two networks gains next to nothing",
     lambda: speed("mxnet: networks hybridized") / speed("mxnet: eager"), 0.8, 1.5),
    ("mxnet", "the step is two to four times as fast as the eager one",
     lambda: speed("mxnet: one block a loss") / speed("mxnet: eager"), 1.7, 4.7),
    ("mxnet", "and the first steps cost little", lambda: first("mxnet: one block a loss"), 0, 0.5),
    ("numpy", "a step now takes a few microseconds", lambda: step(NUMBA), 2, 9),
    ("numpy", "Compiling takes several seconds, once", lambda: first(NUMBA), 2, 9),
]  # fmt: skip

# What sounds like a speed and is none that the benchmark measures.
NO_CLAIMS = ["a fifth of a second", "the second time it is quicker", "mark on the axis is a factor"]
NO_CLAIMS += ["just what Python is slow at", "so slow that we watch only five"]


def prose(key, kind=""):
    """The text cells of a notebook, each also without headings, the picture, links to go faster."""
    cells = jupytext.reads(source(key, kind), fmt="py:percent").cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    names = r"(?m)!\[[^]]*\]\(speed.png\)|^#+ .*$|\[[^]]*\]\(gan_\w+_faster.ipynb\)"
    return [(text, re.sub(names, "", text)) for text in texts]


def section(key):
    """The text cells of a lesson's own section about speed."""
    texts = prose(key)
    (start,) = [i for i, (text, _) in enumerate(texts) if text.startswith("## Going faster")]
    rest = texts[start + 1 :]
    stop = next(i for i, (text, _) in enumerate(rest, start + 1) if text.startswith("## "))
    return texts[start:stop]


def sentences(texts):
    """What text cells say about speed, a sentence each, or less of it up to a colon."""
    parts = re.split(r"(?<=[.?!:])\s", " ".join(" ".join(text for _, text in texts).split()))
    about_speed = r"\b(times as|thousand times|factor|\w*seconds|of a second|(fast|slow)\w*)\b"
    return [part for part in parts if re.search(about_speed, part)]


@pytest.mark.parametrize(
    "key, words, number, least, most", CLAIMS, ids=[f"{key}: {words}" for key, words, *_ in CLAIMS]
)
def test_results_bear_out_what_is_said(key, words, number, least, most):
    said = " ".join(text for kind in ("", "faster") for _, text in prose(key, kind))
    assert words in " ".join(said.split()), "said no longer"
    assert least <= number() <= most


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_what_is_said_of_speed_is_among_the_claims(key):
    listed = [words for _, words, *_ in CLAIMS] + NO_CLAIMS
    found = sentences(prose(key, "faster"))
    assert found
    found += sentences(section(key))
    assert not [part for part in found if not any(words in part for words in listed)]


def test_a_step_takes_as_much_arithmetic_as_is_said():
    """A multiplication for each weight, point and pass: forwards, to the weights, to the points."""
    names = run_until("## Where the time goes", "numpy", source("numpy", "faster"))
    weights_D, weights_G = (names[net].parameters[::2] for net in ("net_D", "net_G"))
    size, in_D, in_G = names["size"], sum(w.size for w in weights_D), sum(w.size for w in weights_G)
    step_D = 2 * size * (3 * in_D - weights_D[0].size)  # no need to go back to the points
    step_G = size * (2 * in_D + 3 * in_G)  # no need of the discriminator's weights
    adam = 8 * sum(p.size for net in ("net_D", "net_G") for p in names[net].parameters)
    tangents = 3 * size * sum(w.shape[1] for w in weights_D[:-1])
    said = "takes about 2,000 multiplications and 200 hyperbolic tangents"
    assert said in " ".join(" ".join(text for text, _ in prose("numpy", "faster")).split())
    assert (round(step_D + step_G + adam, -3), round(tangents, -2)) == (2000, 200)
