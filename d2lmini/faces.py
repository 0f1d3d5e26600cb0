"""Small faces of which all that are possible can be listed: ``from d2lmini import faces``.

A face is an image of 16 x 16 pixels, made of eight parts that are drawn independently of each
other. So there is a list of all faces, with the probability of each, and nothing that is measured
here of generated ones is an estimate: how sharp they are, how often each part comes, how many
different ones come, and how many of these are new.
"""

from functools import cache
from itertools import product
from math import exp, floor, lgamma, log, prod
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from d2lmini.checks import is_complex, positive_int, shown

SIZE = 16  # pixels each way


class Part(NamedTuple):
    """What a part of a face can be, and how probable each of these values is."""

    values: tuple[str, ...]
    probabilities: tuple[float, ...]


PARTS = {
    "background": Part(("sky", "sand", "pink"), (0.5, 0.3, 0.2)),
    "skin": Part(("light", "tan", "brown", "green"), (0.4, 0.3, 0.25, 0.05)),
    "hair": Part(("short", "long", "mohawk", "curly"), (0.4, 0.3, 0.1, 0.2)),
    "hair colour": Part(("black", "brown", "blond", "red", "blue"), (0.35, 0.3, 0.2, 0.1, 0.05)),
    "eyes": Part(("dark", "blue"), (0.7, 0.3)),
    "mouth": Part(("smile", "flat", "open"), (0.5, 0.3, 0.2)),
    "glasses": Part(("none", "worn"), (0.7, 0.3)),
    "hat": Part(("none", "worn"), (0.8, 0.2)),
}

COLOURS = {  # red, green and blue, each from 0 to 255, in the order of the values above
    "background": [(178, 214, 242), (241, 226, 188), (242, 188, 206)],
    "skin": [(255, 220, 174), (222, 170, 108), (140, 86, 40), (118, 182, 92)],
    "hair colour": [(28, 26, 32), (84, 44, 20), (236, 202, 92), (192, 70, 38), (68, 92, 202)],
    "eyes": [(18, 18, 22), (38, 112, 232)],
}
SHIRT, LIPS, FRAME, HAT, BAND = (
    np.array(colour)
    for colour in [(202, 80, 82), (150, 24, 40), (60, 60, 62), (58, 162, 92), (40, 120, 72)]
)

row, column = np.mgrid[:SIZE, :SIZE]


def _ellipse(middle: float, height: float, width: float) -> np.ndarray:
    return ((row - middle) / height) ** 2 + ((column - 7.5) / width) ** 2 <= 1


