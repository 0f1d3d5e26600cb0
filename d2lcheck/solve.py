"""Which sum of known slopes a step is.

A wrong step is hardly ever a new direction; it is a wrong sum of the right pieces. With SGD and the
learning rate 1, the parameters move by minus a sum of a few slopes that are known here: of the loss
on real points with the label 1 and with the label 0, on generated points with either, and the
gradients that were left from before. Least squares finds the coefficients, and they say what was
done.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import isclose

import numpy as np

from d2lcheck.watch import NET_D, NET_G, STALE_GRADIENTS, N, X, Z, flat
from d2lcheck.ways import RIGHT_WAY, WAYS, Way

# How much each kind of points counts with the label 0, and with the label 1.
RIGHT = {"D": {"real": (0, 0.5), "fake": (0.5, 0)}, "G": {"fake": (0, 1)}}
SATURATING = {"fake": (-1, 0)}

# What may stand where the generated points should; words.py has the sentences.
STAND_INS = {
    "": Z @ NET_G[0] + NET_G[1],
    "Z for points": Z,
    "X for Z": X @ NET_G[0] + NET_G[1],
}
ALL = {"real": X, "fake": STAND_INS[""]}

# Which of the points a step may use: all, the first ones, the last ones, every second.
PARTS = [slice(N), *(slice(n) for n in range(1, N)), *(slice(n, N) for n in range(1, N))]
PARTS += [slice(0, N, 2), slice(1, N, 2)]


@dataclass(frozen=True)
class Guess:
    """What a step may have done: by kind the points and the way of the loss, and the noise.

    stand_in: what stands where other points should, "" for none. noise: what is behind the
    generated points.
    """

    stand_in: str
    points: dict[str, np.ndarray]
    ways: dict[str, Way]
    noise: np.ndarray


def guesses(player: str) -> Iterator[Guess]:
    """Give what a player's step may have done: the likelier, the earlier."""
    kinds = list(RIGHT[player])
    right = dict.fromkeys(kinds, RIGHT_WAY)
    ways = [right, *(dict.fromkeys(kinds, way) for way in WAYS)]
    if len(kinds) > 1:  # for one kind of points alone
        ways += [right | {kind: way} for way, kind in product(WAYS, kinds)]
    for (stand_in, fake_X), way in product(STAND_INS.items(), ways):
        points = ALL | {"fake": fake_X}
        yield Guess(stand_in, {kind: points[kind] for kind in kinds}, way, Z)
    for some in product(PARTS, repeat=len(kinds)):
        used = {kind: ALL[kind][part] for kind, part in zip(kinds, some, strict=True)}
        yield Guess("", used, right, Z[some[-1]])


@dataclass(frozen=True)
class Term:
    """The slope of the loss on one kind of points with one label, and the loss."""

    slope: np.ndarray  # in the parameters of the player whose step it is
    loss: float


def term(player: str, points: np.ndarray, label: int, way: Way, noise: np.ndarray) -> Term:
    """Return the mean loss of D's answers to points (n, 2) with a label, and its slope.

    noise: what G makes the points of, if it is G's step.
    """
    W1, b1, W2, b2 = NET_D
    hidden = np.tanh(points @ W1 + b1)
    values, slopes = way.loss(hidden @ W2 + b2, label)
    slope = slopes / len(points)
    before = slope @ W2.T * (1 - hidden**2)
    if player == "D":
        parts = points.T @ before, before.sum(0), hidden.T @ slope, slope.sum(0)
    else:
        in_points = before @ W1.T
        parts = noise.T @ in_points, in_points.sum(0)
    return Term(flat(parts), float(np.mean(values)))


@dataclass(frozen=True)
class Step:
    """What a step is, as a sum of known slopes.

    guess: what it has done. parts: by kind of points, how much they counted with the label 0, and
    with the label 1. stale: how much the gradients from before counted. losses: by kind, the loss
    with the label 0, and with 1.
    """

    guess: Guess
    parts: dict[str, tuple[float, float]]
    stale: float
    losses: dict[str, tuple[float, float]]

    def loss(self, parts: dict[str, tuple[float, float]]) -> float:
        """Return the loss that belongs to some parts."""
        return sum(float(np.dot(parts[kind], self.losses[kind])) for kind in parts)


def explain(player: str, moved: np.ndarray, tolerance: float) -> Step | None:
    """Return the sum of known slopes that a player has moved by, or None if there is none."""
    steps = (solved(player, guess, moved, tolerance) for guess in guesses(player))
    step = next(filter(None, steps), None)
    return taken_twice(step, tolerance) if step and player == "D" else step


def solved(player: str, guess: Guess, moved: np.ndarray, tolerance: float) -> Step | None:
    """Return the sum of a guess's slopes that a player has moved by, or None if there is none."""
    terms = {
        kind: [term(player, points, label, guess.ways[kind], guess.noise) for label in (0, 1)]
        for kind, points in guess.points.items()
    }
    slopes = [each.slope for pair in terms.values() for each in pair]
    basis = np.stack([*slopes, flat(STALE_GRADIENTS[player])], axis=1)

    def fits(found):
        return abs(basis @ found + moved).max() <= tolerance * abs(moved).max()

    # A single point tells no label from a weight: then it is taken to be right.
    found = np.array([*flat(RIGHT[player].values()), 0])
    if not fits(found):
        found = np.linalg.lstsq(basis, -moved, rcond=None)[0]
        if not fits(found):
            return None
    found[abs(found) < tolerance] = 0
    parts = dict(zip(terms, zip(found[:-1:2], found[1::2], strict=True), strict=True))
    losses = {kind: (zero.loss, one.loss) for kind, (zero, one) in terms.items()}
    return Step(guess, parts, found[-1], losses)


def taken_twice(step: Step, tolerance: float) -> Step:
    """Return a step of D; if one kind of points takes part as both, it stands for the other."""
    for kind, other, stand_in in (("real", "fake", "X for fake"), ("fake", "real", "fake for X")):
        zero, one = step.parts[kind]
        if zero and not any(step.parts[other]) and isclose(zero, one, rel_tol=3 * tolerance):
            parts = {"real": (0, one), "fake": (zero, 0)}
            return replace(step, guess=replace(step.guess, stand_in=stand_in), parts=parts)
    return step
