"""Normal distributions: how far one is from another, and the density of one."""

import numpy as np
from numpy.typing import ArrayLike

from d2lmini.checks import is_complex

ROUNDING = 1e-5  # of the largest entry: more than float32 needs, less than anyone would see


def frechet_distance(
    mean_1: ArrayLike, cov_1: ArrayLike, mean_2: ArrayLike, cov_2: ArrayLike
) -> np.ndarray:
    """Return the Frechet distance between two normal distributions.

    ``|m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2)``, for means m of shape (..., d) and
    covariances S of shape (..., d, d), gives distances of shape (...) in squared units of the
    points; 0 means the same distribution, and nan or inf that some numbers are not finite. It is
    the square of the 2-Wasserstein distance: Dowson and Landau, "The Frechet distance between
    multivariate normal distributions", Journal of Multivariate Analysis 12, 1982.

    Raises ValueError for shapes that do not fit and for a matrix that is no covariance, TypeError
    for complex numbers.
    """
    mean_1, cov_1 = _checked("_1", mean_1, cov_1)
    mean_2, cov_2 = _checked("_2", mean_2, cov_2)
    if mean_1.shape[-1] != mean_2.shape[-1]:
        got = f"{mean_1.shape} and {mean_2.shape}"
        raise ValueError(f"mean_1, mean_2: want as many coordinates in each, got shapes {got}")
    with np.errstate(over="ignore", invalid="ignore"):  # a training may have diverged
        root = _sqrt(cov_1)
        spread = cov_1 + cov_2 - 2 * _sqrt(root @ cov_2 @ root)
        return ((mean_1 - mean_2) ** 2).sum(-1) + np.trace(spread, axis1=-2, axis2=-1)


def _checked(i: str, mean: ArrayLike, cov: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and cov as arrays, if that is what they are; i ends their names in an error."""
    mean, cov = np.asarray(mean), np.asarray(cov)
    if is_complex(mean) or is_complex(cov):
        raise TypeError(f"mean{i}, cov{i}: want real numbers, got {mean.dtype} and {cov.dtype}")
    mean, cov = mean.astype(float), cov.astype(float)
    if not mean.shape or not mean.shape[-1] or cov.shape[-2:] != 2 * mean.shape[-1:]:
        got = f"{mean.shape} and {cov.shape}"
        raise ValueError(f"mean{i}, cov{i}: want shapes (..., d) and (..., d, d), got {got}")
    with np.errstate(over="ignore", invalid="ignore"):
        # Below float32's tiny, rounding is no longer a share of the number.
        allowed = ROUNDING * abs(cov).max((-2, -1)) + np.finfo(np.float32).tiny
        if (abs(cov - cov.swapaxes(-2, -1)).max((-2, -1)) > allowed).any():
            raise ValueError(f"cov{i}: want a covariance, got a matrix that is not symmetric")
        if (_eigh(cov)[0][..., 0] < -allowed).any():
            raise ValueError(f"cov{i}: want a covariance, got a matrix with a negative eigenvalue")
    return mean, cov


def _eigh(cov: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues, ascending, and eigenvectors; nan for a matrix that is not finite."""
    finite = np.isfinite(cov).all((-2, -1), keepdims=True)
    values, vectors = np.linalg.eigh(np.where(finite, cov, 0))
    return np.where(finite[..., 0], values, np.nan), vectors


def _sqrt(cov: np.ndarray) -> np.ndarray:
    """Return the symmetric square root of covariances (..., d, d)."""
    values, vectors = _eigh(cov)
    values = np.sqrt(np.maximum(values, 0))  # rounding can leave a 0 just below 0
    return (vectors * values[..., None, :]) @ vectors.swapaxes(-1, -2)


def log_density(points: ArrayLike, mean: ArrayLike, cov: ArrayLike) -> np.ndarray:
    """Return the log of the density of the normal distribution N(mean, cov) at points.

    ``-(x - m)' S^-1 (x - m) / 2 - log det(2 pi S) / 2``, for points x of shape (..., n, d), means m
    (..., d) and covariances S (..., d, d), gives logs of shape (..., n), for a density per unit of
    the points to the power d. A cloud on a line has no density: 1e-9 is added to the diagonal of S.

    Raises ValueError for shapes that do not fit and for a matrix that is no covariance, TypeError
    for complex numbers.
    """
    mean, cov = _checked("", mean, cov)
    points = np.asarray(points, dtype=float)
    if points.ndim < 2 or points.shape[-1] != mean.shape[-1]:
        got = f"{points.shape} and {mean.shape}"
        raise ValueError(f"points, mean: want as many coordinates in each, got shapes {got}")
    cov = cov + 1e-9 * np.eye(mean.shape[-1])
    offset = points - mean[..., None, :]
    with np.errstate(over="ignore", invalid="ignore"):
        squares = (offset @ np.linalg.inv(cov) * offset).sum(-1)
    return -squares / 2 - np.linalg.slogdet(2 * np.pi * cov)[1][..., None] / 2
