"""Questions whose numbers depend on the student's name, and what common wrong answers come from."""

import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from d2lcheck.compare import close, compare
from d2lmini.checks import shown
from d2lmini.gaussian import frechet_distance

ROUNDING = 6e-3  # what three digits leave of a number, and a little
A, MEAN = np.array([[1.0, 2.0], [-0.1, 0.5]]), np.array([1.0, 2.0])  # of the lesson's data
COV = A.T @ A


@dataclass(frozen=True)
class Asked:
    """A question to one student: its text, the right answer, and by mistake the wrong ones."""

    text: str
    right: ArrayLike
    known: Mapping[str, ArrayLike]


@dataclass(frozen=True)
class Question:
    """What is to be answered, in a few words, and how a question is drawn for one student."""

    wants: str
    draw: Callable[[np.random.Generator], Asked]


def generator(student: str, question: str) -> np.random.Generator:
    """Return the random numbers of a question for a student.

    Capitals, accents typed in two ways and spaces around a name or doubled make no difference.
    """
    name = " ".join(unicodedata.normalize("NFKC", student).casefold().split())
    digest = hashlib.sha256(f"{name}\n{question}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))


def asked(question: str, student: str) -> Asked:
    """Return a question as it is for one student.

    Raises ValueError for a question that there is not, and without a name.
    """
    if question not in QUESTIONS:
        raise ValueError(f"want one of {', '.join(QUESTIONS)}, got {shown(question)}")
    if not isinstance(student, str) or not student.strip():
        raise ValueError("write your name into `student` first, in quotation marks")
    rng = generator(student, question)
    while True:  # until no mistake leads to the right answer, or to that of another mistake
        this = QUESTIONS[question].draw(rng)
        answers = [np.asarray(answer, dtype=float) for answer in (this.right, *this.known.values())]
        if not any(close(a, b, 2 * ROUNDING) for a, b in combinations(answers, 2)):
            return this


def wrong(question: str, answer: Any, student: str) -> list[str]:
    """Return what is wrong with a student's answer, a sentence or none."""
    this = asked(question, student)
    if np.asarray(this.right).dtype == bool:  # to name a false one would be to tell the right one
        answer = np.asarray(answer)
        if answer.shape != this.right.shape or answer.dtype != bool:
            return [f"your answer is no list of {len(this.right)} times True or False"]
        count = int(np.sum(answer != this.right))
        return [f"{count} of your {len(answer)} answers are wrong"] if count else []
    return compare(answer, this.right, this.known, "your answer", ROUNDING)


def slopes(rng: np.random.Generator) -> Asked:
    """Ask for the slopes of both of the generator's losses: exercise 1."""
    o = rng.choice([-1, 1]) * rng.integers(5, 30) / 10
    D = 1 / (1 + np.exp(-o))
    text = (
        f"A generated point has the logit o = {o:.1f}. What slope in o have the generator's two "
        "losses there, log(1 - D) and -log D?"
    )
    known = {
        "the two slopes are exchanged": (D - 1, -D),
        "the signs are turned: both losses fall as o grows": (D, 1 - D),
        "these are the losses, not their slopes": (np.log(1 - D), -np.log(D)),
        "these are the slopes in D; the chain rule has one more factor": (-1 / (1 - D), -1 / D),
    }
    return Asked(text, (-D, D - 1), known)


def best_D(rng: np.random.Generator) -> Asked:
    """Ask for the best discriminator's answer: exercise 2."""
    p, q = rng.integers(5, 40, size=2) / 100
    q += 0.01 * (p == q)
    text = (
        f"At a point x, the density of the data is {p:.2f} and that of the generated points is "
        f"{q:.2f}. What D(x) does the best discriminator give, and what logit?"
    )
    D, o = p / (p + q), np.log(p / q)
    known = {
        "data and generated points are exchanged": (1 - D, -o),
        "this D is the quotient of the densities, the odds and no probability": (p / q, o),
        "the logit is log D - log(1 - D), not log D": (D, np.log(D)),
        "the sign of the logit is turned": (D, -o),
    }
    return Asked(text, (D, o), known)


def game(rng: np.random.Generator) -> Asked:
    """Ask for the worth of the game, and for loss_D: what each player minimises."""
    JSD = rng.integers(5, 60) / 100
    text = (
        f"The Jensen-Shannon divergence of data and generated points is {JSD:.2f} nats. Against "
        "the best discriminator, what is the value of the game, and what is loss_D?"
    )
    worth, loss_D = 2 * JSD - 2 * np.log(2), np.log(2) - JSD
    known = {
        "loss_D is minus half of the value of the game": (worth, worth),
        "the sign is turned: this is the number for a discriminator that minimises it": (
            -worth,
            loss_D,
        ),
        "loss_D is too large by JSD, twice: it falls as the two differ": (worth, np.log(2) + JSD),
        "loss_D is halved: half of the points are real": (worth, 2 * loss_D),
        "this has the logarithm to the base 2": (2 * JSD - 2, 1 - JSD),
    }
    return Asked(text, (worth, loss_D), known)


def fit(rng: np.random.Generator) -> Asked:
    """Ask for the fit of a linear generator: did it learn."""
    # Lower triangular, so that W W^T and W^T W differ.
    W, c = np.tril(rng.integers(5, 30, size=(2, 2))) / 10, rng.integers(0, 31, 2) / 10
    text = (
        f"A generator has W = {W.tolist()} and c = {c.tolist()}. What is the relative error of its "
        "covariance, and its Fréchet distance to the truth?"
    )

    def errors(cov):
        relative = np.linalg.norm(cov - COV) / np.linalg.norm(COV)
        return relative, float(frechet_distance(c, cov, MEAN, COV))

    right = errors(W @ W.T)
    absolute = right[0] * np.linalg.norm(COV)
    known = {
        "the covariance of W z + c is W times its transpose, in this order": errors(W.T @ W),
        "W is no covariance: take W times its transpose": (
            np.linalg.norm(W - COV) / np.linalg.norm(COV),
            right[1],
        ),
        "the error of the covariance is relative: divide by the size of the true one": (
            absolute,
            right[1],
        ),
        "the error is relative to the true covariance, not to the generator's": (
            absolute / np.linalg.norm(W @ W.T),
            right[1],
        ),
        "no root is taken of the Fréchet distance here": (right[0], np.sqrt(right[1])),
    }
    return Asked(text, right, known)


def shares(rng: np.random.Generator) -> Asked:
    """Ask how far shares are from the true ones, and how probable it is that a face comes."""
    # Two come too often, two too rarely: of three values the largest difference would be right.
    p, q = rng.integers(120, 300, size=4), rng.integers(20, 110, size=2)
    up = rng.multinomial(sum(q), [0.6, 0.4])
    true = np.round(p / p.sum(), 3)
    true[3] = round(1 - true[:3].sum(), 3)
    off = np.array([*up, *-q])[rng.permutation(4)] / 1000
    n, chance = 100 * rng.integers(3, 12), rng.integers(5, 30) / 10000
    wanted, found = (", ".join(f"{x:.3f}" for x in shares) for shares in (true, true + off))
    text = (
        f"A part has four values, with the true shares {wanted}. Among generated faces they have "
        f"the shares {found}. By how much are the shares off, as the lesson measures it? And how "
        f"probable is it that a face of the probability {chance:.4f} is among {n} faces of a "
        "perfect generator?"
    )
    size, seen = abs(off).sum() / 2, 1 - (1 - chance) ** n
    known = {
        "half of the sum of the differences is meant: a face with another value counts twice in "
        "it": (2 * size, seen),
        "all differences count, not the largest alone": (abs(off).max(), seen),
        "the differences cancel: take them without their signs": (0.0, seen),
        "half of the sum of the differences is meant, not their mean": (size / 2, seen),
        "the differences are not squared here": (np.sqrt((off**2).sum()), seen),
        "n p is how often the face comes on average, and no probability": (size, n * chance),
        "(1 - p)^n is the probability that the face does not come": (size, 1 - seen),
        "p is the probability that one face is this one; there are n of them": (size, chance),
    }
    return Asked(text, (size, seen), known)


# What came out of the lesson and its exercises: a statement, and one that says the opposite.
VERDICTS = [
    (
        "With LeakyReLU and beta1 = 0.5, fewer runs pass after 80 epochs than after 20 (Why it "
        "does not arrive).",
        "With LeakyReLU and beta1 = 0.5, more runs pass after 80 epochs than after 20 (Why it "
        "does not arrive).",
    ),
    (
        "With epsilon = 0.01 besides, most runs still pass after 320 epochs (Why it does not "
        "arrive).",
        "With epsilon = 0.01 besides, most runs no longer pass after 320 epochs (Why it does not "
        "arrive).",
    ),
    (
        "With lr_D = 0.02 the median Fréchet distance of a hundred runs is larger than in the "
        "lesson (exercise 3).",
        "With lr_D = 0.02 the median Fréchet distance of a hundred runs is smaller than in the "
        "lesson (exercise 3).",
    ),
    (
        "From the lesson's start, the generator is not slower with its first loss, log(1 - D) "
        "(exercise 4).",
        "From the lesson's start, the generator is much slower with its first loss, log(1 - D) "
        "(exercise 4).",
    ),
    (
        "The runs that ended farthest from the truth move on with a fresh discriminator "
        "(exercise 5).",
        "The runs that ended farthest from the truth do not move with a fresh discriminator "
        "either (exercise 5).",
    ),
    (
        "A linear generator cannot make the ring of eight clouds (exercise 6).",
        "A linear generator can make the ring of eight clouds (exercise 6).",
    ),
    (
        "On points that were held out, a two-sample test tells most of the trained generators "
        "from the truth (exercise 7).",
        "On points that were held out, a two-sample test cannot tell most of the trained "
        "generators from the truth (exercise 7).",
    ),
]


def verdicts(rng: np.random.Generator) -> Asked:
    """Ask which statements on what stops the learning and on exercises 3 to 7 are true."""
    right = rng.permutation([True, True, True, False, False, False, rng.random() < 0.5])
    order = rng.permutation(len(VERDICTS))
    statements = [VERDICTS[n][0 if true else 1] for n, true in zip(order, right, strict=True)]
    lines = [f"{n}. {statement}" for n, statement in enumerate(statements, start=1)]
    return Asked("\n".join(["Which of these is true, which is false?", *lines]), right, {})


# A new one costs a function above and a line here.
QUESTIONS = {
    "own_slopes": Question("the slope of log(1 - D), that of -log D; to three digits", slopes),
    "own_best_D": Question("D(x), its logit; to three digits", best_D),
    "own_game": Question("the value of the game, loss_D; to three digits", game),
    "own_fit": Question("the covariance's error, the Fréchet distance; to three digits", fit),
    "own_verdicts": Question("True or False, seven times", verdicts),
    "own_shares": Question("how far the shares are off, the probability; to three digits", shares),
}
