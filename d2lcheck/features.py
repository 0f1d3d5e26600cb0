"""Checks of the features of images, and of the two distances between those of two samples."""

from collections.abc import Callable

import numpy as np

from d2lcheck.compare import compare_returned
from d2lcheck.framework import Framework
from d2lmini.gaussian import frechet_distance


def check_features(framework: Framework, work: Callable) -> list[str]:
    """Check the function that returns the mean colours of blocks."""
    images = np.random.default_rng(0).uniform(-1, 1, (5, 16, 16, 3)).astype("float32")
    return compare_returned(work, [images], features_of(images), mistakes_of_features(images))


def check_frechet(framework: Framework, work: Callable) -> list[str]:
    """Check the function that returns the Fréchet distance between features."""
    # As many as there are features, so that rows can stand for columns.
    x, y = samples(48, 48)
    return compare_returned(work, [x, y], frechet(x, y), mistakes_of_frechet(x, y))


def check_kernel_distance(framework: Framework, work: Callable) -> list[str]:
    """Check the function that returns the kernel distance between features."""
    x, y = samples(7, 5)
    return compare_returned(work, [x, y], kernel_distance(x, y), mistakes_of_kernel_distance(x, y))


def samples(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features (n, 48) and (m, 48), correlated, and with different means."""
    rng = np.random.default_rng(0)
    mixed = rng.normal(0, 0.1, (48, 48)) + 0.3 * np.eye(48)
    return rng.normal(size=(n, 48)) @ mixed + 0.2, rng.normal(0.1, 0.7, size=(m, 48)) @ mixed


def blocks_of(images: np.ndarray) -> np.ndarray:
    """Return images as (n, block row, row in it, block column, column in it, colour)."""
    return images.reshape(-1, 4, 4, 4, 4, 3).astype(float)


def features_of(images: np.ndarray) -> np.ndarray:
    """Return the mean colours of the blocks of images, (n, 48)."""
    return blocks_of(images).mean(axis=(2, 4)).reshape(-1, 48)


def mistakes_of_features(images: np.ndarray) -> dict[str, np.ndarray]:
    """Return, by mistake, what becomes of images."""
    blocks, n = blocks_of(images), len(images)
    means = blocks.mean(axis=(2, 4))

    def flat(array):
        return array.reshape(n, -1)

    lines = "the mean is over all {} of an image, where it is over blocks of 4 x 4 pixels"
    return {
        "the sums of the blocks are returned, where it is their means": 16 * flat(means),
        "the mean is over pixels that lie four apart, where it is over neighbours, blocks of "
        "4 x 4: are axes exchanged?": flat(blocks.mean(axis=(1, 3))),
        lines.format("rows"): flat(blocks.mean(axis=(1, 2))),
        lines.format("columns"): flat(blocks.mean(axis=(3, 4))),
        "one pixel of each block is taken, where it is the mean of the block": flat(
            blocks[:, :, 0, :, 0]
        ),
        "the mean is over the colours, too, where each has its own": flat(means.mean(axis=-1)),
        "the mean is over whole images, where it is over blocks of 4 x 4 pixels": means.mean(
            axis=(1, 2)
        ),
        "the colours come first; the order is row of the block, its column, colour": flat(
            np.moveaxis(means, 3, 1)
        ),
        "the columns come first; the order is row of the block, its column, colour": flat(
            means.swapaxes(1, 2)
        ),
        "the features of an image are not in a row: the shape is (n, 48)": means,
    }


def frechet(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the Fréchet distance between features."""
    return frechet_distance(x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T))


def mistakes_of_frechet(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Return, by mistake, what becomes of two samples."""
    right, squares = frechet(x, y), ((x.mean(0) - y.mean(0)) ** 2).sum()

    def by(cov):
        return frechet_distance(x.mean(0), cov(x), y.mean(0), cov(y))

    return {
        "the covariances are those of the images, where they are those of the 48 features: is a "
        "transpose missing?": by(np.cov),
        "means and covariances are those of the images, where they are those of the 48 features": (
            frechet(x.T, y.T)
        ),
        "no root is taken of the Fréchet distance here": np.sqrt(right),
        "the covariances take no part: this is the squared distance of the means": squares,
        "the covariances take no part: this is the distance of the means": np.sqrt(squares),
        "the means take no part": right - squares,
        "the covariances are diagonal here: the variances alone take part": by(
            lambda z: np.diag(z.var(0, ddof=1))
        ),
        "correlations stand where covariances should": by(lambda z: np.corrcoef(z.T)),
        "the covariances are divided by n, where it is n - 1": by(lambda z: np.cov(z.T, bias=True)),
    }


def kernel(x: np.ndarray, y: np.ndarray, degree: int = 3) -> np.ndarray:
    """Return the kernel of each of x with each of y."""
    return (x @ y.T / 48 + 1) ** degree


def kernel_distance(
    x: np.ndarray, y: np.ndarray, k: Callable = kernel, own: Callable | None = None, between=2.0
) -> float:
    """Return the kernel distance between features, without bias.

    own: takes the kernel within a sample, and returns its mean, if not as is right. between: how
    often that between the samples is subtracted.
    """
    own = own or (lambda k: (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)))
    return own(k(x, x)) + own(k(y, y)) - between * k(x, y).mean()


def mistakes_of_kernel_distance(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Return, by mistake, what becomes of two samples."""

    def other(**change):
        return kernel_distance(x, y, **change)

    diagonal = "of the kernel within a sample, the diagonal {}"
    return {
        diagonal.format(
            "is kept, and so the estimate is biased: an image is not to be compared with itself"
        ): other(own=np.mean),
        diagonal.format("is left out, but not of the number to divide by: that is n (n - 1)"): (
            other(own=lambda k: (k.sum() - np.trace(k)) / k.size)
        ),
        diagonal.format("is added up, too, while the number to divide by leaves it out"): (
            other(own=lambda k: k.sum() / (len(k) * (len(k) - 1)))
        ),
        "the mean between the two samples is subtracted once, where it is twice": other(between=1),
        "the mean between the two samples takes no part: subtract it twice": other(between=0),
        "the mean between the two samples is added, where it is subtracted": other(between=-2),
        "the sign is turned: add the means within the samples": -other(),
        "the kernel is not cubed": other(k=lambda a, b: kernel(a, b, 1)),
        "the kernel is squared, where it is cubed": other(k=lambda a, b: kernel(a, b, 2)),
        "the + 1 of the kernel is missing": other(k=lambda a, b: (a @ b.T / 48) ** 3),
        "the 48 by which the kernel divides is missing": other(k=lambda a, b: (a @ b.T + 1) ** 3),
        "the 1 is added before the division by 48, where it is after": other(
            k=lambda a, b: ((a @ b.T + 1) / 48) ** 3
        ),
        "no root is taken of the kernel distance here": np.sqrt(abs(other())),
    }