def _box(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    return (top <= row) & (row <= bottom) & (left <= column) & (column <= right)


NOWHERE = np.zeros((SIZE, SIZE), bool)
LOCKS = (_box(5, 12, 2, 3) | _box(5, 12, 12, 13)) & _ellipse(8, 9, 6)
CROWN = _ellipse(8, 6.3, 5.3) & (row <= 5)
HAIR = np.array([CROWN, CROWN | LOCKS, _box(0, 5, 6, 9), _ellipse(4.5, 4, 6.6) & (row <= 6)])
EYES = _box(8, 8, 5, 5) | _box(8, 8, 10, 10)
CORNERS = _box(11, 11, 5, 5) | _box(11, 11, 10, 10)
MOUTH = np.array([_box(12, 12, 6, 9) | CORNERS, _box(11, 11, 6, 9), _box(11, 12, 6, 9)])
RIMS = _box(7, 9, 4, 6) | _box(7, 9, 9, 11) | _box(8, 8, 7, 8)
GLASSES = np.array([NOWHERE, RIMS & ~EYES])


COUNTS = {name: len(part.values) for name, part in PARTS.items()}  # that there are pictures of


class Support(NamedTuple):
    """All faces that are possible: what a distribution can give is called its support.

    images: (n, 16, 16, 3) in float32, red, green and blue from -1 to 1. codes: (n, 8), the number
    of the value that each part has, in the order of PARTS. probabilities: (n,), with the sum 1.
    """

    images: np.ndarray
    codes: np.ndarray
    probabilities: np.ndarray


@cache
def _drawn() -> tuple[np.ndarray, np.ndarray]:
    """Return the images and the codes of all faces, read-only, for they are kept."""
    codes = np.array([*product(*map(range, COUNTS.values()))])
    code = dict(zip(COUNTS, codes.T, strict=True))
    colour = {name: np.array(table)[code[name]] for name, table in COLOURS.items()}
    images = np.empty((len(codes), SIZE, SIZE, 3))

    def paint(where: np.ndarray, colours: np.ndarray) -> None:
        """Paint pixels, (16, 16) or (n, 16, 16), with a colour (3,), or (n, 3) for each face."""
        images[...] = np.where(where[..., None], colours[..., None, None, :], images)

    paint(~NOWHERE, colour["background"])  # and so on to the front
    paint(_box(14, 15, 1, 14), SHIRT)
    paint(_box(13, 14, 6, 9), 0.9 * colour["skin"])  # the neck, in the shade
    paint(_ellipse(8.5, 5.6, 4.7), colour["skin"])
    paint(HAIR[code["hair"]], colour["hair colour"])
    paint(EYES, colour["eyes"])
    paint(GLASSES[code["glasses"]], FRAME)
    paint(MOUTH[code["mouth"]], LIPS)
    hat = code["hat"].astype(bool)[:, None, None]
    paint(hat & _box(1, 3, 3, 12), HAT)
    paint(hat & _box(4, 4, 2, 13), BAND)
    images = (images / 127.5 - 1).astype("float32")
    images.flags.writeable = codes.flags.writeable = False
    return images, codes


def support() -> Support:
    """Return all faces, their codes and their probabilities, as PARTS has them now.

    Raises ValueError for a part whose probabilities are not from 0 to 1, or do not sum to 1.
    """
    images, codes = _drawn()
    chances = [_table(name)[code] for name, code in zip(COUNTS, codes.T, strict=True)]
    return Support(images, codes, prod(chances))


def _table(name: str) -> np.ndarray:
    """Return the probabilities of a part, if that is what they are."""
    given, wanted = PARTS[name].probabilities, COUNTS[name]
    table = np.asarray(given)
    if table.shape != (wanted,) or table.dtype.kind not in "iuf" or not (table >= 0).all():
        want = f"{wanted} probabilities, each from 0 to 1"
        raise ValueError(f'PARTS["{name}"]: want {want}, got {shown(given)}')
    if abs(table.sum() - 1) > 1e-9:
        want = "probabilities that sum to 1"
        raise ValueError(f'PARTS["{name}"]: want {want}, got the sum {table.sum():.6g}')
    return table


def draw(n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n real faces, (n, 16, 16, 3) from -1 to 1, each drawn by itself from the support."""
    images, _, probabilities = support()
    return images[rng.choice(len(images), size=positive_int("n", n), p=probabilities)]


def nearest(images: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return which possible face is nearest to each image, and at what distance.

    images: (n, 16, 16, 3), from -1 to 1. Gives two arrays (n,): the numbers of faces in the
    support, and the root of the mean squared difference to them over the 768 numbers of an image.
    As ``|a - b|^2 = |a|^2 - 2 a b + |b|^2``, one matrix product finds them all. Raises ValueError
    for images of another shape, and for numbers that are not from -1 to 1.
    """
    images = np.asarray(images)
    if images.shape[1:] != (SIZE, SIZE, 3) or not len(images):
        raise ValueError(f"images: want the shape (n, 16, 16, 3), got {images.shape}")
    if is_complex(images) or not (abs(images) <= 1 + 1e-6).all():  # NaN is not, either
        low, high = images.min(), images.max()
        raise ValueError(f"images: want numbers from -1 to 1, got some from {low:g} to {high:g}")
    possible = _drawn()[0].reshape(-1, images[0].size)
    flat = images.reshape(len(images), -1).astype("float32")
    half_squares = (possible**2).sum(axis=1) / 2
    index = np.concatenate(
        [(half_squares - part @ possible.T).argmin(axis=1) for part in _parts(flat)]
    )
    return index, np.sqrt(((flat - possible[index]) ** 2).mean(axis=1))


def _parts(array: np.ndarray, most: int = 1000) -> list[np.ndarray]:
    """Cut an array into parts whose products with the support fit into memory."""
    return np.array_split(array, -(-len(array) // most))


def shares(index: np.ndarray) -> dict[str, np.ndarray]:
    """Return how often each value of each part comes, as shares, of faces by their numbers."""
    codes = _drawn()[1][index]
    return {
        name: np.bincount(code, minlength=COUNTS[name]) / len(codes)
        for name, code in zip(COUNTS, codes.T, strict=True)
    }


def shares_off(index: np.ndarray) -> dict[str, float]:
    """Return by part how far the shares of some faces are from the true ones.

    That is the total variation distance, ``sum |q - p| / 2``: the share of faces that would have to
    have another value, 0 if all is right.
    """
    return {name: abs(q - _table(name)).sum() / 2 for name, q in shares(index).items()}


class Measures(NamedTuple):
    """How some faces compare with the truth.

    distance: the median distance to the nearest possible face, 0 if they are sharp. shares_off: see
    the function, as a mean over the parts. different: how many different faces there are. new: the
    share of those faces that were not among those that were trained on.
    """

    distance: float
    shares_off: float
    different: float
    new: float


def measure(images: ArrayLike, trained_on: ArrayLike) -> Measures:
    """Return the measures of some images (n, 16, 16, 3), each taken for the nearest possible face.

    trained_on: the images, (m, 16, 16, 3), that the generator was trained on.
    """
    index, distance = nearest(images)
    off = np.mean([*shares_off(index).values()])
    new = ~np.isin(index, nearest(trained_on)[0])
    return Measures(
        float(np.median(distance)), float(off), len(np.unique(index)), float(new.mean())
    )


def perfect(n: int, trained_on: ArrayLike) -> Measures:
    """Return the measures that n faces from the true distribution have on average: the floor.

    A face of the probability p is among n with ``1 - (1 - p)^n``. For the shares this is half the
    mean absolute deviation of a binomial share, ``2 m P(X = m) (1 - p) / n`` with m the whole
    number above n p, which de Moivre found: Diaconis and Zabell, "Closed form summation for
    classical distributions", Statistical Science 6, 1991.
    """
    n, p = positive_int("n", n), support().probabilities
    off = [sum(_deviation(n, share) for share in _table(name)) / 2 for name in COUNTS]
    unseen = p[np.setdiff1d(np.arange(len(p)), nearest(trained_on)[0])].sum()
    return Measures(0.0, float(np.mean(off)), float((1 - (1 - p) ** n).sum()), float(unseen))


def _deviation(n: int, p: float) -> float:
    """Return the mean of |X / n - p| for a binomial X."""
    if p in (0, 1):
        return 0.0
    m = floor(n * p) + 1
    ways = lgamma(n + 1) - lgamma(m + 1) - lgamma(n - m + 1)
    return 2 * m * (1 - p) * exp(ways + m * log(p) + (n - m) * log(1 - p)) / n
